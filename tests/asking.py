"""Asking questions of a run service, and waiting for other processes to answer them."""

import time
import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bng_core.attempt import Attempt
from bng_core.demand import demand_of_file
from bng_core.market import read_market
from bng_core.optimise import optimise
from bng_core.question import Question
from bng_core.runs import RunService, Upload, poll
from bng_core.settings import PROJECT_ROOT
from bng_core.store import Run, Store, load_run
from bng_core.store.leases import claim_run

SAMPLE = PROJECT_ROOT / "sample"
SAMPLE_UPLOAD = Upload("Sample (v1).xlsx", (SAMPLE / "metric.xlsx").read_bytes())
QUESTION = Question("South Oxfordshire", "Upper Thames Clay Vales", date(2026, 11, 24))
PATIENCE_S = 120


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for other processes; the deadline is for a machine that hangs, not a claim of speed."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def start_attempt(store: Store, run_id: uuid.UUID, executor: str, record: Path) -> Attempt | None:
    """Claim a run; None when another has it, or it has ended."""
    claim = claim_run(store, run_id, executor)
    return None if claim is None else Attempt(store, claim, record)


def wait_for(service: RunService, run: Run) -> Run:
    wait_until(lambda: not poll(service, run.run_id).in_flight)
    return load_run(service.store, run.run_id)


def expected_answer(question: Question = QUESTION) -> dict:
    demand, market = demand_of_file(SAMPLE / "metric.xlsx"), read_market(SAMPLE / "market")
    return optimise(demand, market, question.request()).to_json()
