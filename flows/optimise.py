"""The flow behind the deployment `optimise/optimise`: order and retries, nothing else."""

import logging
from typing import Any
from uuid import UUID

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun
from prefect.flows import Flow
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed, State

from bng_core.errors import StoreError
from bng_core.report import purchases_table, verdict
from bng_core.settings import load_settings
from bng_core.store import Run, RunStatus, connect
from bng_core.store.leases import cancel_run
from flows.run_notebook import execute_run


def store_did_not_answer(task: Any, task_run: Any, state: State[Any]) -> bool:
    """Whether to try again: only what Postgres may mend by itself, never a wrong input."""
    return isinstance(state.result(raise_on_failure=False), StoreError)


def cancel(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Close our own run when somebody cancels the flow run in Prefect."""
    store = connect(load_settings().database_url)
    cancel_run(store, UUID(flow_run.parameters["run_id"]), "The run was cancelled in Prefect.")


@task(
    name="run the notebook",
    retries=3,
    retry_delay_seconds=[1, 5, 15],
    retry_condition_fn=store_did_not_answer,
    cache_policy=NO_CACHE,
)
def run_notebook(run_id: UUID) -> Run:
    """Compute the run on this worker."""
    return execute_run(run_id, executor="prefect")


@task(name="publish", retries=2, retry_delay_seconds=[1, 5], cache_policy=NO_CACHE)
def publish(run: Run) -> None:
    """Show the answer in the Prefect UI, and where its executed notebook is kept."""
    result = run.result or {}
    lines = [
        verdict(result),
        f"Run `{run.run_id}` of `{run.input_name}`; its executed notebook is kept with the run "
        "(table `runs`, column `notebook`) and opens from the page of the run.",
        f"Run key `{run.run_key}`; market version `{run.market_version}`.",
    ]
    create_markdown_artifact("\n\n".join(lines), key=f"run-{run.run_id}", description="Verdict")
    table = purchases_table(result)
    create_table_artifact(
        {str(name): list(table[name]) for name in table},
        key=f"purchases-{run.run_id}",
        description="Purchases",
    )


@flow(name="optimise", log_prints=False, on_cancellation=[cancel])
def optimise(run_id: UUID) -> State[Any]:
    """Find the cheapest lawful purchase for one stored run."""
    log = get_run_logger()
    log.setLevel(logging.INFO)
    run = run_notebook(run_id)
    if run.status is not RunStatus.DONE:
        log.warning("run %s is %s: %s", run_id, run.status, run.error)
        failed = run.status is RunStatus.FAILED
        return Failed(message=run.error) if failed else Completed(message=f"Run is {run.status}.")
    result = run.result or {}
    log.info("run key %s, cost %s, gap %s", run.run_key, result.get("cost"), result.get("gap"))
    publish(run)
    return Completed(message=verdict(result))
