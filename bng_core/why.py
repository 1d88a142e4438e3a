"""Why this purchase: the next best, what more stock would save, which prices would win.

Every figure is the difference of two optima, both solved; nothing is read off a dual alone.
"""

from dataclasses import replace
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from bng_core.case import Case
from bng_core.offers import Offer
from bng_core.solve import Solution

Json = dict[str, Any]
PENNY = Decimal("0.01")
ONE_UNIT = Decimal(1)
NEARLY_FREE = PENNY
"""GBP a unit; the price at which an offer is tried first to see how much of it would be bought."""


def next_best(case: Case, solution: Solution) -> list[Json]:
    """For each purchase: what the cheapest answer without it costs more, and what it buys instead.

    `more_gbp` is None where there is no lawful answer without the purchase. Raises SolverFailed.
    """
    return [_without(case, solution, offer) for offer, _ in solution.purchases]


def _without(case: Case, solution: Solution, offer: Offer) -> Json:
    other = case.without(offer.stock_id).solve(case.request.preferences)
    row: Json = {
        "stock_id": offer.stock_id,
        "bank_id": offer.bank_id,
        "habitat": offer.habitat.label,
    }
    row["spatial_reason"] = offer.reason
    if other is None:
        message = f"No lawful answer exists without {offer.habitat.label} of {offer.bank_id}."
        return row | {"more_gbp": None, "instead": [], "message": message}
    more = case.total_gbp(other) - case.total_gbp(solution)
    instead = _more_bought(solution, other)
    listed = ", ".join(f"{i['units']:.2f} {i['habitat']} of {i['bank_id']}" for i in instead[:3])
    return row | {
        "more_gbp": _pence(more),
        "instead": instead,
        "message": f"Without it the cheapest answer costs £{more:,.2f} more and buys {listed}.",
    }


def _more_bought(before: Solution, after: Solution) -> list[Json]:
    held = {offer.stock_id: units for offer, units in before.purchases}
    return [
        {"bank_id": offer.bank_id, "habitat": offer.habitat.label, "units": float(extra)}
        for offer, units in after.purchases
        if (extra := units - held.get(offer.stock_id, Decimal(0))) > 0
    ]


def more_stock(case: Case, solution: Solution) -> list[Json]:
    """For each stock row that is bought to the last lot: what one more unit of it would save."""
    rows = []
    for offer, units in solution.purchases:
        if offer.units_available - units < (case.request.lot or PENNY):
            larger = replace(offer, units_available=offer.units_available + ONE_UNIT)
            other = case.instead(larger).solve(case.request.preferences)
            assert other is not None, "more stock leaves the purchase at hand lawful"
            saved = case.total_gbp(solution) - case.total_gbp(other)
            rows.append(
                _named(offer)
                | {
                    "saved_gbp": _pence(saved),
                    "message": f"One more unit of {offer.habitat.label} at {offer.bank_id} would"
                    f" save £{saved:,.2f}.",
                }
            )
    return rows


def winning_prices(case: Case, solution: Solution, offers: list[Offer]) -> list[Json]:
    """The price below which each of the given offers, not bought now, would be bought."""
    rows = []
    for offer in offers:
        price = _break_even(case, solution, offer)
        below = f"below £{price:,.2f} a bought unit" if price else "at no price above 0"
        rows.append(
            _named(offer)
            | {
                "unit_price_gbp": float(offer.unit_price_gbp),
                "wins_below_gbp": float(price) if price else None,
                "message": f"{offer.habitat.label} of {offer.bank_id}, now"
                f" £{offer.unit_price_gbp:,.2f}, would be bought {below}.",
            }
        )
    return rows


def _break_even(case: Case, solution: Solution, offer: Offer) -> Decimal | None:
    """The largest price, in pence, at which buying the offer costs no more than the answer.

    The least cost is concave in the price of one offer, with the units bought as its slope. From a
    price so low that the offer is bought, the line through that optimum meets the cost of the
    answer at a higher price; solving there again leads to the break-even in a few steps.
    """
    target, price, found = case.total_gbp(solution), NEARLY_FREE, None
    while price < offer.unit_price_gbp:
        cheaper = case.instead(replace(offer, unit_price_gbp=price))
        other = cheaper.solve(case.request.preferences)
        units = _units_of(offer, other)
        if other is None or not units or case.total_gbp(other) > target - PENNY / 2:
            break
        meets = price + (target - case.total_gbp(other)) / units
        found = price = max(meets.quantize(PENNY, ROUND_FLOOR), price + PENNY)
    return found


def _named(offer: Offer) -> Json:
    return {
        "stock_id": offer.stock_id,
        "bank_id": offer.bank_id,
        "habitat": offer.habitat.label,
    }


def _units_of(offer: Offer, solution: Solution | None) -> Decimal:
    bought = solution.purchases if solution else ()
    return sum((u for o, u in bought if o.stock_id == offer.stock_id), Decimal(0))


def _pence(amount: Decimal) -> float:
    return float(amount.quantize(PENNY, ROUND_HALF_UP))
