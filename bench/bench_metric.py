"""How long a workbook takes to be read and recomputed, beside openpyxl reading the same sheets.

    python bench/bench_metric.py [WORKBOOK] [--repeat 5]

The workbook is the published calculation tool (3.7 MB) where ../shared is present, else the sample.
Targets: under 0.6 s with all findings, at least 5 times as fast as openpyxl reads the same sheets
(values only, read-only mode), under 300 MB. Medians; each reader runs in a process of its own, so
that the peak memory is its own, and the two take turns, so that both meet the same machine.
"""

import argparse
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl

from bng_core.metric import layout, read_metric
from bng_core.metric.input_tables import input_sheets
from bng_core.metric.workbook import Workbook
from bng_core.settings import PROJECT_ROOT

TOOL = PROJECT_ROOT.parent / "shared" / "metric" / "tool" / "statutory_metric_tool.xlsx"
SAMPLE = PROJECT_ROOT / "sample" / "metric.xlsx"
TARGET_SECONDS, TARGET_TIMES, TARGET_MB = 0.6, 5.0, 300.0


def recompute(path: Path) -> None:
    """Read, recompute, compare and find, as `bng metric` does."""
    read_metric(path, path.name)


def values_only(path: Path) -> None:
    """Read the cells alone, without recomputing."""
    workbook = Workbook(path, path.name)
    workbook.read(_titles(workbook))


def by_openpyxl(path: Path) -> None:
    """The same sheets, every cell's value, by openpyxl."""
    titles = _titles(Workbook(path, path.name))
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    for title in titles:
        for row in book[title].iter_rows(values_only=True):
            tuple(row)


def _titles(workbook: Workbook) -> list[str]:
    sheets = (*layout.REQUIRED_SHEETS, *layout.OPTIONAL_SHEETS, *input_sheets())
    titles = [title for sheet in sheets if (title := workbook.title_of(sheet))]
    return list(dict.fromkeys(titles))


def measure(work: Callable[[Path], None], path: Path) -> tuple[float, float]:
    """Seconds of the second run, once everything is imported, and the peak of the process in MB."""
    work(path)
    started = time.perf_counter()
    work(path)
    seconds = time.perf_counter() - started
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Measure and print; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workbook", type=Path, nargs="?", default=TOOL if TOOL.exists() else SAMPLE)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    works = (recompute, values_only, by_openpyxl)
    found: dict[str, list[tuple[float, float]]] = {work.__name__: [] for work in works}
    for _ in range(options.repeat):
        for work in works:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                found[work.__name__].append(pool.apply(measure, (work, options.workbook)))
    medians = {name: statistics.median(s for s, _ in runs) for name, runs in found.items()}
    peaks = {name: max(mb for _, mb in runs) for name, runs in found.items()}
    size = options.workbook.stat().st_size / 1e6
    print(f"{options.workbook.name}, {size:.1f} MB, median of {options.repeat}")
    for name in found:
        print(f"  {name:<14}{medians[name]:>8.3f} s  peak {peaks[name]:>6.0f} MB")
    times = medians["by_openpyxl"] / medians["recompute"]
    print(f"  {times:.1f} times as fast as openpyxl")
    met = (
        medians["recompute"] < TARGET_SECONDS
        and times >= TARGET_TIMES
        and peaks["recompute"] < TARGET_MB
    )
    targets = f"{TARGET_SECONDS} s, {TARGET_TIMES:.0f} times, {TARGET_MB:.0f} MB"
    print(f"  targets ({targets}): {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
