"""One development in one module, in numbers: rows, prices, and its own cheapest purchase."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bng_core.portfolio.folder import Site
from bng_core.portfolio.highs import Columns, Floats, Ints, Problem
from bng_core.portfolio.rows import Rows, rows_of, wanted_kinds
from bng_core.portfolio.shelf import PriceBook, Shelf

LOCAL = 0
"""The number of the nearest relation."""

NEAR_WHOLE = 1e-6
"""Steps by which a whole number may be missed in a divisible solution."""


@dataclass(frozen=True)
class Block:
    """One development in one module; stock rows are positions on the shelf.

    `rows` is the case of the headline that is followed, one of `cases`. `near` is the relation of
    each stock row, `table` GBP per step by relation and stock row.
    """

    site: Site
    shelf: Shelf
    cases: list[Rows]
    near: NDArray[np.int8]
    table: Floats
    wanted: list[int]
    case: int = 0

    @property
    def rows(self) -> Rows:
        """The rows of the case that is followed."""
        return self.cases[self.case]

    def prices(self) -> Floats:
        """GBP per step of each stock row; infinite where there is no price."""
        prices: Floats = self.table[self.near, np.arange(len(self.near))]
        return prices

    def worth(self, row_duals: Floats) -> Floats:
        """GBP that a step of each kind saves in the rows, by kind and relation."""
        rows = self.rows
        before = (row_duals * ~rows.after_srm) @ rows.counts
        after = (row_duals * rows.after_srm) @ rows.counts
        worth: Floats = before[:, None] + after[:, None] * self.shelf.srm
        return worth

    def extra_costs(self, row_duals: Floats, scarcity: Floats) -> Floats:
        """GBP that a step of each stock row costs beyond the optimum with these duals."""
        extra: Floats = self.prices() + scarcity
        extra = extra - self.worth(row_duals)[self.shelf.kind, self.near]
        return extra

    def dual_value(self, row_duals: Floats) -> float:
        """GBP that all the rows ask for together, at their duals."""
        rows = self.rows
        return float(row_duals @ np.where(np.isfinite(rows.at_least), rows.at_least, rows.at_most))

    def entries(self, kind: int, near: int) -> list[tuple[int, float]]:
        """(row, value) of a step of a kind at a relation."""
        rows, srm = self.rows, self.shelf.srm[kind, near]
        return [
            (int(row), rows.counts[row, kind] * (srm if rows.after_srm[row] else 1.0))
            for row in np.flatnonzero(rows.counts[:, kind])
        ]

    def enough(self) -> float:
        """Steps beyond which no row can ask for more of one kind."""
        smallest = self.shelf.srm.min()
        needs = self.rows.at_least[np.isfinite(self.rows.at_least)]
        return float((np.maximum(needs, 0).sum() + 1) / smallest + 1)

    def classes(self) -> Ints:
        """A number for each stock row; rows of one number count alike in every row."""
        alike = np.vstack([self.rows.counts, self.shelf.srm.T])
        _, numbers = np.unique(alike, axis=1, return_inverse=True)
        classes: Ints = numbers.ravel()[self.shelf.kind] * 3 + self.near
        return classes

    def cheapest_of_each_class(self, costs: Floats, steps: Floats, fewest: int = 1) -> Ints:
        """Stock rows, cheapest first, until each class holds enough; the others are never needed.

        `fewest` rows of each class are kept in any case. The argument is that of prune.py.
        """
        sold = np.flatnonzero(np.isfinite(costs) & (steps > 0))
        classes = self.classes()[sold]
        order = np.lexsort((self.near[sold], costs[sold], classes))
        sold, classes = sold[order], classes[order]
        first = np.searchsorted(classes, classes)
        before = np.cumsum(steps[sold]) - steps[sold]
        held = before - before[first] if len(sold) else before
        rank = np.arange(len(sold)) - first
        kept: Ints = np.sort(sold[(held < self.enough()) | (rank < fewest)])
        return kept


def make_blocks(sites: Iterable[Site], shelf: Shelf, book: PriceBook) -> list[Block]:
    """The blocks of the developments that must buy in the shelf's module."""
    module = shelf.kinds.module
    return [
        Block(
            site,
            shelf,
            rows_of(site.demand, shelf.kinds, shelf.lot),
            book.relations(site.place, shelf),
            book.table(site, shelf),
            wanted_kinds(site.demand, shelf.kinds),
        )
        for site in sites
        if module in site.demand.modules
    ]


@dataclass(frozen=True)
class Bought:
    """Steps bought by stock row, and steps that nobody sells by kind; `bound` as in Found."""

    cost: float
    bound: float
    steps: dict[int, float]
    missing: dict[int, float]


def solve_block(block: Block, costs: Floats, steps: Floats, penalty: float) -> Bought | None:
    """The cheapest purchase of one block by itself, in whole lots where there are lots.

    `costs` are GBP per step, `steps` what each stock row can give, `penalty` is GBP per step that
    nobody sells. None where the case followed cannot be met with such steps either.
    """
    offered = block.cheapest_of_each_class(costs, steps)
    columns = block_columns(block, offered, costs, steps)
    for kind in block.wanted:
        columns.add(penalty, block.entries(kind, LOCAL))
    problem = Problem(block.rows.at_least, block.rows.at_most)
    problem.add(columns)
    found = problem.solve()
    if found is None:
        return None
    count = len(offered)
    whole = [*range(count), *range(len(found.x) - len(block.wanted), len(found.x))]
    if block.shelf.lot and not is_whole(found.x[whole]):
        problem.make_whole(whole)
        found = problem.solve()
        if found is None:
            return None
    x = np.round(found.x) if block.shelf.lot else found.x
    bought, missing = x[:count], x[len(x) - len(block.wanted) :]
    return Bought(
        found.objective, found.bound, _bought(offered, bought), _bought(block.wanted, missing)
    )


def _bought(numbers: Iterable[int], x: Floats) -> dict[int, float]:
    pairs = zip(numbers, x, strict=True)
    return {int(number): float(amount) for number, amount in pairs if amount > NEAR_WHOLE}


def block_columns(block: Block, offered: Ints, costs: Floats, steps: Floats) -> Columns:
    """Columns of the given stock rows, then of the spares of the block's rows."""
    columns = Columns()
    entries: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for position in offered:
        key = (int(block.shelf.kind[position]), int(block.near[position]))
        if key not in entries:
            entries[key] = block.entries(*key)
        columns.add(float(costs[position]), entries[key], float(steps[position]))
    for spare in block.rows.spare.T:
        columns.add(0.0, [(int(row), float(spare[row])) for row in np.flatnonzero(spare)])
    return columns


def is_whole(x: Floats) -> bool:
    """Whether all numbers are whole, as far as a solver can tell."""
    return bool((np.abs(x - np.round(x)) <= NEAR_WHOLE).all())
