"""Leave out offers that no cheapest purchase can need, so that size does not cost time (§3)."""

from collections.abc import Iterable
from decimal import Decimal

from bng_core.model import SMALLEST_STEP, Program
from bng_core.offers import Offer
from bng_core.terms import Relation
from bng_core.trading import ZERO, in_pool

_NEAREST = list(Relation)


def in_order(offers: Iterable[Offer]) -> list[Offer]:
    """Cheapest first; among equals the nearer, then the one with more stock, then by id (§2.9)."""
    return sorted(
        offers,
        key=lambda o: (
            o.unit_price_gbp,
            _NEAREST.index(o.relation),
            -o.units_available,
            o.stock_id,
        ),
    )


def prune(program: Program) -> tuple[Offer, ...]:
    """The offers that a cheapest purchase can need, where it does not matter which banks sell.

    Offers of one class count alike in every row of the model. In a purchase from which no lot can
    be taken away, a class supplies no more than some row needs and one lot; so only the cheapest
    offers of each class up to the largest need can matter, and the optimum stays the same.
    """
    if program.banks.matter:
        return tuple(in_order(program.offers))
    enough = _largest_need(program)
    supplied: dict[tuple[object, ...], Decimal] = {}
    kept = []
    for offer in in_order(program.offers):
        key = _counts_alike(program, offer)
        if supplied.get(key, ZERO) < enough:
            supplied[key] = supplied.get(key, ZERO) + program.stock(offer)
            kept.append(offer)
    return tuple(kept)


def _counts_alike(program: Program, offer: Offer) -> tuple[object, ...]:
    habitat = offer.habitat
    pools = (
        (number, pool)
        for number, test in enumerate(program.tests)
        for pool in test.lost()
        if in_pool(habitat, test.rule, pool)
    )
    return (habitat.module, habitat.distinctiveness, offer.srm, *pools)


def _largest_need(program: Program) -> Decimal:
    """An upper bound in bought units on what any row of the model asks of one class."""
    trading = (sum(test.lost().values(), ZERO) + max(ZERO, -test.higher) for test in program.tests)
    smallest_srm = min((offer.srm for offer in program.offers), default=Decimal(1))
    headline = (
        max(case.needed / smallest_srm, case.more_than or ZERO)
        for case in program.headline.values()
    )
    step = program.lot or SMALLEST_STEP
    return max([ZERO, *trading, *headline]) + step / smallest_srm
