"""Runs a PuLP problem; what is called proven is the solver's own word, not PuLP's label (§2.8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import highspy
import pulp

from bng_core.errors import SolverFailed

HALF_A_PENNY = 0.004
"""GBP by which a proven optimum of the solver may differ from the true one; below the rounding."""

_TOLERANCES: dict[str, float | bool] = {
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "mip_feasibility_tolerance": 1e-7,  # with 1e-9 HiGHS 1.13 has called wrong optima proven
}


_CBC_WITHOUT = ("preprocess off",)
"""CBC 2.10's integer preprocessing calls dearer purchases optimal: min 10165 a + 10800 b + 12200 c
with 0.75 <= a + b + c <= 1.5, a <= 1, gives b."""


_HIGHS_INFEASIBLE = (
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,  # nothing here is unbounded: no cost is < 0
)


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
class Outcome:
    """What the solver left in the variables: the objective, and whether nothing is better.

    `bound` is what no solution can be below; None where the solver does not tell.
    """

    objective: float
    proven: bool
    bound: float | None


_CHOOSING: dict[str, float | bool] = {
    # HiGHS 1.13 loses the best choice of banks with 1e-9 here (673,432.71 became 679,305.02)
    "mip_feasibility_tolerance": 1e-6,
    # most such problems only prove that nothing is cheaper: half the time without these
    "mip_allow_restart": False,
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
}


def run(
    problem: pulp.LpProblem,
    limits: Limits,
    *,
    whole: bool = True,
    gap: float = HALF_A_PENNY,
) -> Outcome | None:
    """Solve a problem to within an absolute gap; None where it is proven to have no solution.

    `whole` False leaves out that variables are whole numbers. Raises SolverFailed where the solver
    stops with neither a solution nor a proof.
    """
    if limits.solver is Solver.CBC:
        return _cbc(problem, limits.time_limit_s, whole, gap)
    return _highs(problem, limits.time_limit_s, whole, gap, _TOLERANCES)


def choose(problem: pulp.LpProblem, limits: Limits, most: float) -> Outcome | None:
    """Solve a problem whose whole numbers only choose banks, as `run` does.

    None where it is proven that no solution costs `most` or less. HiGHS takes that as a bound of
    its search, which halves the time that it needs with a row that says so.
    """
    time_limit_s = limits.time_limit_s
    if limits.solver is Solver.CBC:
        if most < float("inf"):
            problem += problem.objective <= most, "no_dearer"
        return _cbc(problem, time_limit_s, True, HALF_A_PENNY)
    options = _TOLERANCES | _CHOOSING | {"objective_bound": most}
    outcome = _highs(problem, time_limit_s, True, HALF_A_PENNY, options)
    if outcome is None or outcome.objective <= most:
        return outcome
    if outcome.proven:  # dearer solutions were met, and all that could be cheaper were ruled out
        return None
    raise _stopped("HiGHS", time_limit_s, "nothing better was found")


def _highs(
    problem: pulp.LpProblem,
    time_limit_s: float,
    whole: bool,
    gap: float,
    options: Mapping[str, float | bool],
) -> Outcome | None:
    solver = pulp.HiGHS(
        mip=whole, msg=False, timeLimit=time_limit_s, gapRel=0.0, gapAbs=gap, threads=1, **options,
    )  # fmt: skip
    problem.solve(solver)
    highs = problem.solverModel
    status, info = highs.getModelStatus(), highs.getInfo()
    if status in _HIGHS_INFEASIBLE:
        return None
    objective = info.objective_function_value
    if status == highspy.HighsModelStatus.kOptimal:
        return Outcome(objective, True, objective)
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        return Outcome(objective, False, info.mip_dual_bound)
    raise _stopped("HiGHS", time_limit_s, highs.modelStatusToString(status))


def _cbc(problem: pulp.LpProblem, time_limit_s: float, whole: bool, gap: float) -> Outcome | None:
    solver = pulp.COIN_CMD(
        mip=whole, path=pulp.PULP_CBC_CMD.pulp_cbc_path, msg=False, timeLimit=time_limit_s,
        gapRel=0.0, gapAbs=gap, threads=1, keepFiles=False,
        options=["primalTolerance 1e-9", "integerTolerance 1e-9", *_CBC_WITHOUT],
    )  # fmt: skip
    try:
        problem.solve(solver)
    except pulp.PulpSolverError as fault:
        # seen: CBC 2.10 dies of a problem that only whole numbers make impossible
        raise SolverFailed("CBC broke off without an answer. Use the solver HiGHS.") from fault
    if problem.status == pulp.LpStatusInfeasible:
        return None
    if problem.sol_status == pulp.LpSolutionOptimal:
        objective = float(pulp.value(problem.objective) or 0.0)
        return Outcome(objective, True, objective)
    if problem.sol_status == pulp.LpSolutionIntegerFeasible:
        return Outcome(float(pulp.value(problem.objective)), False, None)
    raise _stopped("CBC", time_limit_s, pulp.LpStatus[problem.status])


def _stopped(name: str, time_limit_s: float, status: str) -> SolverFailed:
    return SolverFailed(
        f"{name} stopped without an answer after {time_limit_s:g} s ({status})."
        " Allow more time, or take away the bank limit."
    )
