"""Small developments and markets drawn at random, and every purchase of them tried out."""

import random
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product

from bng_core.demand import Demand, HeadlineNeed
from bng_core.market import Market
from bng_core.reference import load_habitats
from bng_core.terms import Habitat, Module
from tests.builders import ADJACENT, FAR, LOCAL, a_market, an_offer
from tests.oracle.rules import failures

SRM = {LOCAL: Fraction(1), ADJACENT: Fraction(3, 4), FAR: Fraction(1, 2)}
STEP = Fraction(1, 2)
"""The lot of the small cases, in units."""

HABITATS = {
    Module.AREA: [
        "Grassland - Lowland meadows",
        "Wetland - Fens (upland and lowland)",
        "Grassland - Traditional orchards",
        "Wetland - Reedbeds",
        "Grassland - Other neutral grassland",
        "Grassland - Other lowland acid grassland",
        "Heathland and shrub - Mixed scrub",
        "Intertidal sediment - Artificial littoral coarse sediment",
        "Intertidal hard structures - Artificial hard structures with integrated greening of grey "
        "infrastructure (IGGI)",
        "Grassland - Modified grassland",
        "Cropland - Cereal crops",
    ],
    Module.HEDGEROW: [
        "Species-rich native hedgerow with trees - associated with bank or ditch",
        "Species-rich native hedgerow with trees",
        "Native hedgerow with trees - associated with bank or ditch",
        "Species-rich native hedgerow",
        "Native hedgerow with trees",
        "Native hedgerow",
        "Line of trees",
        "Non-native and ornamental hedgerow",
    ],
    Module.WATERCOURSE: [
        "Priority habitat",
        "Other rivers and streams",
        "Ditches",
        "Canals",
        "Culvert",
    ],
}


@dataclass(frozen=True)
class Stock:
    """One row of stock of a small case."""

    habitat: Habitat
    bank_id: str
    where: str
    units: Fraction
    price_gbp: int


@dataclass(frozen=True)
class Case:
    """A development and the stock around it; all units are multiples of 1/8."""

    demand: Demand
    stock: tuple[Stock, ...]
    max_banks: int | None

    def market(self, stock: tuple[Stock, ...] | None = None) -> Market:
        """The case as a market."""
        return a_market(
            *(
                an_offer(
                    row.habitat.label,
                    row.price_gbp,
                    float(row.units),
                    where=row.where,
                    bank_id=row.bank_id,
                )
                for row in (self.stock if stock is None else stock)
            )
        )


def random_case(rng: random.Random) -> Case:
    """A case of one module, now and then of two, with two to four rows of stock."""
    modules = rng.sample(list(HABITATS), rng.choice([1, 1, 1, 2]))
    habitats = load_habitats().by_label
    changes: dict[str, Decimal] = {}
    headline = {}
    for module in modules:
        labels = rng.sample(HABITATS[module], rng.choice([1, 2, 3, 4]))
        changes |= {label: _eighths(rng, -10, 5) for label in labels}
        before, after = _off_site_already(rng)
        headline[module] = HeadlineNeed(_eighths(rng, -4, 16), before, after)
    lost = [label for label, units in changes.items() if units < 0]
    banks = {f"{where}{n}": where for where in SRM for n in (1, 2)}
    stock: dict[tuple[str, str], Stock] = {}
    for _ in range(rng.choice([2, 3, 3, 4])):
        bank_id, module = rng.choice(list(banks)), rng.choice(modules)
        own = [label for label in lost if habitats[label].module is module]
        label = rng.choice(own if own and rng.random() < 0.6 else HABITATS[module])
        units = Fraction(rng.randint(1, 11), 4)
        price_gbp = rng.choice([10_000, 20_000, 25_000]) + 10 * rng.randint(0, 500)
        row = Stock(habitats[label], bank_id, banks[bank_id], units, price_gbp)
        stock[bank_id, label] = row
    demand = Demand(changes, headline, Decimal(1))
    return Case(demand, tuple(stock.values()), rng.choice([None, None, None, 1, 2]))


def _eighths(rng: random.Random, low: int, high: int) -> Decimal:
    return Decimal(rng.randint(low, high)) / 8


def _off_site_already(rng: random.Random) -> tuple[Decimal, Decimal]:
    """Off-site change of the workbook before and after SRM: mostly none."""
    if rng.random() < 0.7:
        return Decimal(0), Decimal(0)
    return _eighths(rng, -8, 8), _eighths(rng, -8, 8)


def cheapest_by_trial(case: Case) -> int | None:
    """Pence of the cheapest lawful purchase in whole lots among all there are; None if none."""
    best = None
    lots = [range(int(row.units / STEP) + 1) for row in case.stock]
    for counts in product(*lots):
        pence = sum(n * row.price_gbp * 50 for n, row in zip(counts, case.stock, strict=True))
        if best is not None and pence >= best:
            continue
        if _is_lawful(case, counts):
            best = pence
    return best


def _is_lawful(case: Case, counts: tuple[int, ...]) -> bool:
    bought = [(row, n * STEP) for n, row in zip(counts, case.stock, strict=True) if n]
    if case.max_banks is not None and len({row.bank_id for row, _ in bought}) > case.max_banks:
        return False
    return not failures(case.demand, [(r.habitat, units, SRM[r.where]) for r, units in bought])
