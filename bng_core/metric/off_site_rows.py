"""Purchases as off-site rows of the metric (sheets D-2, E-2, F-2), for the applicant to enter.

A purchase is units, the metric asks for sizes: the row created is of the size that gives those
units in one condition, planted without advance or delay. Whoever enters it replaces the size,
condition and years by those of the gain site; the units are what the quote promises.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bng_core.metric import layout
from bng_core.metric.cell_values import number
from bng_core.metric.input_tables import scenario_inputs
from bng_core.metric.unit_tables import unit_tables
from bng_core.metric.units import work_out
from bng_core.reference import load_habitats
from bng_core.terms import Habitat, Module, Relation, SpatialRoute

_KINDS = {Module.AREA: "area", Module.HEDGEROW: "hedge", Module.WATERCOURSE: "watercourse"}
_CATEGORIES = {
    Relation.LOCAL: "inside",
    Relation.ADJACENT: "neighbouring",
    Relation.FAR: "outside",
}
_MARINE = {
    Relation.LOCAL: " Intertidal habitats - Compensation inside Marine Plan Area of impact site  ",
    Relation.ADJACENT: " Intertidal habitats - Compensation outside same Marine Plan Area but in "
    "neighbouring Marine Plan Area",
    Relation.FAR: " Intertidal habitats - Compensation outside Marine Plan Area of impact site and "
    "beyond neighbouring Marine Plan Area ",
}
_CONDITIONS = ("Good", "Moderate", "Poor", "Condition Assessment N/A", "Fairly Good", "N/A - Other")
_TRIED_SIZE = 1.0


@dataclass(frozen=True)
class Purchase:
    """Units of a habitat bought at a gain site, before the SRM, and how near the site is."""

    habitat: str
    units: float
    relation: Relation
    reference: str


def off_site_lists(purchases: Iterable[Purchase]) -> dict[str, list[dict[str, Any]]]:
    """The rows of a scenario's "offsite" lists; raises ValueError for what cannot be created."""
    lists: dict[str, list[dict[str, Any]]] = {}
    for purchase in purchases:
        habitat = load_habitats().by_label[purchase.habitat]
        table = f"{_KINDS[habitat.module]}_creation"
        lists.setdefault(table, []).append(_row(habitat, purchase))
    return lists


def _row(habitat: Habitat, purchase: Purchase) -> dict[str, Any]:
    for condition in _CONDITIONS:
        row = _of_size(habitat, purchase, condition, _TRIED_SIZE)
        units = _units(habitat, row)
        if units > 0:
            return _of_size(habitat, purchase, condition, purchase.units / units)
    raise ValueError(f"{habitat.label} cannot be created: enter it as an enhancement")


def _of_size(habitat: Habitat, purchase: Purchase, condition: str, size: float) -> dict[str, Any]:
    row: dict[str, Any] = {
        "habitat": habitat.habitat_type,
        "condition": condition,
        "strategic_significance": "low",
        "spatial_risk_category": _category(habitat, purchase.relation),
        "offsite_reference": purchase.reference,
    }
    if habitat.module is Module.AREA:
        return row | {"broad_habitat": habitat.broad_habitat, "area_ha": size}
    if habitat.module is Module.HEDGEROW:
        return row | {"hedge_number": purchase.reference, "length_km": size}
    return row | {"length_km": size} | _clear(habitat)


def _category(habitat: Habitat, relation: Relation) -> str:
    return (_MARINE if habitat.route is SpatialRoute.MARINE else _CATEGORIES)[relation]


def _clear(habitat: Habitat) -> dict[str, str]:
    """No encroachment, or a culvert's own category."""
    tables = unit_tables()
    own = [name for name, owner in tables.encroachment_owner.items() if owner == habitat.label]
    names = {
        kind: [n for n in names if (n.casefold() in own) == bool(own)]
        for kind, names in tables.encroachment_names.items()
    }
    return {
        f"{kind}_encroachment": max(
            of_kind, key=lambda name: number(tables.encroachment[kind][name.casefold()])
        )
        for kind, of_kind in names.items()
    }


def _units(habitat: Habitat, row: Mapping[str, Any]) -> float:
    key = ("offsite", f"{_KINDS[habitat.module]}_creation")
    [worked_out] = work_out(scenario_inputs({"offsite": {key[1]: [dict(row)]}}))[key]
    units = worked_out.result["units"]
    return float(units) if isinstance(units, float | int) else 0.0


def off_site_cells(purchases: Iterable[Purchase], taken: Mapping[str, int]) -> dict[str, Any]:
    """The cells to fill, by "sheet!cell"; `taken` rows of a sheet are in use already."""
    cells: dict[str, Any] = {}
    for table, rows in off_site_lists(purchases).items():
        place = layout.input_tables()["offsite", table]
        first = place.first_row + taken.get(place.sheet, 0)
        for line, row in enumerate(rows, start=first):
            if line > place.last_row:
                raise ValueError(f"{place.sheet} has no row left for {row['habitat']}")
            for field, value in scenario_row(table, row).items():
                cells[f"{place.sheet}!{place.columns[field]}{line}"] = value
    return cells


def scenario_row(table: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row with its drop-down texts in full, as the sheet takes it."""
    [filled] = scenario_inputs({"offsite": {table: [dict(row)]}})["offsite", table]
    return filled.cells


def with_purchases(scenario: Mapping[str, Any], purchases: Iterable[Purchase]) -> dict[str, Any]:
    """The scenario with the purchases added to its off-site rows."""
    offsite = {name: list(rows) for name, rows in (scenario.get("offsite") or {}).items()}
    for table, rows in off_site_lists(purchases).items():
        offsite[table] = offsite.get(table, []) + rows
    return {**scenario, "offsite": offsite}
