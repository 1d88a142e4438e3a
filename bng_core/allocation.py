"""A solution as purchases with exact money, and which loss each purchase answers (§2.7, §3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from bng_core.demand import Demand
from bng_core.offers import Offer
from bng_core.reference import load_habitats
from bng_core.terms import NET_GAIN, Habitat, Module
from bng_core.trading import ZERO, may_replace

PENNY = Decimal("0.01")
MAKE_UP = "Spatial risk make-up"
"""The name of units that replace what the spatial risk multiplier takes away (§2.1)."""

HEADLINE = "Headline"
"""The band of what only the headline requires: net gain and make-up."""


@dataclass(frozen=True)
class Purchase:
    """Bought units of one offer, before SRM, and their cost in whole pence."""

    offer: Offer
    units: Decimal
    cost_gbp: Decimal


@dataclass(frozen=True)
class Answered:
    """Units of one purchase that answer one loss, net gain or make-up; before SRM."""

    lost: str
    band: str
    units: Decimal
    supplied: str
    bank_id: str


def price_purchases(bought: Iterable[tuple[Offer, Decimal]]) -> list[Purchase]:
    """Purchases whose pence add up to the exact total rounded once.

    Each line is within a penny of units times unit price: the pence lost by rounding down go to
    the lines with the largest remainders, so lines and total agree.
    """
    lines = sorted(bought, key=lambda line: (line[0].habitat.module, line[0].stock_id))
    exact = [units * offer.unit_price_gbp for offer, units in lines]
    pence = [cost.quantize(PENNY, ROUND_FLOOR) for cost in exact]
    total = sum(exact, ZERO).quantize(PENNY, ROUND_HALF_UP)
    left = int((total - sum(pence, ZERO)) / PENNY)
    by_remainder = sorted(range(len(lines)), key=lambda i: (pence[i] - exact[i], i))
    for i in by_remainder[:left]:
        pence[i] += PENNY
    return [Purchase(offer, units, cost) for (offer, units), cost in zip(lines, pence, strict=True)]


@dataclass
class _Supply:
    """Units still free to answer a loss: an on-site surplus (no bank) or a purchase."""

    habitat: Habitat
    bank_id: str | None
    units: Decimal


def attribute(demand: Demand, purchases: Iterable[Purchase]) -> list[Answered]:
    """Which loss each purchase answers, by the official netting order: best band first.

    A loss takes its own habitat first, then what its rule accepts from the lowest distinctiveness
    up, on-site surplus before purchases. What is left of the purchases makes up for the spatial
    risk multiplier and then gives the net gain. The units add up to the purchases exactly.
    """
    purchases = list(purchases)
    habitats = load_habitats().by_label
    answered: list[Answered] = []
    for module in Module:
        supplies = [
            _Supply(habitats[label], None, change)
            for label, change in demand.changes.items()
            if change > 0 and habitats[label].module is module
        ]
        bought = [p for p in purchases if p.offer.habitat.module is module]
        supplies += [_Supply(p.offer.habitat, p.offer.bank_id, p.units) for p in bought]
        answered += _answer_losses(_losses(demand.changes, module), supplies)
        lost_to_srm = sum((p.units * (1 - p.offer.srm) for p in bought), ZERO)
        left = [supply for supply in supplies if supply.bank_id is not None]
        answered += _take(MAKE_UP, HEADLINE, lost_to_srm, left)
        answered += _take(NET_GAIN, HEADLINE, sum((s.units for s in left), ZERO), left)
    return answered


def _losses(changes: Mapping[str, Decimal], module: Module) -> list[tuple[Habitat, Decimal]]:
    """Lost habitats of one module, best band first, then by label."""
    habitats = load_habitats().by_label
    lost = [
        (habitats[label], -change)
        for label, change in changes.items()
        if change < 0 and habitats[label].module is module
    ]
    return sorted(lost, key=lambda loss: (-loss[0].distinctiveness.rank, loss[0].label))


def _answer_losses(
    losses: list[tuple[Habitat, Decimal]], supplies: list[_Supply]
) -> list[Answered]:
    answered = []
    for lost, units in losses:
        lawful = [supply for supply in supplies if may_replace(lost, supply.habitat)]
        lawful.sort(
            key=lambda supply: (
                supply.habitat != lost,
                supply.habitat.distinctiveness.rank,
                supply.bank_id is not None,
            )
        )
        answered += _take(lost.label, lost.distinctiveness, units, lawful)
    return answered


def _take(lost: str, band: str, units: Decimal, supplies: list[_Supply]) -> list[Answered]:
    """Take units from the supplies in order; what is taken on site is not a purchase."""
    taken = []
    for supply in supplies:
        part = min(units, supply.units)
        if part > 0:
            supply.units -= part
            units -= part
            if supply.bank_id is not None:
                answered = Answered(lost, band, part, supply.habitat.label, supply.bank_id)
                taken.append(answered)
    return taken
