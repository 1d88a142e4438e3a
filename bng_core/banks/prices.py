"""Prices of needs and places, and from them the least cost of a purchase at each bank."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pulp import LpProblem, LpVariable, lpSum

from bng_core.banks.model import BankModel
from bng_core.banks.worth import Floats, Worth

FIRST_BANKS, MORE_BANKS = 40, 60
"""Banks of the first relaxed problem, and how many join it at a time; any give the same optimum."""

_ROUNDING = 1e-6
"""Part of the bound by which rounding in a solver's prices may have moved it."""

_NO_SHORTAGE = 1e-7
"""Part of what a row needs that counts as none."""

_DEAR = 1e12
"""GBP for a unit that a bank does not have."""


@dataclass(frozen=True)
class Ranked:
    """The bound, and the least cost of a purchase at each bank and with each offer.

    `banks`: most promising first, the first `promising` of them in the relaxed optimum.
    """

    bound: float
    banks: list[str]
    promising: int
    least_cost: dict[str, float]
    least_cost_with: Floats

    def within(self, cost: float) -> list[str]:
        """Banks at which a purchase of at most that cost can buy."""
        return [bank_id for bank_id in self.banks if self.least_cost[bank_id] <= cost]

    def offers_within(self, cost: float) -> NDArray[np.bool_]:
        """Which offers a purchase of at most that cost can hold."""
        return self.least_cost_with <= cost


@dataclass(frozen=True)
class _Prices:
    """The optimum of a relaxed problem, its price of each row and of a place, and banks opened."""

    optimum: float
    rows: dict[str, float]
    place: float
    opened: set[str]


def rank(model: BankModel) -> Ranked | None:
    """The bound and the least costs; None where a shortage is unavoidable."""
    rows = model.shelves.rows
    needed = {name: row.least for name, row in rows.items() if row.least > 0}
    anyhow = {name: 1 / needed[name] if name in needed else 0.0 for name in rows}
    covered = model.shelves.worth(anyhow, at_no_cost=True).saved
    banks = [model.shelves.banks[n] for n in np.argsort(-covered, kind="stable")[:FIRST_BANKS]]
    prices = _relaxed(model, banks, {})
    if prices is None and not _meet_needs(model, banks, needed):
        return None
    fee = float(model.program.banks.fee_gbp)
    while True:
        prices = prices or _relaxed(model, banks, {})
        if prices is None:  # only by rounding, as the needs can be met: leave no bank out
            more = [bank_id for bank_id in model.shelves.banks if bank_id not in set(banks)]
            if not more:
                return None
        else:
            worth = model.shelves.worth(prices.rows)
            more, excess = _worth_adding(model, banks, worth.saved - prices.place - fee)
            if excess <= _ROUNDING * prices.optimum:
                return _ranked(model, prices, worth, excess)
        banks += more
        prices = None


def _meet_needs(model: BankModel, banks: list[str], needed: dict[str, float]) -> bool:
    """Let banks join, in place, until they can meet all needs; False where no banks can."""
    while True:
        shortage = _relaxed(model, banks, needed)
        if shortage is None or shortage.optimum <= _NO_SHORTAGE:
            return shortage is not None
        worth = model.shelves.worth(shortage.rows, at_no_cost=True)
        more, excess = _worth_adding(model, banks, worth.saved - shortage.place)
        if excess <= _NO_SHORTAGE:
            return False
        banks += more


def _worth_adding(model: BankModel, banks: list[str], gain: Floats) -> tuple[list[str], float]:
    """The banks left out that could lower the optimum, best first, and by how much they all can."""
    gain = gain.copy()
    chosen = set(banks)
    gain[[n for n, bank_id in enumerate(model.shelves.banks) if bank_id in chosen]] = 0
    best = [n for n in np.argsort(-gain, kind="stable")[:MORE_BANKS] if gain[n] > 0]
    return [model.shelves.banks[n] for n in best], float(gain[gain > 0].sum())


def _relaxed(model: BankModel, banks: list[str], needed: dict[str, float]) -> _Prices | None:
    """The optimum over some banks without whole numbers: of the cost, or of shortage if needed."""
    problem, x = model.build(model.at(banks), whole=False)
    if needed:
        _allow_shortage(problem, needed)
    outcome = model.relax(problem)
    if outcome is None:
        return None
    paid = {row.name: abs(row.pi or 0.0) for row in problem.constraints()}
    opened = {bank_id for bank_id, variable in x.opened.items() if (variable.varValue or 0) > 0}
    rows = {name: paid[name] for name in model.shelves.rows}
    return _Prices(outcome.objective, rows, paid.get("bank_limit", 0.0), opened)


def _allow_shortage(problem: LpProblem, needed: dict[str, float]) -> None:
    """Let each row fall short, and count by how much of its need."""
    short: list[LpVariable] = []
    for row in list(problem.constraints()):
        if row.name in needed:
            short.append(problem.add_variable(f"short_{len(short):03d}", lowBound=0))
            row.addInPlace(short[-1] * needed[row.name], row.sense)
    problem.setObjective(lpSum(short))


def _ranked(model: BankModel, prices: _Prices, worth: Worth, excess: float) -> Ranked:
    """The least costs; a bank that is bought from sells its minimum, or at least a lot."""
    program, terms, shelves = model.program, model.program.banks, model.shelves
    lot = program.lot
    smallest = max(float(terms.minimum_units / lot), 1.0) if lot else float(terms.minimum_units)
    missing = np.maximum(0, smallest - worth.bought)
    lost = np.where(missing > 0, missing * np.minimum(worth.loss, _DEAR), 0)
    lost_with = np.maximum(lost[shelves.bank], worth.offer_loss if lot else 0)
    bound = (prices.optimum - excess) * (1 - _ROUNDING)
    beyond = prices.place + float(terms.fee_gbp) - worth.saved
    costs = (bound + np.maximum(0, beyond + lost)).tolist()
    least = dict(zip(shelves.banks, costs, strict=True))
    return Ranked(
        bound,
        sorted(least, key=lambda b: (b not in prices.opened, least[b], b)),
        len(prices.opened),
        least,
        bound + np.maximum(0, beyond[shelves.bank] + lost_with),
    )
