"""Why no bank can meet a demand, in words of the law, each with its priced remedies (§2.6, §4.3).

The shortfall is the smallest number of units that, if someone sold them locally, would make the
demand lawful: the same model with such units added, their number minimised.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from bng_core.allocation import HEADLINE, MAKE_UP, PENNY, Answered, attribute, price_purchases
from bng_core.case import Case
from bng_core.demand import Demand
from bng_core.model import PurchaseTerms
from bng_core.offers import Offer, Unpriced
from bng_core.preferences import NONE
from bng_core.reference import load_credit_prices, load_habitats, load_trading_rules
from bng_core.solve import cheapest
from bng_core.terms import NET_GAIN, Habitat, Module, Relation
from bng_core.trade_offs import preference_reasons
from bng_core.trading import ZERO, may_replace

Json = dict[str, Any]
NOBODY = ""
"""The bank of units that nobody sells."""


def find_reasons(case: Case) -> list[Json]:
    """The reasons of a case without a lawful answer; never empty. Raises SolverFailed."""
    if any(case.request.preferences.active()) and case.solve(NONE) is not None:
        return preference_reasons(case)
    return [explain_shortage(short, case) for short in _shortages(case)]


@dataclass(frozen=True)
class Shortage:
    """Units of one loss, or of the headline of one module, that are short of what is needed."""

    module: Module
    lost: str
    band: str
    needed: Decimal
    short: Decimal


def _shortages(case: Case) -> list[Shortage]:
    """What is short, by loss: the units nobody sells, traced by the attribution."""
    for_sale = [replace(offer, unit_price_gbp=ZERO) for offer in case.offers]
    missing = [missing_units(habitat, case.demand) for habitat in wanted(case.demand)]
    terms = PurchaseTerms(case.request.lot)
    solution = cheapest(case.demand, (*for_sale, *missing), terms, case.request.limits)
    if solution is None:
        raise AssertionError("units of every lost habitat without end make any demand lawful")
    bought = price_purchases(solution.purchases)
    bought.sort(key=lambda purchase: purchase.offer.bank_id == NOBODY)
    return by_loss(attribute(case.demand, bought))


def wanted(demand: Demand) -> list[Habitat]:
    """Every lost habitat, and for the headline the module's habitat of lowest distinctiveness."""
    habitats = load_habitats().by_label
    lost = [habitats[label] for label, change in demand.changes.items() if change < 0]
    lowest = [_lowest(module) for module in demand.modules]
    return list(dict.fromkeys([*lost, *lowest]))


@cache
def _lowest(module: Module) -> Habitat:
    """The habitat of lowest distinctiveness that has units at all."""
    sold = (h for h in load_habitats().by_label.values() if h.module is module and h.score)
    return min(sold, key=lambda h: (h.distinctiveness.rank, h.label))


def missing_units(habitat: Habitat, demand: Demand) -> Offer:
    """Units that nobody sells, at 1 GBP so that their number is what is minimised."""
    endless = 10 * (demand.units_required + sum(map(abs, demand.changes.values()), ZERO)) + 100
    return Offer(
        stock_id=f"missing {habitat.label}",
        bank_id=NOBODY,
        habitat=habitat,
        units_available=endless.to_integral_value(ROUND_CEILING),
        srm=Decimal(1),
        relation=Relation.LOCAL,
        reason="",
        unit_price_gbp=Decimal(1),
    )


def by_loss(answered: Iterable[Answered]) -> list[Shortage]:
    """Shortages of losses and headlines; make-up counts with the net gain it serves."""
    habitats = load_habitats().by_label
    found: dict[tuple[Module, str, str], list[Decimal]] = {}
    for row in answered:
        module = habitats[row.supplied].module
        lost = NET_GAIN if row.lost == MAKE_UP else row.lost
        sums = found.setdefault((module, lost, row.band), [ZERO, ZERO])
        sums[0] += row.units
        sums[1] += row.units if row.bank_id == NOBODY else ZERO
    return [
        Shortage(module, lost, band, needed, short)
        for (module, lost, band), (needed, short) in found.items()
        if short > 0
    ]


def explain_shortage(short: Shortage, case: Case) -> Json:
    """One reason: what is short, who sells it, and what would mend it at what price."""
    accepts, source = _rule(short)
    needed = _needed(short, case.demand)
    offers = [offer for offer in case.offers if _answers(short, offer.habitat)]
    unpriced = [stock for stock in case.unpriced if _answers(short, stock.habitat)]
    sellers = _sellers(offers, case)
    for_sale = sum((offer.units_available for offer in offers), ZERO)
    listed = ", ".join(f"{s['bank_name']} {s['units']:.2f}" for s in sellers[:5])
    more = f" and {len(sellers) - 5} more" if len(sellers) > 5 else ""
    return {
        "module": str(short.module),
        "lost": short.lost,
        "band": str(short.band),
        "accepts": accepts,
        "rule": source,
        "units_needed": float(needed),
        "units_for_sale": float(for_sale),
        "units_short": float(short.short),
        "sellers": sellers,
        "price_on_request": _sellers(unpriced, case),
        "remedies": _remedies(short, unpriced),
        "message": (
            f"{short.lost} ({short.module}, {short.band}): {needed:.2f} units needed,"
            f" {for_sale:.2f} for sale that the rule allows ({accepts}), {short.short:.2f} short."
            f" Sellers: {listed or 'none'}{more}."
        ),
    }


def _needed(short: Shortage, demand: Demand) -> Decimal:
    """Units needed: of a loss, what it loses; of the headline, its deficit after SRM."""
    if short.band == HEADLINE:
        return demand.headline[short.module].deficit
    return max(short.needed, -demand.changes[short.lost])


def _rule(short: Shortage) -> tuple[str, str]:
    """What the law accepts for the loss, and the official cell that tests it."""
    for rule in load_trading_rules():
        if (rule.module, rule.distinctiveness) == (short.module, short.band):
            return rule.words, rule.source
    row = {Module.AREA: 61, Module.HEDGEROW: 62, Module.WATERCOURSE: 63}[short.module]
    return f"any {short.module} habitat, counted after the spatial risk multiplier", (
        f"Headline Results!H{row}"
    )


def _answers(short: Shortage, habitat: Habitat) -> bool:
    if short.band == HEADLINE:
        return habitat.module is short.module
    return may_replace(load_habitats().by_label[short.lost], habitat)


def _sellers(stock: Sequence[Offer | Unpriced], case: Case) -> list[Json]:
    """Banks with their units, the largest first."""
    names = case.market.bank_names()
    units: dict[str, Decimal] = {}
    for row in stock:
        units[row.bank_id] = units.get(row.bank_id, ZERO) + row.units_available
    return [
        {"bank_id": bank, "bank_name": names[bank], "units": float(total)}
        for bank, total in sorted(units.items(), key=lambda item: (-item[1], item[0]))
    ]


def _remedies(short: Shortage, unpriced: Sequence[Unpriced]) -> list[Json]:
    """What would mend it: more stock, a price on request, or statutory credits (§2.6)."""
    units = float(short.short)
    what = f"{short.module} units" if short.band == HEADLINE else short.lost
    remedies: list[Json] = [
        {
            "remedy": "more stock",
            "units": units,
            "price_gbp": None,
            "message": f"Find {short.short:.2f} more units for {what} from a bank nearby"
            " (more where the spatial risk multiplier is below 1).",
        }
    ]
    if unpriced:
        held = sum((stock.units_available for stock in unpriced), ZERO)
        remedies.append(
            {
                "remedy": "price on request",
                "units": float(held),
                "price_gbp": None,
                "message": f"Ask for a price: {held:.2f} units are in stock without one.",
            }
        )
    return [*remedies, _credits(short)]


def _credits(short: Shortage) -> Json:
    """Statutory credits for what is short; bespoke compensation where no credits exist."""
    tier = _tier(short)
    if not tier:
        return {
            "remedy": "bespoke compensation",
            "units": float(short.short),
            "price_gbp": None,
            "message": f"No statutory credits exist for {short.lost}: avoid the loss, or agree"
            " bespoke compensation with the planning authority.",
        }
    listed = load_credit_prices()[tier]
    price = (short.short * listed.price_gbp_per_unit).quantize(PENNY, ROUND_HALF_UP)
    return {
        "remedy": "statutory credits",
        "tier": tier,
        "units": float(short.short),
        "credits": float(short.short * listed.credits_per_unit),
        "price_gbp": float(price),
        "valid_from": listed.valid_from,
        "source": listed.source,
        "message": f"As a last resort {short.short * listed.credits_per_unit:.2f} statutory credits"
        f" of tier {tier}: £{price:,.0f} before VAT,"
        f" at the prices of {_in_words(listed.valid_from)}.",
    }


def _tier(short: Shortage) -> str:
    habitats = load_habitats().by_label
    if short.band != HEADLINE:
        return habitats[short.lost].credit_tier
    lowest = (h for h in habitats.values() if h.module is short.module and h.credit_tier)
    return min(
        lowest, key=lambda h: load_credit_prices()[h.credit_tier].price_gbp_per_credit
    ).credit_tier


def _in_words(day: str) -> str:
    """A date as people write it: 18 August 2023."""
    written = date.fromisoformat(day)
    return f"{written.day} {written:%B %Y}"
