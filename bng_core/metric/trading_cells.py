"""The trading summaries, cell by cell, from the unit changes of the habitats (§2.4).

The formulas are those of the statutory tool's three trading summaries; comparisons are exact
(`< 0`), nothing is rounded. Names like k40 are the cells that hold the value in the tool.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bng_core.metric import layout
from bng_core.metric.cell_values import plus
from bng_core.metric.layout import TradingRow
from bng_core.terms import Distinctiveness, Module

Cells = dict[str, float | str]
Changes = dict[TradingRow, tuple[float, float]]
"""On-site and off-site unit change of every trading row, before the SRM."""

YES, NO = "Yes ✓", "No ▲"

_TOTAL_ROWS: dict[tuple[Module, Distinctiveness], int] = {
    (Module.AREA, Distinctiveness.VERY_HIGH): 33,
    (Module.AREA, Distinctiveness.HIGH): 83,
    (Module.AREA, Distinctiveness.MEDIUM): 116,
    (Module.AREA, Distinctiveness.LOW): 163,
    (Module.HEDGEROW, Distinctiveness.VERY_HIGH): 15,
    (Module.HEDGEROW, Distinctiveness.HIGH): 26,
    (Module.HEDGEROW, Distinctiveness.MEDIUM): 38,
    (Module.HEDGEROW, Distinctiveness.LOW): 47,
    (Module.HEDGEROW, Distinctiveness.VERY_LOW): 55,
    (Module.WATERCOURSE, Distinctiveness.VERY_HIGH): 14,
    (Module.WATERCOURSE, Distinctiveness.HIGH): 23,
    (Module.WATERCOURSE, Distinctiveness.MEDIUM): 32,
    (Module.WATERCOURSE, Distinctiveness.LOW): 43,
}


def gains(values: Iterable[float]) -> float:
    """The sum of what is positive: SUMIF(..., ">0")."""
    return sum(value for value in values if value > 0)


def losses(values: Iterable[float]) -> float:
    """The sum of what is negative: SUMIF(..., "<0")."""
    return sum(value for value in values if value < 0)


@dataclass(frozen=True)
class TradingCells:
    """The cells of the three trading summaries; `satisfied` is Headline Results!F55 as yes/no."""

    by_module: dict[Module, Cells]

    @property
    def satisfied(self) -> bool:
        """Whether no band of any module says No."""
        return NO not in [value for cells in self.by_module.values() for value in cells.values()]


def trading_cells(changes: Changes) -> TradingCells:
    """All official cells of the three trading summaries."""
    summaries = {
        Module.AREA: _area_summary(changes),
        Module.HEDGEROW: _hedgerow_summary(changes),
        Module.WATERCOURSE: _watercourse_summary(changes),
    }
    return TradingCells(
        {module: _rows(changes, module) | summaries[module] for module in summaries}
    )


def _rows(changes: Changes, module: Module) -> Cells:
    cells: Cells = {}
    columns = layout.CHANGE_COLUMNS[module]
    totals: dict[str, float] = {}
    for row, (on_site, off_site) in changes.items():
        if row.module is not module:
            continue
        cells[f"{layout.NAME_COLUMN}{row.row}"] = row.habitat
        if row.group:
            cells[f"C{row.row}"] = row.group
        total_row = _TOTAL_ROWS[module, row.distinctiveness]
        for column, value in zip(
            columns, (on_site, off_site, plus(on_site, off_site)), strict=True
        ):
            cells[f"{column}{row.row}"] = value
            totals[f"{column}{total_row}"] = totals.get(f"{column}{total_row}", 0) + value
    return cells | totals


def project_changes(changes: Changes, module: Module, band: Distinctiveness) -> list[float]:
    """Project-wide change of each habitat of a band, in the order of the sheet."""
    return [
        plus(on_site, off_site)
        for row, (on_site, off_site) in changes.items()
        if row.module is module and row.distinctiveness is band
    ]


def medium_groups(changes: Changes) -> dict[str, float]:
    """Cumulative change of each Medium broad group (Trading Summary Area Habitats, column G)."""
    groups: dict[str, float] = {}
    for row, (on_site, off_site) in changes.items():
        if row.module is Module.AREA and row.distinctiveness is Distinctiveness.MEDIUM:
            groups[row.offset_group] = groups.get(row.offset_group, 0) + plus(on_site, off_site)
    return groups


def _group_rows(changes: Changes) -> dict[str, int]:
    rows: dict[str, int] = {}
    for row in changes:
        if row.module is Module.AREA and row.distinctiveness is Distinctiveness.MEDIUM:
            rows.setdefault(row.offset_group, row.row)
    return rows


def _verdicts(module: Module, failed: list[bool]) -> Cells:
    cells = layout.satisfied_cells(module).values()
    return {cell: NO if fails else YES for cell, fails in zip(cells, failed, strict=True)}


def _area_summary(changes: Changes) -> Cells:
    very_high, high, low = (
        project_changes(changes, Module.AREA, band)
        for band in (Distinctiveness.VERY_HIGH, Distinctiveness.HIGH, Distinctiveness.LOW)
    )
    groups = medium_groups(changes)
    k12, k13 = gains(very_high), losses(very_high)
    k40, k41 = gains(high), losses(high)
    k88, k89 = gains(groups.values()), losses(groups.values())
    k90 = plus(k40 + k12, k89)
    k91 = plus(k90, k88)
    k124 = sum(low)
    k125 = plus(k124, k91) if k91 > 0 else k124
    group_cells: Cells = {f"G{row}": groups[name] for name, row in _group_rows(changes).items()}
    return {
        **_verdicts(Module.AREA, [k13 < 0, k41 < 0, k90 < 0, k125 < 0]),
        **group_cells,
        **{"K12": k12, "K13": k13, "G33": k13, "K40": k40, "K41": k41, "G83": k41},
        **{"K88": k88, "K89": k89, "K90": k90, "K91": k91, "K124": k124, "K125": k125},
    }


def _hedgerow_summary(changes: Changes) -> Cells:
    very_high, high, medium, low, very_low = (
        project_changes(changes, Module.HEDGEROW, band) for band in Distinctiveness
    )
    i13, i14 = gains(very_high), losses(very_high)
    i21, i22 = gains(high), losses(high)
    i23 = plus(i13, i22)
    i31 = max(i23, 0) + i21
    i32 = sum(medium)
    i33 = plus(i32, i31)
    i43 = sum(low)
    i44 = plus(i43, i33) if i33 > 0 else i43
    i53 = sum(very_low)
    i54 = plus(i53, i44) if i44 > 0 else i53
    return {
        **_verdicts(Module.HEDGEROW, [i14 < 0, i23 < 0, i33 < 0, i44 < 0, i54 < 0]),
        **{"I13": i13, "I14": i14, "I21": i21, "I22": i22, "I23": i23, "I31": i31},
        **{"I32": i32, "I33": i33, "I43": i43, "I44": i44, "I53": i53, "I54": i54},
    }


def _watercourse_summary(changes: Changes) -> Cells:
    very_high, high, medium, low = (
        project_changes(changes, Module.WATERCOURSE, band)
        for band in layout.BANDS[Module.WATERCOURSE]
    )
    i12, i13 = gains(very_high), losses(very_high)
    i21, i22 = gains(high), losses(high)
    i29, i30 = gains(medium), losses(medium)
    i41 = sum(low)
    i42 = plus(i41, i29 + i21 + i12)
    return {
        **_verdicts(Module.WATERCOURSE, [i13 < 0, i22 < 0, i30 < 0, i42 < 0]),
        **{"I12": i12, "I13": i13, "I21": i21, "I22": i22},
        **{"I29": i29, "I30": i30, "I41": i41, "I42": i42},
    }
