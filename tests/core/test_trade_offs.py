"""Preferences hold in the answer, are audited, and each has its price."""

from decimal import Decimal

import pytest

from bng_core.preferences import Charges, Preferences
from bng_core.terms import ContractSize, Relation
from tests.builders import (
    ADJACENT,
    FAR,
    MODIFIED,
    NEUTRAL,
    ORCHARD,
    SCRUB,
    a_demand,
    a_market,
    an_answer,
    an_offer,
)

MARKET = a_market(
    an_offer(ORCHARD, 30_000, bank_id="a"),
    an_offer(NEUTRAL, 25_000, bank_id="b"),
    an_offer(ORCHARD, 32_000, bank_id="c"),
    an_offer(NEUTRAL, 26_000, bank_id="c"),
    an_offer(ORCHARD, 20_000, where=FAR, bank_id="d"),
    an_offer(MODIFIED, 14_000, where=ADJACENT, bank_id="e"),
)
DEMAND = a_demand(**{ORCHARD: 1, NEUTRAL: 1})


def total(**preferences: object) -> float:
    return an_answer(DEMAND, MARKET, **preferences).to_json()["cost"]["total_gbp"]


def banks(**preferences: object) -> set[str]:
    rows = an_answer(DEMAND, MARKET, **preferences).to_json()["purchases"]
    return {row["bank_id"] for row in rows}


def test_the_free_optimum_buys_far_orchard_and_makes_up_with_cheap_grassland():
    # 1 far orchard counts 0.5 and 0.67 adjacent grassland the rest: 29,380, below the local orchard
    # at 30,000; 0.66 is 0.495 after SRM, so 0.01 local and 0.99 far orchard waste nothing: 29,340
    assert total() == 25_000 + 0.01 * 30_000 + 0.99 * 20_000 + 0.66 * 14_000
    assert banks() == {"a", "b", "d", "e"}


def test_only_and_never_banks():
    assert banks(only_banks=frozenset({"c"})) == {"c"}
    assert "d" not in banks(never_banks=frozenset({"d"}))


def test_nearest_tier_only():
    assert banks(nearest=Relation.LOCAL) == {"a", "b"}
    assert banks(nearest=Relation.ADJACENT) <= {"a", "b", "c", "e"}


def test_no_make_up_in_another_habitat():
    """The far orchard loses half its unit; in kind that takes a second far orchard."""
    # 2 far orchards 40,000 or 1 local 30,000
    assert total(make_up_in_kind=True) == 30_000 + 25_000


def test_a_share_of_local_units():
    rows = an_answer(DEMAND, MARKET, local_share=Decimal("0.8")).to_json()["purchases"]

    local = sum(row["units"] for row in rows if row["srm"] == 1)
    assert local >= 0.8 * sum(row["units"] for row in rows)


def test_kept_purchases_stay():
    kept = {f"c/{ORCHARD}": Decimal("0.4")}

    rows = an_answer(DEMAND, MARKET, keep=kept).to_json()["purchases"]

    assert {row["stock_id"]: row["units"] for row in rows}[f"c/{ORCHARD}"] == 0.4


def test_a_minimum_at_each_bank():
    rows = an_answer(DEMAND, MARKET, minimum_units=Decimal("0.9")).to_json()["purchases"]
    units: dict[str, float] = {}
    for row in rows:
        units[row["bank_id"]] = units.get(row["bank_id"], 0) + row["units"]

    assert min(units.values()) >= 0.9


def test_registered_sites_only():
    market = a_market(
        an_offer(ORCHARD, 30_000, bank_id="plain"), an_offer(ORCHARD, 35_000, bank_id="listed")
    )
    market.banks.loc[market.banks["bank_id"] == "listed", "register_reference"] = "BGS-000001"

    rows = an_answer(a_demand(**{ORCHARD: 1}), market, registered_only=True).to_json()["purchases"]

    assert {row["bank_id"] for row in rows} == {"listed"}


def test_every_active_preference_says_what_it_costs():
    answer = an_answer(DEMAND, MARKET, max_banks=1, nearest=Relation.LOCAL).to_json()
    priced = {row["preference"]: row for row in answer["preferences"]}

    # one local bank: c, 58,000; without the limit a and b, 55,000; without "local" still c
    assert answer["cost"]["total_gbp"] == 58_000
    assert priced["max_banks"]["words"] == "at most 1 bank"
    assert priced["max_banks"]["saved_gbp"] == 58_000 - 55_000
    assert priced["nearest"]["saved_gbp"] == 0


def test_an_answer_without_preferences_prices_none():
    assert an_answer(DEMAND, MARKET).to_json()["preferences"] == []


def test_fees_are_part_of_what_is_minimised():
    """Units from four banks cost 54,340, from two 55,000, from one 58,000; the fee decides."""
    charges = Charges(bank_fee_gbp=Decimal(2_000), quote_fee_gbp=Decimal(500))

    cost = an_answer(DEMAND, MARKET, charges=charges).to_json()["cost"]

    assert cost == {"units_gbp": 55_000.0, "fees_gbp": 4_500.0, "total_gbp": 59_500.0}


def test_a_discount_is_off_units_and_not_off_fees():
    charges = Charges(quote_fee_gbp=Decimal(500), discount_percent=Decimal(10))

    answer = an_answer(a_demand(**{NEUTRAL: 1}), MARKET, charges=charges).to_json()

    assert answer["purchases"][0]["unit_price_gbp"] == 22_500
    assert answer["cost"] == {"units_gbp": 22_500.0, "fees_gbp": 500.0, "total_gbp": 23_000.0}


@pytest.mark.parametrize(
    ("size", "following"),
    [("fractional", "small"), ("small", "medium"), ("medium", "large"), ("large", "large")],
)
def test_the_next_contract_size(size, following):
    charges = Charges(next_size=True)

    answer = an_answer(DEMAND, MARKET, charges=charges, contract_size=ContractSize(size))

    assert answer.to_json()["contract_size"] == following


def test_preferences_that_leave_no_answer_name_what_to_give_up_and_its_price():
    answer = an_answer(
        a_demand(**{SCRUB: 1, ORCHARD: 1}), MARKET, never_banks=frozenset("ad"), max_banks=3,
        only_banks=frozenset("b"),
    ).to_json()  # fmt: skip

    (reason,) = answer["reasons"]

    assert answer["status"] == "infeasible"
    assert reason["remedies"][0]["message"] == "Give up “only from b”: £64,000.00."


def test_preferences_survive_the_way_through_json():
    wanted = Preferences(2, frozenset("ab"), frozenset("c"), {"s": Decimal("0.4")}, Relation.LOCAL,
                         True, Decimal("0.5"), True, Decimal("0.25"))  # fmt: skip

    assert Preferences.of_json(wanted.to_json()) == wanted
