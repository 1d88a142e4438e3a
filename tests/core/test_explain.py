"""Every figure of an answer can be traced: what is required, the multiplier, the price."""

from decimal import Decimal

from bng_core.case import Request
from bng_core.explain import line_reasons, module_accounts, rule_of, rule_of_row
from bng_core.preferences import Charges
from bng_core.terms import Basis, Module
from tests.builders import (
    ADJACENT,
    HERE,
    MODIFIED,
    ORCHARD,
    TODAY,
    a_demand,
    a_market,
    an_answer,
    an_offer,
)

MARKET = a_market(
    an_offer(ORCHARD, 30_000, where=ADJACENT, bank_id="a"), an_offer(MODIFIED, 9_000, bank_id="b")
)
DEMAND = a_demand(**{ORCHARD: 1}, area_net_gain=0.1)
ANSWER = an_answer(DEMAND, MARKET).to_json()


def test_a_module_requires_the_larger_of_its_headline_and_its_trading_losses() -> None:
    (area,) = module_accounts(DEMAND, ANSWER)

    assert (area.module, area.headline_units, area.trading_units) == (
        Module.AREA,
        Decimal("1.1"),
        Decimal(1),
    )
    assert area.required_units == Decimal("1.1")
    assert area.headline_cell == "Headline Results!H61"
    # one orchard counts 0.75 next door; 0.35 units of grassland make up and give the net gain
    assert area.bought_units == Decimal("1.35")
    assert area.after_srm_units == Decimal("1.10")
    assert area.cost_gbp == Decimal(30_000) + Decimal("0.35") * 9_000


def test_a_purchase_says_where_its_multiplier_and_its_price_come_from() -> None:
    reasons = line_reasons(MARKET, Request(HERE, TODAY), ANSWER)

    orchard = next(r for r in reasons.values() if r.offer.habitat.label == ORCHARD)
    assert orchard.offer.srm == Decimal("0.75")
    assert orchard.offer.reason.startswith("neighbouring")
    assert (orchard.route, orchard.basis) == ("planning", Basis.BOUGHT)
    assert (orchard.listed_gbp, orchard.discount_percent) == (30_000, 0)


def test_a_discount_stands_apart_from_the_listed_price() -> None:
    charges = Charges(discount_percent=Decimal(10))

    reasons = line_reasons(MARKET, Request(HERE, TODAY, charges=charges), ANSWER)

    orchard = next(r for r in reasons.values() if r.offer.habitat.label == ORCHARD)
    assert orchard.listed_gbp == 30_000
    assert orchard.offer.unit_price_gbp == 27_000


def test_what_the_market_does_not_hold_any_more_is_left_out() -> None:
    sold_out = a_market(an_offer(MODIFIED, 9_000, bank_id="b"))

    reasons = line_reasons(sold_out, Request(HERE, TODAY), ANSWER)

    assert [reason.offer.habitat.label for reason in reasons.values()] == [MODIFIED]


def test_each_loss_names_its_rule_and_the_cell_that_tests_it() -> None:
    rules = {row["lost"]: rule_of_row(row) for row in ANSWER["attribution"]}

    assert rules[ORCHARD] == rule_of(Module.AREA, "High")
    assert rules["Net gain"].cell == "Headline Results!H61"
    assert rules["Net gain"].words == (
        "any area habitat, counted after the spatial risk multiplier"
    )
