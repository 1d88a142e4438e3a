"""Money in pence that adds up, and which loss each purchase answers."""

from decimal import Decimal

from bng_core.allocation import MAKE_UP, attribute, price_purchases
from bng_core.demand import Demand, HeadlineNeed
from bng_core.offers import Offer
from bng_core.reference import load_habitats
from bng_core.terms import NET_GAIN, Module, Relation
from tests.builders import MODIFIED, NEUTRAL, ORCHARD, SCRUB, a_demand


def an_offer_of(habitat: str, price: str = "10000", srm: str = "1", bank: str = "B1") -> Offer:
    return Offer(
        f"{bank}/{habitat}", bank, load_habitats().by_label[habitat], Decimal(100), Decimal(srm),
        Relation.LOCAL, "", Decimal(price),
    )  # fmt: skip


def attribution(demand: Demand, *bought: tuple[Offer, str]) -> list[tuple[str, str, float]]:
    purchases = price_purchases((offer, Decimal(units)) for offer, units in bought)
    return [
        (row.lost, f"{row.bank_id}/{row.supplied}", float(row.units))
        for row in attribute(demand, purchases)
    ]


def test_the_pence_of_the_lines_add_up_to_the_total_rounded_once():
    # three lines of 33.335 GBP: 100.005 in all, 100.01 rounded; 33.33 + 33.34 + 33.34
    offers = [an_offer_of(ORCHARD, "33.335", bank=f"B{n}") for n in range(3)]

    lines = price_purchases((offer, Decimal(1)) for offer in offers)

    assert [line.cost_gbp for line in lines] == [
        Decimal("33.34"), Decimal("33.34"), Decimal("33.33")
    ]  # fmt: skip


def test_a_loss_takes_its_own_habitat_first():
    demand = a_demand(**{NEUTRAL: 1, MODIFIED: 1})

    rows = attribution(demand, (an_offer_of(NEUTRAL), "1"), (an_offer_of(MODIFIED), "1"))

    assert rows == [(NEUTRAL, f"B1/{NEUTRAL}", 1.0), (MODIFIED, f"B1/{MODIFIED}", 1.0)]


def test_the_best_band_is_served_first_and_leaves_the_rest_to_the_lower_ones():
    demand = a_demand(**{ORCHARD: 1, SCRUB: 0.5})

    rows = attribution(demand, (an_offer_of(ORCHARD), "1.5"))

    assert rows == [(ORCHARD, f"B1/{ORCHARD}", 1.0), (SCRUB, f"B1/{ORCHARD}", 0.5)]


def test_make_up_is_what_the_multiplier_takes_and_net_gain_is_the_rest():
    # far orchard: 1 bought counts 0.5; 0.6 grassland: 0.5 make-up and 0.1 net gain
    demand = a_demand(**{ORCHARD: 1, "area_net_gain": 0.1})

    rows = attribution(
        demand, (an_offer_of(ORCHARD, srm="0.5"), "1"), (an_offer_of(MODIFIED, bank="B2"), "0.6")
    )

    assert rows == [
        (ORCHARD, f"B1/{ORCHARD}", 1.0),
        (MAKE_UP, f"B2/{MODIFIED}", 0.5),
        (NET_GAIN, f"B2/{MODIFIED}", 0.1),
    ]


def test_on_site_surplus_answers_a_loss_before_purchases_do():
    demand = Demand(
        {SCRUB: Decimal(-1), ORCHARD: Decimal("0.4")},
        {Module.AREA: HeadlineNeed(Decimal(0))},
        Decimal(1),
    )

    rows = attribution(demand, (an_offer_of("Wetland - Reedbeds"), "0.6"))

    assert rows == [(SCRUB, "B1/Wetland - Reedbeds", 0.6)]
