"""Who computes a run: claims, leases and how an attempt ends.

The row is the lock. A run in flight carries a lease that whoever computes it renews; once it has
passed, the run shows as lost and may be claimed again. Every claim has its own owner id, and only
the present owner can write, so that one who was given up for dead cannot overwrite.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Update, and_, exists, func, not_, or_, select, update

from bng_core.store.postgres import Store, transaction
from bng_core.store.run_rows import (
    IN_FLIGHT,
    QUEUE_LEASE,
    Json,
    Queue,
    Run,
    RunStatus,
    expired,
    only_run,
    run_of,
    select_runs,
)
from bng_core.store.tables import runs

RUN_LEASE = timedelta(seconds=20)
"""How long a run may stay silent before it counts as lost; see runs.RENEW_SECONDS."""


@dataclass(frozen=True)
class Claim:
    """The right to compute a run, until its lease passes or another claims it."""

    run: Run
    owner: uuid.UUID


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended: a result, or the reason in words for the user."""

    status: RunStatus
    result: Json | None = None
    error: str | None = None
    notebook: bytes | None = None


def claim_run(store: Store, run_id: uuid.UUID, executor: str) -> Claim | None:
    """Take a run that waits, or whose lease has passed; None when there is nothing to take."""
    owner = uuid.uuid4()
    free = or_(runs.c.status == RunStatus.QUEUED, expired())
    statement = _claimed(owner, executor).where(
        runs.c.run_id == run_id, runs.c.status.in_(IN_FLIGHT), free
    )
    with transaction(store) as connection:
        if connection.execute(statement).rowcount == 0:
            return None
        return Claim(only_run(connection, run_id), owner)


def claim_next(
    store: Store, executor: str, queues: Sequence[Queue], sent_to: str | None = None
) -> Claim | None:
    """Take the run that has waited longest in these queues; None when none waits.

    `sent_to` leaves alone what was sent to another executor.
    """
    wanted = [runs.c.status == RunStatus.QUEUED, runs.c.queue.in_(queues)]
    if sent_to is not None:
        wanted.append(runs.c.executor == sent_to)
    first = (
        select(runs.c.run_id)
        .where(*wanted)
        .order_by(runs.c.queue.desc(), runs.c.created_at)  # interactive before batch
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    owner = uuid.uuid4()
    with transaction(store) as connection:
        run_id = connection.scalar(first)
        if run_id is None:
            return None
        connection.execute(_claimed(owner, executor).where(runs.c.run_id == run_id))
        return Claim(only_run(connection, run_id), owner)


def renew_lease(store: Store, claim: Claim) -> bool:
    """Keep a run claimed; False when it no longer belongs to this claim."""
    return _write(store, _owned(claim).values(lease_until=func.now() + RUN_LEASE))


def set_stage(store: Store, claim: Claim, stage: str, progress: int) -> bool:
    """Say how far a run is (0-100), which also renews its lease."""
    values = {"stage": stage, "progress": progress, "lease_until": func.now() + RUN_LEASE}
    return _write(store, _owned(claim).values(values))


def close_run(store: Store, claim: Claim, outcome: Outcome) -> bool:
    """Store how an attempt ended; False, and nothing stored, when it lost its claim before."""
    values: Json = {
        "status": outcome.status,
        "result": outcome.result,
        "error": outcome.error,
        "notebook": outcome.notebook,
        "finished_at": func.now(),
        "lease_until": None,
        "lease_owner": None,
    }
    if outcome.status is RunStatus.DONE:
        values |= {"stage": "Done", "progress": 100}
    return _write(store, _owned(claim).values(values))


def give_back(store: Store, claim: Claim, notebook: bytes | None) -> bool:
    """Return a run to the queue, free at once, because its worker was told to stop."""
    values = {
        "status": RunStatus.QUEUED,
        "stage": "Interrupted; waiting for a worker",
        "notebook": notebook,
        "lease_owner": None,
        "lease_until": func.now(),
    }
    return _write(store, _owned(claim).values(values))


def cancel_run(store: Store, run_id: uuid.UUID, reason: str) -> bool:
    """Stop a run in flight for good; False when it had ended already."""
    values = _ended(RunStatus.CANCELLED, reason)
    return _write(store, _in_flight(run_id).values(values))


def requeue(store: Store, run_id: uuid.UUID) -> bool:
    """Offer a lost run again; of several callers one gets True."""
    values = {
        "status": RunStatus.QUEUED,
        "stage": "Interrupted; waiting for a worker",
        "executor": None,
        "lease_owner": None,
        "lease_until": func.now() + QUEUE_LEASE,
    }
    return _write(store, _in_flight(run_id).where(expired()).values(values))


def give_up(store: Store, run_id: uuid.UUID, reason: str) -> bool:
    """Close a lost run that has been tried often enough."""
    values = _ended(RunStatus.LOST, reason)
    return _write(store, _in_flight(run_id).where(expired()).values(values))


def keep_waiting(store: Store) -> None:
    """Leave runs in the queue whose lease has passed while the workers of their queue are busy.

    They will be taken in their turn; only where nobody computes is a waiting run offered again.
    """
    busy = runs.alias("busy")
    somebody_computes = exists().where(
        busy.c.status == RunStatus.RUNNING,
        busy.c.queue == runs.c.queue,
        busy.c.lease_until > func.now(),
    )
    statement = (
        update(runs)
        .where(runs.c.status == RunStatus.QUEUED, expired(), somebody_computes)
        .values(lease_until=func.now() + QUEUE_LEASE)
    )
    with transaction(store) as connection:
        connection.execute(statement)


def promote(store: Store, run_id: uuid.UUID) -> bool:
    """Let a run of the batch that still waits be computed for somebody at a page."""
    waiting = _in_flight(run_id).where(runs.c.status == RunStatus.QUEUED)
    return _write(store, waiting.where(runs.c.queue == Queue.BATCH).values(queue=Queue.INTERACTIVE))


def at_work(store: Store, executor: str) -> int:
    """How many runs an executor has in hand: those it computes and those sent to it."""
    theirs = [runs.c.status.in_(IN_FLIGHT), runs.c.executor == executor, not_(expired())]
    with transaction(store) as connection:
        return connection.scalar(select(func.count()).select_from(runs).where(*theirs)) or 0


def waiting(store: Store, queue: Queue) -> int:
    """How many runs wait in a queue."""
    theirs = [runs.c.status == RunStatus.QUEUED, runs.c.queue == queue]
    with transaction(store) as connection:
        return connection.scalar(select(func.count()).select_from(runs).where(*theirs)) or 0


def set_executor(store: Store, run_id: uuid.UUID, executor: str) -> bool:
    """Note where a waiting run was sent."""
    waiting = _in_flight(run_id).where(runs.c.status == RunStatus.QUEUED)
    return _write(store, waiting.values(executor=executor))


def open_runs(store: Store, *, expired_only: bool) -> list[Run]:
    """Return the runs in flight, oldest first; or only those whose lease has passed."""
    in_flight = runs.c.status.in_(IN_FLIGHT)
    wanted = and_(in_flight, expired()) if expired_only else in_flight
    with transaction(store) as connection:
        found = connection.execute(select_runs().where(wanted).order_by(runs.c.created_at))
        return [run_of(row) for row in found]


def _claimed(owner: uuid.UUID, executor: str) -> Update:
    return update(runs).values(
        status=RunStatus.RUNNING,
        stage="Starting",
        executor=executor,
        attempts=runs.c.attempts + 1,
        lease_owner=owner,
        lease_until=func.now() + RUN_LEASE,
        started_at=func.now(),
    )


def _ended(status: RunStatus, reason: str) -> Json:
    return {"status": status, "error": reason, "finished_at": func.now(), "lease_owner": None}


def _in_flight(run_id: uuid.UUID) -> Update:
    return update(runs).where(runs.c.run_id == run_id, runs.c.status.in_(IN_FLIGHT))


def _owned(claim: Claim) -> Update:
    return _in_flight(claim.run.run_id).where(runs.c.lease_owner == claim.owner)


def _write(store: Store, statement: Update) -> bool:
    with transaction(store) as connection:
        return connection.execute(statement).rowcount == 1
