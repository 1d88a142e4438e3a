"""Statutory credit tiers by Rules 1-5 of the tool, cell by cell (Unit shortfall calculations).

Losses are negative throughout, as in the tool; a tier's shortfall is positive, in units before
doubling; the credits doubled for the spatial risk are in column G (§2.6).
"""

from dataclasses import dataclass

from bng_core.metric import layout
from bng_core.metric.cell_values import above, number, plus
from bng_core.metric.records import Figure
from bng_core.metric.trading_cells import (
    Cells,
    Changes,
    TradingCells,
    gains,
    losses,
    medium_groups,
)
from bng_core.terms import Distinctiveness, Module

ERROR = "ERROR"
VERY_HIGH_MESSAGE = (
    "ERROR - This metric still includes losses of very high distinctiveness habitat. Losses of "
    "very high distinctiveness units must be compensated for through this metric or through "
    "bespoke compensation ▲"
)
_FIRST_GROUP_ROW = 122
_HIGH_LOSS_CELLS = {"A5": "H21", "A4": "H27", "A3": "H45", "A2": "H57", "A1": "H65"}
_HEDGEROW_STEPS = {"F147": "I14", "F148": "I23", "F149": "I33", "F150": "I44", "F151": "I54"}
_WATERCOURSE_STEPS = {"F157": "I13", "F158": "I22", "F159": "I30", "F160": "I42"}


@dataclass(frozen=True)
class Need:
    """A module's headline in the figures of rows 3-5: units, after the SRM; texts for errors."""

    target: Figure
    baseline: Figure
    required: Figure
    deficit: Figure


def tier_cells(changes: Changes, trading: TradingCells, needs: dict[Module, Need]) -> Cells:
    """The result cells and the steps between, of the sheet with the credit tiers."""
    area, hedgerow, watercourse = (trading.by_module[module] for module in Module)
    blocked = number(area["K13"]) < 0 or number(watercourse["I13"]) < 0
    high, medium = _high_losses(changes), _medium_losses(changes)
    low = _low_loss(area, number(medium["K133"]))
    hedge_steps = {cell: number(hedgerow[source]) for cell, source in _HEDGEROW_STEPS.items()}
    water_steps = {cell: number(watercourse[source]) for cell, source in _WATERCOURSE_STEPS.items()}
    steps: Cells = {
        **high,
        **medium,
        **low,
        **hedge_steps,
        **water_steps,
        "G147": losses(hedge_steps.values()),
        "G157": losses(water_steps.values()),
        "G18": area["K12"],
        "H18": area["K13"],
    }
    shortfalls: dict[str, Figure] = {
        **_area_tiers(steps, needs[Module.AREA]),
        "H": _linear_tier(number(steps["G147"]), needs[Module.HEDGEROW]),
        "W": _linear_tier(number(steps["G157"]), needs[Module.WATERCOURSE]),
    }
    return {
        **_need_cells(needs),
        **steps,
        **{f"D{_FIRST_GROUP_ROW + i}": group for i, (group, _) in enumerate(layout.OFFSET_GROUPS)},
        **_shortfall_cells(shortfalls, blocked),
        "E16": VERY_HIGH_MESSAGE if blocked else " ",
    }


def _need_cells(needs: dict[Module, Need]) -> Cells:
    return {
        f"{column}{3 + i}": value
        for i, module in enumerate(Module)
        for column, value in (
            ("D", needs[module].target),
            ("E", needs[module].baseline),
            ("F", needs[module].required),
            ("G", needs[module].deficit),
        )
    }


def _shortfall_cells(shortfalls: dict[str, Figure], blocked: bool) -> Cells:
    cells: Cells = {}
    for tier, cell in layout.TIER_CELLS.items():
        shortfall = ERROR if blocked else shortfalls[tier]
        cells[cell] = shortfall
        cells[cell.replace("F", "G")] = _doubled(shortfall)
    return cells


def _doubled(shortfall: Figure) -> Figure:
    if isinstance(shortfall, str):
        return ERROR if shortfall.upper() == ERROR else ERROR.capitalize()
    return shortfall * 2


def _high_losses(changes: Changes) -> dict[str, float]:
    return {
        cell: losses(
            plus(on_site, off_site)
            for row, (on_site, off_site) in changes.items()
            if row.module is Module.AREA
            and row.distinctiveness is Distinctiveness.HIGH
            and row.tier == tier
        )
        for tier, cell in _HIGH_LOSS_CELLS.items()
    }


def _higher_surplus(changes: Changes, group: str) -> float:
    """High and Very High gains that Rule 1 sets against the Medium loss of a broad group."""
    return gains(
        plus(on_site, off_site)
        for row, (on_site, off_site) in changes.items()
        if row.module is Module.AREA
        and row.distinctiveness.rank >= Distinctiveness.HIGH.rank
        and row.offset_group == group
    )


def _medium_losses(changes: Changes) -> dict[str, float]:
    """Rules 1-4: higher surplus first within the broad group, then to the dearest tier down."""
    groups = medium_groups(changes)
    cells: dict[str, float] = {}
    after_rule_1: dict[str, list[float]] = {"A1": [], "A2": [], "A4": []}
    for i, (group, tier) in enumerate(layout.OFFSET_GROUPS):
        row = _FIRST_GROUP_ROW + i
        cells[f"E{row}"] = _higher_surplus(changes, group)
        cells[f"G{row}"] = min(0, groups.get(group, 0))
        cells[f"H{row}"] = cells[f"E{row}"] + cells[f"G{row}"]
        after_rule_1[tier].append(cells[f"H{row}"])
    h133 = gains(value for values in after_rule_1.values() for value in values)
    i122, i127 = losses(after_rule_1["A1"]), losses(after_rule_1["A2"])
    i129 = losses(after_rule_1["A4"]) + h133
    i133 = max(0, i129)
    j122, j127, j129 = i122, i127 + i133, min(0, i129)
    j133 = max(0, j127)
    k122, k127, k129 = j122 + j133, min(0, j127), j129
    cells |= {"H133": h133, "I122": i122, "I127": i127, "I129": i129, "I133": i133}
    cells |= {"J122": j122, "J127": j127, "J129": j129, "J133": j133}
    cells |= {"K122": k122, "K127": k127, "K129": k129, "K133": max(0, k122)}
    cells |= {"M122": min(0, k122), "M127": min(0, k127), "M129": min(0, k129)}
    return cells


def _low_loss(area: Cells, pool: float) -> dict[str, float]:
    """Rule 5: Medium gains and the surplus left over are set against Low losses."""
    d138 = number(area["K124"])
    e138 = min(0, d138) + number(area["K88"])
    f138 = e138 + pool
    return {"D138": d138, "E138": e138, "F138": f138, "G138": min(0, f138)}


def _area_tiers(steps: Cells, need: Need) -> dict[str, Figure]:
    """A1 takes what part of the headline deficit the trading losses do not explain.

    The nested IF of F9 comes to the larger of its own trading loss and the deficit less the other
    tiers, since the net gain part only decides which of two equal terms is shown.
    """
    cells = {cell: number(value) for cell, value in steps.items()}
    a5, a3 = -cells["H21"], -cells["H45"]
    a4 = -(cells["H27"] + cells["M129"])
    a2 = -(cells["H57"] + cells["M127"])
    own_loss = -(cells["H65"] + cells["M122"] + cells["G138"])
    a1: Figure = "Error"
    if not isinstance(need.deficit, str):
        a1 = max(own_loss, need.deficit - (a2 + a3 + a4 + a5))
    return {"A1": a1, "A2": a2, "A3": a3, "A4": a4, "A5": a5}


def _linear_tier(lost: float, need: Need) -> Figure:
    """F14 and F15. With 0 < deficit < net gain part <= loss the tool adds loss and deficit."""
    loss = -lost
    if above(need.deficit, loss):
        return need.deficit
    deficit = number(need.deficit)
    if deficit <= 0 or deficit >= number(need.required) - number(need.baseline):
        return loss
    return loss + deficit
