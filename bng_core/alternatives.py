"""Other answers worth a look: the next best ones, and what fewer banks or nearer units cost."""

import heapq
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any

from bng_core.case import Case
from bng_core.preferences import Preferences
from bng_core.solve import Solution
from bng_core.terms import Relation

Json = dict[str, Any]
PENNY = Decimal("0.01")
ZERO = Decimal(0)
SHARES = tuple(Decimal(percent) / 100 for percent in (25, 50, 75, 90, 100))
"""Shares of local units at which the front of cost and local share is cut."""

CLOSER = Decimal("0.0001")
"""The step by which a share must grow to count as another point of the front."""


def next_best_answers(case: Case, solution: Solution, how_many: int) -> list[Solution]:
    """The cheapest further answers, each leaving out a bank of every earlier one; cheapest first.

    Best-first search over sets of banks left out: an answer that holds all banks of an earlier one
    is not another answer, so each of those banks is left out in turn.
    """
    found, order = [solution], count()
    queue: list[tuple[Decimal, int, frozenset[str], Solution]] = []
    seen: set[frozenset[str]] = set()

    def leave_out(left_out: frozenset[str], earlier: Solution) -> None:
        for bank in sorted(_banks(earlier)):
            banks = left_out | {bank}
            if banks not in seen:
                seen.add(banks)
                other = case.solve(_never(case.request.preferences, banks))
                if other is not None:
                    heapq.heappush(queue, (case.total_gbp(other), next(order), banks, other))

    leave_out(frozenset(), solution)
    while queue and len(found) <= how_many:
        _, _, left_out, other = heapq.heappop(queue)
        same = next((f for f in found if _banks(f) <= _banks(other)), None)
        if same is None:
            found.append(other)
        leave_out(left_out, same or other)
    return found[1:]


def fewer_banks(case: Case, solution: Solution) -> list[Json]:
    """The front of cost and number of banks: each number of banks that is dearer than one more."""
    wanted, points = case.request.preferences, []
    for limit in range(1, len(_banks(solution))):
        limited = case.solve(wanted.with_banks(limit))
        if limited is not None:
            points.append(_point(case, limited))
    return _undominated([*points, _point(case, solution)])


def nearer_units(case: Case, solution: Solution) -> list[Json]:
    """The front of cost and share of local units, cut at SHARES and at the cheapest answer."""
    points = [_nearest_at_cost(case, solution)]
    for share in SHARES:
        if share > _share(points[-1]):
            dearer = case.solve(replace(case.request.preferences, local_share=share))
            if dearer is None:
                break
            points.append(_nearest_at_cost(case, dearer))
    return [_point(case, point) for point in points]


def _nearest_at_cost(case: Case, solution: Solution) -> Solution:
    """The answer of the same cost with the largest share of local units."""
    while True:
        wanted = replace(case.request.preferences, local_share=_share(solution) + CLOSER)
        nearer = case.solve(wanted) if wanted.local_share <= 1 else None
        if nearer is None or case.total_gbp(nearer) > case.total_gbp(solution) + PENNY / 2:
            return solution
        solution = nearer


def _share(solution: Solution) -> Decimal:
    total = sum((units for _, units in solution.purchases), ZERO)
    local = sum((u for o, u in solution.purchases if o.relation is Relation.LOCAL), ZERO)
    return local / total if total else Decimal(1)


def _undominated(points: list[Json]) -> list[Json]:
    """Without the points that cost no less than one with fewer banks."""
    kept: list[Json] = []
    for point in sorted(points, key=lambda p: (p["banks"], p["total_gbp"])):
        if not kept or point["total_gbp"] < kept[-1]["total_gbp"]:
            kept.append(point)
    return kept


def _point(case: Case, solution: Solution) -> Json:
    return {
        "total_gbp": float(case.total_gbp(solution).quantize(PENNY, ROUND_HALF_UP)),
        "banks": len(_banks(solution)),
        "local_share": round(float(_share(solution)), 4),
        "proven": solution.proven,
    }


def summary(case: Case, solution: Solution, cheapest: Solution) -> Json:
    """An alternative beside the cheapest answer: its point, its price, its purchases."""
    more = case.total_gbp(solution) - case.total_gbp(cheapest)
    banks = sorted(_banks(solution))
    return _point(case, solution) | {
        "more_gbp": float(more.quantize(PENNY, ROUND_HALF_UP)),
        "bank_ids": banks,
        "purchases": [
            {
                "stock_id": o.stock_id,
                "bank_id": o.bank_id,
                "habitat": o.habitat.label,
                "units": float(u),
            }
            for o, u in solution.purchases
        ],
        "message": f"{len(banks)} bank{'s' * (len(banks) != 1)}: + £{more:,.2f}",
    }


def _banks(solution: Solution) -> frozenset[str]:
    return frozenset(offer.bank_id for offer, _ in solution.purchases)


def _never(preferences: Preferences, banks: frozenset[str]) -> Preferences:
    return replace(preferences, never_banks=preferences.never_banks | banks)
