"""The right problem is built: the LP text of two or three offers, one constraint at a time."""

from decimal import Decimal
from pathlib import Path

import pytest

from bng_core.demand import Demand, HeadlineNeed
from bng_core.model import (
    BankTerms,
    HeadlineCase,
    Program,
    PurchaseTerms,
    build,
    headline_cases,
    programs,
)
from bng_core.offers import PriceTerms, price_offers
from bng_core.terms import ContractSize, Module
from tests.builders import (
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

LP = Path(__file__).parent / "lp"
LOT = Decimal("0.01")


def a_program(demand: Demand, *offers: dict[str, object], **changes: object) -> Program:
    priced, _ = price_offers(
        a_market(*offers), PriceTerms(HERE, ContractSize.SMALL, TODAY), set(Module)
    )
    (program,) = programs(demand, tuple(priced), PurchaseTerms())
    return Program(**(vars(program) | changes))  # type: ignore[arg-type]


def lp_text(program: Program, path: Path) -> str:
    problem, _ = build(program)
    problem.writeLP(str(path / "problem.lp"))
    return (path / "problem.lp").read_text()


CASES = {
    "same_habitat": a_program(
        a_demand(**{ORCHARD: 1.2}), an_offer(ORCHARD, 40_000), an_offer(MEADOW, 30_000)
    ),
    "group_or_better": a_program(
        a_demand(**{NEUTRAL: 1, SCRUB: 0.5}),
        an_offer(NEUTRAL, 25_000),
        an_offer(SCRUB, 26_000),
        an_offer(ORCHARD, 40_000),
        an_offer(MODIFIED, 18_000),
    ),
    "headline_after_srm": a_program(
        a_demand(area_net_gain=0.4), an_offer(MODIFIED, 18_000), an_offer(SCRUB, 12_000, where=FAR)
    ),
    "bank_limit": a_program(
        a_demand(**{ORCHARD: 1}),
        an_offer(ORCHARD, 40_000, units=0.7),
        an_offer(ORCHARD, 39_000, units=0.6, where=FAR),
        banks=BankTerms(limit=1),
    ),
    "whole_lots": a_program(
        a_demand(**{ORCHARD: 0.125}), an_offer(ORCHARD, 40_000, units=0.999), lot=LOT
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_problem_is_written_as_the_maths_says(name, tmp_path):
    assert lp_text(CASES[name], tmp_path) == (LP / f"{name}.lp").read_text()


def test_a_module_without_off_site_rows_has_one_headline_case():
    assert headline_cases(HeadlineNeed(Decimal(3))) == [HeadlineCase(Decimal(3))]


def test_off_site_rows_with_a_net_gain_count_after_their_own_multipliers():
    need = HeadlineNeed(Decimal(3), before_srm=Decimal(2), after_srm=Decimal("1.5"))

    assert headline_cases(need) == [HeadlineCase(Decimal("1.5"))]


def test_off_site_rows_with_a_net_loss_are_counted_without_multipliers_until_lifted_above_zero():
    need = HeadlineNeed(Decimal(3), before_srm=Decimal(-1), after_srm=Decimal("-0.5"))

    below, lifted = headline_cases(need)

    # below: at most 1 unit, counted as bought; lifted: more than 1 unit, counted after SRM
    assert below == HeadlineCase(Decimal(4), counts_srm=False, at_most=Decimal(1))
    assert lifted == HeadlineCase(Decimal("3.5"), more_than=Decimal(1))
