"""The flow behind the deployment `portfolio/portfolio`."""

from typing import Any
from uuid import UUID

from prefect import flow
from prefect.states import State

from bng_core.portfolio.words import portfolio_verdict, sites_table
from flows.notebook_flow import TIMEOUT_S, Shown, cancel, compute_and_show


@flow(
    name="portfolio",
    flow_run_name="run-{run_id}",
    timeout_seconds=TIMEOUT_S,
    log_prints=False,
    on_cancellation=[cancel],
)
def portfolio(run_id: UUID) -> State[Any]:
    """Divide one stock among many developments at least cost, for one stored run."""
    shown = Shown(portfolio_verdict, "developments", sites_table, page="portfolio")
    return compute_and_show(run_id, shown)
