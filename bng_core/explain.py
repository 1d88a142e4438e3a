"""Why the figures of an answer are what they are: the rule, the official cell, the inputs.

Nothing is solved here: what was bought is looked up again in demand, market and rulebook.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bng_core.allocation import HEADLINE
from bng_core.case import Request
from bng_core.demand import Demand
from bng_core.market import ANY_TIER, Market
from bng_core.metric import layout
from bng_core.metric.requirement import net_gain_cell
from bng_core.offers import Offer, PriceTerms, price_offers, prices_on
from bng_core.reference import load_habitats, load_trading_rules
from bng_core.terms import Basis, ContractSize, Module
from bng_core.trading import ZERO, trading_deficit

Json = dict[str, Any]


@dataclass(frozen=True)
class ModuleAccount:
    """What a module requires and what is bought for it.

    `headline_units` count after the SRM (§2.5), `trading_units` and `bought_units` before it
    (§2.4); `headline_cell` and `trading_sheet` are where the official tool states them.
    """

    module: Module
    headline_units: Decimal
    trading_units: Decimal
    bought_units: Decimal
    after_srm_units: Decimal
    cost_gbp: Decimal
    headline_cell: str
    trading_sheet: str

    @property
    def required_units(self) -> Decimal:
        """Units that the law requires: the larger of headline and trading (§2.10, §7.8)."""
        return max(self.headline_units, self.trading_units)


@dataclass(frozen=True)
class LineReason:
    """Why a purchase has its multiplier and its price.

    `offer` is the stock row as this development sees it; `listed_gbp` the price in the list,
    GBP per unit of `basis`, from its price for `tier`; `discount_percent` is off it.
    """

    offer: Offer
    route: str
    tier: str
    basis: Basis
    listed_gbp: Decimal
    discount_percent: Decimal


@dataclass(frozen=True)
class Rule:
    """What the law accepts for a loss, and the cell of the official tool that tests it."""

    words: str
    cell: str


def module_accounts(demand: Demand, answer: Json) -> list[ModuleAccount]:
    """The modules in which something is required or bought."""
    found = []
    for module, need in demand.headline.items():
        lines = [line for line in answer["purchases"] if line["module"] == module]
        trading = trading_deficit(demand.changes, module)
        if need.deficit > 0 or trading > 0 or lines:
            found.append(
                ModuleAccount(
                    module,
                    need.deficit,
                    trading,
                    _sum(lines, "units"),
                    _sum(lines, "units_after_srm"),
                    _sum(lines, "cost_gbp"),
                    net_gain_cell(module),
                    layout.TRADING_SHEETS[module].name,
                )
            )
    return found


def line_reasons(market: Market, request: Request, answer: Json) -> dict[str, LineReason]:
    """By stock id, why each purchase of an answer has its multiplier and price.

    A purchase that this market does not hold any more, or has no price for, is left out.
    """
    bought = {line["stock_id"] for line in answer["purchases"]}
    banks = {line["bank_id"] for line in answer["purchases"]}
    some = Market(
        market.banks[market.banks["bank_id"].isin(banks)],
        market.stock[market.stock["stock_id"].isin(bought)],
        market.prices[market.prices["bank_id"].isin(banks)],
    )
    terms = PriceTerms(
        request.place,
        ContractSize(answer["contract_size"]),
        request.on_date,
        request.default_basis,
        request.charges.price_factor,
    )
    offers, _ = price_offers(some, terms, set(Module))
    listed = prices_on(some.prices, replace(terms, factor=Decimal(1)))
    return {
        offer.stock_id: _reason(offer, listed[offer.bank_id, offer.habitat.label], request)
        for offer in offers
    }


def _reason(offer: Offer, tiers: Mapping[str, tuple[str, str]], request: Request) -> LineReason:
    tier = str(offer.relation) if offer.relation in tiers else ANY_TIER
    price, basis = tiers[tier]
    return LineReason(
        offer,
        str(offer.habitat.route),
        tier,
        Basis(basis or request.default_basis),
        Decimal(price),
        request.charges.discount_percent,
    )


def rule_of(module: Module, band: str) -> Rule:
    """What is accepted for a loss of a band of a module, or for its headline."""
    for rule in load_trading_rules():
        if (rule.module, str(rule.distinctiveness)) == (module, band):
            return Rule(rule.words, rule.source)
    return Rule(
        f"any {module} habitat, counted after the spatial risk multiplier", net_gain_cell(module)
    )


def rule_of_row(row: Mapping[str, Any]) -> Rule:
    """The rule behind one row of an answer's attribution."""
    module = load_habitats().by_label[row["supplied"]].module
    return rule_of(module, row["band"] or HEADLINE)


def _sum(lines: list[Json], name: str) -> Decimal:
    return sum((Decimal(str(line[name])) for line in lines), ZERO)
