"""Who buys what at the least cost together, module by module (modules share no stock).

Where the stock cannot meet every development, the units short are as few as possible; what is
short is taken off the demands (statutory credits, the last resort of §2.6), and the rest is bought
at least cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

import numpy as np

from bng_core.demand import Demand
from bng_core.market import Market
from bng_core.model import FINEST_UNITS
from bng_core.offers import Offer
from bng_core.portfolio.block import NEAR_WHOLE, Block, make_blocks, solve_block
from bng_core.portfolio.folder import Site
from bng_core.portfolio.lots import Division, Steps, cost_of, lower_bound, whole_lots
from bng_core.portfolio.master import Master, Relaxed, kind_nobody_sells
from bng_core.portfolio.shelf import PriceBook, Shelf
from bng_core.reference import load_habitats
from bng_core.terms import Basis, Module
from bng_core.trading import ZERO

PENALTY = 1000.0
"""What a step that nobody sells costs, in the highest prices; only shortage is ever bought so."""

Purchases = dict[str, list[tuple[Offer, Decimal]]]
Short = dict[str, dict[str, Decimal]]
"""By site id, units that the market cannot give, by official label."""


@dataclass(frozen=True)
class Terms:
    """How units are bought: the lot in units (0 for none), basis of prices, seconds allowed."""

    lot: Decimal
    default_basis: Basis = Basis.BOUGHT
    seconds: float = 120.0


@dataclass
class Outcome:
    """Purchases and shortages by site id; `bound_gbp` None where it is not known."""

    purchases: Purchases = field(default_factory=dict)
    short: Short = field(default_factory=dict)
    cost_gbp: float = 0.0
    bound_gbp: float | None = 0.0
    fewest_short: Decimal = ZERO

    def buy(self, site_id: str, offer: Offer, units: Decimal) -> None:
        """Add one purchase."""
        self.purchases.setdefault(site_id, []).append((offer, units))

    def leave_short(self, site_id: str, label: str, units: Decimal) -> None:
        """Add units that nobody sells."""
        short = self.short.setdefault(site_id, {})
        short[label] = short.get(label, ZERO) + units

    @property
    def exact_gbp(self) -> Decimal:
        """Exact cost of the units before rounding to pence."""
        lines = (line for bought in self.purchases.values() for line in bought)
        return sum((units * offer.unit_price_gbp for offer, units in lines), ZERO)

    @property
    def units_short(self) -> Decimal:
        """All units short."""
        return sum((units for short in self.short.values() for units in short.values()), ZERO)


@dataclass(frozen=True)
class Field:
    """One module of the portfolio: the shelf, and every development that must buy from it."""

    shelf: Shelf
    book: PriceBook
    blocks: list[Block]

    @property
    def penalty(self) -> float:
        """GBP per step that nobody sells."""
        tables = {id(block.table): block.table for block in self.blocks}.values()
        priced = [table[np.isfinite(table)].max(initial=1.0) for table in tables]
        return PENALTY * max(priced, default=1.0)


@dataclass(frozen=True)
class Solved:
    """A module with its divisible optimum, from which scarcity is read."""

    field: Field
    master: Master
    relaxed: Relaxed


def make_fields(sites: Sequence[Site], market: Market, terms: Terms) -> list[Field]:
    """The modules in which any development must buy, the developments in the order of their ids."""
    book = PriceBook(market, terms.default_basis)
    ordered = sorted(sites, key=lambda site: site.site_id)
    needed = {module for site in sites for module in site.demand.modules}
    shelves = [Shelf(market, module, terms.lot) for module in Module if module in needed]
    return [Field(shelf, book, make_blocks(ordered, shelf, book)) for shelf in shelves]


def solve_jointly(fields: Sequence[Field], terms: Terms) -> tuple[Outcome, list[Solved]]:
    """The cheapest purchases of all developments together. Raises SolverFailed."""
    outcome, solved = Outcome(), []
    for each in fields:
        solved.append(_solve_field(each, outcome, terms))
    outcome.cost_gbp = float(outcome.exact_gbp)
    return outcome, solved


def _solve_field(field: Field, outcome: Outcome, terms: Terms) -> Solved:
    field = replace(field, blocks=[_in_best_case(block, field.penalty) for block in field.blocks])
    master = Master(field.blocks, field.shelf, field.penalty)
    relaxed = master.relax()
    missing = _missing(field, master.bought(relaxed.found.x))
    if missing:
        fewest = Master(field.blocks, field.shelf, penalty=1.0, weight=0.0).relax()
        outcome.fewest_short += field.shelf.units(fewest.cost)
        _leave_short(missing, outcome)
        field = _relieve(field, missing)
        master = Master(field.blocks, field.shelf, field.penalty)
        relaxed = master.relax()
    division = _divide(master, relaxed, terms)
    if record(field, division.steps, outcome) or outcome.bound_gbp is None:
        outcome.bound_gbp = None
    else:
        outcome.bound_gbp += min(division.bound, division.cost)
    return Solved(field, master, relaxed)


def _in_best_case(block: Block, penalty: float) -> Block:
    """The block in the headline case that is cheapest by itself; nearly all have only one."""
    cases = [replace(block, case=number) for number in range(len(block.cases))]
    if len(cases) == 1:
        return block

    def cost(case: Block) -> float:
        bought = solve_block(case, case.prices(), case.shelf.steps, penalty)
        return float("inf") if bought is None else bought.cost

    return min(cases, key=cost)


def _divide(master: Master, relaxed: Relaxed, terms: Terms) -> Division:
    if terms.lot:
        return whole_lots(master, relaxed, terms.seconds)
    steps = master.bought(relaxed.found.x)
    return Division(steps, cost_of(master, steps), lower_bound(master, relaxed).gbp)


def _missing(field: Field, steps: Sequence[Steps]) -> Short:
    """Units that nobody sells, by site and label, in whole lots."""
    missing: Short = {}
    for block, bought in zip(field.blocks, steps, strict=True):
        for position, amount in bought.items():
            if position < 0 and amount > NEAR_WHOLE:
                label = field.shelf.kinds.habitats[kind_nobody_sells(position)].label
                lots = Decimal(repr(amount - NEAR_WHOLE)).to_integral_value(ROUND_CEILING)
                units = lots * field.shelf.lot if field.shelf.lot else Decimal(repr(amount))
                missing.setdefault(block.site.site_id, {})[label] = units
    return missing


def _relieve(field: Field, missing: Short) -> Field:
    """The same module without what is short."""
    sites = []
    for block in field.blocks:
        demand = relieved(block.site.demand, missing.get(block.site.site_id, {}))
        sites.append(replace(block.site, demand=demand))
    blocks = make_blocks(sites, field.shelf, field.book)
    return replace(field, blocks=[_in_best_case(block, field.penalty) for block in blocks])


def relieved(demand: Demand, short: Mapping[str, Decimal]) -> Demand:
    """The demand as if so many local units of each habitat were there already."""
    habitats = load_habitats().by_label
    changes, headline = dict(demand.changes), dict(demand.headline)
    for label, units in short.items():
        changes[label] = changes.get(label, ZERO) + units
        need = headline[habitats[label].module]
        headline[habitats[label].module] = replace(need, needed=need.needed - units)
    return replace(demand, changes=changes, headline=headline)


def record(field: Field, steps: Sequence[Steps], outcome: Outcome) -> Short:
    """Steps as exact units of offers, and what is short; returns the latter."""
    missing = _missing(field, steps)
    _leave_short(missing, outcome)
    for (number, position), units in exact_units(field.shelf, steps).items():
        site = field.blocks[number].site
        outcome.buy(site.site_id, field.book.offer(site, field.shelf, position), units)
    return missing


def _leave_short(missing: Short, outcome: Outcome) -> None:
    for site_id, short in missing.items():
        for label, units in short.items():
            outcome.leave_short(site_id, label, units)


def exact_units(shelf: Shelf, steps: Sequence[Steps]) -> dict[tuple[int, int], Decimal]:
    """Exact units by block and position, that never add up to more than the stock."""
    units: dict[tuple[int, int], Decimal] = {}
    total: dict[int, Decimal] = {}
    for number, bought in enumerate(steps):
        for position, amount in bought.items():
            exact = shelf.units(amount).quantize(shelf.lot or FINEST_UNITS, ROUND_HALF_EVEN)
            if position >= 0 and exact > 0:
                units[number, position] = exact
                total[position] = total.get(position, ZERO) + exact
    for key in sorted(units, key=lambda key: -units[key]):
        over = total[key[1]] - shelf.rows[key[1]].units_available
        if over > 0:
            units[key] -= over
            total[key[1]] -= over
    return units
