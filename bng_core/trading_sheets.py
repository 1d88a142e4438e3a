"""The trading tests as the official summary sheets state them, in exact decimals (§2.4).

Written for the auditor from the formulas of the sheets alone; shares no code with the model. Names
like k90 are the cells that hold the value in the tool.
"""

from collections.abc import Iterable
from decimal import Decimal

from bng_core.terms import Distinctiveness, Habitat, Module

ZERO = Decimal(0)


def trading_verdicts(project: Iterable[tuple[Habitat, Decimal]]) -> dict[str, Decimal]:
    """The value that each official test cell holds against 0; below 0 the rule is broken.

    `project` is the unit change of every habitat, on site and off, before SRM.
    """
    changed = list(project)
    return (
        _area(_Sheet(changed, Module.AREA))
        | _hedgerow(_Sheet(changed, Module.HEDGEROW))
        | _watercourse(_Sheet(changed, Module.WATERCOURSE))
    )


class _Sheet:
    """Sums over one trading summary sheet: unit changes with the purchases, before SRM."""

    def __init__(self, project: list[tuple[Habitat, Decimal]], module: Module) -> None:
        self.changed = [(habitat, units) for habitat, units in project if habitat.module == module]

    def changes(self, band: Distinctiveness) -> list[Decimal]:
        """Of every habitat of a band."""
        return [units for habitat, units in self.changed if habitat.distinctiveness == band]

    def groups(self) -> list[Decimal]:
        """Of every trading group of the Medium band (column G)."""
        groups: dict[str, Decimal] = {}
        for habitat, units in self.changed:
            if habitat.distinctiveness == Distinctiveness.MEDIUM:
                group = habitat.trading_group
                groups[group] = groups.get(group, ZERO) + units
        return list(groups.values())

    def net(self, band: Distinctiveness) -> Decimal:
        """The sum over a band."""
        return sum(self.changes(band), ZERO)


def _above(changes: list[Decimal]) -> Decimal:
    return sum((units for units in changes if units > 0), ZERO)


def _below(changes: list[Decimal]) -> Decimal:
    return sum((units for units in changes if units < 0), ZERO)


def _area(sheet: _Sheet) -> dict[str, Decimal]:
    very_high = sheet.changes(Distinctiveness.VERY_HIGH)
    high = sheet.changes(Distinctiveness.HIGH)
    groups = sheet.groups()
    k90 = _above(high) + _above(very_high) + _below(groups)
    k91 = k90 + _above(groups)
    k124 = sheet.net(Distinctiveness.LOW)
    k125 = k124 + k91 if k91 > 0 else k124
    name = "Trading Summary Area Habitats"
    cells = {"G5": _below(very_high), "G6": _below(high), "G7": k90, "G8": k125}
    return {f"{name}!{cell}": value for cell, value in cells.items()}


def _hedgerow(sheet: _Sheet) -> dict[str, Decimal]:
    very_high = sheet.changes(Distinctiveness.VERY_HIGH)
    high = sheet.changes(Distinctiveness.HIGH)
    i23 = _above(very_high) + _below(high)
    i33 = sheet.net(Distinctiveness.MEDIUM) + max(ZERO, i23) + _above(high)
    i44 = sheet.net(Distinctiveness.LOW) + max(ZERO, i33)
    i54 = sheet.net(Distinctiveness.VERY_LOW) + max(ZERO, i44)
    name = "Trading Summary Hedgerows"
    cells = {"F5": _below(very_high), "F6": i23, "F7": i33, "F8": i44, "F9": i54}
    return {f"{name}!{cell}": value for cell, value in cells.items()}


def _watercourse(sheet: _Sheet) -> dict[str, Decimal]:
    better = {
        "G5": sheet.changes(Distinctiveness.VERY_HIGH),
        "G6": sheet.changes(Distinctiveness.HIGH),
        "G7": sheet.changes(Distinctiveness.MEDIUM),
    }
    i42 = sheet.net(Distinctiveness.LOW) + sum((_above(c) for c in better.values()), ZERO)
    cells = {cell: _below(changes) for cell, changes in better.items()} | {"G8": i42}
    return {f"Trading Summary WaterC's!{cell}": value for cell, value in cells.items()}
