"""How long the pages' queries of the store take at national size: a table, never a test.

    python bench/bench_store.py [--banks 1000] [--quotes 100000] [--rounds 60]

On a Postgres of its own, with synthetic data. Each line is one query of a page: median, 95th
percentile and largest of the rounds in milliseconds, and the tables that were read without an
index. The limit is 100 ms at the 95th percentile.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

from bng_core.settings import PROJECT_ROOT
from bng_core.store import Store, connect, load_market
from bng_core.store.faults import find_faults

sys.path.insert(0, str(PROJECT_ROOT))  # the tests' store of national size is measured here

from tests.conftest import empty, make_tables, running_services
from tests.quote_store import fill_store, pages, scans

SMALL = {"stock_policies", "quote_numbers", "banks"}
"""Tables of few rows, which Postgres rightly reads whole."""


def main() -> None:
    """Fill, measure and print, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--banks", type=int, default=1_000)
    parser.add_argument("--quotes", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    with running_services() as settings:
        owner, store = connect(settings.owner_database_url), connect(settings.database_url)
        empty(owner)
        make_tables(owner, str(settings.database_url))
        seconds = took(lambda: fill_store(store, owner, options.banks, options.quotes))
        say(f"filled in {seconds:.0f} s: {options.banks} banks, {options.quotes} quotes")
        say(f"market loaded in {took(lambda: load_market(store)):.2f} s")
        say(f"faults looked for in {took(lambda: find_faults(store)):.2f} s")
        say(f"{'query':<24}{'median':>9}{'p95':>9}{'max':>9}  read without an index")
        for name, page in pages(store).items():
            say(line(store, name, page, options.rounds))
        store.dispose()
        owner.dispose()


def line(store: Store, name: str, page: Callable[[], object], rounds: int) -> str:
    """One query, measured."""
    page()
    times = sorted(1_000 * took(page) for _ in range(rounds))
    p95 = times[int(0.95 * (len(times) - 1))]
    whole = sorted(t for scan, t in scans(store, page) if scan == "Seq Scan" and t not in SMALL)
    return (
        f"{name:<24}{statistics.median(times):>9.1f}{p95:>9.1f}{times[-1]:>9.1f}  {' '.join(whole)}"
    )


def took(work: Callable[[], object]) -> float:
    """Seconds that it took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def say(text: str) -> None:
    """A line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
