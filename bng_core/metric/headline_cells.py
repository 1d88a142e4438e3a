"""Headline Results, cell by cell, from the units before and after development (§2.5).

On-site units have no SRM; off-site units are given before it and times each row's own SRM.
"""

from dataclasses import dataclass, field

from bng_core.metric import layout
from bng_core.metric.cell_values import (
    Value,
    above,
    added,
    as_shown,
    equal,
    if_error,
    minus,
    number,
    product,
)
from bng_core.metric.records import Figure
from bng_core.metric.tier_cells import Need
from bng_core.metric.trading_cells import Cells, Changes, TradingCells
from bng_core.terms import Module

NOT_APPLICABLE = "N/A"
CHECK, ERROR = "Check Data ⚠", "Error ▲"
LOSING_GAIN_SITE = "Error - off-site gain sites must be postive ▲"
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
    """A module's units: on site without SRM, off site before the SRM and times it.

    A text stands where the tool cannot add up a sheet ("Check Data ⚠").
    """

    baseline: Figure = 0
    post: Figure = 0
    offsite_baseline: Figure = 0
    offsite_post: Figure = 0
    offsite_baseline_x_srm: Figure = 0
    offsite_post_x_srm: Figure = 0


@dataclass(frozen=True)
class UnitResults:
    """What the unit formulas give for a development; everything else follows from it."""

    target: float
    units: dict[Module, ModuleUnits]
    changes: Changes = field(default_factory=dict)
    losing_gain_site: bool = False

    def all_changes(self) -> Changes:
        """The change of every trading row, 0 where nothing changes, in the sheets' order."""
        return {row: self.changes.get(row, (0, 0)) for row in layout.trading_rows()}


def headline_cells(results: UnitResults, trading: TradingCells) -> Cells:
    """All official cells of Headline Results that depend on units and trading."""
    cells: Cells = {}
    for i, module in enumerate(Module):
        units = results.units.get(module, ModuleUnits())
        figures = _module_figures(units, results.target, results.losing_gain_site)
        for address, value in figures.items():
            cells[f"{address[0]}{int(address[1:]) + i}"] = value
        cells[f"J{61 + i}"] = _NOTHING_REQUIRED[module] if figures["H61"] == 0 else " "
    if results.losing_gain_site:
        cells[layout.GAIN_SITE_CELL] = LOSING_GAIN_SITE
    cells[layout.TRADING_SATISFIED_CELL] = _SATISFIED if trading.satisfied else _NOT_SATISFIED
    if any("▲" in value for value in cells.values() if isinstance(value, str)):
        cells["B94"] = RULE_BREAKS
    return cells


def _module_figures(units: ModuleUnits, target: float, loses: bool) -> Cells:
    """The figures of the area habitats; the other modules stand one and two rows below."""
    on_site = if_error(ERROR, minus, units.post, units.baseline)
    off_site = if_error(ERROR, minus, units.offsite_post, units.offsite_baseline)
    gains = above(off_site, 0.0)
    with_srm = as_shown(minus, units.offsite_post_x_srm, units.offsite_baseline_x_srm)
    counted = with_srm if gains else off_site
    net = if_error(CHECK, added, on_site, counted)
    required = if_error(ERROR, product, units.baseline, 1 + target)
    percent = _net_percent(net, units.baseline)
    cells = {
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
        "H32": with_srm if gains else NOT_APPLICABLE,
        "H37": if_error(CHECK, added, on_site, off_site),
        "H41": if_error("0.00", minus, off_site, with_srm) if gains else "0.00",
        "H47": net,
        "H51": percent,
        "J51": _target_message(percent, units, target),
        "D61": target,
        "E61": units.baseline,
        "F61": required,
        "H61": ERROR if loses else if_error(ERROR, _deficit, required, units.post, counted),
    }
    return {address: "" if value is None else value for address, value in cells.items()}


def _deficit(required: Value, post: Value, counted: Value) -> Value:
    return max(0.0, minus(required, added(post, counted)))


def _percent(before: Figure, after: Figure) -> Figure:
    if equal(before, 0.0) and not above(after, 0.0):
        return 0 if equal(after, 0.0) else CHECK
    if equal(before, 0.0):
        return NOT_APPLICABLE
    return _figure(if_error(CHECK, lambda: number(after) / number(before) - 1))


def _figure(value: Value) -> Figure:
    return "" if value is None else value


def _net_percent(net: Value, baseline: Figure) -> Figure:
    if equal(net, 0.0):
        return 0
    if equal(baseline, 0.0):
        return NOT_APPLICABLE
    return _figure(if_error(CHECK, lambda: number(net) / number(baseline)))


def _target_message(percent: Figure, units: ModuleUnits, target: float) -> str:
    if equal(percent, NOT_APPLICABLE):
        return _NO_BASELINE
    untouched = equal(units.baseline, 0.0) and equal(units.post, 0.0)
    return " " if untouched or not above(target, percent) else _SHORT_OF_TARGET


def needs(headline: Cells) -> dict[Module, Need]:
    """Per module, the headline figures from which the credit tiers are worked out."""
    return {
        module: Need(*(headline[f"{column}{61 + i}"] for column in "DEFH"))
        for i, module in enumerate(Module)
    }
