"""What lies in ../shared beside the project, if it does."""

import csv
import subprocess
import sys
from pathlib import Path

from bng_core import places
from bng_core.settings import PROJECT_ROOT
from bng_core.terms import Place

SHARED = PROJECT_ROOT.parent / "shared"
MARKET_TOOL = SHARED / "tools" / "market.py"
METRIC = SHARED / "metric"
CASES = sorted(path.parent for path in (METRIC / "cases").glob("*/scenario.json"))


def make_market(size: str, seed: int, folder: Path) -> Place:
    """Write a synthetic market with its demand.csv; return where the development lies."""
    command = [str(MARKET_TOOL), "--size", size, "--seed", str(seed), "--out", str(folder)]
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    with (folder / "site.csv").open(encoding="utf-8", newline="") as handle:
        site = next(csv.DictReader(handle))
    return Place(places.find_lpa(site["lpa"]), places.find_nca(site["nca"]))
