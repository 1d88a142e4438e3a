"""The right answer comes out: optima worked out by hand."""

from decimal import Decimal

import pytest

from bng_core.demand import Demand, HeadlineNeed
from bng_core.optimise import Answer
from bng_core.solver import Limits, Solver
from bng_core.terms import Module
from tests.builders import (
    ACID,
    ADJACENT,
    BRAMBLE,
    CEREALS,
    FAR,
    MEADOW,
    MODIFIED,
    NEUTRAL,
    ORCHARD,
    SCRUB,
    a_demand,
    a_market,
    an_answer,
    an_offer,
)

NATIVE = "Native hedgerow"
RICH = "Species-rich native hedgerow"
WITH_TREES = "Species-rich native hedgerow with trees"
BANKED = "Species-rich native hedgerow with trees - associated with bank or ditch"


def cost(answer: Answer) -> float:
    return answer.to_json()["cost"]["total_gbp"]


def bought(answer: Answer) -> dict[str, float]:
    """Units by "bank/habitat"."""
    return {row["stock_id"]: row["units"] for row in answer.to_json()["purchases"]}


def a_project(changes: dict[str, float], **needed: float) -> Demand:
    """A development with on-site gains as well as losses; `needed` after SRM by module."""
    headline = {Module(m): HeadlineNeed(Decimal(str(units))) for m, units in needed.items()}
    return Demand({k: Decimal(str(v)) for k, v in changes.items()}, headline, Decimal(1))


def test_a_distant_unit_meets_its_deficit_but_only_half_the_requirement():
    market = a_market(an_offer(ORCHARD, 40_000, where=FAR), an_offer(MODIFIED, 20_000))

    answer = an_answer(a_demand(**{ORCHARD: 1}), market)

    # 1 orchard at 40,000 answers trading and gives 0.5 after SRM; 0.5 grassland gives the rest
    assert cost(answer) == 50_000
    assert bought(answer) == {f"far/{ORCHARD}": 1, f"local/{MODIFIED}": 0.5}


def test_small_housing_takes_far_scrub_and_local_grassland():
    """DESIGN §2.1: 0.24 scrub far (SRM 0.5) and 1.32 modified grassland nearby, 0.07 hedgerow."""
    demand = a_project(
        {BRAMBLE: -0.24, MODIFIED: -1.069091999, "Individual trees - Urban tree": 0.149498,
         NATIVE: -0.01263425988},
        area=1.43959368164848, hedgerow=0.0666342598800001,
    )  # fmt: skip
    market = a_market(
        an_offer(BRAMBLE, 20_000, where=FAR),
        an_offer(BRAMBLE, 60_000),
        an_offer(MODIFIED, 18_000),
        an_offer(NATIVE, 25_000),
    )

    answer = an_answer(demand, market)

    # 1.44 after SRM: 0.24 x 0.5 = 0.12 from the scrub, so 1.32 grassland
    assert bought(answer) == {
        f"far/{BRAMBLE}": 0.24,
        f"local/{MODIFIED}": 1.32,
        f"local/{NATIVE}": 0.07,
    }
    assert cost(answer) == 0.24 * 20_000 + 1.32 * 18_000 + 0.07 * 25_000


def test_a_loss_is_split_over_banks_when_one_has_too_little():
    market = a_market(
        an_offer(ORCHARD, 30_000, units=0.6, bank_id="cheap"),
        an_offer(ORCHARD, 35_000, units=5, bank_id="dear"),
    )

    answer = an_answer(a_demand(**{ORCHARD: 1}), market)

    assert cost(answer) == 0.6 * 30_000 + 0.4 * 35_000


def test_stock_is_drawn_in_bought_units():
    """The bank far away has 1 unit, which counts 0.5; selling it as 1 would be overselling."""
    market = a_market(
        an_offer(MODIFIED, 10_000, units=1, where=FAR), an_offer(MODIFIED, 30_000, bank_id="near")
    )

    answer = an_answer(a_demand(area_net_gain=1), market)

    assert bought(answer) == {f"far/{MODIFIED}": 1, f"near/{MODIFIED}": 0.5}
    assert cost(answer) == 10_000 + 15_000


def test_an_adjacent_unit_counts_three_quarters():
    market = a_market(an_offer(MODIFIED, 30_000, where=ADJACENT))

    answer = an_answer(a_demand(area_net_gain=0.75), market)

    assert cost(answer) == 30_000


def test_a_medium_loss_is_never_answered_by_a_low_habitat_of_its_group():
    market = a_market(an_offer(MODIFIED, 10_000), an_offer(ACID, 33_000))

    answer = an_answer(a_demand(**{NEUTRAL: 1}), market)

    assert cost(answer) == 33_000


def test_a_medium_loss_takes_a_higher_habitat_of_another_group_when_that_is_cheaper():
    market = a_market(an_offer(NEUTRAL, 33_000), an_offer("Wetland - Reedbeds", 30_000))

    assert cost(an_answer(a_demand(**{NEUTRAL: 1}), market)) == 30_000


def test_a_medium_surplus_of_one_group_never_helps_another_group():
    demand = a_project({SCRUB: -1, NEUTRAL: 2}, area=0)
    market = a_market(an_offer(SCRUB, 27_000), an_offer(NEUTRAL, 10_000))

    assert bought(an_answer(demand, market)) == {f"local/{SCRUB}": 1}


def test_an_on_site_surplus_of_high_distinctiveness_answers_medium_losses_first():
    demand = a_project({SCRUB: -1, NEUTRAL: -0.5, ORCHARD: 1.2}, area=0)
    market = a_market(an_offer(SCRUB, 27_000), an_offer(NEUTRAL, 25_000))

    # 1.5 lost in two groups, 1.2 from the orchard surplus: 0.3 of the cheaper group is left
    assert bought(an_answer(demand, market)) == {f"local/{NEUTRAL}": 0.3}


def test_netting_uses_the_surplus_where_no_other_will_do():
    """PEERS D40: Cropland -1, Urban -1; Cropland +1 and High +1 on site leave nothing to buy."""
    demand = a_project(
        {"Cropland - Arable field margins tussocky": 0, "Urban - Cemeteries and churchyards": -1,
         "Cropland - Arable field margins game bird mix": -1,
         "Cropland - Arable field margins pollen and nectar": 1, ORCHARD: 1},
        area=0,
    )  # fmt: skip

    answer = an_answer(demand, a_market(an_offer(SCRUB, 27_000)))

    assert answer.status == "optimal"
    assert bought(answer) == {}


def test_a_high_surplus_does_not_offset_another_high_habitat():
    demand = a_project({ORCHARD: -1, "Wetland - Reedbeds": 5}, area=0)
    market = a_market(an_offer(ORCHARD, 40_000), an_offer("Wetland - Reedbeds", 1_000))

    assert bought(an_answer(demand, market)) == {f"local/{ORCHARD}": 1}


def test_a_very_high_surplus_does_not_offset_a_high_area_loss():
    demand = a_project({ORCHARD: -1, MEADOW: 5}, area=0)
    market = a_market(an_offer(ORCHARD, 40_000), an_offer(MEADOW, 1_000))

    assert bought(an_answer(demand, market)) == {f"local/{ORCHARD}": 1}


def test_a_low_loss_takes_anything_of_its_band_or_better():
    market = a_market(an_offer(CEREALS, 21_000), an_offer(ORCHARD, 20_000))

    assert cost(an_answer(a_demand(**{MODIFIED: 1}), market)) == 20_000


@pytest.mark.parametrize(
    ("lost", "sold", "lawful"),
    [
        (WITH_TREES, WITH_TREES, True),  # High: the same type
        (WITH_TREES, BANKED, True),  # ... or a Very High surplus
        (WITH_TREES, "Native hedgerow with trees - associated with bank or ditch", False),
        (BANKED, WITH_TREES, False),  # Very High: the same type only
        (RICH, "Native hedgerow with trees", True),  # Medium: any of the band
        (RICH, NATIVE, False),  # ... never lower
        (NATIVE, "Line of trees", True),  # Low: any of the band or better
        ("Non-native and ornamental hedgerow", NATIVE, True),  # Very Low: anything
    ],
)
def test_hedgerow_losses_take_what_their_rule_accepts(lost, sold, lawful):
    answer = an_answer(a_demand(**{lost: 1}), a_market(an_offer(sold, 30_000)))

    assert answer.status == ("optimal" if lawful else "infeasible")


@pytest.mark.parametrize(
    ("lost", "sold", "lawful"),
    [
        ("Ditches", "Ditches", True),
        ("Ditches", "Canals", False),
        ("Ditches", "Other rivers and streams", False),
        ("Culvert", "Ditches", True),
        ("Culvert", "Culvert", True),  # G8 sums all watercourses, culverts included
        ("Other rivers and streams", "Priority habitat", False),
    ],
)
def test_watercourse_losses_take_what_their_rule_accepts(lost, sold, lawful):
    answer = an_answer(a_demand(**{lost: 1}), a_market(an_offer(sold, 90_000)))

    assert answer.status == ("optimal" if lawful else "infeasible")


def test_units_never_move_between_modules():
    answer = an_answer(a_demand(hedgerow_net_gain=1), a_market(an_offer(MODIFIED, 100)))

    assert answer.status == "infeasible"


def test_units_are_sold_in_whole_lots_and_never_rounded_below_need():
    market = a_market(an_offer(ORCHARD, 40_000))

    assert bought(an_answer(a_demand(**{ORCHARD: 0.1201}), market)) == {f"local/{ORCHARD}": 0.13}


def test_lots_never_sell_more_than_the_stock():
    """0.125 in stock is twelve whole lots of 0.01."""
    market = a_market(
        an_offer(ORCHARD, 30_000, units=0.125, bank_id="small"),
        an_offer(ORCHARD, 40_000, bank_id="large"),
    )

    answer = an_answer(a_demand(**{ORCHARD: 0.2}), market)

    assert bought(answer) == {f"small/{ORCHARD}": 0.12, f"large/{ORCHARD}": 0.08}


def test_without_lots_the_need_is_met_exactly():
    market = a_market(an_offer(ORCHARD, 40_000))

    answer = an_answer(a_demand(**{ORCHARD: 0.12345}), market, lot=Decimal(0))

    assert cost(answer) == 4_938


def test_a_bank_limit_costs_what_the_second_bank_would_have_saved():
    market = a_market(
        an_offer(ORCHARD, 30_000, bank_id="a"),
        an_offer(NEUTRAL, 25_000, bank_id="b"),
        an_offer(ORCHARD, 32_000, bank_id="c"),
        an_offer(NEUTRAL, 26_000, bank_id="c"),
    )
    demand = a_demand(**{ORCHARD: 1, NEUTRAL: 1})

    assert cost(an_answer(demand, market)) == 55_000
    assert cost(an_answer(demand, market, max_banks=1)) == 58_000


def test_an_effective_price_is_multiplied_by_the_srm():
    market = a_market(an_offer(MODIFIED, 40_000, where=FAR, basis="effective"))

    # 40,000 a unit after SRM is 20,000 a bought unit; 2 bought units give 1
    assert cost(an_answer(a_demand(area_net_gain=1), market)) == 40_000


def test_existing_off_site_rows_with_a_net_loss_count_without_their_multiplier():
    """Headline Results!H32: SRM counts only where the off-site change is above 0."""
    need = HeadlineNeed(Decimal("0.5"), before_srm=Decimal(-1), after_srm=Decimal("-0.5"))
    demand = Demand({}, {Module.AREA: need}, Decimal(1))
    market = a_market(an_offer(MODIFIED, 10_000))

    # counted before SRM: -1 + y >= 0.5 with y <= 1 has no answer; lifted above 0, with y > 1:
    # -0.5 + y >= 0.5 asks for y = 1, so the next lot, 1.01, is the cheapest
    assert bought(an_answer(demand, market)) == {f"local/{MODIFIED}": 1.01}


def test_nothing_required_is_an_answer_of_nothing():
    answer = an_answer(a_project({NEUTRAL: 2}, area=-1), a_market(an_offer(NEUTRAL, 25_000)))

    assert answer.status == "optimal"
    assert cost(answer) == 0


@pytest.mark.parametrize("solver", list(Solver))
def test_both_solvers_find_the_same_cost(solver):
    market = a_market(
        an_offer(NEUTRAL, 25_010, units=0.333, bank_id="a"),
        an_offer(ACID, 24_990, units=0.5, where=FAR),
        an_offer(ORCHARD, 26_000, units=0.4, where=ADJACENT),
        an_offer(MODIFIED, 18_500, bank_id="d"),
    )
    demand = a_demand(**{NEUTRAL: 0.777, MODIFIED: 0.6, "area_net_gain": 0.15})

    answer = an_answer(demand, market, max_banks=3, limits=Limits(solver))

    assert answer.status == "optimal"
    assert cost(answer) == cost(an_answer(demand, market, max_banks=3))


def test_cbc_answers_without_lots_pass_the_audit_though_it_writes_nine_digits():
    offers = [
        an_offer(MODIFIED, 18_000 + n, units=11.987654321 + n / 7, bank_id=f"b{n}")
        for n in range(9)
    ]
    demand = a_demand(area_net_gain=61.123456789)

    answer = an_answer(
        demand, a_market(*offers), lot=Decimal(0), limits=Limits(Solver.CBC)
    ).to_json()

    assert answer["audit"]["passed"]
