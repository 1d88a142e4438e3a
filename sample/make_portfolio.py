"""Writes sample/portfolio: twelve synthetic developments around the banks of sample/market.

    python sample/make_portfolio.py [FOLDER]

Sites and losses are invented; the same files come out on every run. Places are real LPAs with an
NCA they lie in. Between them they want more of some habitats than the nearest banks hold.
"""

import csv
import random
import sys
from pathlib import Path

from bng_core.places import ncas_of_lpa

SEED = "BNG Optimiser sample portfolio"
PLACES = ["South Oxfordshire LPA", "Vale of White Horse LPA", "Buckinghamshire LPA",
          "Cherwell LPA", "West Oxfordshire LPA", "Reading LPA"]  # fmt: skip
LOSSES = {
    "area": [
        "Grassland - Modified grassland",
        "Grassland - Other neutral grassland",
        "Heathland and shrub - Mixed scrub",
        "Cropland - Cereal crops",
        "Woodland and forest - Other woodland; broadleaved",
        "Lakes - Ponds (non-priority habitat)",
    ],
    "hedgerow": ["Native hedgerow", "Species-rich native hedgerow"],
}
SITES = 12


def main(folder: Path) -> None:
    """Write sites.csv and site_demand.csv."""
    rng = random.Random(SEED)
    sites: list[tuple[str, ...]] = []
    lines: list[tuple[str, ...]] = []
    for number in range(1, SITES + 1):
        site_id, lpa = f"P{number:02d}", PLACES[number % len(PLACES)]
        day = f"2026-{rng.randint(9, 12):02d}-{rng.randint(1, 28):02d}"
        sites.append((site_id, lpa, ncas_of_lpa(lpa)[0], day))
        for module, habitats in LOSSES.items():
            chosen = rng.sample(habitats, rng.randint(1, 3) if module == "area" else 1)
            units = [round(rng.uniform(0.3, 4.0), 2) for _ in chosen]
            lines += [
                (site_id, module, habitat, f"{lost:.2f}")
                for habitat, lost in zip(chosen, units, strict=True)
            ]
            lines.append((site_id, module, "Net gain", f"{sum(units) * 0.15:.2f}"))
    folder.mkdir(exist_ok=True)
    _write(folder / "sites.csv", ("site_id", "lpa", "nca", "on_date"), sites)
    _write(folder / "site_demand.csv", ("site_id", "module", "habitat", "units"), lines)


def _write(path: Path, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "portfolio")
