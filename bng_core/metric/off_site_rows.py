"""Purchases as off-site rows of the metric (sheets D, E and F), for the applicant to enter.

A purchase is units, the metric asks for sizes: the row created is of the size that gives those
units in one condition, planted without advance or delay. Land that becomes habitat was sealed
before, which has no units, so that the areas agree. Whoever enters the rows replaces size,
condition, years and baseline by those of the gain site; the units are what the quote promises.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bng_core.errors import MetricError
from bng_core.metric.cell_values import number
from bng_core.metric.input_tables import scenario_inputs
from bng_core.metric.unit_tables import unit_tables
from bng_core.metric.units import work_out
from bng_core.reference import load_habitats
from bng_core.terms import Habitat, Module, Relation, SpatialRoute

Row = dict[str, Any]

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
_SEALED = {
    "broad_habitat": "Urban",
    "habitat": "Developed land; sealed surface",
    "condition": "N/A - Other",
    "irreplaceable": "No",
}
_TRIED_SIZE = 1.0
_STEP = 1e9
"""Sizes end at the ninth decimal, above what is needed: trading compares exactly with 0 (§7.1)."""


@dataclass(frozen=True)
class Purchase:
    """Units of a habitat bought at a gain site, before the SRM, and how near the site is.

    `reference` is the gain site's reference, `remark` what the row's comment says besides.
    """

    habitat: str
    units: float
    relation: Relation
    reference: str
    remark: str = ""


def off_site_lists(purchases: Iterable[Purchase]) -> dict[str, list[Row]]:
    """The rows of a scenario's "offsite" lists; raises MetricError for what cannot be created."""
    lists: dict[str, list[Row]] = {}
    for purchase in purchases:
        habitat = load_habitats().by_label[purchase.habitat]
        kind = _KINDS[habitat.module]
        row = _created(habitat, purchase)
        lists.setdefault(f"{kind}_creation", []).append(row)
        if kind == "area" and unit_tables().area_by_label[habitat.label.casefold()].covers_ground:
            lists.setdefault("area_baseline", []).append(_land_before(row))
    return lists


def _created(habitat: Habitat, purchase: Purchase) -> Row:
    for condition in _CONDITIONS:
        row = _of_size(habitat, purchase, condition, _TRIED_SIZE)
        units = _units(habitat, row)
        if units > 0:
            size = (math.floor(purchase.units / units * _STEP) + 1) / _STEP
            return _of_size(habitat, purchase, condition, size)
    raise MetricError(
        f"{habitat.label} cannot be created in any condition, so no off-site row gives its units:"
        " enter the purchase as an enhancement of the gain site's own baseline."
    )


def _of_size(habitat: Habitat, purchase: Purchase, condition: str, size: float) -> Row:
    row: Row = {
        "habitat": habitat.habitat_type,
        "condition": condition,
        "strategic_significance": "low",
        "spatial_risk_category": _category(habitat, purchase.relation),
        "offsite_reference": purchase.reference,
        "user_comments": f"{purchase.units:g} units bought{purchase.remark}. Size, condition and "
        "years stand for the units: replace them by those of the gain site.",
    }
    if habitat.module is Module.AREA:
        return row | {"broad_habitat": habitat.broad_habitat, "area_ha": size}
    if habitat.module is Module.HEDGEROW:
        return row | {"hedge_number": purchase.reference, "length_km": size}
    return row | {"length_km": size} | _clear(habitat)


def _land_before(created: Row) -> Row:
    kept = ("area_ha", "strategic_significance", "spatial_risk_category", "offsite_reference")
    remark = "Stands for the gain site's baseline: replace it by that."
    return {**_SEALED, **{name: created[name] for name in kept}, "user_comments": remark}


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


def with_purchases(scenario: Mapping[str, Any], purchases: Iterable[Purchase]) -> dict[str, Any]:
    """The scenario with the purchases added to its off-site rows; raises MetricError."""
    offsite = {name: list(rows) for name, rows in (scenario.get("offsite") or {}).items()}
    for table, rows in off_site_lists(purchases).items():
        offsite[table] = offsite.get(table, []) + rows
    return {**scenario, "offsite": offsite}
