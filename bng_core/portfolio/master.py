"""Which stock rows to buy for many developments at once, at least cost together.

Sets        k in developments (with a need in this module);  s in stock rows;  r in rows of k
Data        price[k, s]   GBP per step, of k's contract size, day and tier; a step is a lot, or a
                          unit where the lot is 0
            stock[s]      steps the bank can still sell
            counts[k, r, s]   what a step counts in row r: 1, or the spatial risk multiplier
Decision    x[k, s] >= 0  steps bought;  t[k, p] >= 0 as in model.py
            short[k, h] >= 0  local steps of habitat h that nobody sells, at a prohibitive penalty

minimise    sum price[k, s] x[k, s] + penalty sum short[k, h]
subject to  (law)    rows of rows.py, for every k      duals y[k, r]
            (stock)  sum_k x[k, s] <= stock[s]         duals -scarcity[s]: GBP one more step saves

There are as many x as developments times stock rows, nearly all 0. Column generation starts with
the few cheapest rows of each class and prices the rest exactly: x[k, s] can lower the cost only
where price[k, s] + scarcity[s] < sum_r counts[k, r, s] y[k, r]. When no such x is left, the
optimum over the columns at hand is the optimum over all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bng_core.errors import SolverFailed
from bng_core.portfolio.block import LOCAL, Block
from bng_core.portfolio.highs import Columns, Floats, Found, Ints, Problem
from bng_core.portfolio.shelf import Shelf

FIRST_COLUMNS, MORE_COLUMNS = 3, 3
"""Stock rows of each class at the start, and at most in each round; any number gives the same."""

TOLERANCE = 1e-7
"""GBP per step by which a column must promise to save before it is added."""

SPARE = -1
"""The position of a column that is no stock row; kinds that nobody sells are -2 and below."""


@dataclass(frozen=True)
class Relaxed:
    """The joint optimum without whole lots.

    `scarcity`: GBP that one more step of each stock row would save. `bound`: what no division of
    the stock can cost less than, from the duals, with every column priced.
    """

    cost: float
    bound: float
    found: Found
    row_duals: list[Floats]
    scarcity: Floats


class Master:
    """The joint problem of one module, with the columns that matter so far."""

    def __init__(self, blocks: Sequence[Block], shelf: Shelf, penalty: float, weight: float = 1.0):
        """`weight` multiplies the prices; with 0 and a penalty of 1 the steps short are counted."""
        self.blocks, self.shelf, self.penalty, self.weight = blocks, shelf, penalty, weight
        sizes = [len(block.rows.at_least) for block in blocks]
        self.first_row = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        self.owner: list[int] = []
        self.position: list[int] = []
        self._known = np.zeros((len(blocks), len(shelf.rows)), dtype=bool)
        unlimited = np.full(len(shelf.rows), -np.inf)
        at_least = [block.rows.at_least for block in blocks]
        at_most = [block.rows.at_most for block in blocks]
        self._problem = Problem(
            np.concatenate([*at_least, unlimited]), np.concatenate([*at_most, shelf.steps])
        )
        self._add_unsold()
        for number, block in enumerate(blocks):
            prices = self._prices(block)
            self._known[number] = ~np.isfinite(prices)
            cheapest = block.cheapest_of_each_class(prices, shelf.steps, FIRST_COLUMNS)
            self._extend(number, cheapest)

    def relax(self) -> Relaxed:
        """The optimum without whole lots, over all columns. Raises SolverFailed."""
        while True:
            found = self._problem.solve()
            if found is None or not found.proven:
                raise SolverFailed("HiGHS found no division of the stock. Allow more time.")
            row_duals, scarcity = self._duals(found)
            missed = 0.0
            before = len(self.owner)
            for number, block in enumerate(self.blocks):
                extra = self._extra_costs(block, row_duals[number], scarcity)
                promising = np.flatnonzero(extra < -TOLERANCE)
                new = promising[~self._known[number, promising]]
                self._extend(number, self._best_of_each_class(block, new, extra))
                missed += float((np.minimum(extra, 0.0) * self.shelf.steps)[extra < 0].sum())
            if len(self.owner) == before:
                bound = self._dual_value(row_duals, scarcity) + missed
                return Relaxed(found.objective, bound, found, row_duals, scarcity)

    def more_stock(self, position: int, steps: float) -> None:
        """Let a stock row sell so many steps from now on."""
        self._problem.change_row(int(self.first_row[-1]) + position, -np.inf, steps)

    def bought(self, x: Floats) -> list[dict[int, float]]:
        """Steps of each block by position, as in `position`; spares are left out."""
        bought: list[dict[int, float]] = [{} for _ in self.blocks]
        for column in np.flatnonzero(x > 0):
            if self.position[column] != SPARE:
                bought[self.owner[column]][self.position[column]] = float(x[column])
        return bought

    def _prices(self, block: Block) -> Floats:
        prices = block.prices()
        return prices if self.weight == 1.0 else np.where(np.isfinite(prices), 0.0, np.inf)

    def _extra_costs(self, block: Block, row_duals: Floats, scarcity: Floats) -> Floats:
        worth = block.worth(row_duals)[self.shelf.kind, block.near]
        extra: Floats = self._prices(block) + scarcity - worth
        return extra

    def _duals(self, found: Found) -> tuple[list[Floats], Floats]:
        """Duals of the rows of each block, and of the stock, without the solver's dust below 0."""
        row_duals = []
        for number, block in enumerate(self.blocks):
            duals = found.row_duals[self.first_row[number] : self.first_row[number + 1]]
            least = np.isfinite(block.rows.at_least)
            row_duals.append(np.where(least, np.maximum(duals, 0.0), np.minimum(duals, 0.0)))
        return row_duals, np.maximum(0.0, -found.row_duals[self.first_row[-1] :])

    def _dual_value(self, row_duals: list[Floats], scarcity: Floats) -> float:
        """The dual objective: what the rows ask for, less what the stock is worth."""
        stock = float(scarcity @ self.shelf.steps)
        return sum(map(Block.dual_value, self.blocks, row_duals)) - stock

    def _best_of_each_class(self, block: Block, new: Ints, extra: Floats) -> Ints:
        if not len(new):
            return new
        classes = block.classes()[new]
        order = np.lexsort((extra[new], classes))
        new, classes = new[order], classes[order]
        rank = np.arange(len(new)) - np.searchsorted(classes, classes)
        return new[rank < MORE_COLUMNS]

    def _extend(self, number: int, positions: Ints) -> None:
        """Columns x[k, s] of one development for the given stock rows."""
        if not len(positions):
            return
        block, first, stock = self.blocks[number], self.first_row[number], self.first_row[-1]
        prices, columns = self._prices(block), Columns()
        entries: dict[tuple[int, int], list[tuple[int, float]]] = {}
        for position in positions:
            key = (int(self.shelf.kind[position]), int(block.near[position]))
            if key not in entries:
                entries[key] = [(first + row, value) for row, value in block.entries(*key)]
            stock_entry = (int(stock + position), 1.0)
            columns.add(float(prices[position]), [*entries[key], stock_entry])
        self._known[number, positions] = True
        self._add(columns, number, positions.tolist())

    def _add_unsold(self) -> None:
        """Columns t[k, p] and short[k, h] of every development."""
        for number, block in enumerate(self.blocks):
            columns, first = Columns(), int(self.first_row[number])
            for spare in block.rows.spare.T:
                rows = np.flatnonzero(spare)
                columns.add(0.0, [(first + int(row), float(spare[row])) for row in rows])
            for kind in block.wanted:
                entries = block.entries(kind, LOCAL)
                columns.add(self.penalty, [(first + row, value) for row, value in entries])
            spares = [SPARE] * block.rows.spare.shape[1]
            self._add(columns, number, [*spares, *(nobody_sells(kind) for kind in block.wanted)])

    def _add(self, columns: Columns, number: int, positions: list[int]) -> None:
        self._problem.add(columns)
        self.owner += [number] * len(positions)
        self.position += positions


def nobody_sells(kind: int) -> int:
    """The position of steps of a kind that nobody sells."""
    return -2 - kind


def kind_nobody_sells(position: int) -> int:
    """The kind of such a position."""
    return -2 - position
