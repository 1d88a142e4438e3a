"""The cheapest lawful purchase: which way to solve, and what was proven (§2.8)."""

import time
from dataclasses import dataclass, replace
from decimal import Decimal

from bng_core.banks import solve_banks
from bng_core.demand import Demand
from bng_core.free import Part, Timer, solve_free
from bng_core.model import ANY_BANKS, BankTerms, Program, PurchaseTerms, programs
from bng_core.offers import Offer
from bng_core.solver import Limits
from bng_core.ties import among, first_of_equals

ANYHOW = PurchaseTerms()
LIMITS = Limits()
ZERO = Decimal(0)
Bought = tuple[tuple[Offer, Decimal], ...]


@dataclass(frozen=True)
class Solution:
    """Units bought of each offer, and whether the solver proved that nothing is cheaper.

    `gap` is the proven relative distance to the optimum: 0 where proven, None where not known.
    """

    purchases: Bought
    proven: bool
    gap: float | None
    build_s: float = 0.0
    solve_s: float = 0.0

    @property
    def units_gbp(self) -> Decimal:
        """Exact cost of the units before rounding to pence, without fees."""
        return sum((units * offer.unit_price_gbp for offer, units in self.purchases), ZERO)

    def cost_gbp(self, terms: PurchaseTerms) -> Decimal:
        """Exact cost with the fee of every bank bought from."""
        banks = {offer.bank_id for offer, _ in self.purchases}
        return self.units_gbp + terms.banks.fee_gbp * len(banks)


def cheapest(
    demand: Demand,
    offers: tuple[Offer, ...],
    terms: PurchaseTerms = ANYHOW,
    limits: Limits = LIMITS,
) -> Solution | None:
    """The cheapest lawful purchase, or None where the solver proved that there is none.

    Raises SolverFailed where the solver stopped without either.
    """
    found = [solve(program, limits) for program in programs(demand, offers, terms)]
    solutions = [solution for solution in found if solution is not None]
    if not solutions:
        return None
    best = min(solutions, key=lambda solution: solution.cost_gbp(terms))
    gaps = [solution.gap for solution in solutions]
    return replace(
        best,
        proven=all(solution.proven for solution in solutions),
        gap=None if None in gaps else max(gap for gap in gaps if gap is not None),
        build_s=sum(solution.build_s for solution in solutions),
        solve_s=sum(solution.solve_s for solution in solutions),
    )


def solve(program: Program, limits: Limits) -> Solution | None:
    """Solve one program; None where it is proven to have no answer.

    The first of equals has the fewest banks, so where it keeps a limit of banks by itself there is
    nothing to search; and where nothing is lawful without the limit, nothing is with it.
    """
    limit = program.banks.limit
    if limit is None or program.banks != BankTerms(limit):
        return _solve(program, limits)
    free = _solve(replace(program, banks=ANY_BANKS), limits)
    if free is None or len({offer.bank_id for offer, _ in free.purchases}) <= limit:
        return free
    limited = _solve(program, limits)
    if limited is None:
        return None
    return replace(
        limited,
        build_s=limited.build_s + free.build_s,
        solve_s=limited.solve_s + free.solve_s,
    )


def _solve(program: Program, limits: Limits) -> Solution | None:
    timer = Timer()
    parts = (solve_banks if program.banks.matter else solve_free)(program, limits, timer)
    if parts is None:
        return None
    cost = sum(part.outcome.objective for part in parts)
    proven = all(part.outcome.proven for part in parts)
    bounds = [part.outcome.bound for part in parts]
    gap = None if None in bounds else cost - sum(bound for bound in bounds if bound is not None)
    bought = tuple(line for part in parts for line in part.purchases.units())
    if proven and not _is_alone(program, parts, bought):
        started = time.perf_counter()
        candidates = tuple(offer for part in parts for offer in part.candidates)
        first = first_of_equals(among(program, candidates), cost, limits)
        bought = bought if first is None else tuple(first.units())
        timer.solve_s += time.perf_counter() - started
    relative = 0.0 if proven else None if gap is None else gap / cost
    return Solution(bought, proven, relative, timer.build_s, timer.solve_s)


def _is_alone(program: Program, parts: list[Part], bought: Bought) -> bool:
    """Whether no other purchase can cost the same: without lots, nothing else has no extra cost."""
    return not program.lot and len(bought) == sum(len(part.candidates) for part in parts)
