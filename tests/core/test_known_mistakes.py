"""Mistakes that software of this field has made: none may be true here."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from bng_core.demand import Demand, HeadlineNeed, read_demand
from bng_core.errors import SolverFailed
from bng_core.solver import Limits
from bng_core.terms import Module, Place
from tests.builders import (
    ACID,
    FAR,
    HERE,
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

WITH_TREES = "Species-rich native hedgerow with trees"
BANKED = "Species-rich native hedgerow with trees - associated with bank or ditch"


def cost(*arguments: object, **request: object) -> float:
    return an_answer(*arguments, **request).to_json()["cost"]["total_gbp"]  # type: ignore[arg-type]


def units(*arguments: object, **request: object) -> dict[str, float]:
    rows = an_answer(*arguments, **request).to_json()["purchases"]  # type: ignore[arg-type]
    return {row["stock_id"]: row["units"] for row in rows}


def test_a_far_bank_sells_two_units_for_each_that_counts():
    """Drawing one unit of stock for one effective unit oversells by half."""
    market = a_market(an_offer(ORCHARD, 30_000, units=1.5, where=FAR), an_offer(MODIFIED, 90_000))

    assert units(a_demand(**{ORCHARD: 0.7}), market) == {f"far/{ORCHARD}": 1.4}


def test_hedgerows_draw_their_stock_in_bought_units_too():
    market = a_market(an_offer("Native hedgerow", 30_000, units=1, where=FAR))

    assert an_answer(a_demand(**{"Native hedgerow": 0.6}), market).status == "infeasible"
    assert units(a_demand(**{"Native hedgerow": 0.5}), market) == {"far/Native hedgerow": 1}


@pytest.mark.parametrize("habitat", ["Line of trees", "Ecologically valuable line of trees"])
def test_net_gain_takes_every_hedgerow_by_its_module_not_by_its_name(habitat):
    assert cost(a_demand(hedgerow_net_gain=0.1), a_market(an_offer(habitat, 20_000))) == 2_000


@pytest.mark.parametrize("habitat", ["Priority habitat", "Culvert"])
def test_net_gain_takes_every_watercourse_by_its_module_not_by_its_name(habitat):
    assert cost(a_demand(watercourse_net_gain=0.1), a_market(an_offer(habitat, 20_000))) == 2_000


def test_one_rule_for_high_hedgerows_the_same_type_or_a_very_high_surplus():
    demand = a_demand(**{WITH_TREES: 0.3})

    assert cost(demand, a_market(an_offer(WITH_TREES, 40_000), an_offer(BANKED, 30_000))) == 9_000


def test_a_watercourse_has_one_multiplier_and_it_is_known_before_the_first_answer():
    site = Place(HERE.lpa, HERE.nca, waterbody_id="GB106039030240", operational_catchment="Thame")
    market = a_market(an_offer("Ditches", 50_000, bank_id="same"))
    market.banks.loc[:, "waterbody_id"] = "GB106039030240"

    first = an_answer(a_demand(Ditches=0.4), market, place=site).to_json()
    second = an_answer(a_demand(Ditches=0.4), market, place=site).to_json()

    assert [row["srm"] for row in first["purchases"]] == [1.0]
    assert first["purchases"] == second["purchases"]


def test_a_loss_and_its_make_up_are_split_over_as_many_banks_as_it_takes():
    offers = [an_offer(ORCHARD, 30_000 + n, units=0.1, bank_id=f"bank{n}") for n in range(9)]

    answer = an_answer(a_demand(**{ORCHARD: 0.85}), a_market(*offers)).to_json()

    assert len(answer["purchases"]) == 9


def test_make_up_comes_from_any_bank_and_any_module_has_it():
    market = a_market(
        an_offer(WITH_TREES, 20_000, where=FAR, bank_id="f"),
        an_offer("Line of trees", 18_000, bank_id="n"),
    )

    # 0.4 far counts 0.2; the other 0.2 from a cheaper type at another bank: 8,000 + 3,600
    assert cost(a_demand(**{WITH_TREES: 0.4}), market) == 11_600


def test_prices_are_compared_as_numbers_not_as_text():
    """As text "100000.0" comes before "9500.0"."""
    market = a_market(
        an_offer(MODIFIED, 100_000.0, bank_id="dear"), an_offer(MODIFIED, 9_500.0, bank_id="cheap")
    )

    assert cost(a_demand(area_net_gain=1), market) == 9_500


def test_banks_whose_names_look_alike_stay_apart():
    market = a_market(
        an_offer(ORCHARD, 30_000, units=0.4, bank_id="Oak"),
        an_offer(ORCHARD, 31_000, units=0.4, bank_id="Oak County"),
        an_offer(ORCHARD, 32_000, units=0.4, bank_id="oak-county"),
    )

    assert units(a_demand(**{ORCHARD: 1.2}), market) == {
        f"Oak/{ORCHARD}": 0.4, f"Oak County/{ORCHARD}": 0.4, f"oak-county/{ORCHARD}": 0.4
    }  # fmt: skip


def test_the_same_habitat_entered_twice_is_bought_once_for_both(tmp_path):
    path = tmp_path / "demand.csv"
    path.write_text(f"module,habitat,units\narea,{ORCHARD},0.3\narea,{ORCHARD},0.2\n")

    assert units(read_demand(path), a_market(an_offer(ORCHARD, 1_000))) == {f"local/{ORCHARD}": 0.5}


def test_a_surplus_lowers_what_must_be_bought_instead_of_the_price():
    on_site = Demand(
        {NEUTRAL: Decimal(-1), ACID: Decimal("0.4")},
        {Module.AREA: HeadlineNeed(Decimal(0))},
        Decimal(1),
    )

    assert units(on_site, a_market(an_offer(NEUTRAL, 25_000))) == {f"local/{NEUTRAL}": 0.6}


def test_a_solver_that_runs_out_of_time_is_never_called_optimal():
    offers = [
        an_offer(habitat, 20_000 + 137 * n + 53 * k, units=0.07 + 0.01 * k, bank_id=f"b{n}")
        for n in range(60)
        for k, habitat in enumerate((ORCHARD, NEUTRAL, SCRUB, MODIFIED, MEADOW))
    ]
    demand = a_demand(**{ORCHARD: 1, NEUTRAL: 1.2, SCRUB: 0.9, MEADOW: 0.6}, area_net_gain=1)

    limits = Limits(time_limit_s=0.2)
    with suppress(SolverFailed):  # no answer in time is an error, and no label at all
        answer = an_answer(demand, a_market(*offers), max_banks=22, limits=limits).to_json()
        check_label(answer)


def check_label(answer: dict[str, Any]) -> None:
    assert answer["status"] in {"feasible", "optimal"}
    assert answer["proven"] is (answer["status"] == "optimal")
    assert answer["proven"] or answer["gap"] > 0
