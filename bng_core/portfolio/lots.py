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

LAST_NODES, LAST_COLUMNS = 100, 1_000
"""The search that closes the gap: nodes after which it stops, stock rows it looks at once."""

WORTH_SEARCHING = 0.1
"""Share of the gap that must fit into a search before it is begun."""

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


@dataclass(frozen=True)
class Bound:
    """GBP that no joint purchase can cost less than, in whole lots and in any headline case.

    `beyond` is how much of it each block adds to what it pays for divisible units.
    """

    gbp: float
    beyond: list[float]


def lower_bound(master: Master, relaxed: Relaxed) -> Bound:
    """The bound at the divisible optimum's prices of scarcity."""
    lot = master.shelf.lot
    beyond: list[float] = []
    for number, steps in enumerate(master.bought(relaxed.found.x)):
        block, divisible = master.blocks[number], relaxed.row_duals[number]
        if len(block.cases) == 1 and (not lot or is_whole(np.array([*steps.values()]))):
            beyond.append(0.0)
        else:
            least = _least_by_itself(block, relaxed.scarcity, master.penalty)
            beyond.append(least - block.dual_value(divisible))
    return Bound(relaxed.bound + sum(beyond), beyond)


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
    division = Division(steps, cost_of(master, steps), bound.gbp)
    return _search(master, relaxed, division, bound, seconds)


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


def _search(
    master: Master, relaxed: Relaxed, division: Division, bound: Bound, seconds: float
) -> Division:
    """Close the gap: search all divisions that cost up to so much above the bound, then more.

    A step costs its block, beyond the divisible optimum, at least its extra cost, and the bound
    counts of that only what the block adds to it. So of each stock row only so many steps fit into
    a room above the bound; where the best of those fits into the room too, it is the best of all,
    and where nothing does, the bound rises by the room.
    """
    if any(len(block.cases) > 1 for block in master.blocks):
        return division
    over = [
        block.extra_costs(duals, relaxed.scarcity) - beyond
        for block, duals, beyond in zip(master.blocks, relaxed.row_duals, bound.beyond, strict=True)
    ]
    while not division.proven:
        gap = division.cost - bound.gbp
        room = min(gap, _largest_room(over)) + HALF_A_PENNY
        if room < WORTH_SEARCHING * gap:
            return division
        boxes = {n: _fitting(master, each, room, bound.beyond[n]) for n, each in enumerate(over)}
        stop = _Stop(seconds, LAST_NODES, HALF_A_PENNY / 2)
        steps, found = _solve_together(master, boxes, master.shelf.steps, stop)
        better = replace(division, bound=max(division.bound, min(found.bound, bound.gbp + room)))
        if found.objective < division.cost:
            better = replace(
                better, steps=[steps[n] for n in range(len(over))], cost=found.objective
            )
        if better.cost == division.cost:
            return better
        division = better
    return division


def _largest_room(over: Sequence[Floats]) -> float:
    """GBP into which no more than LAST_COLUMNS stock rows fit."""
    costs = np.concatenate(over)
    if len(costs) <= LAST_COLUMNS:
        return float("inf")
    return float(np.partition(costs, LAST_COLUMNS)[LAST_COLUMNS])


def _fitting(master: Master, over: Floats, room: float, beyond: float) -> Boxes:
    """So many steps of each stock row as fit into the room."""
    fitting = np.flatnonzero(over <= room)
    most = np.floor((room + beyond) / np.maximum(over[fitting] + beyond, 1e-9))
    most = np.minimum(most, master.shelf.steps[fitting])
    return {int(p): (0.0, float(m)) for p, m in zip(fitting, most, strict=True)}
