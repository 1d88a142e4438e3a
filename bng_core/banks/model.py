"""The model for some of the banks, stated bank by bank."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pulp import LpAffineExpression, LpProblem

from bng_core.banks.worth import NO_END, Row, Shelves, at_least
from bng_core.errors import SolverFailed
from bng_core.free import Timer
from bng_core.model import Program, Purchases, build
from bng_core.offers import Offer
from bng_core.solver import Limits, Outcome, choose, run

_TO_FINISH_S = 5.0
"""Seconds that the small problem within a set of banks may take beyond the time limit."""


class BankModel:
    """Builds and solves the model of a program for any of its banks, within one time limit."""

    def __init__(self, program: Program, limits: Limits, timer: Timer) -> None:
        started = time.perf_counter()
        self.program, self.limits, self.timer = program, limits, timer
        self.shelves = Shelves(program)
        self._until = started + limits.time_limit_s
        self._at: dict[str, list[tuple[str, int, Offer]]] = {b: [] for b in self.shelves.banks}
        for number, offer in enumerate(program.offers):
            self._at[offer.bank_id].append((offer.stock_id, number, offer))
        self.timer.build_s += time.perf_counter() - started

    def at(self, banks: Iterable[str], wanted: NDArray[np.bool_] | None = None) -> Program:
        """The program with the offers of some banks alone, and of these the wanted ones."""
        chosen = (row for bank_id in sorted(banks) for row in sorted(self._at[bank_id]))
        offers = tuple(offer for _, n, offer in chosen if wanted is None or wanted[n])
        return replace(self.program, offers=offers)

    def build(self, program: Program, *, whole: bool) -> tuple[LpProblem, Purchases]:
        """A program's model, bank by bank; units need not be in whole lots unless `whole`."""
        started = time.perf_counter()
        problem, x = build(program)
        if not whole:
            for _, variable in x.items():
                variable.cat = "Continuous"
        strengthen(problem, x, self.shelves.rows)
        self.timer.build_s += time.perf_counter() - started
        return problem, x

    def relax(self, problem: LpProblem) -> Outcome | None:
        """Solve without whole numbers in the time that is left. Raises SolverFailed."""
        limits = self._limits_left()
        with self._solving():
            return run(problem, limits, whole=False)

    def choose(self, problem: LpProblem, most: float) -> Outcome | None:
        """Choose banks in the time that is left; None where nothing costs `most` or less.

        Raises SolverFailed.
        """
        limits = self._limits_left()
        with self._solving():
            return choose(problem, limits, most)

    def _limits_left(self) -> Limits:
        left = self._until - time.perf_counter()
        if left <= 0:
            raise SolverFailed(
                f"There was no answer after {self.limits.time_limit_s:g} s."
                " Allow more time, or take away the bank limit."
            )
        return replace(self.limits, time_limit_s=left)

    @contextmanager
    def _solving(self) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.timer.solve_s += time.perf_counter() - started

    def limits_to_finish(self) -> Limits:
        """Limits of a small problem that must still be solved."""
        left = self._until - time.perf_counter()
        return replace(self.limits, time_limit_s=max(left, _TO_FINISH_S))


def strengthen(problem: LpProblem, x: Purchases, rows: dict[str, Row]) -> None:
    """State each row bank by bank, where a bank has more stock than the row can ask."""
    bank = {variable: offer.bank_id for offer, variable in x.items()}
    count = 0
    for constraint in list(problem.constraints()):
        row = rows.get(constraint.name)
        if row is None or not 0 < row.most < NO_END:
            continue
        given: dict[str, LpAffineExpression] = {}
        for variable, weight in at_least(constraint)[0]:
            if variable in bank:
                given.setdefault(bank[variable], LpAffineExpression())[variable] = weight
        for bank_id, units in given.items():
            if sum(w * (variable.upBound or 0) for variable, w in units.items()) <= row.most:
                continue
            gives = problem.add_variable(f"gives_{count:06d}", lowBound=0)
            constraint.addInPlace(units - gives, -constraint.sense)
            problem += units - gives >= 0, f"given_{count:06d}"
            problem += gives - row.most * x.opened[bank_id] <= 0, f"most_{count:06d}"
            count += 1
