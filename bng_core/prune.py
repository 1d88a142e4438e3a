"""Leave out offers that no cheapest purchase can need, so that size does not cost time (§3)."""

from collections.abc import Iterable
from decimal import Decimal

from bng_core.model import SMALLEST_STEP, Program
from bng_core.offers import Offer
from bng_core.terms import Habitat, Relation
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
    """The offers that a cheapest purchase can need, where nothing but cost and law decide.

    Offers of one class count alike in every row of the model. In a purchase from which no lot can
    be taken away, a class supplies no more than some row needs and one lot; so only the cheapest
    offers of each class up to the largest need can matter, and the optimum stays the same. Offers
    at the price of the last one that matters are kept too: they may come first among equals.
    """
    wishes = program.wishes
    if program.banks.matter or wishes.tie_modules or wishes.make_up_in_kind:
        return tuple(in_order(program.offers))
    enough = _largest_need(program)
    alike = {
        habitat: _counts_alike(program, habitat) for habitat in {o.habitat for o in program.offers}
    }
    supplied: dict[tuple[object, ...], Decimal] = {}
    dearest: dict[tuple[object, ...], Decimal] = {}
    kept = []
    for offer in in_order(program.offers):
        key = (*alike[offer.habitat], offer.srm, offer.relation)
        wanted = supplied.get(key, ZERO) < enough or offer.stock_id in wishes.keep
        if wanted or offer.unit_price_gbp == dearest[key]:
            supplied[key] = supplied.get(key, ZERO) + program.stock(offer)
            dearest[key] = offer.unit_price_gbp
            kept.append(offer)
    return tuple(kept)


def _counts_alike(program: Program, habitat: Habitat) -> tuple[object, ...]:
    """What decides in which rows of the model a habitat counts."""
    pools = (
        (number, pool)
        for number, test in enumerate(program.tests)
        for pool in test.lost()
        if in_pool(habitat, test.rule, pool)
    )
    return (habitat.module, habitat.distinctiveness, *pools)


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
