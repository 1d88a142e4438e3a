"""What changed prices do, on markets whose answers are worked out by hand."""

import doctest
from decimal import Decimal

import pytest

from bng_core import sensitivity
from bng_core.case import Request
from bng_core.errors import BadInput
from bng_core.preferences import Charges
from bng_core.sensitivity import curves_frame, limits_frame, price_sensitivity
from tests.builders import HERE, MODIFIED, ORCHARD, TODAY, a_demand, a_market, an_offer

DEMAND = a_demand(**{MODIFIED: 2})
TWO_BANKS = a_market(
    an_offer(MODIFIED, 10_000, units=1, bank_id="cheap"),
    an_offer(MODIFIED, 12_500, bank_id="dear"),
)
"""One unit of each is bought: 10,000 + 12,500."""


def found(market=TWO_BANKS, demand=DEMAND, **request):
    return price_sensitivity(demand, market, Request(HERE, TODAY, **request))


def test_a_bank_sells_until_it_asks_what_the_next_one_does():
    limits = {bank["bank_id"]: bank["sells_until"] for bank in found()["banks"]}

    assert limits["cheap"] == 0.25  # 12,500 / 10,000
    assert limits["dear"] is None  # the other has but one of the two units


def test_a_bank_that_nobody_can_do_without_is_told_so():
    messages = limits_frame(found())["In words"].tolist()

    assert messages == [
        "No lawful answer exists without Bank dear: it sells at any price.",
        "Bank cheap sells something until its prices rise by 25.00%.",
    ]


def test_when_all_prices_change_the_same_is_bought_for_more_or_less():
    points = found()["market"]["points"]

    assert {point["percent"]: point["total_gbp"] for point in points} == {
        percent: 225 * (100 + percent) for percent in (-30, -20, -10, 0, 10, 20, 30)
    }
    assert {point["units"] for point in points} == {2.0}


def test_fees_do_not_rise_with_the_prices():
    points = found(charges=Charges(quote_fee_gbp=Decimal(500)))["market"]["points"]

    assert points[0]["total_gbp"] == 70 * 225 + 500


def test_the_curve_of_a_bank_shows_what_is_bought_instead():
    units = curves_frame(found(), "units").loc["cheap"]

    assert units["+20 %"] == 1
    assert units["+30 %"] == 0


def test_without_a_lawful_purchase_there_is_nothing_to_vary():
    with pytest.raises(BadInput) as refusal:
        found(demand=a_demand(**{ORCHARD: 1}))

    assert str(refusal.value) == (
        "No lawful purchase is possible, whatever the prices: optimise says what is short."
    )


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(sensitivity).failed == 0
