"""The independent auditor signs right answers and refuses every wrong one."""

import copy
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from bng_core.audit import audit, question_of, sign
from bng_core.demand import Demand, HeadlineNeed
from bng_core.errors import AuditFailed
from bng_core.market import Market
from bng_core.terms import Module
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

Json = dict[str, Any]
MARKET = a_market(
    an_offer(ORCHARD, 40_000, units=0.7, bank_id="a"),
    an_offer(ORCHARD, 41_000, units=5, where=FAR, bank_id="b"),
    an_offer(SCRUB, 27_000, units=3, where=ADJACENT, bank_id="c"),
    an_offer(MODIFIED, 18_000, units=9, bank_id="a"),
    an_offer("Native hedgerow", 25_000, bank_id="a"),
    an_offer("Ditches", 90_000, where=FAR, bank_id="b"),
)
DEMAND = a_demand(
    **{ORCHARD: 1, SCRUB: 0.5, MODIFIED: 0.3, "Native hedgerow": 0.2, "Ditches": 0.1},
    area_net_gain=0.2,
)


ANSWER = an_answer(DEMAND, MARKET).to_json()


def right_answer() -> Json:
    return copy.deepcopy(ANSWER)


def failed_checks(answer: Json, demand: Demand = DEMAND, market: Market = MARKET) -> set[str]:
    verdict = audit(answer, question_of(answer), demand, market)
    assert verdict["passed"] == all(check["passed"] for check in verdict["checks"])
    return {check["check"] for check in verdict["checks"] if not check["passed"]}


def test_a_right_answer_passes_every_check():
    assert failed_checks(right_answer()) == set()


def one_lot_less(answer: Json, line: Json, _: random.Random) -> None:
    line["units"] = round(line["units"] - 0.01, 2)
    line["units_after_srm"] = line["units"] * line["srm"]
    line["cost_gbp"] = round(line["units"] * line["unit_price_gbp"], 2)
    total = round(sum(row["cost_gbp"] for row in answer["purchases"]), 2)
    answer["cost"] |= {"units_gbp": total, "total_gbp": total}


def another_bank(answer: Json, line: Json, rng: random.Random) -> None:
    line["bank_id"] = rng.choice([bank for bank in "abc" if bank != line["bank_id"]])


def another_srm(answer: Json, line: Json, rng: random.Random) -> None:
    line["srm"] = rng.choice([srm for srm in (1.0, 0.75, 0.5) if srm != line["srm"]])
    line["units_after_srm"] = line["units"] * line["srm"]


def a_wrong_price(answer: Json, line: Json, rng: random.Random) -> None:
    line["unit_price_gbp"] += rng.choice([-1, 1]) * rng.choice([0.01, 1, 500])
    line["cost_gbp"] = round(line["units"] * line["unit_price_gbp"], 2)


def a_wrong_cost(answer: Json, line: Json, rng: random.Random) -> None:
    line["cost_gbp"] = round(line["cost_gbp"] + rng.choice([-1, 1]) * rng.choice([0.01, 5]), 2)


def more_than_the_stock(answer: Json, line: Json, rng: random.Random) -> None:
    line["units"] = 1000.0 + rng.randint(1, 9)


def another_habitat(answer: Json, line: Json, rng: random.Random) -> None:
    line["habitat"] = rng.choice([h for h in (ORCHARD, SCRUB, NEUTRAL) if h != line["habitat"]])


def part_of_a_lot(answer: Json, line: Json, rng: random.Random) -> None:
    line["units"] = line["units"] + rng.choice([0.001, 0.005])


def a_wrong_total(answer: Json, line: Json, rng: random.Random) -> None:
    answer["cost"]["total_gbp"] = round(answer["cost"]["total_gbp"] - rng.choice([0.01, 100]), 2)


def a_lost_line(answer: Json, line: Json, rng: random.Random) -> None:
    answer["purchases"].remove(line)


def a_wrong_attribution(answer: Json, line: Json, rng: random.Random) -> None:
    rng.choice(answer["attribution"])["units"] += 0.01


MUTATIONS: list[Callable[[Json, Json, random.Random], None]] = [
    one_lot_less, another_bank, another_srm, a_wrong_price, a_wrong_cost, more_than_the_stock,
    another_habitat, part_of_a_lot, a_wrong_total, a_lost_line, a_wrong_attribution,
]  # fmt: skip


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
def test_no_mutation_of_an_answer_passes(mutate):
    rng = random.Random(mutate.__name__)
    for _ in range(100):
        answer = right_answer()
        mutate(answer, rng.choice(answer["purchases"]), rng)

        assert failed_checks(answer)


def test_one_lot_less_of_a_like_for_like_purchase_fails_trading():
    answer = right_answer()
    scrub = next(line for line in answer["purchases"] if line["habitat"] == SCRUB)
    one_lot_less(answer, scrub, random.Random(0))

    assert "trading" in failed_checks(answer)


def test_an_answer_beyond_the_bank_limit_fails():
    answer = right_answer()
    recorded = next(c for c in answer["audit"]["checks"] if c["check"] == "preferences")
    recorded["preferences"] = {"max_banks": 1}

    assert failed_checks(answer) == {"preferences"}


def test_a_changed_market_fails_an_old_answer():
    dearer = a_market(
        an_offer(ORCHARD, 40_001, units=0.7, bank_id="a"),
        an_offer(ORCHARD, 41_000, units=5, where=FAR, bank_id="b"),
        an_offer(SCRUB, 27_000, units=0.1, where=ADJACENT, bank_id="c"),
        an_offer(MODIFIED, 18_000, units=9, bank_id="a"),
        an_offer("Native hedgerow", 25_000, bank_id="a"),
        an_offer("Ditches", 90_000, where=FAR, bank_id="b"),
    )

    assert failed_checks(right_answer(), market=dearer) == {"price", "stock"}


def test_a_module_whose_off_site_change_stays_at_zero_is_counted_before_srm():
    need = HeadlineNeed(Decimal("0.5"), before_srm=Decimal(-1), after_srm=Decimal("-0.5"))
    demand = Demand({}, {Module.AREA: need}, Decimal(1))
    market = a_market(an_offer(MODIFIED, 10_000))
    answer = an_answer(demand, market).to_json()
    answer["purchases"][0]["units"] = 1.0

    # -1 + 1 = 0 is not above 0: the change counts as 0, not as -0.5 + 1 = 0.5
    assert "headline" in failed_checks(answer, demand, market)


def test_an_answer_that_fails_its_audit_is_an_error_and_never_an_answer():
    answer = right_answer()
    harder = a_demand(**{ORCHARD: 2})

    with pytest.raises(AuditFailed) as refused:
        sign(answer, question_of(answer), harder, MARKET)

    assert str(refused.value) == (
        "The answer did not pass its audit: Trading Summary Area Habitats!G6: short of 1.0 units."
    )
