"""The flow behind the deployment `optimise/optimise`."""

from typing import Any
from uuid import UUID

from prefect import flow
from prefect.states import State

from bng_core.report import purchases_table, verdict
from flows.notebook_flow import TIMEOUT_S, Shown, cancel, compute_and_show


@flow(
    name="optimise",
    flow_run_name="run-{run_id}",
    timeout_seconds=TIMEOUT_S,
    log_prints=False,
    on_cancellation=[cancel],
)
def optimise(run_id: UUID) -> State[Any]:
    """Find the cheapest lawful purchase for one stored run."""
    return compute_and_show(run_id, Shown(verdict, "purchases", purchases_table))
