"""The flow behind the deployment `requote`."""

import time
from datetime import date
from uuid import UUID

from prefect import flow
from prefect.artifacts import create_table_artifact

from bng_core.actor import SYSTEM
from bng_core.requoting import ask_requote
from bng_core.runs import poll
from bng_core.store import Queue, Run
from bng_core.store.upkeep import OpenQuote, open_quotes
from flows.service import open_service
from flows.steps import step

TIMEOUT_S = 4 * 3600
LOOK_SECONDS = 2.0
PENCE = 100


@flow(name="requote", timeout_seconds=TIMEOUT_S)
def requote() -> dict[str, str]:
    """Ask the question of every open quote again on today's market, and show what changed."""
    quotes = find_quotes()
    asked = [ask(quote.reference) for quote in quotes]
    return show(quotes, [wait(run_id) for run_id in asked])


@step(name="find open quotes")
def find_quotes() -> list[OpenQuote]:
    """The quotes that are out."""
    return open_quotes(open_service().store)


@step(name="ask again")
def ask(reference: str) -> UUID:
    """Put the question of a quote into the batch queue, at today's prices."""
    return ask_requote(open_service(), SYSTEM, reference, date.today(), Queue.BATCH).run_id


@step(name="wait")
def wait(run_id: UUID) -> Run:
    """Wait until a run has ended."""
    service = open_service()
    while (run := poll(service, run_id)).in_flight:
        time.sleep(LOOK_SECONDS)
    return run


@step(name="compare")
def show(quotes: list[OpenQuote], runs: list[Run]) -> dict[str, str]:
    """A table of what each open quote would cost today."""
    words = {q.reference: _words(q, run) for q, run in zip(quotes, runs, strict=True)}
    rows = [
        {"quote": quote.reference, "quoted": f"£{quote.total_pence / PENCE:,.2f}", "today": today}
        for quote, today in zip(quotes, words.values(), strict=True)
    ]
    create_table_artifact(rows, key="requotes", description="Open quotes at today's prices")
    return words


def _words(quote: OpenQuote, run: Run) -> str:
    if run.result is None:
        return f"{run.status}: {run.error}"
    if run.result["status"] == "infeasible":
        return "no lawful purchase any more"
    total = run.result["cost"]["total_gbp"]
    change = total - quote.total_pence / PENCE
    return f"£{total:,.2f} ({change:+,.2f})"
