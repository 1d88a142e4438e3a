"""The flow behind the deployment `report`."""

from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from bng_core.settings import load_settings
from bng_core.store import connect
from bng_core.store.run_figures import RunFigures, run_figures
from flows.steps import step

TIMEOUT_S = 300


@flow(name="report", timeout_seconds=TIMEOUT_S)
def report() -> RunFigures:
    """Show how the runs of the program went."""
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


def in_words(figures: RunFigures) -> str:
    """What an operator wants to know first."""
    if figures.hit_rate is None:
        return "Nothing was asked yet."
    lines = [f"{figures.hit_rate:.0%} of answers came from the cache."]
    if figures.computed:
        mean = figures.seconds / figures.computed
        lines.append(f"{figures.computed} runs were computed, {mean:.1f} s each on average.")
    return " ".join(lines)
