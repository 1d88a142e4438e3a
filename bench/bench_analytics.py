"""How long the analytics take, over Postgres attached read-only and over a Parquet snapshot.

    python bench/bench_analytics.py [--quotes 100000] [--repeat 5]

Each view is read whole into a data frame; median and largest of the repeats in seconds, the limit
is 1 s. The quotes are synthetic, three lines each, in a Postgres started for the purpose.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from store_data import size_of, store_with_quotes

from bng_core.actor import SYSTEM
from bng_core.store.analytics import Analytics, open_analytics, write_snapshot

LIMIT_S = 1.0
T = TypeVar("T")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quotes", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with store_with_quotes(options.quotes), tempfile.TemporaryDirectory() as folder:
        snapshot = Path(folder) / "snapshot"
        opened, attached = timed(lambda: open_analytics("store", SYSTEM))
        written, rows = timed(lambda: write_snapshot(snapshot, SYSTEM))
        reopened, parquet = timed(lambda: open_analytics(str(snapshot), SYSTEM))
        megabytes = size_of(snapshot) / 1e6
        print(f"{options.quotes:,} quotes; attach {opened:.2f} s; snapshot of {rows:,} rows")
        print(f"written in {written:.2f} s, {megabytes:.1f} MB, opened in {reopened:.2f} s")
        print(
            f"{'view':<20} {'rows':>6} {'attached':>9} {'largest':>8} {'parquet':>8} {'limit':>6}"
        )
        for view in attached.views():
            line(view, attached, parquet, options.repeat)


def line(view: str, attached: Analytics, parquet: Analytics, repeat: int) -> None:
    """Measure one view both ways."""
    over_postgres = [timed(lambda: attached.frame(view)) for _ in range(repeat)]
    over_parquet = [timed(lambda: parquet.frame(view)) for _ in range(repeat)]
    seconds = [taken for taken, _ in over_postgres]
    verdict = "ok" if max(seconds) < LIMIT_S else "OVER"
    print(
        f"{view:<20} {len(over_postgres[0][1]):>6} {statistics.median(seconds):>9.3f} "
        f"{max(seconds):>8.3f} {statistics.median(s for s, _ in over_parquet):>8.3f} {verdict:>6}"
    )


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds, and what came of it."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


if __name__ == "__main__":
    main()
