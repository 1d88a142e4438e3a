"""How cost and purchase answer to prices: one bank's, and the whole market's.

Every point is solved anew, so that it says what would be bought then, not only what today's
purchase would cost. All else stays: other prices, stock, the contract size, fees.
"""

from dataclasses import replace
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from bng_core.case import Case, Request, make_case
from bng_core.demand import Demand
from bng_core.errors import BadInput
from bng_core.explore import credits_only, near_misses
from bng_core.market import Market
from bng_core.solve import Solution
from bng_core.what_if import PERCENTS, at_prices, price_changes
from bng_core.why import winning_prices

Json = dict[str, Any]
PENNY = Decimal("0.01")
FINEST = Decimal("0.0001")
"""To which a break-even level of prices is found, rounded down."""
MARKET = "the whole market"


def price_sensitivity(demand: Demand, market: Market, request: Request) -> Json:
    """What changed prices would do to the cheapest lawful purchase.

    Keys: total_gbp, credits_gbp; `market` and `banks`, curves with a point at each of PERCENTS;
    `winning_prices`, the offers that come next. Raises SolverFailed, and BadInput where nothing
    lawful can be bought at any price.
    """
    case = make_case(demand, market, request)
    solution = case.solve(request.preferences)
    if solution is None:
        raise BadInput(
            "No lawful purchase is possible, whatever the prices: optimise says what is short."
        )
    names = market.bank_names()
    return {
        "total_gbp": _pence(case.total_gbp(solution)),
        "credits_gbp": credits_only(demand)["total_gbp"],
        "market": {"bank_id": MARKET, "points": _of_the_market(case)},
        "banks": [
            curve | _limit(case, solution, curve["bank_id"], names[curve["bank_id"]])
            for curve in price_changes(case, solution)
        ],
        "winning_prices": winning_prices(case, solution, near_misses(case, solution)),
    }


def _limit(case: Case, solution: Solution, bank_id: str, name: str) -> Json:
    own = frozenset(offer.stock_id for offer in case.offers if offer.bank_id == bank_id)
    level = sells_until(case, solution, own)
    if level is None:
        message = f"No lawful answer exists without {name}: it sells at any price."
    else:
        message = f"{name} sells something until its prices rise by {level:.2%}."
    return {
        "bank_name": name,
        "sells_until": None if level is None else float(level),
        "message": message,
    }


def _of_the_market(case: Case) -> list[Json]:
    """Total cost and units when every price changes."""
    everything = frozenset(offer.stock_id for offer in case.offers)
    points = []
    for percent in PERCENTS:
        changed = at_prices(case, everything, 1 + Decimal(percent) / 100)
        solution = _solved(changed)
        units = sum((units for _, units in solution.purchases), Decimal(0))
        total = _pence(changed.total_gbp(solution))
        points.append({"percent": percent, "total_gbp": total, "units": float(units)})
    return points


def sells_until(case: Case, solution: Solution, stock_ids: frozenset[str]) -> Decimal | None:
    """The largest rise of these offers' prices at which some of them would still be bought.

    None where there is no lawful answer without them. The least cost is concave in the level of
    the prices, with the money spent on the offers as its slope: the line through an optimum meets
    the cost of doing without them no later than the curve does, so solving there again climbs to
    the break-even in a few steps.
    """
    without = replace(case, offers=tuple(o for o in case.offers if o.stock_id not in stock_ids))
    other = without.solve(case.request.preferences)
    if other is None:
        return None
    target, level, current = case.total_gbp(other), Decimal(1), solution
    while True:
        spent = _spent(current, stock_ids)
        room = target - case.total_gbp(current)
        reached = level + (level * room / spent if spent else 0)
        reached = reached.quantize(FINEST, ROUND_FLOOR)
        if reached <= level:
            return level - 1
        level, current = reached, _solved(at_prices(case, stock_ids, reached))


def _solved(case: Case) -> Solution:
    """The cheapest purchase of a case that differs in prices only."""
    solution = case.solve(case.request.preferences)
    assert solution is not None, "prices decide what is bought, not whether it is lawful"
    return solution


def _spent(solution: Solution, stock_ids: frozenset[str]) -> Decimal:
    """What these offers cost in a purchase."""
    lines = ((o.unit_price_gbp, u) for o, u in solution.purchases if o.stock_id in stock_ids)
    return sum((price * units for price, units in lines), Decimal(0))


def in_words(percent: int) -> str:
    """A change of price as a heading.

    >>> in_words(10), in_words(0)
    ('+10 %', 'as now')
    """
    return f"{percent:+d} %" if percent else "as now"


def curves_frame(found: Json, what: str) -> pd.DataFrame:
    """Per bank and change of its prices the value named `what`: "total_gbp" or "units"."""
    curves = [*found["banks"], found["market"]]
    return pd.DataFrame(
        {
            curve["bank_id"]: {in_words(p["percent"]): p[what] for p in curve["points"]}
            for curve in curves
        }
    ).T.rename_axis("Whose prices change")


def limits_frame(found: Json) -> pd.DataFrame:
    """Per bank that sells now, the rise of its prices at which it sells nothing any more."""
    columns = {"bank_id": "Bank", "sells_until": "Sells until", "message": "In words"}
    return pd.DataFrame(found["banks"], columns=list(columns)).rename(columns=columns)


def _pence(amount: Decimal) -> float:
    return float(amount.quantize(PENNY, ROUND_HALF_UP))
