"""How long many developments on one stock take: a table, never a test.

    python bench/bench_portfolio.py [--sites 100,1000] [--size XL] [--repeat 3]

Markets and sites come from ../shared/tools/market.py where it is present, else the sample portfolio
alone is measured. Median of the repeats. Joint is build and solve of the joint cost with its proof;
then the order of arrival, scarcity, and the audit of both. Lot 0 is divisible units.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from bng_core.market import Market, read_market
from bng_core.portfolio.answer import solve_portfolio
from bng_core.portfolio.folder import Site, read_portfolio
from bng_core.portfolio.joint import Terms
from bng_core.settings import PROJECT_ROOT

TOOL = PROJECT_ROOT.parent / "shared" / "tools" / "market.py"
SEED = 1
LOTS = (Decimal(0), Decimal("0.01"))
STEPS = ("order_of_arrival", "scarcity", "audit")
HEAD = ("sites", "banks", "stock rows", "lot", "build s", "solve s", "arrival s", "scarce s",
        "audit s", "gap", "proven", "joint GBP", "saving GBP", "peak MB")  # fmt: skip


def main() -> None:
    """Measure and print, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", default="100,1000")
    parser.add_argument("--size", default="XL")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    print("  ".join(f"{name:>11}" for name in HEAD))
    counts = [int(count) for count in options.sites.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        for sites, market in portfolios(options.size, counts, Path(folder)):
            for lot in LOTS:
                line(sites, market, lot, options.repeat)


def portfolios(size: str, counts: list[int], folder: Path) -> Iterator[tuple[list[Site], Market]]:
    """The portfolios to measure."""
    if not TOOL.exists():
        sample = PROJECT_ROOT / "sample"
        yield read_portfolio(sample / "portfolio", date.today()), read_market(sample / "market")
        return
    for count in counts:
        out = folder / str(count)
        command = [sys.executable, str(TOOL), "--size", size, "--seed", str(SEED)]
        command += ["--out", str(out), "--sites", str(count)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        yield read_portfolio(out, date.today()), read_market(out)


def line(sites: list[Site], market: Market, lot: Decimal, repeat: int) -> None:
    """Solve one portfolio several times and print its line."""
    answers = [solve_portfolio(sites, market, Terms(lot)) for _ in range(repeat)]
    last = answers[-1]
    seconds = [
        f"{statistics.median(answer['seconds'][step] for answer in answers):.2f}"
        for step in ("build", "solve", *STEPS)
    ]
    gap = "-" if last["gap"] is None else f"{last['gap']:.5%}"
    saving = last["cost"]["saving_gbp"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cells = (len(sites), len(market.banks), len(market.stock), lot, *seconds, gap, last["proven"],
             f"{last['cost']['joint_gbp']:.2f}", "-" if saving is None else f"{saving:.2f}",
             f"{peak:.0f}")  # fmt: skip
    print("  ".join(f"{cell!s:>11}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
