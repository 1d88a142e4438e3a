"""Who buys what when each development buys its own cheapest purchase from what is left.

Developments come by day, and on one day as listed. A development that the rest of the stock cannot
meet buys what leaves it short of the fewest units, then what costs least.
"""

from collections.abc import Sequence
from dataclasses import replace

from bng_core.errors import SolverFailed
from bng_core.portfolio.block import Block, Bought, solve_block
from bng_core.portfolio.folder import Site, in_order_of_arrival
from bng_core.portfolio.highs import Floats
from bng_core.portfolio.joint import Field, Outcome, record
from bng_core.portfolio.lots import Steps
from bng_core.portfolio.master import nobody_sells


def solve_in_order_of_arrival(fields: Sequence[Field], sites: Sequence[Site]) -> Outcome:
    """The purchases one after another. Raises SolverFailed."""
    outcome = Outcome(bound_gbp=None)
    turn = {site.site_id: n for n, site in enumerate(in_order_of_arrival([*sites]))}
    for field in fields:
        left = field.shelf.steps.copy()
        steps: list[Steps] = [{} for _ in field.blocks]
        penalty = field.penalty
        for number in sorted(
            range(len(field.blocks)), key=lambda n: turn[field.blocks[n].site.site_id]
        ):
            bought = _buy(field.blocks[number], left, penalty)
            for position, amount in bought.steps.items():
                left[position] = max(0.0, left[position] - amount)
            missing = {nobody_sells(kind): amount for kind, amount in bought.missing.items()}
            steps[number] = {**bought.steps, **missing}
        record(field, steps, outcome)
    return outcome


def _buy(block: Block, left: Floats, penalty: float) -> Bought:
    """The cheapest purchase of one development in its best headline case."""
    cases = (replace(block, case=number) for number in range(len(block.cases)))
    solved = [solve_block(case, case.prices(), left, penalty) for case in cases]
    found = [bought for bought in solved if bought is not None]
    if not found:
        raise SolverFailed(f"HiGHS found no purchase for {block.site.site_id}.")
    return min(found, key=lambda bought: bought.cost)
