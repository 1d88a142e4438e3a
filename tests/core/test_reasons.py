"""When no bank can meet a demand: what is short, of what, by whom, and what would mend it."""

from tests.builders import (
    BRAMBLE,
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


def reasons(*arguments: object, **request: object) -> list[dict[str, object]]:
    content = an_answer(*arguments, **request).to_json()  # type: ignore[arg-type]
    assert content["status"] == "infeasible"
    assert content["purchases"] == []
    return content["reasons"]


def test_an_unmet_habitat_is_named_with_units_needed_for_sale_and_by_whom():
    market = a_market(
        an_offer(ORCHARD, 40_000, units=0.35, bank_id="Wye"), an_offer(MODIFIED, 18_000)
    )

    (reason,) = reasons(a_demand(**{ORCHARD: 1.2}), market)

    assert reason["message"] == (
        "Grassland - Traditional orchards (area, High): 1.20 units needed, 0.35 for sale that the"
        " rule allows (the same habitat), 0.85 short. Sellers: Bank Wye 0.35."
    )
    assert reason["sellers"] == [{"bank_id": "Wye", "bank_name": "Bank Wye", "units": 0.35}]
    assert reason["rule"] == "Trading Summary Area Habitats!G6"
    assert [reason[key] for key in ("units_needed", "units_for_sale", "units_short")] == [
        1.2, 0.35, 0.85
    ]  # fmt: skip


def test_statutory_credits_are_priced_at_two_a_unit():
    (reason,) = reasons(a_demand(**{ORCHARD: 0.5}), a_market(an_offer(MODIFIED, 18_000)))

    credits = next(r for r in reason["remedies"] if r["remedy"] == "statutory credits")

    # tier A1 at 42,000 a credit: 0.5 units are 1 credit
    assert (credits["tier"], credits["credits"], credits["price_gbp"]) == ("A1", 1.0, 42_000.0)


def test_a_very_high_loss_has_no_credits_but_bespoke_compensation():
    (reason,) = reasons(a_demand(**{MEADOW: 0.5}), a_market(an_offer(MODIFIED, 18_000)))

    assert [remedy["remedy"] for remedy in reason["remedies"]] == [
        "more stock", "bespoke compensation"
    ]  # fmt: skip


def test_every_unmet_habitat_has_its_own_reason():
    market = a_market(an_offer(MODIFIED, 18_000))

    found = reasons(a_demand(**{ORCHARD: 1, SCRUB: 0.5, MODIFIED: 1}), market)

    assert {reason["lost"]: reason["units_short"] for reason in found} == {ORCHARD: 1, SCRUB: 0.5}


def test_a_headline_that_cannot_be_met_is_named_as_net_gain():
    market = a_market(an_offer(MODIFIED, 18_000, units=1, where=FAR))

    (reason,) = reasons(a_demand(area_net_gain=2), market)

    # 1 unit far away gives 0.5 of the 2
    assert (reason["lost"], reason["units_needed"], reason["units_short"]) == ("Net gain", 2, 1.5)
    assert reason["rule"] == "Headline Results!H61"


def test_a_module_that_nobody_sells_is_named_once_for_each_of_its_losses():
    found = reasons(a_demand(**{"Ditches": 0.5, "Culvert": 0.1}), a_market(an_offer(SCRUB, 1)))

    assert {reason["lost"]: reason["units_short"] for reason in found} == {
        "Ditches": 0.5, "Culvert": 0.1
    }  # fmt: skip


def test_stock_without_a_price_is_offered_as_a_price_to_ask_for():
    market = a_market(an_offer(ORCHARD, 40_000, units=2, bank_id="quiet"), an_offer(MODIFIED, 1))
    prices = market.prices[market.prices["habitat"] != ORCHARD]
    market = type(market)(market.banks, market.stock, prices)

    (reason,) = reasons(a_demand(**{ORCHARD: 1}), market)

    assert reason["price_on_request"] == [
        {"bank_id": "quiet", "bank_name": "Bank quiet", "units": 2.0}
    ]
    assert "Ask for a price: 2.00 units are in stock without one." in {
        remedy["message"] for remedy in reason["remedies"]
    }


def test_a_bank_limit_that_no_purchase_can_keep_names_the_number_that_can():
    market = a_market(
        an_offer(ORCHARD, 30_000, units=1, bank_id="a"),
        an_offer(NEUTRAL, 25_000, bank_id="b"),
        an_offer(BRAMBLE, 26_000, bank_id="c"),
    )
    demand = a_demand(**{ORCHARD: 1, NEUTRAL: 1, BRAMBLE: 1})

    (reason,) = reasons(demand, market, max_banks=2)

    assert reason["message"] == ("The market can meet the demand, but not with: at most 2 banks.")
    assert reason["remedies"][0]["message"] == "Allow 3 banks: £81,000.00."
    assert reason["remedies"][0]["price_gbp"] == 81_000
