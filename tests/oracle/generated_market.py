"""A market in which a given development can be met, at prices drawn at random."""

import random

from bng_core.demand import Demand
from bng_core.market import Market
from bng_core.reference import load_habitats
from bng_core.terms import Module
from tests.builders import ADJACENT, FAR, LOCAL, MEADOW, MODIFIED, ORCHARD, a_market, an_offer

MAKE_UP = {
    Module.AREA: [MODIFIED, ORCHARD, MEADOW],
    Module.HEDGEROW: [
        "Native hedgerow",
        "Species-rich native hedgerow with trees",
        "Species-rich native hedgerow with trees - associated with bank or ditch",
    ],
    Module.WATERCOURSE: ["Ditches", "Other rivers and streams"],
}
_PRICE_GBP = {"Very High": 50_000, "High": 40_000, "Medium": 28_000, "Low": 18_000}
_FACTOR = {LOCAL: 1.0, ADJACENT: 0.85, FAR: 0.7}


def market_for(demand: Demand, seed: int) -> Market:
    """Local, adjacent and far offers of every habitat lost, and of make-up for every module."""
    rng = random.Random(f"market-{seed}")
    habitats = load_habitats().by_label
    wanted = {label for label, units in demand.changes.items() if units < 0}
    wanted |= {label for module in demand.modules for label in MAKE_UP[module]}
    offers = []
    for label in sorted(wanted):
        band = habitats[label].distinctiveness
        for where, factor in _FACTOR.items():
            for bank in range(2):
                price = _PRICE_GBP.get(band, 15_000) * factor * rng.uniform(0.8, 1.25)
                units = 0.01 * rng.randint(20, 400) if bank else 100
                offers.append(
                    an_offer(
                        label, round(price), round(units, 2), where=where, bank_id=f"{where}{bank}"
                    )
                )
    return a_market(*(offer for offer in offers if habitats[str(offer["habitat"])].score))
