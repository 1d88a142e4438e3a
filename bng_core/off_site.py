"""An answer's purchases as off-site rows of the statutory metric, written to a workbook (§7.10)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bng_core.errors import BadInput
from bng_core.market import Market
from bng_core.metric import Metric, Source, read_metric
from bng_core.metric.off_site_rows import Purchase
from bng_core.metric.off_site_workbook import accepts, workbook_with_purchases
from bng_core.reference import load_habitats, load_spatial_risk
from bng_core.terms import Relation, SpatialRoute

Json = dict[str, Any]


def purchases_of(answer: Json, market: Market) -> list[Purchase]:
    """The purchases of an answer (§4.3), each at its bank's gain site reference, or bank id."""
    return list(_purchases(answer, market))


def _purchases(answer: Json, market: Market) -> Iterator[Purchase]:
    registered = market.banks.set_index("bank_id")["register_reference"].to_dict()
    names = market.bank_names()
    for line in answer["purchases"]:
        bank_id = line["bank_id"]
        yield Purchase(
            habitat=line["habitat"],
            units=line["units"],
            relation=_relation(load_habitats().by_label[line["habitat"]].route, line["srm"]),
            reference=registered.get(bank_id) or bank_id,
            remark=f" from {names.get(bank_id, bank_id)} ({line['stock_id']})",
        )


def _relation(route: SpatialRoute, multiplier: float) -> Relation:
    return next(
        relation
        for relation in Relation
        if float(load_spatial_risk()[route, relation]) == multiplier
    )


def off_site_workbook(answer: Json, market: Market, metric: Metric | None) -> tuple[bytes, str]:
    """The .xlsx file of an answer's off-site rows, and in a sentence what the rules make of it.

    With a workbook, its own input rows stand above the purchases; without one (a demand.csv) the
    file holds the purchases alone. Raises MetricError where a sheet has no room.
    """
    purchases = purchases_of(answer, market)
    data, recomputed = workbook_with_purchases(metric, purchases)
    lines = f"{len(purchases)} purchase{'s' if len(purchases) != 1 else ''}"
    if metric is None or metric.recomputed is None:
        return data, f"{lines}, without the development's own rows, which were not given."
    if accepts(recomputed):
        return data, f"{lines}; recomputed, the trading rules are met and no unit is short."
    return data, f"{lines}; recomputed, units are still short: see bng metric on the file."


def check_destination(destination: Path, source: Path) -> None:
    """Raises BadInput where a workbook cannot be written, before anything is computed."""
    if destination.suffix.casefold() != ".xlsx":
        raise BadInput(f"{destination.name} must end in .xlsx, the kind of workbook written.")
    if not destination.parent.is_dir():
        raise BadInput(f"{destination} cannot be written: there is no folder {destination.parent}.")
    if destination.is_dir():
        raise BadInput(f"{destination} is a folder: give the name of a workbook to write.")
    if destination.exists() and source.exists() and destination.samefile(source):
        raise BadInput(f"{destination.name} is the workbook that is read: give another name.")


def write_off_site_workbook(
    destination: Path, source: Path, answered: tuple[Json, Market], use: Source | None = None
) -> str:
    """Write the off-site rows of an answer to a demand, whole or not at all, and say what is in it.

    `source` is the workbook or demand.csv that was answered. Raises BadInput.
    """
    table = source.suffix.casefold() == ".csv"
    metric = None if table else read_metric(source, source.name, use)
    data, verdict = off_site_workbook(*answered, metric)
    part = destination.with_name(f".{destination.name}.part")
    try:
        part.write_bytes(data)
        part.replace(destination)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadInput(f"{destination} cannot be written: {error.strerror}.") from error
    return f"{destination} was written: {verdict}"
