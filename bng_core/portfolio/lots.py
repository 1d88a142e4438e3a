"""From the joint optimum of divisible units to whole lots, and what whole lots cost at least.

The bound: at any price of scarcity, what each development would pay by itself in whole lots, less
what the stock is worth, is no more than the joint cost (Lagrange); the prices of scarcity of the
divisible optimum make it sharp. Developments whose divisible purchase is whole keep it; the others
are rounded together, each near its divisible purchase, then improved one by one. A small portfolio
is searched to the end: a lot whose extra cost is above the gap cannot be in a cheaper purchase.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bng_core.portfolio.block import LOCAL, Block, is_whole, solve_block
from bng_core.portfolio.highs import Columns, Floats, Found, Problem
from bng_core.portfolio.master import Master, Relaxed, nobody_sells
from bng_core.solver import HALF_A_PENNY

STEPS_AROUND = 2
"""Lots by which a purchase may leave its divisible size when all are rounded together."""

FALLBACKS = 4
"""Stock rows of each sort that a development may turn to when all are rounded together."""

ROUNDING_NODES, ROUNDING_GAP = 100, 1e-6
"""Where the search for a good rounding stops: nodes, and the gap as a share of the cost."""

LAST_NODES, LAST_COLUMNS = 20_000, 3_000
"""The search to the end: nodes after which it stops, columns beyond which it is not begun."""

Steps = dict[int, float]
"""Steps bought by position on the shelf; kinds that nobody sells have positions of their own."""


@dataclass(frozen=True)
class Division:
    """Who buys what: steps of each block, their cost in GBP with penalties, and what is proven."""

    steps: list[Steps]
    cost: float
    bound: float

    @property
    def proven(self) -> bool:
        """Whether no division costs less, up to the rounding of the solver."""
        return self.cost - self.bound <= HALF_A_PENNY


def lower_bound(master: Master, relaxed: Relaxed) -> float:
    """GBP that no joint purchase can cost less than, in whole lots and in any headline case."""
    scarcity, shelf = relaxed.scarcity, master.shelf
    total = -float(scarcity @ shelf.steps)
    for number, steps in enumerate(master.bought(relaxed.found.x)):
        block, duals = master.blocks[number], relaxed.row_duals[number]
        if len(block.cases) == 1 and (not shelf.lot or is_whole(np.array([*steps.values()]))):
            total += block.dual_value(duals)
        else:
            total += _least_by_itself(block, scarcity, master.penalty)
    one_case = all(len(block.cases) == 1 for block in master.blocks)
    return max(total, relaxed.bound) if one_case else total


def _least_by_itself(block: Block, scarcity: Floats, penalty: float) -> float:
    """GBP that a block pays at least, in any of its cases, where stock costs its scarcity too."""
    costs, steps = block.prices() + scarcity, block.shelf.steps
    cases = (replace(block, case=number) for number in range(len(block.cases)))
    solved = [solve_block(case, costs, steps, penalty) for case in cases]
    return min(bought.bound for bought in solved if bought is not None)


def whole_lots(master: Master, relaxed: Relaxed, seconds: float) -> Division:
    """A joint purchase in whole lots, with the bound that says how good it is."""
    bound = lower_bound(master, relaxed)
    steps = master.bought(relaxed.found.x)
    parted = [n for n, bought in enumerate(steps) if not is_whole(np.array([*bought.values()]))]
    _round_together(master, relaxed, steps, parted, seconds)
    _improve_one_by_one(master, steps, parted)
    division = Division(steps, cost_of(master, steps), bound)
    if division.proven:
        return division
    return _search_to_the_end(master, relaxed, division, seconds)


def cost_of(master: Master, steps: Sequence[Steps]) -> float:
    """GBP of a division, with the penalty of what nobody sells."""
    return sum(_cost_of_block(master, n, bought) for n, bought in enumerate(steps))


def _cost_of_block(master: Master, number: int, bought: Steps) -> float:
    prices = master.blocks[number].prices()
    return sum(
        amount * (float(prices[position]) if position >= 0 else master.penalty)
        for position, amount in bought.items()
    )


def sold(master: Master, steps: Sequence[Steps]) -> Floats:
    """Steps sold of each stock row."""
    total = np.zeros(len(master.shelf.rows))
    for bought in steps:
        for position, amount in bought.items():
            if position >= 0:
                total[position] += amount
    return total


def _round_together(
    master: Master, relaxed: Relaxed, steps: list[Steps], parted: Sequence[int], seconds: float
) -> None:
    """Round the steps of the blocks that are not whole, all together, in place."""
    divisible = {number: steps[number] for number in parted}
    for number, bought in enumerate(steps):
        whole = {p: float(round(amount)) for p, amount in bought.items() if round(amount)}
        steps[number] = {} if number in divisible else whole
    if not parted:
        return
    left = master.shelf.steps - sold(master, steps)
    boxes = {n: _around(master, relaxed, n, divisible[n], left) for n in parted}
    gap = max(HALF_A_PENNY, ROUNDING_GAP * relaxed.cost)
    rounded, _ = _solve_together(master, boxes, left, _Stop(seconds, ROUNDING_NODES, gap))
    for number, bought in rounded.items():
        steps[number] = bought


Boxes = dict[int, tuple[float, float]]
"""By position: the fewest and the most steps that may be bought."""


def _around(master: Master, relaxed: Relaxed, number: int, divisible: Steps, left: Floats) -> Boxes:
    """What one block may buy: about its divisible purchase, or of a few rows it could turn to."""
    block = master.blocks[number]
    extra = block.extra_costs(relaxed.row_duals[number], relaxed.scarcity)
    boxes = {
        position: (
            max(0.0, np.floor(amount) - STEPS_AROUND),
            min(left[position], np.ceil(amount) + STEPS_AROUND),
        )
        for position, amount in divisible.items()
        if position >= 0
    }
    open_rows = np.flatnonzero((left > 0) & np.isfinite(extra))
    order = open_rows[np.argsort(extra[open_rows], kind="stable")]
    scarce = relaxed.scarcity[order] > HALF_A_PENNY
    plenty = np.where(relaxed.scarcity > HALF_A_PENNY, 0.0, left)
    classed = block.cheapest_of_each_class(block.prices(), plenty)
    classed = classed[np.argsort(extra[classed], kind="stable")]
    near = 3 * STEPS_AROUND + 1.0
    sorts = order[~scarce][:FALLBACKS], order[scarce][:FALLBACKS], classed[: 2 * FALLBACKS]
    for position in np.concatenate(sorts):
        boxes.setdefault(int(position), (0.0, min(left[position], near)))
    return boxes


@dataclass(frozen=True)
class _Stop:
    """When a search stops: seconds, nodes, and the gap in GBP."""

    seconds: float
    nodes: int
    gap: float


def _solve_together(
    master: Master, boxes: Mapping[int, Boxes], left: Floats, stop: _Stop
) -> tuple[dict[int, Steps], Found]:
    """The cheapest joint purchase in whole lots of some blocks within their boxes."""
    used = sorted({position for box in boxes.values() for position in box})
    stock_row = {position: row for row, position in enumerate(used)}
    columns, first = Columns(), len(used)
    owners: list[tuple[int, int]] = []
    at_least, at_most = [], []
    for number, box in boxes.items():
        block = master.blocks[number]
        prices = block.prices()
        for position, (fewest, most) in box.items():
            entries = block.entries(int(block.shelf.kind[position]), int(block.near[position]))
            shifted = [(first + row, value) for row, value in entries]
            columns.add(prices[position], [(stock_row[position], 1.0), *shifted], most, fewest)
            owners.append((number, position))
        for kind in block.wanted:
            shifted = [(first + row, value) for row, value in block.entries(kind, LOCAL)]
            columns.add(master.penalty, shifted)
            owners.append((number, nobody_sells(kind)))
        at_least.append(block.rows.at_least)
        at_most.append(block.rows.at_most)
        first += len(block.rows.at_least)
    _add_spares(columns, [master.blocks[number] for number in boxes], len(used))
    unlimited = np.full(len(used), -np.inf)
    problem = Problem(
        np.concatenate([unlimited, *at_least]), np.concatenate([left[used], *at_most])
    )
    problem.add(columns)
    problem.make_whole([*range(len(owners))])
    problem.limit(stop.seconds, stop.nodes, stop.gap)
    found = problem.solve()
    if found is None:
        raise AssertionError("steps that nobody sells make any division lawful")
    bought: dict[int, Steps] = {number: {} for number in boxes}
    for (number, position), amount in zip(owners, found.x[: len(owners)], strict=True):
        if round(amount):
            bought[number][position] = float(round(amount))
    return bought, found


def _add_spares(columns: Columns, blocks: Sequence[Block], first: int) -> None:
    for block in blocks:
        for spare in block.rows.spare.T:
            columns.add(0.0, [(first + int(r), float(spare[r])) for r in np.flatnonzero(spare)])
        first += len(block.rows.at_least)


def _improve_one_by_one(master: Master, steps: list[Steps], parted: Sequence[int]) -> None:
    """Let each block buy anew from its own and what is left over, where that saves money."""
    left = master.shelf.steps - sold(master, steps)
    for number in parted:
        block = master.blocks[number]
        before = _cost_of_block(master, number, steps[number])
        for position, amount in steps[number].items():
            if position >= 0:
                left[position] += amount
        anew = solve_block(block, block.prices(), left, master.penalty)
        if anew is not None and anew.cost < before - HALF_A_PENNY:
            missing = {nobody_sells(kind): amount for kind, amount in anew.missing.items()}
            steps[number] = {**anew.steps, **missing}
        for position, amount in steps[number].items():
            if position >= 0:
                left[position] -= amount


def _search_to_the_end(
    master: Master, relaxed: Relaxed, division: Division, seconds: float
) -> Division:
    """The cheapest of all divisions, where few enough lots could be in it."""
    gap = division.cost - relaxed.bound + HALF_A_PENNY
    boxes: dict[int, Boxes] = {}
    for number, block in enumerate(master.blocks):
        extra = block.extra_costs(relaxed.row_duals[number], relaxed.scarcity)
        boxes[number] = {int(p): (0.0, master.shelf.steps[p]) for p in np.flatnonzero(extra <= gap)}
        if len(block.cases) > 1 or sum(map(len, boxes.values())) > LAST_COLUMNS:
            return division
    stop = _Stop(seconds, LAST_NODES, HALF_A_PENNY / 2)
    steps, found = _solve_together(master, boxes, master.shelf.steps, stop)
    bound = max(division.bound, min(found.bound, division.cost))
    if found.objective >= division.cost:
        return replace(division, bound=bound)
    return Division([steps[n] for n in range(len(master.blocks))], found.objective, bound)
