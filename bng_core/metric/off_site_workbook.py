"""A read workbook with purchases in its off-site sheets, in the official layout.

The input rows stand where they stood, the purchases below them; results are worked out anew and
written as values, so that the cells of the sheets D, E and F can be copied into the tool.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from bng_core.errors import MetricError
from bng_core.metric import layout
from bng_core.metric.findings import LEAST_TARGET
from bng_core.metric.input_tables import InputRow, Inputs, Key, scenario_inputs
from bng_core.metric.off_site_rows import Purchase, with_purchases
from bng_core.metric.recompute import Recomputed, recompute
from bng_core.metric.records import Metric
from bng_core.metric.units import SCOPES, Units, listed
from bng_core.metric.writer import metric_bytes
from bng_core.terms import Module

_NOISE = 1e-12


def scenario_of(metric: Metric) -> dict[str, Any]:
    """A workbook's input rows as a scenario, in the rows of their sheets (blank ones are {})."""
    project = {"planning_authority": metric.planning_authority, "project_name": metric.project_name}
    scenario: dict[str, Any] = {
        "project": {name: text for name, text in project.items() if text},
        "target": LEAST_TARGET if metric.target is None else metric.target,
        **{scope: {} for scope in SCOPES},
    }
    if metric.recomputed is not None:
        for key, rows in metric.recomputed.inputs.items():
            scenario[key[0]][key[1]] = _placed(key, rows, metric.recomputed.units)
    return scenario


def _placed(key: Key, rows: list[InputRow], units: Units) -> list[dict[str, Any]]:
    first = layout.input_tables()[key].first_row
    filled = {row.row: dict(row.cells) for row in rows}
    last = max(filled, default=first - 1)
    placed = [filled.get(number, {}) for number in range(first, last + 1)]
    if not key[1].endswith("_enhancement"):
        return placed
    return [
        row | {"baseline_ref": reference}
        for row, reference in zip(placed, _references(key, len(placed), units), strict=True)
    ]


def _references(key: Key, count: int, units: Units) -> list[int]:
    """The baseline row (from 1) of each enhancement row; rows beyond them come last."""
    base = (key[0], key[1].replace("_enhancement", "_baseline"))
    table = layout.input_tables()[base]
    listing = [row.row - table.first_row + 1 for row in listed(key, units[base])]
    return [*listing, *range(table.last_row, table.last_row + count)][:count]


def filled_scenario(metric: Metric | None, purchases: Iterable[Purchase]) -> dict[str, Any]:
    """The workbook's rows, or none, with the purchases below them; raises MetricError."""
    empty = {"target": LEAST_TARGET, "onsite": {}, "offsite": {}}
    scenario = with_purchases(empty if metric is None else scenario_of(metric), purchases)
    for (scope, name), table in layout.input_tables().items():
        rows, room = len(scenario[scope].get(name) or []), table.last_row - table.first_row + 1
        if rows > room:
            raise MetricError(
                f"{table.sheet} has room for {room} rows, and the purchases would make {rows}:"
                " clear rows that are not needed, or enter purchases of one habitat together."
            )
    return scenario


def workbook_with_purchases(
    metric: Metric | None, purchases: Iterable[Purchase]
) -> tuple[bytes, Recomputed]:
    """The .xlsx file, and what its rows give; without a workbook it holds the purchases alone.

    Raises MetricError where a sheet has no room for them.
    """
    scenario = filled_scenario(metric, purchases)
    inputs: Inputs = scenario_inputs(scenario)
    return metric_bytes(scenario), recompute(inputs, scenario["target"])


def accepts(recomputed: Recomputed) -> bool:
    """Whether the tool's trading rules are met and no unit deficit is left."""
    deficits: Mapping[Module, Any] = {m: h.deficit for m, h in recomputed.headline.items()}
    return recomputed.trading.satisfied and all(
        isinstance(deficit, float | int) and deficit <= _NOISE for deficit in deficits.values()
    )
