"""Runs on a stack of its own: cached, warm and cold; queues; workers; memory. Prints a table.

    python bench/bench_runs.py [--runs 40] [--memory-runs 200] [--workers 1 2 4]

Limits (2 quiet cores): cached p95 50 ms; warm p50 1.0 s, p95 2.0 s; cold at least 5 times warm.
"""

import argparse
import base64
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psutil

PROJECT = Path(__file__).resolve().parent.parent
SAMPLE = PROJECT / "sample"
PAUSE_S = 3.0
"""Between single runs, so that the kernels are ready again."""


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=40, help="different questions at once")
    parser.add_argument("--memory-runs", type=int, default=200)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the stack must not outlive us
    print(f"{'what':<52}{'figure':>22}  limit")
    with a_stack(2) as client:
        single_runs(client)
        identical_at_once(client)
        memory(client, options.memory_runs)
    for workers in options.workers:
        with a_stack(workers) as client:
            throughput(client, workers, options.runs)


@contextmanager
def a_stack(workers: int) -> Iterator["Client"]:
    """A local stack in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="bng-bench-", dir="/tmp") as folder:
        environment = {**os.environ, "BNG_DATA_DIR": folder, "BNG_API_RATE_LIMIT": "1000000"}
        bng = [sys.executable, "-m", "bng_core.cli"]
        try:
            subprocess.run(
                [*bng, "up", "--workers", str(workers)],
                check=True, env=environment, cwd=PROJECT, capture_output=True,
            )  # fmt: skip
            state = json.loads((Path(folder) / "state.json").read_text())
            time.sleep(10)  # until every worker has its kernels
            yield Client(state)
        finally:
            subprocess.run([*bng, "down"], env=environment, cwd=PROJECT, capture_output=True)
            home = Path(folder) / "service-home"
            if home.exists():
                subprocess.run(["rm", "-r", home.read_text().strip()], check=False)


class Client:
    """Asks the API of a stack; every question has a lot of its own, so that none was asked yet."""

    def __init__(self, state: dict[str, Any]) -> None:
        found = state["environment"]
        self.state = state
        self.http = httpx.Client(
            base_url=found["BNG_API_URL"],
            headers={"Authorization": f"Bearer {found['BNG_API_KEY']}"},
            timeout=60,
            trust_env=False,
            limits=httpx.Limits(max_connections=300),
        )
        self._asked = 0
        self._body = {
            "kind": "optimise",
            "input_name": "metric.xlsx",
            "input_base64": base64.b64encode((SAMPLE / "metric.xlsx").read_bytes()).decode(),
            "lpa": "South Oxfordshire",
            "nca": "Upper Thames Clay Vales",
            "on_date": "2026-11-24",
        }

    def ask(self, **changes: object) -> dict[str, Any]:
        """Ask a question; by default one that nobody has asked."""
        if not changes.get("same"):
            self._asked += 1
            changes["time_limit_s"] = 60 + self._asked / 1000
        changes.pop("same", None)
        answer = self.http.post("/jobs", json=self._body | changes)
        answer.raise_for_status()
        return answer.json()

    def finish(self, job: dict[str, Any]) -> dict[str, Any]:
        """Wait until a job has ended."""
        while job["finished_at"] is None:
            time.sleep(0.02)
            job = self.http.get(f"/jobs/{job['id']}").json()
        if job["status"] != "finished":
            raise SystemExit(f"{job['id']} {job['status']}: {job['error']}")
        return job

    def seconds(self, **changes: object) -> float:
        """From the request to the finished result."""
        began = time.perf_counter()
        self.finish(self.ask(**changes))
        return time.perf_counter() - began


def single_runs(client: Client) -> None:
    """One at a time: from the cache, on a warm worker, and by a process of the pool."""
    client.finish(client.ask(same=True))
    cached = [client.seconds(same=True) for _ in range(100)]
    line("cached, p50 / p95 of 100", spread(cached, 1000, "ms"), "p95 50 ms")
    warm = []
    for _ in range(20):
        time.sleep(PAUSE_S)
        warm.append(client.seconds())
    line("uncached on a warm worker, p50 / p95 of 20", spread(warm), "1.0 s / 2.0 s")
    cold = [client.seconds(queue="batch") for _ in range(5)]
    line("papermill on a process worker, p50 / max of 5", spread(cold), "")
    ratio = statistics.median(cold) / statistics.median(warm)
    line("the process worker takes so many times as long", f"{ratio:.1f}", "5 at least")


def identical_at_once(client: Client) -> None:
    """Two hundred of the same question, none of them answered before."""
    with ThreadPoolExecutor(50) as pool:
        jobs = list(pool.map(lambda _: client.ask(same=True, lot="0.02"), range(200)))
    for job in jobs:
        client.finish(job)
    computed = len({job["id"] for job in jobs if not job["from_cache"]})
    line("200 identical requests at once: computations", str(computed), "1")


def throughput(client: Client, workers: int, runs: int) -> None:
    """Different questions at once; then whether those at a page wait behind a batch."""
    began = time.perf_counter()
    batch = [client.ask(queue="batch") for _ in range(2)]
    with ThreadPoolExecutor(10) as pool:
        asked = list(pool.map(lambda _: client.ask(), range(runs)))
    done = [client.finish(job) for job in asked]
    minute = 60 * runs / (time.perf_counter() - began)
    line(f"{runs} different at once, {workers} workers: runs a minute", f"{minute:.0f}", "all end")
    started = [moment(job["started_at"]) for job in sorted(done, key=lambda j: j["created_at"])]
    behind = sum(later < earlier for earlier, later in pairwise(started))
    line("  of which started before one asked earlier", str(behind), f"{workers - 1} at a time")
    last = max(job["finished_at"] for job in [client.finish(job) for job in batch])
    first = min(job["finished_at"] for job in done)
    line("  the first interactive ends before the batch", "yes" if first < last else "no", "yes")


def memory(client: Client, runs: int) -> None:
    """Resident memory of worker, API and Prefect server before and after many runs."""
    for _ in range(20):
        client.finish(client.ask())
    before = resident(client)
    for _ in range(runs):
        client.finish(client.ask())
    after = resident(client)
    for name, megabytes in after.items():
        change = megabytes / before[name] - 1
        words = f"{before[name]:.0f} -> {megabytes:.0f} MB ({change:+.0%})"
        line(f"memory of {name}, {runs} runs", words, "10 %")


def resident(client: Client) -> dict[str, float]:
    """Megabytes of each program of the stack that should stay flat."""
    wanted = ("task-worker-1", "api", "prefect")
    pids = {one["name"]: one["pid"] for one in client.state["services"]}
    return {name: psutil.Process(pids[name]).memory_info().rss / 1e6 for name in wanted}


def moment(text: str) -> datetime:
    """A time of the API."""
    return datetime.fromisoformat(text)


def spread(seconds: list[float], factor: float = 1, unit: str = "s") -> str:
    """Median and 95th percentile."""
    ordered = sorted(seconds)
    high = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"{statistics.median(ordered) * factor:.2f} / {high * factor:.2f} {unit}"


def line(what: str, figure: str, limit: str) -> None:
    """One row of the table."""
    print(f"{what:<52}{figure:>22}  {limit}", flush=True)


if __name__ == "__main__":
    main()
