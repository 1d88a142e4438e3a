"""A postcode gives a guess of the place, in the names of the tables."""

import pytest

from bng_core import places
from bng_core.errors import UnknownPlace
from bng_core.postcodes import guess_of_point, guess_place
from bng_core.reference import table


@pytest.mark.parametrize("written", ["OX10 8BA", "ox108ba", " OX10 ", "O X 1 0"])
def test_a_postcode_and_its_first_half_lead_to_the_same_guess(written: str) -> None:
    guess = guess_place(written)

    assert (guess.outcode, guess.town) == ("OX10", "Wallingford")
    assert guess.lpa == "South Oxfordshire LPA"
    assert guess.nca == "Upper Thames Clay Vales"


def test_a_district_of_inner_london_falls_back_to_the_one_without_its_letter() -> None:
    assert guess_place("W1A 1AA").outcode == "W1"


def test_every_district_has_names_of_the_tables() -> None:
    rows = list(table("geography/outcodes.csv"))

    assert len(rows) > 2_000
    assert {row["lpa"] for row in rows} <= set(places.lpa_names())
    assert {row["nca"] for row in rows} <= set(places.nca_names())


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (
            "Wallingford",
            "“Wallingford” is not a postcode; expected one such as OX10 8BA, or its first half, "
            "OX10.",
        ),
        (
            "CF10 1AA",
            "Postcode district CF10 is not among those of England in the tables. Choose the "
            "planning authority and the character area by name.",
        ),
    ],
)
def test_what_is_no_english_postcode_is_refused_in_words(written: str, sentence: str) -> None:
    with pytest.raises(UnknownPlace) as refusal:
        guess_place(written)

    assert str(refusal.value) == sentence


def test_a_point_leads_to_the_district_whose_middle_is_nearest() -> None:
    assert guess_of_point(51.60, -1.12).outcode == "OX10"


def test_a_point_at_sea_is_no_place() -> None:
    with pytest.raises(UnknownPlace) as refusal:
        guess_of_point(54.5, 3.0)

    assert str(refusal.value) == (
        "The point 54.500, 3.000 is not in England; choose one on land in England."
    )
