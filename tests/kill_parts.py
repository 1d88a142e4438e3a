"""kill -9 of each part in the middle of runs: `python -m tests.kill_parts [N] [PART ...]`.

Starts a stack of its own and strikes every part N times (20). After each strike every run must end,
done once or with a reason, and nothing may be left: no open lease, no kernel, no folder.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import psutil
from sqlalchemy import text

from bng_core.errors import StoreError
from bng_core.runs import RunService, poll, submit
from bng_core.settings import Settings
from bng_core.store import Run, RunStatus, load_run
from flows.kernels import PREFIX
from tests.asking import QUESTION, SAMPLE_UPLOAD

PARTS = ("task-worker-1", "kernel", "prefect", "valkey", "postgres", "api")
RUNS_A_STRIKE = 3
PATIENCE_S = 300.0
TWICE = """
SELECT count(*) FROM (
    SELECT run_key FROM runs WHERE status = 'done' AND answered_from_cache_of IS NULL
    AND run_key = ANY(:asked) GROUP BY run_key HAVING count(*) > 1
) AS done_twice
"""


def strike(settings: Settings, service: RunService, part: str, seed: int) -> list[Run]:
    """Ask, kill a part while something is computed, and return the runs as they ended.

    Raises AssertionError where a run is lost, done twice, or leaves something behind.
    """
    choice = random.Random(f"{part} {seed}")
    limits = [60 + choice.randrange(10**9) / 10**8 for _ in range(RUNS_A_STRIKE)]
    asked = [submit(service, SAMPLE_UPLOAD, replace(QUESTION, time_limit_s=s)) for s in limits]
    _wait("a run is computed", lambda: any(_status(service, r) is RunStatus.RUNNING for r in asked))
    time.sleep(choice.random())
    for process in _processes(settings, part):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _wait("every run has ended", lambda: all(_ended(service, run) for run in asked))
    ended = [load_run(service.store, run.run_id) for run in asked]
    for run in ended:
        assert run.status is RunStatus.DONE or run.error, f"run {run.run_id} ended without a word"
        assert run.lease_until is None or run.status is not RunStatus.DONE
    with service.store.begin() as connection:
        keys = {"asked": [run.run_key for run in asked]}
        assert connection.scalar(text(TWICE), keys) == 0, "a question was computed twice"
    _wait("nothing is left over", lambda: left_over(settings) == [])
    _wait("the part is back", lambda: bool(_processes(settings, part)))
    return ended


def _status(service: RunService, run: Run) -> RunStatus:
    return load_run(service.store, run.run_id).status


def _ended(service: RunService, run: Run) -> bool:
    try:
        return not poll(service, run.run_id).in_flight
    except StoreError:
        return False  # Postgres is not back yet


def _processes(settings: Settings, part: str) -> list[psutil.Process]:
    """The process of a part now; for "kernel" those of the workers."""
    state = json.loads((settings.data_dir / "state.json").read_text())
    pids = {one["name"]: one["pid"] for one in state["services"]}
    found = []
    names = [part] if part in pids else [name for name in pids if name.startswith("task-worker")]
    for name in names:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pids[name])
            if process.status() != psutil.STATUS_ZOMBIE:
                found += _kernels(process) if part == "kernel" else [process]
    return found


def _kernels(worker: psutil.Process) -> list[psutil.Process]:
    return [p for p in worker.children() if "ipykernel_launcher" in " ".join(p.cmdline())]


def left_over(settings: Settings) -> list[str]:
    """Kernels without a worker, and folders of kernels whose worker is gone."""
    left = []
    for process in psutil.process_iter(["pid", "ppid", "cmdline"]):
        with contextlib.suppress(psutil.Error):
            of_kernel = "ipykernel_launcher" in " ".join(process.info["cmdline"] or [])
            ours = of_kernel and process.environ().get("BNG_STACK") == str(settings.data_dir)
            if ours and process.info["ppid"] == 1 and process.status() != psutil.STATUS_ZOMBIE:
                left.append(f"kernel {process.info['pid']}")
    for folder in (settings.data_dir / "tmp").glob(f"{PREFIX}*"):
        owner = int(folder.name.removeprefix(PREFIX).partition("-")[0])
        if not psutil.pid_exists(owner):
            left.append(folder.name)
    return left


def _wait(what: str, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(StoreError):
            if condition():
                return
        assert time.monotonic() < end, f"waited {PATIENCE_S:.0f} s in vain until {what}"
        time.sleep(0.1)


def main() -> int:
    """Strike every part, and print what became of the runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("times", type=int, nargs="?", default=20)
    parser.add_argument("parts", nargs="*", default=PARTS)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the stack must not outlive us
    with _a_stack() as (settings, service):
        for part in options.parts:
            ended: Counter[str] = Counter()
            for seed in range(options.times):
                ended.update(_how(run) for run in strike(settings, service, part, seed))
            sys.stdout.write(f"{part}, {options.times} kills\n")
            sys.stdout.writelines(f"{n:>6} {how}\n" for how, n in ended.most_common())
            sys.stdout.flush()
    return 0


def _how(run: Run) -> str:
    """How a run ended, in words that are the same for all runs that ended so."""
    reason = (run.error or "").replace(str(run.run_id), "...")
    return f"{run.status}: {reason}" if reason else str(run.status)


@contextlib.contextmanager
def _a_stack() -> Iterator[tuple[Settings, RunService]]:
    from bng_core.settings import load_settings
    from flows.service import open_service
    from tests.conftest import bng, temporary_data_dir

    with temporary_data_dir() as folder:
        os.environ["BNG_DATA_DIR"] = str(folder)
        try:
            bng("up", "--workers", "2")
            yield load_settings(), open_service()
        finally:
            bng("down")


if __name__ == "__main__":
    sys.exit(main())
