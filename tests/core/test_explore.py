"""Around an answer: every figure is checked by solving again."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bng_core.alternatives import fewer_banks, nearer_units, next_best_answers
from bng_core.case import Case, Request, make_case
from bng_core.credits import credit_units
from bng_core.demand import Demand, HeadlineNeed
from bng_core.explore import credits_only, explore, near_misses
from bng_core.preferences import NONE, Preferences
from bng_core.solve import Solution
from bng_core.terms import Module
from bng_core.what_if import PERCENTS, price_changes
from bng_core.why import more_stock, next_best, winning_prices
from tests.builders import (
    ADJACENT,
    BRAMBLE,
    FAR,
    HERE,
    MEADOW,
    MODIFIED,
    NEUTRAL,
    ORCHARD,
    SCRUB,
    TODAY,
    a_demand,
    a_market,
    an_offer,
)

MARKET = a_market(
    an_offer(ORCHARD, 40_000, units=0.6, bank_id="a"),
    an_offer(ORCHARD, 42_000, bank_id="b"),
    an_offer(ORCHARD, 30_000, where=FAR, bank_id="c"),
    an_offer(NEUTRAL, 25_000, bank_id="b"),
    an_offer(NEUTRAL, 24_000, where=ADJACENT, bank_id="d"),
    an_offer(SCRUB, 26_000, bank_id="a"),
    an_offer(BRAMBLE, 25_500, where=ADJACENT, bank_id="d"),
    an_offer(MODIFIED, 18_000, bank_id="e"),
)
DEMAND = a_demand(**{ORCHARD: 1, NEUTRAL: 0.8, SCRUB: 0.5}, area_net_gain=0.3)


def a_case(**changes: object) -> Case:
    return replace(make_case(DEMAND, MARKET, Request(HERE, TODAY)), **changes)  # type: ignore[arg-type]


def test_the_same_question_about_a_case_is_solved_once_and_another_market_is_asked_anew():
    case, one = a_case(), Preferences(max_banks=1)
    answer = case.solve(one)
    stock_id = answer.purchases[0][0].stock_id

    assert case.solve(Preferences(max_banks=1)) is answer
    assert case.without(stock_id).solve(one) != answer


def solved(case: Case, preferences: Preferences = NONE) -> Solution:
    solution = case.solve(preferences)
    assert solution is not None
    return solution


CASE = a_case()
BEST = solved(CASE)


def test_without_a_purchase_the_cheapest_answer_costs_what_is_said():
    for row in next_best(CASE, BEST):
        without = tuple(o for o in CASE.offers if o.stock_id != row["stock_id"])
        other = a_case(offers=without).solve(NONE)

        assert other is not None
        assert row["more_gbp"] == float(CASE.total_gbp(other) - CASE.total_gbp(BEST))
        assert row["more_gbp"] >= 0


def test_a_purchase_that_nothing_can_replace_says_so():
    case = make_case(a_demand(**{ORCHARD: 1}), a_market(an_offer(ORCHARD, 1)), Request(HERE, TODAY))

    (row,) = next_best(case, solved(case))

    assert row["more_gbp"] is None
    assert row["message"] == (
        "No lawful answer exists without Grassland - Traditional orchards of local."
    )


def test_one_more_unit_of_exhausted_stock_saves_what_is_said():
    case = make_case(
        a_demand(**{ORCHARD: 1}),
        a_market(
            an_offer(ORCHARD, 40_000, units=0.6, bank_id="a"),
            an_offer(ORCHARD, 42_000, bank_id="b"),
        ),
        Request(HERE, TODAY),
    )

    # 0.4 of the second bank would move to the first: 0.4 x 2,000
    (row,) = more_stock(case, solved(case))

    assert (row["bank_id"], row["saved_gbp"]) == ("a", 800)


def test_an_offer_is_bought_a_pound_below_its_winning_price_and_not_a_pound_above():
    offers = near_misses(CASE, BEST)
    assert offers

    for offer, row in zip(offers, winning_prices(CASE, BEST, offers), strict=True):
        price = Decimal(str(row["wins_below_gbp"]))
        below = solved(CASE.instead(replace(offer, unit_price_gbp=price - 1)))
        above = solved(CASE.instead(replace(offer, unit_price_gbp=price + 1)))

        assert offer.stock_id in {o.stock_id for o, _ in below.purchases}
        assert offer.stock_id not in {o.stock_id for o, _ in above.purchases}


def test_alternatives_leave_out_a_bank_of_every_earlier_answer_and_cost_no_less():
    others = next_best_answers(CASE, BEST, 3)
    answers = [BEST, *others]
    banks = [{offer.bank_id for offer, _ in answer.purchases} for answer in answers]
    costs = [CASE.total_gbp(answer) for answer in answers]

    assert len(others) == 3
    assert costs == sorted(costs)
    for later in range(1, 4):
        assert not any(banks[earlier] <= banks[later] for earlier in range(later))


def test_the_front_of_cost_and_banks_is_exact():
    points = fewer_banks(CASE, BEST)

    assert points[-1]["total_gbp"] == float(CASE.total_gbp(BEST))
    for point in points:
        limited = solved(CASE, Preferences(max_banks=point["banks"]))
        assert float(CASE.total_gbp(limited)) == point["total_gbp"]
        fewer = (
            CASE.solve(Preferences(max_banks=point["banks"] - 1)) if point["banks"] > 1 else None
        )
        assert fewer is None or float(CASE.total_gbp(fewer)) > point["total_gbp"]


def test_no_point_of_cost_and_local_share_has_a_cheaper_or_nearer_one():
    points = nearer_units(CASE, BEST)

    assert points[0]["total_gbp"] == float(CASE.total_gbp(BEST))
    assert points[-1]["local_share"] == 1
    for point in points[1:]:
        share = Decimal(str(point["local_share"])) - Decimal("0.0001")  # the point is rounded
        same = solved(CASE, Preferences(local_share=share))
        assert float(CASE.total_gbp(same)) == pytest.approx(point["total_gbp"], abs=0.01)


def test_credits_for_everything_are_two_a_unit_by_tier():
    demand = a_demand(**{ORCHARD: 0.5, "Native hedgerow": 0.1}, area_net_gain=0.2)

    # A1 42,000 a credit: orchard 0.5 and the net gain 0.2; H 44,000: 0.1
    assert credits_only(demand)["total_gbp"] == 0.7 * 84_000 + 0.1 * 88_000


def test_no_credits_exist_for_a_very_high_loss():
    assert credit_units(a_demand(**{MEADOW: 1})) is None


def test_everything_around_an_answer_comes_in_one_object():
    found = explore(DEMAND, MARKET, Request(HERE, TODAY))

    assert found is not None
    assert found["lnrs"]["note"].endswith("announced, not in force; not for a firm quote.")
    assert set(found) == {
        "total_gbp", "next_best", "more_stock", "winning_prices", "alternatives", "fewer_banks",
        "nearer_units", "price_changes", "lnrs", "credits_only",
    }  # fmt: skip


def test_there_is_nothing_to_explore_without_an_answer():
    demand = Demand({MEADOW: Decimal(-1)}, {Module.AREA: HeadlineNeed(Decimal(1))}, Decimal(1))

    assert explore(demand, MARKET, Request(HERE, TODAY)) is None


def test_what_a_banks_prices_cost_is_the_cheapest_purchase_at_those_prices():
    case = a_case()
    answer = solved(case)

    changes = price_changes(case, answer)

    for bank in changes:
        assert [point["percent"] for point in bank["points"]] == list(PERCENTS)
        totals = [point["total_gbp"] for point in bank["points"]]
        assert totals == sorted(totals)  # dearer prices never make the whole cheaper
        units = [point["units"] for point in bank["points"]]
        assert units == sorted(units, reverse=True)  # nor sell more of the bank
        at_rest = next(point for point in bank["points"] if point["percent"] == 0)
        assert at_rest["more_gbp"] == 0.0
    spent = dict.fromkeys((offer.bank_id for offer, _ in answer.purchases), Decimal(0))
    for offer, units in answer.purchases:
        spent[offer.bank_id] += units * offer.unit_price_gbp
    assert changes[0]["bank_id"] == max(spent, key=lambda bank: spent[bank])
