"""Equals in cost: fewer banks, then nearer, then more stock, then a fixed order."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bng_core.demand import HeadlineNeed
from bng_core.optimise import Answer
from bng_core.solver import Limits, Solver
from bng_core.terms import Module
from tests.builders import (
    ACID,
    ADJACENT,
    FAR,
    MODIFIED,
    NEUTRAL,
    ORCHARD,
    a_demand,
    a_market,
    an_answer,
    an_offer,
)


def banks(answer: Answer) -> dict[str, float]:
    return {row["bank_id"]: row["units"] for row in answer.to_json()["purchases"]}


def test_fewer_banks_come_before_nearer_ones():
    market = a_market(
        an_offer(ORCHARD, 40_000, bank_id="a"),
        an_offer(NEUTRAL, 25_000, bank_id="b"),
        an_offer(ORCHARD, 40_000, bank_id="both"),
        an_offer(NEUTRAL, 25_000, bank_id="both"),
    )

    answer = an_answer(a_demand(**{ORCHARD: 1, NEUTRAL: 1}), market)

    assert {row["bank_id"] for row in answer.to_json()["purchases"]} == {"both"}


def test_the_nearer_bank_wins_where_both_meet_the_need_at_the_same_cost():
    # trading alone decides: 1 orchard at 40,000 anywhere, the headline is met on site
    on_site = {Module.AREA: HeadlineNeed(Decimal(0))}
    demand = replace(a_demand(**{ORCHARD: 1}), headline=on_site)
    market = a_market(
        an_offer(ORCHARD, 40_000, where=FAR, bank_id="a-far"),
        an_offer(ORCHARD, 40_000, where=ADJACENT, bank_id="b-adjacent"),
        an_offer(ORCHARD, 40_000, bank_id="c-local"),
    )

    assert banks(an_answer(demand, market)) == {"c-local": 1}


def test_the_bank_with_more_stock_wins_among_equally_near_ones():
    market = a_market(
        an_offer(MODIFIED, 18_000, units=3, bank_id="a"),
        an_offer(MODIFIED, 18_000, units=9, bank_id="b"),
    )

    assert banks(an_answer(a_demand(area_net_gain=1), market)) == {"b": 1}


@pytest.mark.parametrize("lot", ["0", "0.01"])
@pytest.mark.parametrize("solver", list(Solver))
def test_complete_equals_are_told_apart_in_the_same_way_by_any_solver_in_any_order(lot, solver):
    offers = [
        an_offer(habitat, 25_000, units=2, bank_id=bank)
        for bank in "abcde"
        for habitat in (NEUTRAL, ACID)
    ]
    demand = a_demand(**{NEUTRAL: 3, ACID: 2.5})

    first = an_answer(demand, a_market(*offers), lot=Decimal(lot)).to_json()["purchases"]
    again = an_answer(
        demand, a_market(*reversed(offers)), lot=Decimal(lot), limits=Limits(solver)
    ).to_json()["purchases"]

    assert again == first
