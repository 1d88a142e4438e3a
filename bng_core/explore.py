"""Everything around an answer that helps to judge it, as one JSON object."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bng_core.alternatives import fewer_banks, nearer_units, next_best_answers, summary
from bng_core.case import Case, Request, make_case
from bng_core.credits import credit_units, price_gbp
from bng_core.demand import Demand
from bng_core.market import Market
from bng_core.offers import Offer
from bng_core.solve import Solution
from bng_core.terms import Geography
from bng_core.what_if import price_changes
from bng_core.why import more_stock, next_best, winning_prices

Json = dict[str, Any]
PENNY = Decimal("0.01")
ALTERNATIVES = 3
NEAR_MISSES = 5


def explore(demand: Demand, market: Market, request: Request) -> Json | None:
    """Why the answer, and what else there is; None where there is no lawful answer.

    Keys: next_best, more_stock, winning_prices, alternatives, fewer_banks, nearer_units,
    price_changes, lnrs, credits_only. Raises SolverFailed.
    """
    case = make_case(demand, market, request)
    solution = case.solve(request.preferences)
    if solution is None:
        return None
    others = next_best_answers(case, solution, ALTERNATIVES)
    return {
        "total_gbp": _pence(case.total_gbp(solution)),
        "next_best": next_best(case, solution),
        "more_stock": more_stock(case, solution),
        "winning_prices": winning_prices(case, solution, near_misses(case, solution)),
        "alternatives": [summary(case, other, solution) for other in others],
        "fewer_banks": fewer_banks(case, solution),
        "nearer_units": nearer_units(case, solution),
        "price_changes": price_changes(case, solution),
        "lnrs": under_lnrs(case, solution),
        "credits_only": credits_only(demand),
    }


def near_misses(case: Case, solution: Solution) -> list[Offer]:
    """Offers that are not bought but come next by their extra cost, dearest habitats left out."""
    bought = {offer.stock_id for offer, _ in solution.purchases}
    extra = case.extra_costs(case.request.preferences)
    missed = [offer for offer in extra if offer.stock_id not in bought]
    return sorted(missed, key=lambda offer: (extra[offer], offer.stock_id))[:NEAR_MISSES]


def under_lnrs(case: Case, solution: Solution) -> Json:
    """The same development under LNRS geography: announced, not in force, not for a quote."""
    announced = make_case(case.demand, case.market, case.request, Geography.LNRS)
    other = announced.solve(case.request.preferences)
    note = "LNRS areas instead of LPA and NCA: announced, not in force; not for a firm quote."
    if other is None:
        return {"total_gbp": None, "more_gbp": None, "note": f"No lawful answer. {note}"}
    more = announced.total_gbp(other) - case.total_gbp(solution)
    return {
        "total_gbp": _pence(announced.total_gbp(other)),
        "more_gbp": _pence(more),
        "note": note,
    }


def credits_only(demand: Demand) -> Json:
    """What statutory credits for everything would cost: the last resort, for comparison (§2.6)."""
    units = credit_units(demand)
    if units is None:
        note = "No credits exist for a loss of very high distinctiveness."
        return {"total_gbp": None, "tiers": {}, "note": note}
    return {
        "total_gbp": _pence(price_gbp(units)),
        "tiers": {tier: float(amount) for tier, amount in units.items() if amount},
        "note": "Units by tier; GBP before VAT, two credits a unit; prices are indicative.",
    }


def _pence(amount: Decimal) -> float:
    return float(amount.quantize(PENNY, ROUND_HALF_UP))
