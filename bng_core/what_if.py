"""What if a bank changed its prices: the cheapest purchase at each change, worked out ahead.

Worked out with the run, so that a page only looks it up.
"""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bng_core.case import Case
from bng_core.solve import Solution

Json = dict[str, Any]
PENNY = Decimal("0.01")
PERCENTS = (-30, -20, -10, 0, 10, 20, 30)
MOST_BANKS = 5
"""Of the banks bought from, the dearest so many are tried."""


def price_changes(case: Case, solution: Solution) -> list[Json]:
    """For each bank bought from, the cheapest purchase with all its prices changed by PERCENTS.

    Each point has the total in GBP, what it is more than the answer, the bought units of the bank,
    and the number of banks. Raises SolverFailed.
    """
    spent: dict[str, Decimal] = {}
    for offer, units in solution.purchases:
        spent[offer.bank_id] = spent.get(offer.bank_id, Decimal(0)) + units * offer.unit_price_gbp
    dearest = sorted(spent, key=lambda bank: (-spent[bank], bank))[:MOST_BANKS]
    return [
        {"bank_id": bank, "points": [_point(case, solution, bank, p) for p in PERCENTS]}
        for bank in dearest
    ]


def _point(case: Case, solution: Solution, bank_id: str, percent: int) -> Json:
    own = frozenset(offer.stock_id for offer in case.offers if offer.bank_id == bank_id)
    changed = at_prices(case, own, 1 + Decimal(percent) / 100)
    other = changed.solve(case.request.preferences)
    assert other is not None, "prices do not decide what is lawful"
    total = changed.total_gbp(other)
    return {
        "percent": percent,
        "total_gbp": _pence(total),
        "more_gbp": _pence(total - case.total_gbp(solution)),
        "units": float(sum((u for o, u in other.purchases if o.bank_id == bank_id), Decimal(0))),
        "banks": len({offer.bank_id for offer, _ in other.purchases}),
    }


def at_prices(case: Case, stock_ids: frozenset[str], level: Decimal) -> Case:
    """The same case with some offers at `level` times their prices."""
    offers = tuple(
        replace(o, unit_price_gbp=o.unit_price_gbp * level) if o.stock_id in stock_ids else o
        for o in case.offers
    )
    return replace(case, offers=offers)


def _pence(amount: Decimal) -> float:
    return float(amount.quantize(PENNY, ROUND_HALF_UP))
