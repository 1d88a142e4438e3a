"""Totals of the unit rows: what Headline Results and the trading summaries add up (§7.5)."""

from collections.abc import Iterator

from bng_core.metric import layout
from bng_core.metric.area_baseline import AREA_ERROR
from bng_core.metric.cell_values import (
    Value,
    above,
    if_error,
    minus,
    number,
    total,
)
from bng_core.metric.headline_cells import CHECK, ERROR, ModuleUnits
from bng_core.metric.hedgerow_rows import LENGTH_ERROR
from bng_core.metric.records import Figure
from bng_core.metric.trading_cells import Changes
from bng_core.metric.units import MODULES, UnitRow, Units
from bng_core.metric.watercourse_enhancement import baseline_share
from bng_core.reference import load_habitats
from bng_core.terms import Module

_STOPPING = {
    Module.AREA: ("size_lost", AREA_ERROR, ("offsite",)),
    Module.HEDGEROW: ("size_lost", LENGTH_ERROR, ("onsite", "offsite")),
    Module.WATERCOURSE: ("units_retained", LENGTH_ERROR, ("onsite", "offsite")),
}
"""The field and text that turn the total of retained units to an error, and on which sheets."""

_KINDS = {module: kind for kind, module in MODULES.items()}
_HEDGEROW_CHECK = "Check Data⚠"
"""The tool's own spelling in Headline Results!H13."""
_NO_ENHANCEMENT = {"onsite": "Error ▲", "offsite": "Error  ▲"}


def module_units(units: Units, module: Module) -> ModuleUnits:
    """The totals of a module, as Headline Results takes them from the sheets."""
    on_site = _scope_totals(units, module, "onsite", "")
    off_site = _scope_totals(units, module, "offsite", "")
    with_srm = _scope_totals(units, module, "offsite", "_x_srm")
    return ModuleUnits(*on_site, *off_site, *with_srm)


def _scope_totals(units: Units, module: Module, scope: str, suffix: str) -> tuple[Figure, Figure]:
    """Units before and after, of one scope; `suffix` "_x_srm" for units after the SRM."""
    kind = _KINDS[module]
    base = units[scope, f"{kind}_baseline"]
    before = total(row.result[f"units{suffix}"] for row in base)
    retained = _retained(base, module, scope, f"units_retained{suffix}")
    parts = [
        total(row.result.get(f"units{suffix}") for row in units[scope, f"{kind}_creation"]),
        _enhanced(units, module, scope, suffix),
        retained,
    ]
    if not suffix:
        parts.append(total(row.result.get("bespoke_units") for row in base))
    check = _HEDGEROW_CHECK if (module, scope) == (Module.HEDGEROW, "onsite") else CHECK
    after = if_error(check, lambda: sum(number(part) for part in parts))
    return _figure(if_error(CHECK, number, before)), _figure(after)


def _figure(value: Value) -> Figure:
    return "" if value is None else value


def _retained(base: list[UnitRow], module: Module, scope: str, field: str) -> Value:
    stopping, text, scopes = _STOPPING[module]
    if scope in scopes and any(row.result[stopping] == text for row in base):
        return ERROR
    return total(row.result[field] for row in base)


def _enhanced(units: Units, module: Module, scope: str, suffix: str) -> Value:
    rows = units[scope, f"{_KINDS[module]}_enhancement"]
    if module is Module.WATERCOURSE and any(
        str(share).startswith("#") or above(share, row.result["units"])
        for row, share in _shares(units, scope)
    ):
        return _NO_ENHANCEMENT[scope]
    return total(row.result.get(f"units{suffix}") for row in rows)


def _shares(units: Units, scope: str) -> Iterator[tuple[UnitRow, Value]]:
    """Listed watercourse enhancements with the units that their part had before (C-3!AY)."""
    base = {
        float(row.row - layout.input_tables()[row.key].first_row + 1): row
        for row in units[scope, "watercourse_baseline"]
    }
    for row in units[scope, "watercourse_enhancement"]:
        before = base.get(number(row.result["baseline_ref"] or 0.0))
        if before is not None:
            yield row, baseline_share(before.cells, before.result, row.result["size"])


def losing_enhancements(units: Units, scope: str) -> list[UnitRow]:
    """Enhanced watercourses that give fewer units than before: the sheet's total is an error."""
    return [
        row
        for row, share in _shares(units, scope)
        if isinstance(share, float | int)
        and isinstance(row.result["units"], float | int)
        and above(share, row.result["units"])
    ]


def trading_changes(units: Units) -> Changes:
    """The unit change of every habitat of the trading summaries, before SRM: on site, off site."""
    gained: dict[tuple[str, Module, str], dict[str, float]] = {}
    for key, rows in units.items():
        for row in rows:
            if row.row <= _last_traded(key):
                _count(gained, row)
    changes: Changes = {}
    for line in layout.trading_rows():
        label = load_habitats().by_trading_name(line.module, line.habitat).label.casefold()
        on_site, off_site = (
            _change(gained.get((scope, line.module, label), {})) for scope in ("onsite", "offsite")
        )
        changes[line] = (on_site, off_site)
    return changes


def _last_traded(key: tuple[str, str]) -> int:
    return layout.LAST_TRADED_ROWS.get(key, layout.input_tables()[key].last_row)


def _count(gained: dict[tuple[str, Module, str], dict[str, float]], row: UnitRow) -> None:
    label = str(row.result.get("label") or "").casefold()
    parts = gained.setdefault((row.key[0], row.module, label), {})
    if row.key[1].endswith("_baseline"):
        _add(parts, "before", row.result["units"])
        _add(parts, "retained", row.result["units_retained"])
        _add(parts, "bespoke", row.result.get("bespoke_units"))
    else:
        _add(parts, row.key[1].rsplit("_", 1)[1], row.result["units"])


def _add(parts: dict[str, float], part: str, units: Value) -> None:
    if isinstance(units, float | int):
        parts[part] = parts.get(part, 0.0) + units


def _change(parts: dict[str, float]) -> float:
    """(retained + created + enhanced) - before, added in the tool's order."""
    retained = parts.get("retained", 0.0) + parts.get("bespoke", 0.0)
    after = retained + parts.get("creation", 0.0) + parts.get("enhancement", 0.0)
    return minus(after, parts.get("before", 0.0))
