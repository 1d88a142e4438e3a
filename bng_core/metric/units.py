"""Every unit of a development, row by row, from the input cells alone (§7).

The rows are worked out one after another in plain Python: the filled rows of a metric are tens to a
few hundred, for which that is faster than frames (measured, see DESIGN). Frames: unit_frames.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bng_core.metric import (
    area_baseline,
    area_enhancement,
    area_rows,
    hedgerow_enhancement,
    hedgerow_rows,
    layout,
    watercourse_enhancement,
    watercourse_rows,
)
from bng_core.metric.area_rows import Result, Row
from bng_core.metric.cell_values import Value, above, equal
from bng_core.metric.input_tables import InputRow, Inputs, Key, unit_columns
from bng_core.metric.timing import OVER_30
from bng_core.metric.unit_tables import unit_tables
from bng_core.terms import Module

MODULES = {"area": Module.AREA, "hedge": Module.HEDGEROW, "watercourse": Module.WATERCOURSE}
SCOPES = ("onsite", "offsite")
_SIZE = {"area": "area_ha", "hedge": "habitat", "watercourse": "habitat"}
"""The cell that must be filled for a baseline row to be listed for enhancement (A-1!AG)."""


@dataclass(frozen=True)
class UnitRow:
    """A row of an input sheet with what the tool works out from it.

    `result` holds the official cells by the fields of unit_columns.csv.
    """

    key: Key
    row: int
    cells: Row
    result: Result

    @property
    def sheet(self) -> str:
        """The official name of the row's sheet."""
        return layout.input_tables()[self.key].sheet

    @property
    def module(self) -> Module:
        """The module of the row's sheet."""
        return MODULES[self.key[1].split("_")[0]]

    @property
    def off_site(self) -> bool:
        """Whether the row lies outside the development."""
        return self.key[0] == "offsite"

    def cell(self, field: str) -> str:
        """The address of an input or a result."""
        columns = {**layout.input_tables()[self.key].columns, **unit_columns()[self.key]}
        return f"{columns[field]}{self.row}"


Units = dict[Key, list[UnitRow]]


def work_out(inputs: Inputs) -> Units:
    """The units of every filled row."""
    units: Units = {}
    for scope in SCOPES:
        off_site = scope == "offsite"
        for kind, sheets in _SHEETS.items():
            base, created, enhanced = ((scope, f"{kind}_{t}") for t in _TABLES)
            units[base] = [
                UnitRow(base, r.row, r.cells, sheets.baseline(r.cells, off_site))
                for r in inputs[base]
            ]
            units[created] = list(sheets.creation(created, inputs[created], off_site))
            units[enhanced] = list(_enhanced(enhanced, inputs[enhanced], units[base], sheets))
    return units


_TABLES = ("baseline", "creation", "enhancement")


@dataclass(frozen=True)
class _Sheets:
    """How the three sheets of a kind of habitat are worked out."""

    baseline: Callable[[Row, bool], Result]
    creation: Callable[[Key, list[InputRow], bool], Iterator[UnitRow]]
    enhancement: Callable[[UnitRow, InputRow, bool, Value], Result]


def listed(key: Key, baseline: list[UnitRow]) -> list[UnitRow]:
    """The baseline rows that the tool lists on the enhancement sheet, in their order."""
    kind = key[1].split("_")[0]
    enhanced = "area_enhanced" if kind == "area" else "length_enhanced"
    return [
        row
        for row in baseline
        if row.cells.get(_SIZE[kind]) is not None and above(row.cells.get(enhanced), 0.0)
    ]


def _enhanced(
    key: Key, rows: list[InputRow], baseline: list[UnitRow], sheets: _Sheets
) -> Iterator[UnitRow]:
    """Row for row, the enhancement of the listed baseline rows; without one, no units."""
    first = layout.input_tables()[key].first_row
    off_site = key[0] == "offsite"
    filled = {row.row: row.cells for row in rows}
    above_rule: Value = "Required Action to Meet Trading Rules"
    for number, before in enumerate(listed(key, baseline), start=first):
        after = InputRow(number, filled.pop(number, {}))
        reference = before.row - layout.input_tables()[before.key].first_row + 1
        result = sheets.enhancement(before, after, off_site, above_rule)
        above_rule = before.result.get("trading_rule", above_rule)
        yield UnitRow(key, number, after.cells, {**result, "baseline_ref": float(reference)})
    for number, cells in filled.items():
        yield UnitRow(key, number, cells, {"baseline_ref": "", "units": ""})


def _area_creation(key: Key, rows: list[InputRow], off_site: bool) -> Iterator[UnitRow]:
    names = {row.row: row.cells.get("habitat") for row in rows}
    for row in rows:
        excepted = any(
            equal(names.get(row.row + below[off_site]), habitat)
            for habitat, below in unit_tables().creation_exceptions.items()
        )
        yield UnitRow(key, row.row, row.cells, area_rows.creation(row.cells, off_site, excepted))


def _area_enhancement(
    before: UnitRow, after: InputRow, off_site: bool, rule_above: Value
) -> Result:
    first = layout.input_tables()["onsite", "area_enhancement"].first_row
    quirks = area_enhancement.Quirks(
        reduction_unchecked=not off_site and after.row == first,
        check_hidden=not off_site and after.row != first,
        lower_condition=not off_site,
        delay_first=off_site,
    )
    pair = area_enhancement.pair_of(before.cells, before.result, after.cells)
    return area_enhancement.enhancement(pair, off_site, quirks, rule_above)


def _hedge_creation(key: Key, rows: list[InputRow], off_site: bool) -> Iterator[UnitRow]:
    for row in rows:
        yield UnitRow(key, row.row, row.cells, hedgerow_rows.creation(row.cells, off_site))


def _hedge_enhancement(
    before: UnitRow, after: InputRow, off_site: bool, rule_above: Value
) -> Result:
    quirks = (
        hedgerow_enhancement.Quirks(like_for_like=("high - high", "medium - medium"))
        if off_site
        else hedgerow_enhancement.Quirks(over_30=(f"{OVER_30} ⚠", OVER_30))
    )
    return hedgerow_enhancement.enhancement(
        (before.cells, before.result), after.cells, off_site, quirks
    )


def _watercourse_creation(key: Key, rows: list[InputRow], off_site: bool) -> Iterator[UnitRow]:
    over_30 = OVER_30 if off_site else f"{OVER_30} "
    for row in rows:
        result = watercourse_rows.creation(row.cells, off_site, over_30)
        yield UnitRow(key, row.row, row.cells, result)


def _watercourse_enhancement(
    before: UnitRow, after: InputRow, off_site: bool, rule_above: Value
) -> Result:
    quirks = watercourse_enhancement.Quirks(trading_down_passes=not off_site)
    return watercourse_enhancement.enhancement(
        (before.cells, before.result), after.cells, off_site, quirks
    )


_SHEETS = {
    "area": _Sheets(area_baseline.baseline, _area_creation, _area_enhancement),
    "hedge": _Sheets(hedgerow_rows.baseline, _hedge_creation, _hedge_enhancement),
    "watercourse": _Sheets(
        watercourse_rows.baseline, _watercourse_creation, _watercourse_enhancement
    ),
}
