"""Saved figures beside recomputed ones: where a workbook does not say what its inputs give."""

from collections.abc import Iterator

from bng_core.metric import layout
from bng_core.metric.cell_values import Value
from bng_core.metric.input_tables import unit_columns
from bng_core.metric.layout import Sheet
from bng_core.metric.recompute import Recomputed
from bng_core.metric.records import Difference, Figure
from bng_core.metric.units import UnitRow
from bng_core.metric.workbook import Grid
from bng_core.reference import squeeze
from bng_core.terms import Module

_RELATIVE = 1e-9
"""Excel shows 15 digits and adds in its own order; anything above this is no rounding."""
_ABSOLUTE = 1e-9
_COMPARED_FIELDS = ("units", "units_x_srm", "units_retained", "units_retained_x_srm")


def compare(sheets: dict[Sheet, Grid], recomputed: Recomputed) -> tuple[Difference, ...]:
    """Every saved cell that differs: units of rows first, then the results they lead to.

    Rows without saved units are no difference where the results agree: a copy may leave them out.
    """
    grids = {sheet.name: grid for sheet, grid in sheets.items()}
    rows = [
        difference
        for table in recomputed.units.values()
        for row in table
        if row.sheet in grids
        for difference in _row_differences(grids[row.sheet], row)
    ]
    results = [
        difference
        for sheet, cell, figure in result_cells(recomputed)
        if sheet in sheets and (difference := _difference(sheets[sheet], cell, figure))
    ]
    if not results:
        rows = [difference for difference in rows if difference.saved is not None]
    return (*rows, *results)


def _row_differences(grid: Grid, row: UnitRow) -> Iterator[Difference]:
    for field in _COMPARED_FIELDS:
        if field in unit_columns()[row.key] and field in row.result:
            value = row.result[field]
            found = _difference(grid, row.cell(field), "" if value is None else value)
            if found:
                yield found


def _difference(grid: Grid, cell: str, figure: Figure) -> Difference | None:
    saved = grid.value(cell)
    return None if agree(saved, figure) else Difference(grid.title, cell, saved, figure)


def agree(saved: Value, figure: Value) -> bool:
    """Whether two cells show the same; an error cell is read as blank."""
    if isinstance(saved, float | int) and isinstance(figure, float | int):
        return abs(saved - figure) <= max(_ABSOLUTE, _RELATIVE * abs(figure))
    return _words(saved) == _words(figure)


def _words(value: Value) -> str:
    text = "" if value is None else squeeze(str(value))
    return "" if text.startswith("#") else text


def result_cells(recomputed: Recomputed) -> Iterator[tuple[Sheet, str, Figure]]:
    """The result cells that are compared, in the order in which one follows from the other."""
    for module, sheet in layout.TRADING_SHEETS.items():
        cells = recomputed.trading.by_module[module]
        for address in [*_change_cells(module), *layout.satisfied_cells(module).values()]:
            yield sheet, address, cells[address]
    for address in layout.headline_cells():
        yield layout.HEADLINE, address, recomputed.headline_cells[address]
    for address in layout.TIER_CELLS.values():
        yield layout.TIERS, address, recomputed.tier_cells[address]


def _change_cells(module: Module) -> list[str]:
    columns = layout.CHANGE_COLUMNS[module]
    rows = [row.row for row in layout.trading_rows() if row.module is module]
    return [f"{column}{row}" for row in rows for column in columns]
