"""What a bought unit costs one development: tier, contract size, basis and day (§2.10)."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from bng_core.market import COLUMNS, Market, market_from_tables
from bng_core.offers import Offer, PriceTerms, Unpriced, price_offers
from bng_core.terms import Basis, ContractSize, Module, Place, Relation
from tests.builders import ADJACENT, FAR, HERE, LOCAL, MODIFIED, NEUTRAL, TODAY, a_bank

SIZES = list(ContractSize)
DITCH = "Ditches"
MUD = "Intertidal sediment - Littoral mud"


def a_price(unit_price: str, **columns: str) -> dict[str, str]:
    """A row of prices.csv: modified grassland at bank B, small contracts, any tier."""
    row = {"bank_id": "B", "habitat": MODIFIED, "contract_size": "small", "tier": "any"}
    return row | {"unit_price": unit_price} | columns


def a_market(*prices: dict[str, str], where: str = LOCAL, units: str = "3") -> Market:
    """One bank with modified grassland and the given price list."""
    _, optional = COLUMNS["prices"]
    columns = COLUMNS["prices"][0] + optional
    stock = [("S", "B", MODIFIED, units)]
    return market_from_tables(
        {
            "banks": pd.DataFrame([a_bank("B", where)]),
            "stock": pd.DataFrame(stock, columns=COLUMNS["stock"][0]),
            "prices": pd.DataFrame(prices, columns=columns, dtype=str).fillna(""),
        }
    )


def priced(market: Market, **terms: object) -> tuple[list[Offer], list[Unpriced]]:
    asked: dict[str, object] = {
        "site": HERE,
        "contract_size": ContractSize.SMALL,
        "on_date": TODAY,
    }
    return price_offers(market, PriceTerms(**asked | terms), {Module.AREA})  # type: ignore[arg-type]


def unit_price(market: Market, **terms: object) -> Decimal | None:
    """GBP per bought unit; None for a price on request."""
    offers, unpriced = priced(market, **terms)
    assert len(offers) + len(unpriced) == 1
    return offers[0].unit_price_gbp if offers else None


@pytest.mark.parametrize(
    ("where", "price"),
    [(LOCAL, 20_000), (ADJACENT, 26_000), (FAR, 50_000)],
)
def test_a_price_of_the_bank_s_own_tier_goes_before_one_of_any(where: str, price: int) -> None:
    prices = (
        a_price("50000"),
        a_price("20000", tier="local"),
        a_price("26000", tier="adjacent"),
    )

    assert unit_price(a_market(*prices, where=where)) == price
    assert unit_price(a_market(*reversed(prices), where=where)) == price


def test_a_dearer_tier_price_still_goes_before_any() -> None:
    prices = a_price("10000"), a_price("30000", tier="local")

    assert unit_price(a_market(*prices)) == 30_000


def test_prices_of_other_tiers_are_no_price() -> None:
    prices = a_price("20000", tier="local"), a_price("26000", tier="adjacent")

    assert unit_price(a_market(*prices, where=FAR)) is None


@pytest.mark.parametrize("size", SIZES)
def test_each_contract_size_has_its_own_price(size: ContractSize) -> None:
    prices = [a_price(f"{rank}0000", contract_size=s) for rank, s in enumerate(SIZES, start=1)]

    assert unit_price(a_market(*prices), contract_size=size) == 10_000 * (SIZES.index(size) + 1)


def test_a_size_without_a_price_takes_none_from_another_size() -> None:
    assert unit_price(a_market(a_price("20000")), contract_size=ContractSize.MEDIUM) is None


@pytest.mark.parametrize(
    ("where", "bought"), [(LOCAL, "20000"), (ADJACENT, "15000"), (FAR, "10000")]
)
def test_an_effective_price_is_per_unit_after_srm(where: str, bought: str) -> None:
    """A far unit counts half, so half the price of an effective unit buys it."""
    market = a_market(a_price("20000", basis="effective"), where=where)

    assert unit_price(market) == Decimal(bought)


@pytest.mark.parametrize("where", [LOCAL, ADJACENT, FAR])
def test_a_bought_price_is_the_price(where: str) -> None:
    assert unit_price(a_market(a_price("20000.01", basis="bought"), where=where)) == Decimal(
        "20000.01"
    )


@pytest.mark.parametrize(
    ("basis", "default", "price"),
    [
        ("", Basis.BOUGHT, 20_000),
        ("", Basis.EFFECTIVE, 10_000),
        ("bought", Basis.EFFECTIVE, 20_000),
        ("effective", Basis.BOUGHT, 10_000),
    ],
)
def test_the_default_basis_is_only_for_lists_that_do_not_say(
    basis: str, default: Basis, price: int
) -> None:
    market = a_market(a_price("20000", basis=basis), where=FAR)

    assert unit_price(market, default_basis=default) == price


@pytest.mark.parametrize(
    ("day", "valid"),
    [
        ("2026-02-28", False),
        ("2026-03-01", True),
        ("2026-03-02", True),
        ("2026-05-30", True),
        ("2026-05-31", True),
        ("2026-06-01", False),
        ("2025-04-01", False),
    ],
)
def test_a_price_holds_from_its_first_to_its_last_day(day: str, valid: bool) -> None:
    market = a_market(a_price("20000", valid_from="2026-03-01", valid_to="2026-05-31"))

    assert unit_price(market, on_date=date.fromisoformat(day)) == (20_000 if valid else None)


@pytest.mark.parametrize(
    ("days", "day", "price"),
    [
        ({"valid_from": "2026-03-01"}, "2026-02-28", None),
        ({"valid_from": "2026-03-01"}, "2999-12-31", 20_000),
        ({"valid_to": "2026-03-01"}, "2026-03-02", None),
        ({"valid_to": "2026-03-01"}, "1999-01-01", 20_000),
        ({}, "2026-11-24", 20_000),
    ],
)
def test_a_price_without_an_end_is_open_there(
    days: dict[str, str], day: str, price: int | None
) -> None:
    market = a_market(a_price("20000", **days))

    assert unit_price(market, on_date=date.fromisoformat(day)) == price


def test_the_new_price_follows_the_old_on_its_day() -> None:
    old, new = a_price("20000", valid_to="2026-06-30"), a_price("22000", valid_from="2026-07-01")

    days = date(2026, 6, 30), date(2026, 7, 1)

    assert [unit_price(a_market(new, old), on_date=day) for day in days] == [20_000, 22_000]


def test_when_the_own_tier_s_price_has_ended_the_price_of_any_holds() -> None:
    prices = a_price("20000"), a_price("15000", tier="local", valid_to="2026-01-31")

    assert unit_price(a_market(*prices)) == 20_000
    assert unit_price(a_market(*prices), on_date=date(2026, 1, 31)) == 15_000


def test_prices_compare_as_numbers_however_they_are_written() -> None:
    for text in ("9500.0", "9500", "9.5e3", "09500.00"):
        assert unit_price(a_market(a_price(text))) == 9_500


def test_stock_without_a_price_is_kept_as_price_on_request() -> None:
    offers, unpriced = priced(a_market(a_price("20000", habitat=NEUTRAL)))

    assert offers == []
    assert [(u.stock_id, u.bank_id, u.habitat.label, u.units_available) for u in unpriced] == [
        ("S", "B", MODIFIED, 3)
    ]


def test_a_price_without_stock_is_no_offer() -> None:
    assert priced(a_market(a_price("20000"), units="0")) == ([], [])


def test_an_offer_says_how_near_its_bank_is_and_why() -> None:
    [offer], _ = priced(a_market(a_price("20000"), where=ADJACENT))

    assert (offer.relation, offer.srm, offer.units_available) == (
        Relation.ADJACENT,
        Decimal("0.75"),
        3,
    )
    assert offer.reason == "neighbouring LPA, Reading LPA"


def test_only_the_modules_asked_for_are_offered() -> None:
    terms = PriceTerms(HERE, ContractSize.SMALL, TODAY)

    assert price_offers(a_market(a_price("20000")), terms, {Module.HEDGEROW}) == ([], [])
    assert price_offers(a_market(a_price("20000")), terms, set()) == ([], [])


def test_a_discount_is_taken_off_before_the_basis() -> None:
    market = a_market(a_price("20000", basis="effective"), where=FAR)

    # 20,000 less 10 % is 18,000 per effective unit; a far unit counts half
    assert unit_price(market, factor=Decimal("0.9")) == 9_000


@pytest.mark.parametrize(("habitat", "srm"), [(MODIFIED, "1"), (DITCH, "0.5"), (MUD, "0.5")])
def test_each_habitat_of_one_bank_goes_by_its_own_geography(habitat: str, srm: str) -> None:
    """Local by LPA, but in another catchment and another marine plan area."""
    bank = a_bank("B", waterbody_id="GB106039030400", marine_plan_area="North West Inshore")
    market = market_from_tables(
        {
            "banks": pd.DataFrame([bank]),
            "stock": pd.DataFrame([("S", "B", habitat, "1")], columns=COLUMNS["stock"][0]),
            "prices": pd.DataFrame([a_price("20000", habitat=habitat)]),
        }
    )
    site = Place(HERE.lpa, HERE.nca, "GB106039023630", "Ock", "South Inshore")

    terms = PriceTerms(site, ContractSize.SMALL, TODAY)
    [offer], _ = price_offers(market, terms, set(Module))

    assert offer.srm == Decimal(srm)
