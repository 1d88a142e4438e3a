"""Headline Results, cell by cell, from the units before and after development (§2.5).

On-site units have no SRM; off-site units are given before it and times each row's own SRM.
"""

from dataclasses import dataclass, field

from bng_core.metric import layout
from bng_core.metric.tier_cells import Need, number
from bng_core.metric.trading_cells import Cells, Changes, TradingCells
from bng_core.terms import Module

NOT_APPLICABLE = "N/A"
_NOT_SATISFIED = "No - Check Trading Summaries ▲"
_SATISFIED = "Yes ✓"
_SHORT_OF_TARGET = "Total net gain achieved is less than target set ▲"
_NO_BASELINE = "0 baseline units - % cannot be calculated"
RULE_BREAKS = "Input errors/rule breaks present in metric ▲"
_NOTHING_REQUIRED = {
    Module.AREA: "No additional area habitat units required to meet target  ✓",
    Module.HEDGEROW: "No additional hedgerow units required to meet target  ✓",
    Module.WATERCOURSE: "No additional watercourse units required to meet target  ✓",
}


@dataclass(frozen=True)
class ModuleUnits:
    """A module's units: on site without SRM, off site before the SRM and times it."""

    baseline: float = 0
    post: float = 0
    offsite_baseline: float = 0
    offsite_post: float = 0
    offsite_baseline_x_srm: float = 0
    offsite_post_x_srm: float = 0


@dataclass(frozen=True)
class UnitResults:
    """What the unit formulas give for a development; everything else follows from it."""

    target: float
    units: dict[Module, ModuleUnits]
    changes: Changes = field(default_factory=dict)

    def all_changes(self) -> Changes:
        """The change of every trading row, 0 where nothing changes, in the sheets' order."""
        return {row: self.changes.get(row, (0, 0)) for row in layout.trading_rows()}


def headline_cells(results: UnitResults, trading: TradingCells) -> Cells:
    """All official cells of Headline Results that depend on units and trading."""
    cells: Cells = {}
    for i, module in enumerate(Module):
        units = results.units.get(module, ModuleUnits())
        figures = _module_figures(units, results.target)
        for address, value in figures.items():
            cells[f"{address[0]}{int(address[1:]) + i}"] = value
        cells[f"J{61 + i}"] = _NOTHING_REQUIRED[module] if figures["H61"] == 0 else " "
    cells[layout.TRADING_SATISFIED_CELL] = _SATISFIED if trading.satisfied else _NOT_SATISFIED
    if any("▲" in value for value in cells.values() if isinstance(value, str)):
        cells["B94"] = RULE_BREAKS
    return cells


def _module_figures(units: ModuleUnits, target: float) -> Cells:
    """The figures of the area habitats; the other modules stand one and two rows below."""
    on_site = units.post - units.baseline
    off_site = units.offsite_post - units.offsite_baseline
    with_srm = units.offsite_post_x_srm - units.offsite_baseline_x_srm
    counted = with_srm if off_site > 0 else off_site
    net = on_site + counted
    required = units.baseline * (1 + target)
    percent = _net_percent(net, units.baseline)
    return {
        "H8": units.baseline,
        "H12": units.post,
        "H16": on_site,
        "J16": _percent(units.baseline, units.post),
        "H20": units.offsite_baseline,
        "L20": units.offsite_baseline_x_srm,
        "H24": units.offsite_post,
        "L24": units.offsite_post_x_srm,
        "H28": off_site,
        "J28": _percent(units.offsite_baseline, units.offsite_post),
        "H32": with_srm if off_site > 0 else NOT_APPLICABLE,
        "H37": on_site + off_site,
        "H41": off_site - with_srm if off_site > 0 else "0.00",
        "H47": net,
        "H51": percent,
        "J51": _target_message(percent, units, target),
        "D61": target,
        "E61": units.baseline,
        "F61": required,
        "H61": max(0, required - (units.post + counted)),
    }


def _percent(before: float, after: float) -> float | str:
    if before == 0:
        return NOT_APPLICABLE if after > 0 else 0
    return after / before - 1


def _net_percent(net: float, baseline: float) -> float | str:
    if net == 0:
        return 0
    return NOT_APPLICABLE if baseline == 0 else net / baseline


def _target_message(percent: float | str, units: ModuleUnits, target: float) -> str:
    if isinstance(percent, str):
        return _NO_BASELINE
    untouched = units.baseline == 0 and units.post == 0
    return " " if untouched or percent >= target else _SHORT_OF_TARGET


def needs(headline: Cells) -> dict[Module, Need]:
    """Per module, the headline figures from which the credit tiers are worked out."""
    return {
        module: Need(*(number(headline[f"{column}{61 + i}"]) for column in "DEFH"))
        for i, module in enumerate(Module)
    }
