"""Small markets and demands for tests, with defaults and keyword overrides."""

from dataclasses import fields
from datetime import date
from decimal import Decimal

import pandas as pd

from bng_core.case import Request
from bng_core.demand import Demand, HeadlineNeed
from bng_core.market import COLUMNS, Market, market_from_tables
from bng_core.optimise import Answer, optimise
from bng_core.preferences import Preferences
from bng_core.reference import load_habitats
from bng_core.terms import Module, Place

HERE = Place("South Oxfordshire LPA", "Upper Thames Clay Vales")
LOCAL, ADJACENT, FAR = "local", "adjacent", "far"
PLACES = {
    LOCAL: ("South Oxfordshire LPA", "Chilterns"),
    ADJACENT: ("Reading LPA", "Thames Valley"),
    FAR: ("Cornwall LPA", "Bodmin Moor"),
}
"""(LPA, NCA) of a bank whose spatial risk multiplier from HERE is 1, 0.75 and 0.5."""

ORCHARD = "Grassland - Traditional orchards"
MEADOW = "Grassland - Lowland meadows"
MODIFIED = "Grassland - Modified grassland"
NEUTRAL = "Grassland - Other neutral grassland"
ACID = "Grassland - Other lowland acid grassland"
SCRUB = "Heathland and shrub - Mixed scrub"
BRAMBLE = "Heathland and shrub - Bramble scrub"
CEREALS = "Cropland - Cereal crops"
TODAY = date(2026, 11, 24)
PREFERENCES = {preference.name for preference in fields(Preferences)}


def a_bank(bank_id: str, where: str = LOCAL, **columns: str) -> dict[str, str]:
    """A row of banks.csv, local unless told otherwise."""
    lpa, nca = PLACES[where]
    return {"bank_id": bank_id, "bank_name": f"Bank {bank_id}", "lpa": lpa, "nca": nca} | columns


def an_offer(habitat: str, price: float, units: float = 100, **bank: str) -> dict[str, object]:
    """Stock of one habitat at one price for every contract size; `where` and `bank_id` choose."""
    where = bank.get("where", LOCAL)
    return {
        "habitat": habitat,
        "price": price,
        "units": units,
        "where": where,
        "bank_id": bank.get("bank_id", where),
        "basis": bank.get("basis", "bought"),
    }


def a_market(*offers: dict[str, object]) -> Market:
    """A market of the given offers; stock ids are the bank and the habitat."""
    banks: dict[str, dict[str, str]] = {}
    stock, prices = [], []
    for offer in offers:
        bank_id, habitat = str(offer["bank_id"]), str(offer["habitat"])
        banks[bank_id] = a_bank(bank_id, str(offer["where"]))
        stock.append((f"{bank_id}/{habitat}", bank_id, habitat, str(offer["units"])))
        prices += [
            (bank_id, habitat, size, "any", str(offer["price"]), str(offer["basis"]))
            for size in ("fractional", "small", "medium", "large")
        ]
    return market_from_tables(
        {
            "banks": pd.DataFrame(banks.values()),
            "stock": pd.DataFrame(stock, columns=COLUMNS["stock"][0]),
            "prices": pd.DataFrame(prices, columns=[*COLUMNS["prices"][0], "basis"]),
        }
    )


def a_demand(**losses: float) -> Demand:
    """As of a demand.csv: units lost by official label, and `area_net_gain=` and so on.

    Labels hold blanks, so pass them as a_demand(**{ORCHARD: 1}).
    """
    habitats = load_habitats()
    changes: dict[str, Decimal] = {}
    needed: dict[Module, Decimal] = {}
    for label, units in losses.items():
        if label.endswith("_net_gain"):
            module = Module(label.removesuffix("_net_gain"))
        else:
            module = habitats.by_label[label].module
            changes[label] = -Decimal(str(units))
        needed[module] = needed.get(module, Decimal(0)) + Decimal(str(units))
    headline = {module: HeadlineNeed(units) for module, units in needed.items()}
    return Demand(changes, headline, sum(needed.values(), Decimal(0)))


def an_answer(demand: Demand, market: Market, **request: object) -> Answer:
    """The answer for a development at HERE on TODAY; preferences are given by their names."""
    wanted = {name: request.pop(name) for name in list(request) if name in PREFERENCES}
    settings = {"place": HERE, "on_date": TODAY, "preferences": Preferences(**wanted)} | request  # type: ignore[arg-type]
    return optimise(demand, market, Request(**settings))  # type: ignore[arg-type]
