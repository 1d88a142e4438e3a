"""Places by the names people write; what is not found comes with the names nearest to it."""

from collections import Counter

import pytest

from bng_core import places
from bng_core.errors import UnknownPlace
from bng_core.reference import table
from bng_core.terms import Place

WATERBODIES = list(table("geography/waterbodies.csv"))


def refusal(find: object, text: str) -> str:
    with pytest.raises(UnknownPlace) as error:
        find(text)  # type: ignore[operator]
    return str(error.value)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("South Oxfordshire LPA", "South Oxfordshire LPA"),
        ("south oxfordshire", "South Oxfordshire LPA"),
        ("  South   Oxfordshire District Council ", "South Oxfordshire LPA"),
        ("E60000001", "County Durham LPA"),
        ("e60000001", "County Durham LPA"),
        ("Durham County Council", "County Durham LPA"),
        ("Bristol City Council", "Bristol, City of LPA"),
        ("Herefordshire Council", "Herefordshire, County of LPA"),
        ("Hull", "Kingston upon Hull, City of LPA"),
        ("London Borough of Barnet", "Barnet LPA"),
        ("Royal Borough of Greenwich", "Greenwich LPA"),
        ("Bath & North East Somerset", "Bath and North East Somerset LPA"),
        ("Kings Lynn and West Norfolk", "King's Lynn and West Norfolk LPA"),
        ("King’s Lynn & West Norfolk Borough Council", "King's Lynn and West Norfolk LPA"),
        ("Stratford on Avon", "Stratford-on-Avon LPA"),
        ("St Helens", "St. Helens LPA"),
        ("New Forest District Council", "New Forest LPA"),
        ("New Forest National Park Authority", "New Forest National Park LPA"),
        ("Allerdale", "Cumberland LPA"),
        ("Northampton", "West Northamptonshire LPA"),
    ],
)
def test_an_authority_is_found_by_name_code_and_former_name(written: str, name: str) -> None:
    assert places.find_lpa(written) == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("108", "Upper Thames Clay Vales"),
        ("NCA 108", "Upper Thames Clay Vales"),
        ("upper thames clay vales", "Upper Thames Clay Vales"),
        ("Fens", "The Fens"),
        ("Isle of Portland", "Isle of Porland"),
    ],
)
def test_a_character_area_is_found_by_name_and_number(written: str, name: str) -> None:
    assert places.find_nca(written) == name


@pytest.mark.parametrize(
    ("kind", "find"),
    [
        ("lpa", places.find_lpa),
        ("nca", places.find_nca),
        ("lnrs", places.find_lnrs),
        ("marine_plan_areas", places.find_marine_plan_area),
    ],
)
def test_every_official_name_is_found_and_no_two_names_are_taken_for_one(
    kind: str, find: object
) -> None:
    rows = list(table(f"geography/{kind}.csv"))

    for row in rows:
        assert find(row["name"]) == row["name"]  # type: ignore[operator]
        assert find(row["name"].upper()) == row["name"]  # type: ignore[operator]
        if "code" in row:
            assert find(row["code"]) == row["name"]  # type: ignore[operator]
    loose = Counter(places.normalise(row["name"]) for row in rows)
    assert [name for name, count in loose.items() if count > 1] == []


def test_every_former_name_leads_to_an_authority_of_today() -> None:
    for row in table("geography/lpa_aliases.csv"):
        assert places.find_lpa(row["alias"]) == row["name"]
        assert row["name"] in places.lpa_names()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "South Oxfordshir",
            "The nearest names are: South Oxfordshire LPA, West Oxfordshire LPA,"
            " South Staffordshire LPA.",
        ),
        ("Telford", "The nearest names are: Telford and Wrekin LPA."),
        ("Dartmoor", "The nearest names are: Dartmoor National Park LPA."),
        ("Richmond", "The nearest names are: Richmond upon Thames LPA."),
        ("xyzzy", "Give its official name."),
        ("", "Give its official name."),
        ("Robert'); DROP TABLE lpa;--", "Give its official name."),
        ("<b>Oxford</b>", "The nearest names are: Oxford LPA."),
    ],
)
def test_an_unknown_authority_comes_with_the_nearest_names(text: str, hint: str) -> None:
    assert refusal(places.find_lpa, text) == (
        f"Local planning authority “{text}” is not in the tables. {hint}"
    )


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Cotswold", "The nearest names are: Cotswolds."),
        ("160", "Give its official name."),
    ],
)
def test_an_unknown_character_area_comes_with_the_nearest_names(text: str, hint: str) -> None:
    assert refusal(places.find_nca, text) == (
        f"National character area “{text}” is not in the tables. {hint}"
    )


def test_a_waterbody_is_found_by_id_in_any_letters_and_by_a_name_only_it_has() -> None:
    assert places.find_waterbody("GB106039023410") == ("GB106039023410", "Ock")
    assert places.find_waterbody(" gb106039023410 ") == ("GB106039023410", "Ock")
    assert places.find_waterbody("roddam burn") == ("GB102021072860", "River Till")


def test_every_waterbody_lies_in_one_operational_catchment() -> None:
    assert len({row["waterbody_id"] for row in WATERBODIES}) == len(WATERBODIES)
    catchments = places.catchments_by_waterbody()
    for row in WATERBODIES:
        assert catchments[row["waterbody_id"]] == row["operational_catchment"]
        assert places.find_operational_catchment(row["operational_catchment"])


def test_no_operational_catchment_is_taken_for_another() -> None:
    names = {row["operational_catchment"] for row in WATERBODIES}

    assert [n for n in names if places.find_operational_catchment(n.upper()) != n] == []
    assert len({places.normalise(name) for name in names}) == len(names)


def test_a_name_of_two_waterbodies_asks_for_the_id() -> None:
    ids = [row["waterbody_id"] for row in WATERBODIES if row["name"] == "New River"]
    assert len(ids) == 2

    assert refusal(places.find_waterbody, "New River") == (
        f"Waterbody “New River” is the name of several: give one of {', '.join(ids)}."
    )


def test_an_unknown_waterbody_comes_with_the_nearest() -> None:
    assert refusal(places.find_waterbody, "GB10603902341") == (
        "Waterbody “GB10603902341” is not in the tables."
        " The nearest are: GB106039023451, GB106039023410, GB106039023141."
    )
    assert refusal(places.find_waterbody, "Roddam Bum") == (
        "Waterbody “Roddam Bum” is not in the tables."
        " The nearest are: Roddam Burn (GB102021072860)."
    )
    assert refusal(places.find_waterbody, "zz") == (
        "Waterbody “zz” is not in the tables. Give its WFD id, such as GB106039023233."
    )


def test_a_place_is_what_its_user_gave_in_official_names() -> None:
    assert places.place("oxford", "108") == Place("Oxford LPA", "Upper Thames Clay Vales")
    assert places.place("oxford", "108", "GB106039023410", "south inshore") == Place(
        "Oxford LPA", "Upper Thames Clay Vales", "GB106039023410", "Ock", "South Inshore"
    )


def test_the_lists_offered_are_sorted_and_whole() -> None:
    for names, kind in ((places.lpa_names(), "lpa"), (places.nca_names(), "nca")):
        assert names == sorted(names)
        assert set(names) == {row["name"] for row in table(f"geography/{kind}.csv")}


def test_the_character_areas_of_an_authority_come_largest_share_first() -> None:
    areas = places.ncas_of_lpa("South Oxfordshire LPA")
    shares = {
        row["nca"]: float(row["share_of_lpa"])
        for row in table("geography/lpa_nca_overlap.csv")
        if row["lpa"] == "South Oxfordshire LPA"
    }

    assert areas == sorted(shares, key=lambda nca: -shares[nca])
    assert areas[0] == "Upper Thames Clay Vales"
    assert places.ncas_of_lpa("none") == []


def test_every_authority_has_a_nature_recovery_strategy_area() -> None:
    areas = {row["name"] for row in table("geography/lnrs.csv")}

    assert {places.lnrs_of_lpa(lpa) for lpa in places.lpa_names()} <= areas
    assert places.lnrs_of_lpa("South Oxfordshire LPA") == "Oxfordshire"
