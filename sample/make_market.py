"""Writes sample/market: a synthetic market of 60 habitat banks over real planning areas.

    python sample/make_market.py [FOLDER]

Banks, stock and prices are invented and every price is illustrative: none is any real bank's. The
same files come out on every run. Places are real LPAs with an NCA they lie in; the first banks lie
in and around South Oxfordshire, so that sample/metric.xlsx can be met there.
"""

import csv
import math
import random
import sys
from pathlib import Path

from bng_core.places import find_waterbody, lpa_names, ncas_of_lpa
from bng_core.reference import load_contract_sizes, load_habitats, table
from bng_core.terms import Module

SEED = "BNG Optimiser sample market"
BANKS = 60
NEAR = ["South Oxfordshire LPA", "Vale of White Horse LPA", "Buckinghamshire LPA", "Cherwell LPA",
        "West Oxfordshire LPA", "Wokingham LPA", "West Berkshire LPA", "Reading LPA"]  # fmt: skip
WATERBODIES = {
    "South Oxfordshire LPA": "GB106039030240",
    "Buckinghamshire LPA": "GB106039030400",
    "Vale of White Horse LPA": "GB106039023410",
    "Cherwell LPA": "GB106039037240",
}
"""Where a bank's watercourse lies, for the LPAs near the sample scheme; others leave it blank."""

SIZE_FACTOR = {"fractional": 1.30, "small": 1.12, "medium": 1.0, "large": 0.90}
LOCAL_PREMIUM = 1.06
"""Some banks ask more from local buyers, as price lists by tier do."""

#   habitat: (weight in supply, lowest and highest illustrative GBP per bought unit)
SUPPLY = {
    "Grassland - Other neutral grassland": (30, 21_000, 33_000),
    "Grassland - Modified grassland": (9, 17_000, 24_000),
    "Grassland - Lowland meadows": (5, 38_000, 60_000),
    "Grassland - Lowland calcareous grassland": (5, 30_000, 48_000),
    "Grassland - Traditional orchards": (5, 32_000, 50_000),
    "Heathland and shrub - Mixed scrub": (18, 25_000, 35_000),
    "Heathland and shrub - Hawthorn scrub": (4, 24_000, 33_000),
    "Heathland and shrub - Lowland heathland": (4, 34_000, 55_000),
    "Woodland and forest - Other woodland; broadleaved": (12, 30_000, 45_000),
    "Woodland and forest - Lowland mixed deciduous woodland": (8, 36_000, 60_000),
    "Woodland and forest - Wet woodland": (4, 38_000, 62_000),
    "Lakes - Ponds (non-priority habitat)": (7, 38_000, 60_000),
    "Lakes - Ponds (priority habitat)": (4, 55_000, 90_000),
    "Wetland - Reedbeds": (4, 42_000, 70_000),
    "Wetland - Fens (upland and lowland)": (2, 60_000, 95_000),
    "Cropland - Arable field margins tussocky": (5, 21_000, 30_000),
    "Individual trees - Rural tree": (6, 30_000, 48_000),
    "Individual trees - Urban tree": (3, 34_000, 55_000),
    "Sparsely vegetated land - Ruderal/Ephemeral": (2, 18_000, 25_000),
    "Native hedgerow": (12, 22_000, 34_000),
    "Species-rich native hedgerow": (14, 25_000, 38_000),
    "Species-rich native hedgerow with trees": (8, 28_000, 45_000),
    "Native hedgerow with trees": (6, 26_000, 40_000),
    "Line of trees": (4, 22_000, 32_000),
    "Ditches": (6, 60_000, 110_000),
    "Other rivers and streams": (6, 80_000, 150_000),
    "Canals": (2, 60_000, 105_000),
}
TYPICAL_UNITS = {Module.AREA: 3.0, Module.HEDGEROW: 1.2, Module.WATERCOURSE: 0.6}
ALWAYS = ["Heathland and shrub - Mixed scrub", "Native hedgerow", "Ditches"]
"""Every third bank near the sample scheme holds these."""


def make() -> dict[str, list[dict[str, object]]]:
    """The three tables of §4.1, with a note on every price that it is illustrative."""
    rng = random.Random(SEED)
    banks, stock, prices = [], [], []
    for number in range(1, BANKS + 1):
        near = number <= len(NEAR) * 2
        lpa = NEAR[number % len(NEAR)] if near else rng.choice(lpa_names())
        bank = _bank(rng, f"S{number:03d}", lpa)
        banks.append(bank)
        for habitat in _habitats(rng, always=near and number % 3 == 0):
            lot_id = f"{bank['bank_id']}-{len(stock) + 1:04d}"
            stock.append(_stock(rng, lot_id, str(bank["bank_id"]), habitat))
            if number % 20:  # every twentieth bank gives prices on request
                prices += _prices(rng, str(bank["bank_id"]), habitat, number)
    return {"banks": banks, "stock": stock, "prices": prices}


def _bank(rng: random.Random, bank_id: str, lpa: str) -> dict[str, object]:
    centre = next(row for row in table("geography/lpa.csv") if row["name"] == lpa)
    waterbody = WATERBODIES.get(lpa, "")
    return {
        "bank_id": bank_id,
        "bank_name": f"{lpa.removesuffix(' LPA')} sample bank {bank_id} (synthetic)",
        "lpa": lpa,
        "nca": rng.choice(ncas_of_lpa(lpa)[:2]),
        "lat": round(float(centre["lat"]) + rng.uniform(-0.05, 0.05), 5),
        "lon": round(float(centre["lon"]) + rng.uniform(-0.05, 0.05), 5),
        "waterbody_id": waterbody,
        "operational_catchment": find_waterbody(waterbody)[1] if waterbody else "",
        "status": "synthetic sample; not a registered gain site",
    }


def _habitats(rng: random.Random, always: bool) -> list[str]:
    chosen = list(ALWAYS) if always else []
    for _ in range(rng.randint(3, 7)):
        free = [habitat for habitat in SUPPLY if habitat not in chosen]
        chosen.append(rng.choices(free, [SUPPLY[habitat][0] for habitat in free])[0])
    return chosen


def _stock(rng: random.Random, stock_id: str, bank_id: str, habitat: str) -> dict[str, object]:
    typical = TYPICAL_UNITS[load_habitats().by_label[habitat].module]
    units = max(0.05, round(rng.lognormvariate(math.log(typical), 0.8), 2))
    row: dict[str, object] = {"stock_id": stock_id, "bank_id": bank_id, "habitat": habitat}
    return row | {"units_available": units}


def _prices(rng: random.Random, bank_id: str, habitat: str, number: int) -> list[dict[str, object]]:
    _, low, high = SUPPLY[habitat]
    base = round(rng.uniform(low, high) / 50) * 50
    tiers = {"any": 1.0, "local": LOCAL_PREMIUM} if number % 4 == 0 else {"any": 1.0}
    return [
        {
            "bank_id": bank_id,
            "habitat": habitat,
            "contract_size": size,
            "tier": tier,
            "unit_price": round(base * SIZE_FACTOR[size] * factor / 10) * 10,
            "basis": "bought",
            "note": "illustrative",
        }
        for size, _ in load_contract_sizes()
        for tier, factor in tiers.items()
    ]


def write(folder: Path) -> None:
    """Write banks.csv, stock.csv and prices.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in make().items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "market")
