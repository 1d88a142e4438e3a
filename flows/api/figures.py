"""The figures that Prometheus collects: of the runs from the store, of the workers from Redis."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from bng_core.errors import StoreError
from bng_core.store import pool_use
from bng_core.store.run_figures import RunFigures, run_figures
from bng_core.workers import workers_seen
from flows.api.desk import Desk

ANSWER_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def answer_seconds(registry: CollectorRegistry) -> Histogram:
    """How long the API took to answer, by route."""
    return Histogram(
        "bng_api_answer_seconds",
        "Time to answer a request",
        ["method", "route", "status"],
        buckets=ANSWER_BUCKETS,
        registry=registry,
    )


class RunCollector(Collector):
    """Asks the store when Prometheus asks us; nothing but `bng_up 0` when it does not answer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def collect(self) -> Iterator[Metric]:
        """All figures as they are now."""
        try:
            store = self._desk.service.store
            figures = run_figures(store)
            connections = pool_use(store)
        except StoreError:
            yield GaugeMetricFamily("bng_up", "Whether Postgres answers", value=0)
            return
        yield GaugeMetricFamily("bng_up", "Whether Postgres answers", value=1)
        yield from _of_runs(figures)
        yield GaugeMetricFamily(
            "bng_api_connections_in_use", "Connections to Postgres in use", value=connections
        )
        yield from self._of_workers()

    def _of_workers(self) -> Iterator[Metric]:
        seen = workers_seen(self._desk.cache.client)
        busy = GaugeMetricFamily("bng_worker_busy", "Whether it computes", labels=["worker"])
        ready = GaugeMetricFamily(
            "bng_worker_kernels_ready", "Kernels that wait in its pool", labels=["worker"]
        )
        for worker in seen:
            busy.add_metric([worker.name], int(worker.busy))
            ready.add_metric([worker.name], worker.kernels_ready)
        yield from (busy, ready)


def _of_runs(figures: RunFigures) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("bng_runs_waiting", "Runs that wait", labels=["queue"])
    for queue, number in figures.waiting.items():
        waiting.add_metric([queue], number)
    ended = CounterMetricFamily("bng_runs_ended", "Runs that have ended", labels=["status"])
    for status, number in figures.ended.items():
        ended.add_metric([status], number)
    yield from (waiting, ended)
    yield GaugeMetricFamily("bng_runs_at_work", "Runs being computed", value=figures.at_work)
    yield CounterMetricFamily(
        "bng_cache_hits", "Requests answered from the cache", value=figures.from_cache
    )
    yield CounterMetricFamily(
        "bng_cache_misses", "Requests that were computed", value=figures.computed
    )
    yield GaugeMetricFamily(
        "bng_cache_hit_rate", "Share of answers from the cache", value=figures.hit_rate or 0.0
    )
    buckets = [(str(limit), number) for limit, number in figures.within_seconds.items()]
    yield HistogramMetricFamily(
        "bng_run_seconds",
        "Seconds to compute a run",
        buckets=[*buckets, ("+Inf", figures.computed)],
        sum_value=figures.seconds,
    )
