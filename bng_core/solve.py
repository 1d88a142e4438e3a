"""Solve the model; what is called optimal is what the solver itself proved (§2.8)."""

import time
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

import highspy
import pulp

from bng_core.demand import Demand
from bng_core.errors import SolverFailed
from bng_core.model import ANY_BANKS, BankTerms, Program, Purchases, build, programs
from bng_core.offers import Offer
from bng_core.prune import prune

HALF_A_PENNY = 0.004
"""GBP by which a proven optimum of the solver may differ from the true one; below the rounding."""

_TOLERANCES = {
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "mip_feasibility_tolerance": 1e-9,
}


class Solver(StrEnum):
    """HiGHS by default; CBC only where the setting says so, never silently."""

    HIGHS = "highs"
    CBC = "cbc"


@dataclass(frozen=True)
class Limits:
    """Which solver, and seconds after which it must give its best answer so far."""

    solver: Solver = Solver.HIGHS
    time_limit_s: float = 120.0


@dataclass(frozen=True)
class Solution:
    """Units bought of each offer, and whether the solver proved that nothing is cheaper.

    `gap` is the proven relative distance to the optimum: 0 where proven, None where not known.
    """

    purchases: tuple[tuple[Offer, Decimal], ...]
    proven: bool
    gap: float | None
    build_s: float = 0.0
    solve_s: float = 0.0

    @property
    def cost_gbp(self) -> Decimal:
        """Exact cost before rounding to pence."""
        return sum((units * offer.unit_price_gbp for offer, units in self.purchases), Decimal(0))


def cheapest(
    demand: Demand,
    offers: tuple[Offer, ...],
    lot: Decimal,
    banks: BankTerms = ANY_BANKS,
    limits: Limits = Limits(),
) -> Solution | None:
    """The cheapest lawful purchase, or None where the solver proved that there is none.

    Raises SolverFailed where the solver stopped without either.
    """
    solutions = []
    for program in programs(demand, offers, lot, banks):
        solution = solve(program, limits)
        if solution:
            solutions.append(solution)
    if not solutions:
        return None
    best = min(solutions, key=lambda solution: solution.cost_gbp)
    gaps = [solution.gap for solution in solutions]
    return replace(
        best,
        proven=all(solution.proven for solution in solutions),
        gap=None if None in gaps else max(gap for gap in gaps if gap is not None),
        build_s=sum(solution.build_s for solution in solutions),
        solve_s=sum(solution.solve_s for solution in solutions),
    )


def solve(program: Program, limits: Limits) -> Solution | None:
    """Solve one program; None where it is proven to have no answer."""
    started = time.perf_counter()
    problem, x = build(replace(program, offers=prune(program)))
    built = time.perf_counter()
    run = _highs if limits.solver is Solver.HIGHS else _cbc
    solution = run(problem, x, limits.time_limit_s) if program.offers else _nothing(program)
    if solution is None:
        return None
    return replace(solution, build_s=built - started, solve_s=time.perf_counter() - built)


def _nothing(program: Program) -> Solution | None:
    """The answer where nothing is for sale: to buy nothing, if no module needs anything."""
    return None if program.headline else Solution((), True, 0.0)


def _highs(problem: pulp.LpProblem, x: Purchases, time_limit_s: float) -> Solution | None:
    solver = pulp.HiGHS(
        msg=False, timeLimit=time_limit_s, gapRel=0.0, gapAbs=HALF_A_PENNY, threads=1, **_TOLERANCES
    )
    problem.solve(solver)
    highs = problem.solverModel
    status, info = highs.getModelStatus(), highs.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    if status == highspy.HighsModelStatus.kOptimal:
        return Solution(tuple(x.units()), True, 0.0)
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        return Solution(tuple(x.units()), False, info.mip_gap)
    raise SolverFailed(
        f"HiGHS stopped without an answer after {time_limit_s:g} s"
        f" ({highs.modelStatusToString(status)}). Allow more time, or take away the bank limit."
    )


def _cbc(problem: pulp.LpProblem, x: Purchases, time_limit_s: float) -> Solution | None:
    options = ["primalTolerance 1e-9", "integerTolerance 1e-9"]
    solver = pulp.COIN_CMD(
        path=pulp.PULP_CBC_CMD.pulp_cbc_path, msg=False, timeLimit=time_limit_s, gapRel=0.0,
        gapAbs=HALF_A_PENNY, threads=1, keepFiles=False, options=options,
    )  # fmt: skip
    problem.solve(solver)
    if problem.sol_status == pulp.LpSolutionOptimal:
        return Solution(tuple(x.units()), True, 0.0)
    if problem.sol_status == pulp.LpSolutionIntegerFeasible:
        return Solution(tuple(x.units()), False, None)
    if problem.status == pulp.LpStatusInfeasible:
        return None
    raise SolverFailed(
        f"CBC stopped without an answer after {time_limit_s:g} s"
        f" ({pulp.LpStatus[problem.status]}). Allow more time, or take away the bank limit."
    )
