"""What is required, and why: loss -> rule -> surplus used -> what remains -> units (§7.8).

Each line is one trading rule at work, with the cell of the official tool that states it, then one
line per module for the net gain that the headline still asks for. Units are before the SRM, as if
everything were bought where the multiplier is 1, and for each rule once the rules above it are met:
a Medium surplus answers Low losses as soon as the Medium losses are bought. The naive figure is the
headline deficit alone, which is what a reader sees who leaves the trading rules out.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from bng_core.metric import layout
from bng_core.metric.records import Change, Metric
from bng_core.reference import TradingRule, load_habitats, load_trading_rules
from bng_core.terms import Module

_NOISE = 1e-12


@dataclass(frozen=True)
class Used:
    """Units of a surplus that answer a loss."""

    source: str
    units: float


@dataclass(frozen=True)
class Line:
    """One loss under one rule. `lost` names a habitat, a trading group, or the whole band."""

    module: Module
    band: str
    lost: str
    lost_units: float
    rule: str
    rule_cell: str
    surplus_used: tuple[Used, ...]
    remaining_units: float


@dataclass(frozen=True)
class ModuleRequirement:
    """A module's units: the naive figure, the lawful one, and the habitats in between."""

    module: Module
    naive_units: float | None
    trading_units: float
    lawful_units: float | None
    difference_units: float | None
    because_of: tuple[str, ...]


@dataclass
class _Surplus:
    """Gains of a module that may still answer losses, best band first."""

    left: dict[Change, float] = field(default_factory=dict)

    def take(self, units: float, sources: Iterable[Change]) -> list[Used]:
        """Use up to so many units of the sources, in their order."""
        used = []
        for source in sources:
            part = min(units, self.left.get(source, 0.0))
            if part > 0:
                self.left[source] -= part
                units -= part
                used.append(Used(source.label, part))
        return used


def requirement_lines(metric: Metric) -> list[Line]:
    """Every loss with its rule, best band first in each module."""
    return [line for module in Module for line in _module_lines(metric.changes, module)]


def _module_lines(changes: list[Change], module: Module) -> list[Line]:
    of_module = [change for change in changes if change.module is module]
    surplus = _Surplus({change: change.project for change in of_module if change.project > 0})
    return [
        line
        for rule in load_trading_rules()
        if rule.module is module
        for line in _rule_lines(rule, of_module, surplus)
    ]


def _rule_lines(rule: TradingRule, changes: list[Change], surplus: _Surplus) -> list[Line]:
    pools: dict[str, list[Change]] = {}
    for change in changes:
        if change.distinctiveness is rule.distinctiveness:
            pools.setdefault(_pool(change, rule), []).append(change)
    cell = layout.satisfied_cells(rule.module)[rule.distinctiveness]
    lines = []
    for name, members in sorted(pools.items(), key=lambda pool: _order(pool[1])):
        lost = sum(-change.project for change in members if change.project < 0)
        if lost <= 0:
            continue
        allowed = [*members, *(_higher(rule, changes, members[0]) if rule.or_better else [])]
        used = surplus.take(lost, allowed)
        left = lost - sum(part.units for part in used)
        lines.append(
            Line(
                module=rule.module,
                band=str(rule.distinctiveness),
                lost=_lost_name(name, members),
                lost_units=lost,
                rule=f"{rule.words[:1].upper()}{rule.words[1:]}",
                rule_cell=f"{layout.TRADING_SHEETS[rule.module].name}!{cell}",
                surplus_used=tuple(used),
                remaining_units=left if left > _NOISE * lost else 0.0,
            )
        )
    return lines


def _pool(change: Change, rule: TradingRule) -> str:
    return str(getattr(load_habitats().by_label[change.label], rule.same))


def _order(members: list[Change]) -> int:
    """Dearest credit tier first, as Rules 2-4 hand the surplus on (OFFICIAL rules 1-5)."""
    tiers = ("A5", "A4", "A3", "A2", "A1", "H", "W", "")
    return tiers.index(load_habitats().by_label[members[0].label].credit_tier)


def _higher(rule: TradingRule, changes: list[Change], lost: Change) -> list[Change]:
    """What is of higher distinctiveness: of the same broad habitat first (Rule 1), best first."""
    higher = [c for c in changes if c.distinctiveness.rank > rule.distinctiveness.rank]
    return sorted(
        higher,
        key=lambda c: (c.broad_habitat != lost.broad_habitat, -c.distinctiveness.rank),
    )


def _lost_name(pool: str, members: list[Change]) -> str:
    losing = [change.label for change in members if change.project < 0]
    return losing[0] if len(losing) == 1 else f"{pool or members[0].module}: {', '.join(losing)}"


def net_gain_cell(module: Module) -> str:
    """Where the headline states the deficit of a module."""
    return f"{layout.HEADLINE.name}!{layout.headline_cell('deficit', module)}"


def module_requirements(metric: Metric) -> list[ModuleRequirement]:
    """Per module the naive and the lawful figure; None where the tool states no deficit."""
    lines = requirement_lines(metric)
    found = []
    for module in Module:
        remaining = [line for line in lines if line.module is module and line.remaining_units > 0]
        trading = sum(line.remaining_units for line in remaining)
        deficit = metric.headline[module].deficit
        naive = None if isinstance(deficit, str) else float(deficit)
        lawful = None if naive is None else max(naive, trading)
        difference = None if naive is None or lawful is None else lawful - naive
        because = tuple(line.lost for line in remaining) if difference else ()
        found.append(ModuleRequirement(module, naive, trading, lawful, difference, because))
    return found


def requirement_json(metric: Metric) -> dict[str, object]:
    """The chain and the module figures, as data."""
    return {
        "lines": [asdict(line) for line in requirement_lines(metric)],
        "net_gain": [
            {
                "module": str(each.module),
                "rule": "Headline deficit that trading leaves",
                "rule_cell": net_gain_cell(each.module),
                "units": _net_gain(each),
            }
            for each in module_requirements(metric)
        ],
        "modules": [asdict(each) for each in module_requirements(metric)],
    }


def save_requirement(metric: Metric, path: str) -> str:
    """Save the chain as JSON and say where; an empty path saves nothing."""
    if not path:
        return "Nothing was saved: no result_path is given."
    text = json.dumps(requirement_json(metric), ensure_ascii=False, indent=1)
    Path(path).write_text(text + "\n", encoding="utf-8")
    return f"The requirement was saved to {path}."


def _net_gain(each: ModuleRequirement) -> float | None:
    """Units of any habitat of the module that the headline asks for beyond the trading losses."""
    if each.naive_units is None:
        return None
    return max(0.0, each.naive_units - each.trading_units)


def requirement_frame(metric: Metric) -> pd.DataFrame:
    """The chain as a table: one row per loss, then the net gain of each module."""
    rows = [
        {
            "module": str(line.module),
            "band": line.band,
            "loss": line.lost,
            "units lost": line.lost_units,
            "rule": line.rule,
            "official cell": line.rule_cell,
            "surplus used": "; ".join(f"{u.source} {u.units:.4g}" for u in line.surplus_used),
            "units required": line.remaining_units,
        }
        for line in requirement_lines(metric)
    ]
    rows += [
        {
            "module": str(each.module),
            "band": "any",
            "loss": "Net gain beyond the losses above",
            "rule": "Any habitat of the module",
            "official cell": net_gain_cell(each.module),
            "surplus used": "",
            "units required": units,
        }
        for each in module_requirements(metric)
        if (units := _net_gain(each))
    ]
    return pd.DataFrame(rows)


def comparison_frame(metric: Metric) -> pd.DataFrame:
    """The naive figure beside the lawful one, per module, with what makes the difference."""
    percent = "target" if metric.target is None else f"{metric.target:.0%}"
    return pd.DataFrame(
        [
            {
                "module": str(each.module),
                f"naive {percent} units": each.naive_units,
                "lawful units": each.lawful_units,
                "difference": each.difference_units,
                "because of": "; ".join(each.because_of),
            }
            for each in module_requirements(metric)
        ]
    )


def requirement_text(metric: Metric) -> str:
    """The chain in words, for the command line."""
    words = []
    for line in requirement_lines(metric):
        used = ", ".join(f"{part.units:.4f} of {part.source}" for part in line.surplus_used)
        words.append(
            f"{line.band}: {line.lost}: {line.lost_units:.4f} units lost. {line.rule}"
            f" ({line.rule_cell}). Surplus used: {used or 'none'}."
            f" Required: {line.remaining_units:.4f} units."
        )
    for each in module_requirements(metric):
        if each.naive_units is None or each.lawful_units is None:
            words.append(
                f"{each.module}: the tool states no deficit ({net_gain_cell(each.module)})."
            )
        elif each.lawful_units:
            because = f", because of {'; '.join(each.because_of)}" if each.because_of else ""
            words.append(
                f"{each.module}: {each.naive_units:.4f} units by the headline alone"
                f" ({net_gain_cell(each.module)}), {each.lawful_units:.4f} by law{because}."
            )
    return "\n".join(words)
