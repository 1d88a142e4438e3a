"""The law as the official sheets state it (OFFICIAL.md (b), (c)), apart from bng_core, exactly."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from bng_core.demand import Demand, HeadlineNeed
from bng_core.reference import load_habitats
from bng_core.terms import Habitat

Bought = tuple[Habitat, Fraction, Fraction]
"""Habitat, units before the spatial risk multiplier (SRM), and the multiplier."""


def failures(demand: Demand, bought: Iterable[Bought]) -> list[Fraction]:
    """Units by which each broken rule is missed, above 0; empty where the purchase is lawful."""
    bought, habitats = list(bought), load_habitats().by_label
    changes = {habitats[label]: Fraction(u) for label, u in demand.changes.items()}
    for habitat, units, _ in bought:
        changes[habitat] = changes.get(habitat, Fraction(0)) + units
    missed = [-net for net in trading_cells(changes)]
    for module, need in demand.headline.items():
        missed.append(headline_gap(need, [b for b in bought if b[0].module is module]))
    return [units for units in missed if units > 0]


def headline_gap(need: HeadlineNeed, bought: Iterable[Bought]) -> Fraction:
    """Headline Results!H61, H32: units count after SRM only where they add up to more than 0."""
    before, after = Fraction(need.before_srm), Fraction(need.after_srm)
    for _, units, srm in bought:
        before, after = before + units, after + units * srm
    return Fraction(need.needed) - (after if before > 0 else before)


def trading_cells(changes: Mapping[Habitat, Fraction]) -> Iterator[Fraction]:
    """The cells that the trading sheets compare with 0, as OFFICIAL.md (b) states them."""

    def of(module: str, band: str) -> dict[str, Fraction]:
        return {
            h.label: units
            for h, units in changes.items()
            if (h.module, h.distinctiveness) == (module, band)
        }

    def above(units: Mapping[str, Fraction]) -> Fraction:
        return sum((u for u in units.values() if u > 0), Fraction(0))

    def below(units: Mapping[str, Fraction]) -> Fraction:
        return sum((u for u in units.values() if u < 0), Fraction(0))

    very_high, high, low = of("area", "Very High"), of("area", "High"), of("area", "Low")
    groups: dict[str, Fraction] = {}
    for habitat, units in changes.items():
        if (habitat.module, habitat.distinctiveness) == ("area", "Medium"):
            group = habitat.trading_group
            groups[group] = groups.get(group, Fraction(0)) + units
    k90 = above(high) + above(very_high) + below(groups)
    k91 = k90 + above(groups)
    yield from (below(very_high), below(high), k90, sum(low.values()) + max(k91, 0))

    very_high, high = of("hedgerow", "Very High"), of("hedgerow", "High")
    i23 = below(high) + above(very_high)
    i33 = sum(of("hedgerow", "Medium").values()) + max(i23, 0) + above(high)
    i44 = sum(of("hedgerow", "Low").values()) + max(i33, 0)
    i54 = sum(of("hedgerow", "Very Low").values()) + max(i44, 0)
    yield from (below(very_high), i23, i33, i44, i54)

    better = [of("watercourse", band) for band in ("Very High", "High", "Medium")]
    i42 = sum(of("watercourse", "Low").values()) + sum(above(units) for units in better)
    yield from (*(below(units) for units in better), i42)
