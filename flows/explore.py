"""The flow behind the deployment `explore/explore`."""

from typing import Any
from uuid import UUID

from prefect import flow
from prefect.states import State

from bng_core.report import alternatives_table, alternatives_verdict
from flows.notebook_flow import TIMEOUT_S, Shown, cancel, compute_and_show


@flow(
    name="explore",
    flow_run_name="run-{run_id}",
    timeout_seconds=TIMEOUT_S,
    log_prints=False,
    on_cancellation=[cancel],
)
def explore(run_id: UUID) -> State[Any]:
    """Find what stands around the answer of a question, for one stored run."""
    return compute_and_show(run_id, Shown(alternatives_verdict, "alternatives", alternatives_table))
