"""The flow behind the deployment `report`."""

import json
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from bng_core.actor import SYSTEM
from bng_core.settings import load_settings
from bng_core.store import connect
from bng_core.store.analytics import open_analytics
from bng_core.store.run_figures import RunFigures, run_figures
from flows.steps import step

TIMEOUT_S = 600
MOST_ROWS = 200
"""Of each table; `bng analytics show` has all of them."""


@flow(name="report", timeout_seconds=TIMEOUT_S)
def report() -> RunFigures:
    """Show how the runs of the program went, and how quotes, prices and stock stand."""
    show_analytics()
    return show_runs()


@step(name="count runs")
def show_runs() -> RunFigures:
    """Runs by status, what waits, the share of the cache and the seconds of a run."""
    figures = run_figures(connect(load_settings().database_url))
    rows = [{"runs": str(status), "number": n} for status, n in figures.ended.items()]
    rows += [{"runs": f"waiting, {queue}", "number": n} for queue, n in figures.waiting.items()]
    create_table_artifact(rows, key="runs", description="Runs by status")
    create_markdown_artifact(in_words(figures), key="run-report", description="Runs in words")
    return figures


@step(name="show the analytics")
def show_analytics() -> None:
    """The first rows of every view of the analytics, as one table each."""
    analytics = open_analytics("store", SYSTEM)
    for view in analytics.views():
        frame = analytics.frame(view)
        first = frame.head(MOST_ROWS).to_json(orient="records", date_format="iso")
        rows: list[dict[str, Any]] = json.loads(first)
        words = f"{view.replace('_', ' ').capitalize()}: {len(rows)} of {len(frame)} rows"
        create_table_artifact(rows, key=view.replace("_", "-"), description=words)
    analytics.close()


def in_words(figures: RunFigures) -> str:
    """What an operator wants to know first."""
    if figures.hit_rate is None:
        return "Nothing was asked yet."
    lines = [f"{figures.hit_rate:.0%} of answers came from the cache."]
    if figures.computed:
        mean = figures.seconds / figures.computed
        lines.append(f"{figures.computed} runs were computed, {mean:.1f} s each on average.")
    return " ".join(lines)
