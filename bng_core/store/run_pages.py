"""The list of runs as a page shows it: no results, newest first, a page at a time."""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, tuple_

from bng_core.actor import Action, Actor, require
from bng_core.store.postgres import Store, transaction
from bng_core.store.run_rows import Queue, RunStatus, shown_status
from bng_core.store.tables import runs


@dataclass(frozen=True)
class RunRow:
    """One run as lists show it; times are UTC."""

    run_id: uuid.UUID
    kind: str
    status: RunStatus
    stage: str
    progress: int
    queue: Queue
    asked_by: str
    input_name: str
    executor: str | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def in_flight(self) -> bool:
        """Whether it can be cancelled."""
        return self.finished_at is None


@dataclass(frozen=True)
class RunSearch:
    """Which runs; `after` is the last row of the page before."""

    status: RunStatus | None = None
    asked_by: str = ""
    after: RunRow | None = None
    limit: int = 50


def list_run_rows(store: Store, actor: Actor, search: RunSearch = RunSearch()) -> list[RunRow]:
    """The runs of everybody that match, newest first. Raises NotAllowed."""
    require(actor, Action.SEE_ALL_QUOTES)
    status = shown_status()
    columns = [
        status.label("status") if f.name == "status" else runs.c[f.name] for f in fields(RunRow)
    ]
    order = (runs.c.created_at, runs.c.run_id)
    wanted = select(*columns).order_by(*(column.desc() for column in order)).limit(search.limit)
    if search.status is not None:
        wanted = wanted.where(status == search.status)
    if search.asked_by:
        wanted = wanted.where(runs.c.asked_by == search.asked_by.replace("\0", ""))
    if search.after is not None:
        wanted = wanted.where(tuple_(*order) < (search.after.created_at, search.after.run_id))
    with transaction(store) as connection:
        return [_row(row) for row in connection.execute(wanted)]


def _row(row: Row[Any]) -> RunRow:
    values = dict(row._mapping)
    known = {"status": RunStatus(values["status"]), "queue": Queue(values["queue"])}
    return RunRow(**{**values, **known})
