"""How long the cheapest purchase takes as markets grow: a table, never a test.

    python bench/bench_solve.py [--sizes S,M,L,XL,XXL] [--repeat 5]

Markets come from ../shared/tools/market.py where it is present, else the sample market alone is
measured. Median of the repeats; each line is one size, one lot and one limit of banks. CBC is
measured where it takes seconds: everywhere without a limit, on S and M with one. "us/row" is build
and solve over the stock rows: the same in every size where time grows as the market does. Peak
memory is of the whole process so far.
"""

import argparse
import csv
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from bng_core.case import Request
from bng_core.demand import Demand, demand_of_file
from bng_core.market import Market, read_market
from bng_core.optimise import optimise
from bng_core.places import place
from bng_core.preferences import Preferences
from bng_core.settings import PROJECT_ROOT
from bng_core.solver import Limits, Solver

TOOL = PROJECT_ROOT.parent / "shared" / "tools" / "market.py"
SIZES = ("S", "M", "L", "XL", "XXL")
CBC_SIZES = ("S", "M")
"""Where CBC is asked with a limit of banks too."""
LOTS = (Decimal(0), Decimal("0.01"))
BANK_LIMITS = (None, 5, 2)
SEED = 1
HEAD = ("size", "banks", "stock rows", "limit", "lot", "solver", "build s", "solve s", "us/row",
        "gap", "proven", "total GBP", "peak MB")  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One market with one development."""

    size: str
    market: Market
    demand: Demand
    request: Request


def main() -> None:
    """Measure and print, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    print("  ".join(f"{name:>10}" for name in HEAD))
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(options.sizes.split(","), Path(folder)):
            for limit in BANK_LIMITS:
                for lot in LOTS:
                    for solver in solvers(case.size, limit):
                        line(case, limit, lot, solver, options.repeat)


def solvers(size: str, limit: int | None) -> list[Solver]:
    """HiGHS always, CBC where it takes seconds."""
    seconds = limit is None or size in CBC_SIZES
    return [Solver.HIGHS, Solver.CBC] if seconds else [Solver.HIGHS]


def cases(sizes: list[str], folder: Path) -> Iterator[Measured]:
    """The markets to measure."""
    if not TOOL.exists():
        sample = PROJECT_ROOT / "sample"
        site = place("South Oxfordshire", "Upper Thames Clay Vales")
        request = Request(site, date.today())
        demand = demand_of_file(sample / "metric.xlsx")
        yield Measured("sample", read_market(sample / "market"), demand, request)
        return
    for size in sizes:
        out = folder / size
        command = [
            sys.executable,
            str(TOOL),
            "--size",
            size,
            "--seed",
            str(SEED),
            "--out",
            str(out),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with (out / "site.csv").open(encoding="utf-8") as handle:
            site_row = next(csv.DictReader(handle))
        request = Request(place(site_row["lpa"], site_row["nca"]), date.today())
        yield Measured(size, read_market(out), demand_of_file(out / "demand.csv"), request)


def line(case: Measured, limit: int | None, lot: Decimal, solver: Solver, repeat: int) -> None:
    """Solve one question several times and print its line."""
    request = replace(
        case.request,
        lot=lot,
        preferences=Preferences(max_banks=limit),
        limits=Limits(solver, time_limit_s=60),
    )
    answers = [optimise(case.demand, case.market, request).to_json() for _ in range(repeat)]
    last = answers[-1]
    build, solve = (
        statistics.median(a["seconds"][name] for a in answers) for name in ("build", "solve")
    )
    total = f"{last['cost']['total_gbp']:.2f}" if last["cost"] else "-"
    gap = "-" if last["gap"] is None else f"{last['gap']:.2%}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = len(case.market.stock)
    cells = (case.size, len(case.market.banks), rows, limit or "-", lot, solver, f"{build:.3f}",
             f"{solve:.3f}", f"{(build + solve) / rows * 1e6:.0f}", gap, last["proven"], total,
             f"{peak:.0f}")  # fmt: skip
    print("  ".join(f"{cell!s:>10}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
