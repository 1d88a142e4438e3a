"""How near a bank is to a development: relation -> spatial risk multiplier (§2.3)."""

from dataclasses import dataclass
from decimal import Decimal

from bng_core.places import lnrs_of_lpa
from bng_core.reference import load_neighbours, load_spatial_risk
from bng_core.terms import Place, Relation, SpatialRoute


@dataclass(frozen=True)
class SpatialRisk:
    """The relation of a bank to the development, its multiplier, and the reason in words."""

    relation: Relation
    multiplier: Decimal
    reason: str


def spatial_risk(site: Place, bank: Place, route: SpatialRoute) -> SpatialRisk:
    """The spatial risk multiplier between two places by one route.

    Watercourses go by catchment and intertidal habitats by marine plan area. Where the development
    gives none, its LPA and NCA stand in and the reason says so; a bank that gives none is far
    (DESIGN, "Catchments that are not known").
    """
    relation, reason = _RELATIONS[route](site, bank)
    return SpatialRisk(relation, load_spatial_risk()[route, relation], reason)


def _planning(site: Place, bank: Place) -> tuple[Relation, str]:
    """The better of the LPA route and the NCA route."""
    if bank.lpa == site.lpa:
        return Relation.LOCAL, f"same LPA, {bank.lpa}"
    if bank.nca == site.nca:
        return Relation.LOCAL, f"same NCA, {bank.nca}"
    if bank.lpa in load_neighbours("lpa").get(site.lpa, ()):
        return Relation.ADJACENT, f"neighbouring LPA, {bank.lpa}"
    if bank.nca in load_neighbours("nca").get(site.nca, ()):
        return Relation.ADJACENT, f"neighbouring NCA, {bank.nca}"
    return Relation.FAR, "beyond the neighbouring LPAs and NCAs"


def _catchment(site: Place, bank: Place) -> tuple[Relation, str]:
    if site.waterbody_id is None:
        return _stand_in(site, bank, "waterbody catchment")
    if bank.waterbody_id == site.waterbody_id:
        return Relation.LOCAL, f"same waterbody catchment, {bank.waterbody_id}"
    if bank.operational_catchment and bank.operational_catchment == site.operational_catchment:
        return Relation.ADJACENT, f"same operational catchment, {bank.operational_catchment}"
    if bank.operational_catchment is None:
        return Relation.FAR, "catchment of the bank not given, so counted as outside"
    return Relation.FAR, "outside the operational catchment"


def _marine(site: Place, bank: Place) -> tuple[Relation, str]:
    if site.marine_plan_area is None:
        return _stand_in(site, bank, "marine plan area")
    if bank.marine_plan_area is None:
        return Relation.FAR, "marine plan area of the bank not given, so counted as beyond"
    if bank.marine_plan_area == site.marine_plan_area:
        return Relation.LOCAL, f"same marine plan area, {bank.marine_plan_area}"
    if bank.marine_plan_area in load_neighbours("marine_plan_area").get(site.marine_plan_area, ()):
        return Relation.ADJACENT, f"neighbouring marine plan area, {bank.marine_plan_area}"
    return Relation.FAR, "beyond the neighbouring marine plan areas"


def _stand_in(site: Place, bank: Place, missing: str) -> tuple[Relation, str]:
    relation, reason = _planning(site, bank)
    return relation, f"{reason} (stands in for the {missing}, which is not given)"


def _lnrs(site: Place, bank: Place) -> tuple[Relation, str]:
    """By local nature recovery strategy areas; that of the larger part of an LPA if not given."""
    ours, theirs = site.lnrs or lnrs_of_lpa(site.lpa), bank.lnrs or lnrs_of_lpa(bank.lpa)
    if theirs == ours:
        return Relation.LOCAL, f"same LNRS area, {theirs}"
    if theirs in load_neighbours("lnrs").get(ours, ()):
        return Relation.ADJACENT, f"neighbouring LNRS area, {theirs}"
    return Relation.FAR, "beyond the neighbouring LNRS areas"


_RELATIONS = {
    SpatialRoute.LNRS: _lnrs,
    SpatialRoute.PLANNING: _planning,
    SpatialRoute.CATCHMENT: _catchment,
    SpatialRoute.MARINE: _marine,
}


def planning_rule_in_words(site: Place) -> str:
    """What counts as local, adjacent and far for a development, in one sentence (§2.3)."""
    risk = load_spatial_risk()
    shown = {r: f"{risk[SpatialRoute.PLANNING, r].normalize():f}" for r in Relation}
    return (
        f"A bank in {site.lpa} or in the NCA {site.nca} is local: its units count × "
        f"{shown[Relation.LOCAL]}; one in any of the {_count('lpa', site.lpa)} neighbouring LPAs "
        f"or {_count('nca', site.nca)} neighbouring NCAs is adjacent: × "
        f"{shown[Relation.ADJACENT]}; any other is far: × {shown[Relation.FAR]}. The better of the "
        "two routes counts."
    )


def _count(kind: str, name: str) -> int:
    return len(load_neighbours(kind).get(name, ()))
