"""What opening a bank can be worth at given prices, for every bank of the market at once.

Put a price[r] >= 0 on every row r of the model. Bank b, if open, can then save at most

    worth[b] = sum_{o at b} max_{0 <= x <= stock[o]}
               sum_r price[r] min(counts[r, o] x, most[r]) - price_gbp[o] x

`most[r]` is the most that row r can ask of purchases: beyond it nothing counts. Each term is
concave with a kink where a row is full, so its maximum is a sum over the stretches between kinks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pulp import LpConstraint, LpConstraintGE, LpVariable

from bng_core.model import ANY_BANKS, Program, build
from bng_core.offers import Offer

Floats = NDArray[np.float64]
NO_END = float("inf")


@dataclass(frozen=True)
class Row:
    """sum_o counts[o] x[o] + ... >= least, `counts` by kind of offer.

    `most` is endless where purchases can also count against the row.
    """

    counts: Floats
    least: float
    most: float


@dataclass(frozen=True)
class Worth:
    """Of each bank: what it can save, units bought for that, and what each further unit loses.

    `offer_loss`: of each offer, what its first unit loses. Units in the measure of the model's rows
    (lots where there are lots), money in GBP (or in the measure of the prices).
    """

    saved: Floats
    bought: Floats
    loss: Floats
    offer_loss: Floats


class Shelves:
    """The offers of a program as numbers; banks in the order of their ids.

    `bank` is the number of each offer's bank.
    """

    def __init__(self, program: Program) -> None:
        self._kinds, self.rows = _kinds_and_rows(program)
        self.banks = sorted({offer.bank_id for offer in program.offers})
        number = {bank_id: n for n, bank_id in enumerate(self.banks)}
        self.bank: NDArray[np.int64] = np.array([number[offer.bank_id] for offer in program.offers])
        self._members = [
            np.flatnonzero(self._kinds == kind) for kind in range(self._kinds.max() + 1)
        ]
        lot = float(program.lot or 1)
        self._price = np.array([float(o.unit_price_gbp) * lot for o in program.offers])
        self._stock = np.array([float(program.stock(o)) / lot for o in program.offers])

    def counts(self, row: str) -> Floats:
        """What a unit of each offer counts in a row, in the order of the program's offers."""
        return self.rows[row].counts[self._kinds]

    def worth(self, prices: Mapping[str, float], *, at_no_cost: bool = False) -> Worth:
        """What each bank is worth at prices by row; `at_no_cost` takes all units as free."""
        cost = np.zeros_like(self._price) if at_no_cost else self._price
        saved, bought = np.zeros_like(cost), np.zeros_like(cost)
        loss = np.full_like(cost, NO_END)
        for kind, members in enumerate(self._members):
            stock, price = self._stock[members], cost[members]
            for start, end, margin in self._stretches(kind, prices):
                units = np.clip(np.minimum(stock, end) - start, 0, None)
                gain = margin - price
                saved[members] += np.where(gain > 0, gain * units, 0)
                bought[members] += np.where(gain > 0, units, 0)
                left = (gain <= 0) & (units > 0)
                loss[members] = np.where(left, np.minimum(loss[members], -gain), loss[members])
        least = np.full(len(self.banks), NO_END)
        np.minimum.at(least, self.bank, loss)
        first = np.where(bought > 0, 0, loss)
        return Worth(self.by_bank(saved), self.by_bank(bought), least, first)

    def by_bank(self, values: Floats) -> Floats:
        """Sums over the offers of each bank."""
        sums = np.bincount(self.bank, weights=values, minlength=len(self.banks))
        return sums.astype(np.float64)

    def _stretches(
        self, kind: int, prices: Mapping[str, float]
    ) -> Iterator[tuple[float, float, float]]:
        """(start, end, what a unit earns) between the kinks of one kind of offer."""
        counting = [
            (row.most / row.counts[kind] if row.counts[kind] > 0 else NO_END, name)
            for name, row in self.rows.items()
            if row.counts[kind]
        ]
        margin = sum(prices[name] * self.rows[name].counts[kind] for _, name in counting)
        start = 0.0
        for end, name in sorted(counting):
            if end > start:
                yield start, end, margin
                start = end
            margin -= prices[name] * self.rows[name].counts[kind]
        if start < NO_END:
            yield start, NO_END, 0.0


def _kinds_and_rows(program: Program) -> tuple[NDArray[np.int64], dict[str, Row]]:
    """The kind of each offer, and the rows that the model has for one offer of each kind.

    Offers of one kind count alike in every row, so the rows of model.build for a hundred offers
    tell those for all; whatever row is added there is read here.
    """
    first: dict[object, Offer] = {}
    numbers: dict[object, int] = {}
    kinds = []
    for offer in program.offers:
        kept = offer.stock_id if offer.stock_id in program.wishes.keep else ""
        key = (offer.habitat.label, offer.srm, offer.relation, kept)
        first.setdefault(key, offer)
        kinds.append(numbers.setdefault(key, len(numbers)))
    problem, x = build(replace(program, offers=tuple(first.values()), banks=ANY_BANKS))
    column = {variable: kind for kind, (_, variable) in enumerate(x.items())}
    read = {row.name: _read(row, column) for row in problem.constraints()}
    spare = _most_spare(list(read.values()))
    rows = {
        name: Row(counts, least, _most(counts, others, least, spare))
        for name, (counts, others, least) in read.items()
    }
    return np.array(kinds), rows


_Read = tuple[Floats, dict[LpVariable, float], float]


def at_least(row: LpConstraint) -> tuple[list[tuple[LpVariable, float]], float]:
    """The terms and the right-hand side of a row, turned round where it says "at most"."""
    sign = 1.0 if row.sense == LpConstraintGE else -1.0
    return [(variable, sign * weight) for variable, weight in row.items()], -sign * row.constant


def _read(row: LpConstraint, column: Mapping[LpVariable, int]) -> _Read:
    counts, others = np.zeros(len(column)), {}
    terms, least = at_least(row)
    for variable, weight in terms:
        if variable in column:
            counts[column[variable]] = weight
        else:
            others[variable] = weight
    return counts, others, least


def _most_spare(rows: list[_Read]) -> dict[LpVariable, float]:
    """How large a variable t that is no purchase ever needs to be.

    t costs nothing, so it need only fill the rows in which it counts, if nothing counts there
    against it; making it smaller than that helps every other row.
    """
    most: dict[LpVariable, float] = {}
    for counts, others, least in rows:
        alone = (counts >= 0).all() and min(others.values(), default=0) >= 0
        for variable, weight in others.items():
            if weight > 0:
                enough = max(0.0, least / weight) if alone else NO_END
                most[variable] = max(most.get(variable, 0.0), enough)
    return most


def _most(
    counts: Floats,
    others: Mapping[LpVariable, float],
    least: float,
    spare: Mapping[LpVariable, float],
) -> float:
    """The most that a row can ask of purchases; endless where some count against it."""
    if (counts < 0).any():
        return NO_END
    asked = sum(-w * spare.get(variable, 0.0) for variable, w in others.items() if w < 0)
    return max(0.0, least + asked)
