"""How near a bank is: the better of LPA and NCA, catchments, marine plan areas (§2.3)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bng_core.places import find_waterbody
from bng_core.reference import load_habitats, load_neighbours
from bng_core.spatial import spatial_risk
from bng_core.terms import Geography, Place, Relation, SpatialRoute

FULL, THREE_QUARTERS, HALF = Decimal(1), Decimal("0.75"), Decimal("0.5")
SITE = Place("South Oxfordshire LPA", "Upper Thames Clay Vales")
FAR_LPA, FAR_NCA = "Cornwall LPA", "Bodmin Moor"
NEXT_LPA, NEXT_NCA = "Reading LPA", "Chilterns"

OCK, OTHER_OCK, THAME = map(find_waterbody, ("GB106039023630", "GB106039023350", "GB106039030400"))


def risk(site: Place, bank: Place, route: SpatialRoute) -> tuple[Decimal, str]:
    found = spatial_risk(site, bank, route)
    return found.multiplier, found.reason


def planning(lpa: str, nca: str, site: Place = SITE) -> tuple[Decimal, str]:
    return risk(site, Place(lpa, nca), SpatialRoute.PLANNING)


def on_water(waterbody: str | None, catchment: str | None) -> Place:
    """Far by LPA and NCA, so that only its catchment can bring it near."""
    return Place(FAR_LPA, FAR_NCA, waterbody, catchment)


@pytest.mark.parametrize(
    ("lpa", "nca", "multiplier", "reason"),
    [
        (SITE.lpa, SITE.nca, FULL, "same LPA, South Oxfordshire LPA"),
        (SITE.lpa, FAR_NCA, FULL, "same LPA, South Oxfordshire LPA"),
        (FAR_LPA, SITE.nca, FULL, "same NCA, Upper Thames Clay Vales"),
        (NEXT_LPA, SITE.nca, FULL, "same NCA, Upper Thames Clay Vales"),
        (NEXT_LPA, FAR_NCA, THREE_QUARTERS, "neighbouring LPA, Reading LPA"),
        (FAR_LPA, NEXT_NCA, THREE_QUARTERS, "neighbouring NCA, Chilterns"),
        (NEXT_LPA, NEXT_NCA, THREE_QUARTERS, "neighbouring LPA, Reading LPA"),
        (FAR_LPA, FAR_NCA, HALF, "beyond the neighbouring LPAs and NCAs"),
    ],
)
def test_the_better_of_lpa_and_nca_decides(
    lpa: str, nca: str, multiplier: Decimal, reason: str
) -> None:
    assert planning(lpa, nca) == (multiplier, reason)


def test_a_neighbour_s_neighbour_is_far() -> None:
    neighbours = load_neighbours("lpa")
    second = set().union(*(neighbours[lpa] for lpa in neighbours[SITE.lpa]))
    second -= neighbours[SITE.lpa] | {SITE.lpa}

    assert second
    assert {planning(lpa, FAR_NCA)[0] for lpa in second} == {HALF}


def test_nearness_is_mutual() -> None:
    banks = [Place(lpa, nca) for lpa in (NEXT_LPA, FAR_LPA) for nca in (NEXT_NCA, FAR_NCA)]

    for bank in banks:
        assert planning(bank.lpa, bank.nca)[0] == planning(SITE.lpa, SITE.nca, bank)[0]


def test_an_island_is_near_only_to_itself() -> None:
    wight = Place("Isle of Wight LPA", "Isle of Wight")

    assert planning(wight.lpa, wight.nca, wight) == (FULL, "same LPA, Isle of Wight LPA")
    for lpa in ("New Forest LPA", "Portsmouth LPA", "Southampton LPA"):
        assert planning(lpa, "South Hampshire Lowlands", wight) == (
            HALF,
            "beyond the neighbouring LPAs and NCAs",
        )


@pytest.mark.parametrize(
    ("bank", "multiplier", "reason"),
    [
        (on_water(*OCK), FULL, f"same waterbody catchment, {OCK[0]}"),
        (on_water(*OTHER_OCK), THREE_QUARTERS, "same operational catchment, Ock"),
        (on_water(None, "Ock"), THREE_QUARTERS, "same operational catchment, Ock"),
        (on_water(*THAME), HALF, "outside the operational catchment"),
        (on_water(None, "Thame"), HALF, "outside the operational catchment"),
        (on_water(None, None), HALF, "catchment of the bank not given, so counted as outside"),
        (
            Place(SITE.lpa, SITE.nca),
            HALF,
            "catchment of the bank not given, so counted as outside",
        ),
        (replace(SITE, waterbody_id=THAME[0], operational_catchment="Thame"), HALF,
         "outside the operational catchment"),
    ],
)  # fmt: skip
def test_a_watercourse_goes_by_catchment_whatever_lpa_and_nca_say(
    bank: Place, multiplier: Decimal, reason: str
) -> None:
    site = replace(SITE, waterbody_id=OCK[0], operational_catchment=OCK[1])

    assert risk(site, bank, SpatialRoute.CATCHMENT) == (multiplier, reason)


@pytest.mark.parametrize(
    ("bank", "multiplier", "reason"),
    [
        (Place(SITE.lpa, FAR_NCA, *OCK), FULL, "same LPA, South Oxfordshire LPA"),
        (Place(FAR_LPA, NEXT_NCA), THREE_QUARTERS, "neighbouring NCA, Chilterns"),
        (on_water(*OCK), HALF, "beyond the neighbouring LPAs and NCAs"),
    ],
)
def test_without_a_waterbody_lpa_and_nca_stand_in_and_say_so(
    bank: Place, multiplier: Decimal, reason: str
) -> None:
    stands_in = "stands in for the waterbody catchment, which is not given"

    assert risk(SITE, bank, SpatialRoute.CATCHMENT) == (multiplier, f"{reason} ({stands_in})")


@pytest.mark.parametrize(
    ("area", "multiplier", "reason"),
    [
        ("South Inshore", FULL, "same marine plan area, South Inshore"),
        ("South Offshore", THREE_QUARTERS, "neighbouring marine plan area, South Offshore"),
        ("North East Inshore", HALF, "beyond the neighbouring marine plan areas"),
        (None, HALF, "marine plan area of the bank not given, so counted as beyond"),
    ],
)
def test_intertidal_habitats_go_by_marine_plan_area(
    area: str | None, multiplier: Decimal, reason: str
) -> None:
    site = replace(SITE, marine_plan_area="South Inshore")
    bank = Place(SITE.lpa, SITE.nca, marine_plan_area=area)

    assert risk(site, bank, SpatialRoute.MARINE) == (multiplier, reason)


def test_without_a_marine_plan_area_lpa_and_nca_stand_in_and_say_so() -> None:
    bank = Place(FAR_LPA, SITE.nca, marine_plan_area="South Inshore")

    assert risk(SITE, bank, SpatialRoute.MARINE) == (
        FULL,
        "same NCA, Upper Thames Clay Vales"
        " (stands in for the marine plan area, which is not given)",
    )


@pytest.mark.parametrize(
    ("bank", "multiplier", "reason"),
    [
        (Place("Oxford LPA", FAR_NCA), FULL, "same LNRS area, Oxfordshire"),
        (Place(FAR_LPA, FAR_NCA, lnrs="Oxfordshire"), FULL, "same LNRS area, Oxfordshire"),
        (Place("Swindon LPA", FAR_NCA), THREE_QUARTERS, None),
        (Place(FAR_LPA, SITE.nca), HALF, "beyond the neighbouring LNRS areas"),
    ],
)
def test_the_announced_geography_goes_by_nature_recovery_strategy_area(
    bank: Place, multiplier: Decimal, reason: str | None
) -> None:
    found = risk(SITE, bank, SpatialRoute.LNRS)

    assert found[0] == multiplier
    assert found[1] == reason or found[1].startswith("neighbouring LNRS area, ")


def test_only_the_planning_route_changes_with_the_announced_geography() -> None:
    routes = {(h.route, Geography.LNRS.route(h)) for h in load_habitats().by_label.values()}

    assert routes == {
        (SpatialRoute.PLANNING, SpatialRoute.LNRS),
        (SpatialRoute.CATCHMENT, SpatialRoute.CATCHMENT),
        (SpatialRoute.MARINE, SpatialRoute.MARINE),
    }
    assert all(Geography.LPA_NCA.route(h) is h.route for h in load_habitats().by_label.values())


def test_the_relation_is_told_with_the_multiplier() -> None:
    relations = [
        spatial_risk(SITE, Place(lpa, FAR_NCA), SpatialRoute.PLANNING).relation
        for lpa in (SITE.lpa, NEXT_LPA, FAR_LPA)
    ]

    assert relations == [Relation.LOCAL, Relation.ADJACENT, Relation.FAR]
