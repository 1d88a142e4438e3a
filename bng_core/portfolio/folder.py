"""A portfolio folder -> its developments, each with its demand, place, day and contract size.

sites.csv        site_id, lpa, nca [, waterbody_id, marine_plan_area, on_date, contract_size,
                 metric]
site_demand.csv  site_id, module, habitat, units: as demand.csv, for sites without a workbook
`metric` names a workbook in the folder; `on_date` is the day whose prices hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from bng_core import places
from bng_core.archive import opened_folder
from bng_core.demand import (
    Demand,
    DemandLine,
    demand_of_lines,
    demand_of_metric,
    read_demand_line,
)
from bng_core.errors import Fault, MetricError, PortfolioError
from bng_core.market import rows
from bng_core.metric.results import read_metric
from bng_core.table_checks import Columns, TableChecker, known_columns, read_table
from bng_core.terms import AUTO, ContractSize, Place

SITES, SITE_DEMAND = "sites.csv", "site_demand.csv"
_OPTIONAL = ["waterbody_id", "marine_plan_area", "on_date", "contract_size", "metric"]
_COLUMNS: dict[str, Columns] = {
    SITES: (["site_id", "lpa", "nca"], _OPTIONAL),
    SITE_DEMAND: (["site_id", "module", "habitat", "units"], []),
}


def columns_of(file: str) -> list[str]:
    """The columns of one of the files, required ones first."""
    required, optional = _COLUMNS[file]
    return [*required, *optional]


@dataclass(frozen=True)
class Site:
    """One development of a portfolio; `contract_size` follows its units required (§2.10)."""

    site_id: str
    place: Place
    demand: Demand
    contract_size: ContractSize
    on_date: date


def read_portfolio(path: Path, today: date) -> list[Site]:
    """The developments of a folder, or of a .zip of one, in the order of its sites.csv.

    `today` is the day of sites without a date. Raises PortfolioError with every fault of every
    file, BadInput for a .zip that cannot be read.
    """
    with opened_folder(path, "portfolio") as folder:
        return _read_folder(folder, path, today)


def _read_folder(folder: Path, path: Path, today: date) -> list[Site]:
    if not folder.is_dir():
        fault = Fault(str(folder), None, "is not a folder; give the folder that holds sites.csv")
        raise PortfolioError("The portfolio cannot be read", [fault])
    faults: list[Fault] = []
    sites = _table(folder / SITES, faults)
    lines = None
    if (folder / SITE_DEMAND).exists() or sites is None or (sites["metric"] == "").any():
        lines = _table(folder / SITE_DEMAND, faults)
    if sites is not None:
        sites = _check_sites(sites, faults)
        if sites.empty and not faults:
            faults.append(Fault(SITES, None, "has no lines; give at least one development"))
    demands = _demands(folder, sites, lines, faults)
    if faults or sites is None:
        raise PortfolioError(f"The portfolio {path} cannot be used", faults)
    columns = ("site_id", "lpa", "nca", *_OPTIONAL)
    records = (dict(zip(columns, row, strict=True)) for row in rows(sites, *columns))
    return [_site(record, demands[record["site_id"]], today) for record in records]


def _table(path: Path, faults: list[Fault]) -> pd.DataFrame | None:
    frame = read_table(path, "portfolio folder", faults)
    return None if frame is None else known_columns(path.name, frame, _COLUMNS[path.name], faults)


def _check_sites(frame: pd.DataFrame, faults: list[Fault]) -> pd.DataFrame:
    check = TableChecker(SITES, frame.copy(), faults)
    for column in ("site_id", "lpa", "nca"):
        check.present(column)
    check.unique("site_id")
    check.canonical("lpa", places.find_lpa, blank=True)
    check.canonical("nca", places.find_nca, blank=True)
    check.canonical("waterbody_id", lambda text: places.find_waterbody(text)[0], blank=True)
    check.canonical("marine_plan_area", places.find_marine_plan_area, blank=True)
    check.day("on_date", blank=True)
    check.one_of("contract_size", [AUTO, *ContractSize], blank=True)
    return check.frame


def _site(row: Mapping[str, str], demand: Demand, today: date) -> Site:
    size = row["contract_size"]
    return Site(
        site_id=row["site_id"],
        place=places.place(row["lpa"], row["nca"], row["waterbody_id"], row["marine_plan_area"]),
        demand=demand,
        contract_size=demand.contract_size if size in ("", AUTO) else ContractSize(size),
        on_date=date.fromisoformat(row["on_date"]) if row["on_date"] else today,
    )


def _demands(
    folder: Path, sites: pd.DataFrame | None, lines: pd.DataFrame | None, faults: list[Fault]
) -> dict[str, Demand]:
    """The demand of each site, from its lines or from its workbook."""
    by_site = {} if lines is None else _demand_lines(lines, sites, faults)
    demands = {site_id: demand_of_lines(given) for site_id, given in by_site.items() if given}
    if sites is None:
        return demands
    for line, site_id, metric in zip(sites.index, sites["site_id"], sites["metric"], strict=True):
        if metric and site_id in by_site:
            message = f"{site_id} has a workbook and lines in {SITE_DEMAND}; keep one"
        elif metric:
            try:
                demands[site_id] = _demand_of_workbook(folder, metric)
                continue
            except MetricError as error:
                message = f"metric: {error}"
        elif site_id in by_site or not site_id or lines is None:
            continue
        else:
            message = f"{site_id} has no lines in {SITE_DEMAND}; add them, or name its metric"
        faults.append(Fault(SITES, int(line), message))
    return demands


def _demand_lines(
    frame: pd.DataFrame, sites: pd.DataFrame | None, faults: list[Fault]
) -> dict[str, list[DemandLine]]:
    """The lines of each site named in site_demand.csv; a site with faulty lines only has none."""
    check = TableChecker(SITE_DEMAND, frame, faults)
    check.present("site_id")
    check.known("site_id", None if sites is None else set(sites["site_id"]), SITES)
    found: dict[str, list[DemandLine]] = {}
    columns = ("site_id", "module", "habitat", "units")
    for line, (site_id, *cells) in zip(frame.index, rows(frame, *columns), strict=True):
        lines = found.setdefault(site_id, [])
        try:
            lines.append(read_demand_line(*cells))
        except ValueError as error:
            faults.append(Fault(SITE_DEMAND, int(line), str(error)))
    return found


def _demand_of_workbook(folder: Path, name: str) -> Demand:
    """The demand of a workbook of the folder. Raises MetricError."""
    if Path(name).name != name:
        raise MetricError(f"“{name}” is not a file name; put the workbook into the folder itself.")
    return demand_of_metric(read_metric(folder / name, name))


def in_order_of_arrival(sites: list[Site]) -> list[Site]:
    """By day, and on one day as listed."""
    return sorted(sites, key=lambda site: site.on_date)
