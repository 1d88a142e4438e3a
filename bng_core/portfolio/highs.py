"""Columns and rows straight to HiGHS, for problems that grow while they are being solved.

PuLP builds a problem anew each time; column generation adds to one and starts from its last basis.
"""

from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray

from bng_core.errors import SolverFailed
from bng_core.solver import HALF_A_PENNY

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_OPTIONS: dict[str, bool | int | float] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": HALF_A_PENNY,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "mip_feasibility_tolerance": 1e-7,  # as in solver.py
    "mip_heuristic_run_feasibility_jump": False,  # takes longer than a small problem itself
}
_PRIMAL_SIMPLEX = 4
_FEASIBLE = highspy.SolutionStatus.kSolutionStatusFeasible


@dataclass
class Columns:
    """Columns to be added to a problem."""

    cost: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(
        self,
        cost: float,
        entries: list[tuple[int, float]],
        upper: float = np.inf,
        lower: float = 0.0,
    ) -> None:
        """One column from its (row, value) entries."""
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.starts.append(len(self.rows))
        self.rows += [row for row, _ in entries]
        self.values += [value for _, value in entries]


@dataclass(frozen=True)
class Found:
    """A solution; `bound` is what no solution can be below, `row_duals` is empty for whole ones."""

    objective: float
    bound: float
    proven: bool
    x: Floats
    row_duals: Floats


class Problem:
    """A minimisation that keeps its basis from one solve to the next."""

    def __init__(self, at_least: Floats, at_most: Floats) -> None:
        self._highs = highspy.Highs()
        for name, value in _OPTIONS.items():
            self._highs.setOptionValue(name, value)
        count = len(at_least)
        none = np.array([], dtype=np.int32)
        starts = np.zeros(count, dtype=np.int32)
        self._highs.addRows(count, at_least, at_most, 0, starts, none, none.astype(float))
        self._solved = self._whole = False

    def limit(self, seconds: float, nodes: int, gap: float) -> None:
        """When to stop a search for whole numbers; `gap` in the measure of the objective."""
        self._highs.setOptionValue("time_limit", seconds)
        self._highs.setOptionValue("mip_max_nodes", nodes)
        self._highs.setOptionValue("mip_abs_gap", gap)

    def add(self, columns: Columns) -> None:
        """Add columns."""
        self._highs.addCols(
            len(columns.cost),
            np.array(columns.cost),
            np.array(columns.lower),
            np.array(columns.upper),
            len(columns.rows),
            np.array(columns.starts, dtype=np.int32),
            np.array(columns.rows, dtype=np.int32),
            np.array(columns.values),
        )

    def make_whole(self, columns: list[int]) -> None:
        """The given columns take whole numbers only from now on."""
        kinds = np.full(len(columns), highspy.HighsVarType.kInteger)
        chosen = np.array(columns, dtype=np.int32)
        self._highs.changeColsIntegrality(len(columns), chosen, kinds)
        self._whole = bool(columns)

    def change_row(self, row: int, at_least: float, at_most: float) -> None:
        """Give a row other bounds."""
        self._highs.changeRowBounds(row, at_least, at_most)

    def solve(self) -> Found | None:
        """The optimum, or the best found when a limit stops the search; None where there is none.

        Raises SolverFailed where the solver stops with neither.
        """
        if self._solved:
            self._highs.setOptionValue("simplex_strategy", _PRIMAL_SIMPLEX)
        self._solved = True
        self._highs.run()
        status, info = self._highs.getModelStatus(), self._highs.getInfo()
        if status in (
            highspy.HighsModelStatus.kInfeasible,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,  # no cost is below 0
        ):
            return None
        solution = self._highs.getSolution()
        proven = status == highspy.HighsModelStatus.kOptimal
        if not proven and info.primal_solution_status != _FEASIBLE:
            raise SolverFailed(
                "HiGHS stopped without an answer for the portfolio"
                f" ({self._highs.modelStatusToString(status)}). Allow more time."
            )
        return Found(
            objective=info.objective_function_value,
            bound=info.mip_dual_bound if self._whole else info.objective_function_value,
            proven=proven,
            x=np.array(solution.col_value),
            row_duals=np.array(solution.row_dual),
        )
