"""The rows of the runs: what was asked, who computes it, how far it is, what came out."""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from bng_core.errors import StoreError
from bng_core.store.postgres import Store, transaction
from bng_core.store.tables import runs

QUEUE_LEASE = timedelta(seconds=60)
"""How long a run may wait for a worker before it is offered again."""

Json = dict[str, Any]


class RunStatus(StrEnum):
    """Where a run stands; `lost` is one whose lease has passed without a word."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


class Queue(StrEnum):
    """Where a run waits; who waits at a page does not wait behind a batch."""

    INTERACTIVE = "interactive"
    BATCH = "batch"


IN_FLIGHT = (RunStatus.QUEUED, RunStatus.RUNNING)


@dataclass(frozen=True)
class NewRun:
    """What is asked for, and every version that the answer depends on (§5)."""

    run_key: str
    kind: str
    parameters: Json
    input_name: str
    input_sha256: str
    market_version: str
    rulebook_version: str
    code_version: str
    queue: Queue = Queue.INTERACTIVE
    asked_by: str = ""


@dataclass(frozen=True)
class Run:
    """One run as it stands; `result` is the JSON of the answer once it is done.

    `position` is its place among those that wait in its queue, from 1; None once it is computed.
    `asked_by` is who asked first; blank where that was not noted.
    """

    run_id: uuid.UUID
    run_key: str
    kind: str
    status: RunStatus
    stage: str
    progress: int
    parameters: Json
    input_name: str
    input_sha256: str
    market_version: str
    rulebook_version: str
    code_version: str
    queue: Queue
    position: int | None
    result: Json | None
    error: str | None
    executor: str | None
    attempts: int
    answered_from_cache_of: uuid.UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    lease_until: datetime | None
    asked_by: str = ""

    @property
    def in_flight(self) -> bool:
        """Whether an answer may still come, be it after a recovery."""
        return self.finished_at is None


def enqueue(store: Store, new: NewRun) -> tuple[Run, bool]:
    """Return the run that will answer this request, and whether it is a new one.

    While an identical request is in flight, that one is returned: it is computed once.
    """
    run_id = uuid.uuid4()
    statement = (
        postgresql.insert(runs)
        .values(
            **_columns(new),
            run_id=run_id,
            status=RunStatus.QUEUED,
            stage="Waiting for a worker",
            lease_until=func.now() + QUEUE_LEASE,
        )
        .on_conflict_do_nothing()
        .returning(runs.c.run_id)
    )
    same = and_(runs.c.run_key == new.run_key, runs.c.status.in_(IN_FLIGHT))
    while True:
        with transaction(store) as connection:
            created = connection.scalar(statement) is not None
            found = _first_run(connection, runs.c.run_id == run_id if created else same)
        if found is not None:
            return found, created
        # The identical run ended between the two statements: ask again for a new one.


def add_answered(store: Store, new: NewRun, origin: uuid.UUID) -> Run:
    """Record a request that an earlier run has answered already."""
    run_id = uuid.uuid4()
    values = {**_columns(new), "run_id": run_id, **_answered_by(origin)}
    with transaction(store) as connection:
        connection.execute(insert(runs).values(values))
        return only_run(connection, run_id)


def answer_waiting(store: Store, run_id: uuid.UUID, origin: uuid.UUID) -> bool:
    """Answer a run that waits by one that has ended; False when a worker has it already."""
    waits = (runs.c.run_id == run_id, runs.c.status == RunStatus.QUEUED)
    values = {**_answered_by(origin), "lease_until": None}
    with transaction(store) as connection:
        return connection.execute(update(runs).where(*waits).values(values)).rowcount == 1


def _answered_by(origin: uuid.UUID) -> Json:
    return {
        "status": RunStatus.DONE,
        "stage": "Answered from the cache",
        "progress": 100,
        "executor": "cache",
        "answered_from_cache_of": origin,
        "started_at": func.now(),
        "finished_at": func.now(),
    }


def run_answers(store: Store, run_id: uuid.UUID, run_key: str) -> bool:
    """Whether this run has computed the answer to this key."""
    done = and_(runs.c.run_id == run_id, runs.c.status == RunStatus.DONE)
    with transaction(store) as connection:
        return bool(connection.scalar(select(exists().where(done, runs.c.run_key == run_key))))


def load_run(store: Store, run_id: uuid.UUID) -> Run:
    """Return one run with its result. Raises StoreError when there is none of that number."""
    with transaction(store) as connection:
        return only_run(connection, run_id)


def find_run(store: Store, run_id: uuid.UUID) -> Run | None:
    """Return one run with its result; None when there is none of that number."""
    with transaction(store) as connection:
        return _first_run(connection, runs.c.run_id == run_id)


def list_runs(store: Store, limit: int = 50) -> list[Run]:
    """Return the latest runs, newest first."""
    with transaction(store) as connection:
        found = connection.execute(select_runs().order_by(runs.c.created_at.desc()).limit(limit))
        return [run_of(row) for row in found]


def load_notebook(store: Store, run_id: uuid.UUID) -> bytes | None:
    """Return the executed notebook that is the record of a run; None until there is one."""
    origin = func.coalesce(runs.c.answered_from_cache_of, runs.c.run_id)
    source = select(origin).where(runs.c.run_id == run_id).scalar_subquery()
    with transaction(store) as connection:
        content = connection.scalar(select(runs.c.notebook).where(runs.c.run_id == source))
    return None if content is None else bytes(content)


def expired() -> ColumnElement[bool]:
    """Whether the lease of a run has passed, by the clock of Postgres."""
    return runs.c.lease_until <= func.now()


def shown_status() -> ColumnElement[str]:
    """Where a run stands: lost, where it is in flight and its lease has passed."""
    lost = and_(runs.c.status.in_(IN_FLIGHT), expired())
    return case((lost, RunStatus.LOST.value), else_=runs.c.status)


def _columns(new: NewRun) -> Json:
    return {field.name: getattr(new, field.name) for field in fields(NewRun)}


@cache
def select_runs() -> Select[Any]:
    """Select runs as they show: an answer from the cache has the result of its origin."""
    origin, ahead = runs.alias("origin"), runs.alias("ahead")
    waits = runs.c.status == RunStatus.QUEUED
    position = select(func.count()).where(
        ahead.c.status == RunStatus.QUEUED,
        ahead.c.queue == runs.c.queue,
        ahead.c.created_at <= runs.c.created_at,
    )
    shown: Json = {
        "status": shown_status().label("status"),
        "result": func.coalesce(runs.c.result, origin.c.result, type_=runs.c.result.type).label(
            "result"
        ),
        "position": case((waits, position.scalar_subquery())).label("position"),
    }
    columns = [shown[f.name] if f.name in shown else runs.c[f.name] for f in fields(Run)]
    joined = runs.outerjoin(origin, origin.c.run_id == runs.c.answered_from_cache_of)
    return select(*columns).select_from(joined)


def _first_run(connection: Connection, condition: ColumnElement[bool]) -> Run | None:
    row = connection.execute(select_runs().where(condition)).first()
    return None if row is None else run_of(row)


def only_run(connection: Connection, run_id: uuid.UUID) -> Run:
    """Return one run within a transaction. Raises StoreError when there is none."""
    run = _first_run(connection, runs.c.run_id == run_id)
    if run is None:
        raise StoreError(f"There is no run {run_id}; see the list of runs.")
    return run


def run_of(row: Row[Any]) -> Run:
    """Return the run of one row of `select_runs`."""
    values = dict(row._mapping)
    known = {"status": RunStatus(values["status"]), "queue": Queue(values["queue"])}
    return Run(**{**values, **known})
