"""Stock and price lists -> offers for one development (§2.3, §2.10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd

from bng_core.market import ANY_TIER, Market, rows
from bng_core.reference import load_habitats
from bng_core.spatial import SpatialRisk, spatial_risk
from bng_core.terms import Basis, ContractSize, Geography, Habitat, Module, Place, Relation

Tiers = Mapping[str, tuple[str, str]]
"""By tier, the listed price and its basis, as text."""


@dataclass(frozen=True)
class Offer:
    """Units of one habitat at one bank, at the price of this development's contract size and tier.

    `units_available` and `unit_price_gbp` are per bought unit, before the spatial risk multiplier.
    """

    stock_id: str
    bank_id: str
    habitat: Habitat
    units_available: Decimal
    srm: Decimal
    relation: Relation
    reason: str
    unit_price_gbp: Decimal


@dataclass(frozen=True)
class Unpriced:
    """Stock without a price for this development: price on request, never 0."""

    stock_id: str
    bank_id: str
    habitat: Habitat
    units_available: Decimal


@dataclass(frozen=True)
class PriceTerms:
    """What decides the price of a bought unit for one development; `factor` is its discount."""

    site: Place
    contract_size: ContractSize
    on_date: date
    default_basis: Basis = Basis.BOUGHT
    factor: Decimal = Decimal(1)
    geography: Geography = Geography.LPA_NCA


def price_offers(
    market: Market, terms: PriceTerms, modules: set[Module]
) -> tuple[list[Offer], list[Unpriced]]:
    """Offers of the given modules, and stock without a price on that day; both in stock_id order.

    A price for the bank's own tier goes before a price for any tier. An effective price, GBP per
    unit after the spatial risk multiplier, becomes GBP per bought unit by that multiplier (§2.10).
    """
    habitats = load_habitats().by_label
    stock = market.stock[pd.to_numeric(market.stock["units_available"]) > 0]
    wanted = [label for label, habitat in habitats.items() if habitat.module in modules]
    stock = stock[stock["habitat"].isin(wanted)]
    prices = prices_on(market.prices, terms)
    routes = {terms.geography.route(habitats[label]) for label in stock["habitat"].unique()}
    risk = {
        (bank_id, route): spatial_risk(terms.site, place, route)
        for bank_id, place in market.places().items()
        for route in routes
    }
    offers: list[Offer] = []
    unpriced: list[Unpriced] = []
    columns = ("stock_id", "bank_id", "habitat", "units_available")
    for stock_id, bank_id, label, available in rows(stock.sort_values("stock_id"), *columns):
        habitat, units = habitats[label], Decimal(available)
        spatial = risk[bank_id, terms.geography.route(habitat)]
        unit_price = price_of_unit(prices.get((bank_id, label), {}), spatial, terms)
        if unit_price is None:
            unpriced.append(Unpriced(stock_id, bank_id, habitat, units))
            continue
        offers.append(
            Offer(
                stock_id, bank_id, habitat, units, spatial.multiplier,
                spatial.relation, spatial.reason, unit_price,
            )
        )  # fmt: skip
    return offers, unpriced


def price_of_unit(tiers: Tiers, spatial: SpatialRisk, terms: PriceTerms) -> Decimal | None:
    """GBP per bought unit, the bank's own tier before any tier; None where there is none."""
    listed = tiers.get(spatial.relation) or tiers.get(ANY_TIER)
    if listed is None:
        return None
    unit_price, basis = listed
    effective = Basis(basis or terms.default_basis) is Basis.EFFECTIVE
    return Decimal(unit_price) * terms.factor * (spatial.multiplier if effective else 1)


def prices_on(prices: pd.DataFrame, terms: PriceTerms) -> Mapping[tuple[str, str], Tiers]:
    """(bank, habitat) -> tier -> (unit price, basis), of one contract size on one day."""
    day = terms.on_date.isoformat()
    valid = prices[
        (prices["contract_size"] == terms.contract_size)
        & (prices["valid_from"] <= day)
        & ((prices["valid_to"] == "") | (prices["valid_to"] >= day))
    ]
    found: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    columns = ("bank_id", "habitat", "tier", "unit_price", "basis")
    for bank_id, label, tier, unit_price, basis in rows(valid, *columns):
        found.setdefault((bank_id, label), {})[tier] = (unit_price, basis)
    return found
