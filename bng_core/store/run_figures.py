"""How the runs went, in figures for those who operate the program; counted from the rows."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, extract, func, select

from bng_core.store.postgres import Store, transaction
from bng_core.store.run_rows import Queue, RunStatus, expired
from bng_core.store.tables import runs

BUCKETS_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)


@dataclass(frozen=True)
class RunFigures:
    """Counts since the store was made, and of what waits and works now.

    ended            by status; an answer from the cache is a run that is done
    waiting          by queue
    at_work          being computed, with a lease that holds
    from_cache       requests that were answered without a computation
    computed         runs that were computed to their end, with their seconds in all
    within_seconds   how many of those took at most so many seconds
    """

    ended: dict[RunStatus, int]
    waiting: dict[Queue, int]
    at_work: int
    from_cache: int
    computed: int
    seconds: float
    within_seconds: dict[float, int]

    @property
    def hit_rate(self) -> float | None:
        """The share of answers that the cache gave; None before the first answer."""
        answers = self.from_cache + self.computed
        return self.from_cache / answers if answers else None


def run_figures(store: Store) -> RunFigures:
    """Count the runs. Raises StoreError when Postgres does not answer."""
    by_status = select(runs.c.status, func.count()).group_by(runs.c.status)
    waits = runs.c.status == RunStatus.QUEUED
    by_queue = select(runs.c.queue, func.count()).where(waits).group_by(runs.c.queue)
    seconds = extract("epoch", runs.c.finished_at - runs.c.started_at)
    cached = runs.c.answered_from_cache_of.is_not(None)
    computed = and_(runs.c.status == RunStatus.DONE, runs.c.answered_from_cache_of.is_(None))
    works = and_(runs.c.status == RunStatus.RUNNING, ~expired())
    counted = select(
        _count(works),
        _count(cached),
        _count(computed),
        func.coalesce(func.sum(seconds).filter(computed), 0.0),
        *(_count(and_(computed, seconds <= limit)) for limit in BUCKETS_SECONDS),
    )
    with transaction(store) as connection:
        ended = {RunStatus(name): n for name, n in connection.execute(by_status).tuples()}
        waiting = {Queue(name): n for name, n in connection.execute(by_queue).tuples()}
        at_work, hits, done, total, *within = connection.execute(counted).one()
    for status in (RunStatus.QUEUED, RunStatus.RUNNING):
        ended.pop(status, None)
    return RunFigures(
        ended=ended,
        waiting={queue: waiting.get(queue, 0) for queue in Queue},
        at_work=at_work,
        from_cache=hits,
        computed=done,
        seconds=float(total),
        within_seconds=dict(zip(BUCKETS_SECONDS, within, strict=True)),
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)
