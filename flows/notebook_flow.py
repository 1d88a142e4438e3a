"""What the flow of any notebook does: compute a stored run, show it, say how it ended."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pandas as pd
from prefect import task
from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_table_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun
from prefect.flows import Flow
from prefect.logging import get_run_logger
from prefect.states import Cancelled, Completed, Failed, State

from bng_core.settings import load_settings
from bng_core.store import Run, RunStatus, connect, load_notebook
from bng_core.store.leases import cancel_run
from flows.run_notebook import execute_run
from flows.steps import step

Result = Mapping[str, Any]

PICTURE = re.compile(rb"data:image/png;base64,[A-Za-z0-9+/=]+")
"""The picture of an answer as it stands in the executed notebook."""

CANCELLED = "The run was cancelled in Prefect."

STATE_OF = {RunStatus.FAILED: Failed, RunStatus.CANCELLED: Cancelled}
"""Of the flow run; a run that another worker has, or that waits again, is no fault of this one."""

TIMEOUT_S = 2 * 3600
"""Beyond every limit of the notebook itself, which ends it with a reason in words."""


@dataclass(frozen=True)
class Shown:
    """What the Prefect UI shows of a result: a verdict in words, and a table with its name.

    `page` is the page that opens the run and gives its executed notebook.
    """

    verdict: Callable[[Result], str]
    table_name: str
    table: Callable[[Result], pd.DataFrame]
    page: str = "quote"


def compute_and_show(run_id: UUID, shown: Shown) -> State[Any]:
    """Compute a stored run on this worker and show its result; the state says how it ended."""
    log = get_run_logger()
    log.setLevel(logging.INFO)
    run = run_notebook(run_id)
    if run.status is not RunStatus.DONE:
        log.warning("run %s is %s: %s", run_id, run.status, run.error)
        state = STATE_OF.get(run.status, Completed)
        return state(message=run.error or f"Run is {run.status}.")
    result = run.result or {}
    log.info("run key %s, cost %s, gap %s", run.run_key, result.get("cost"), result.get("gap"))
    publish(run, shown)
    return Completed(message=shown.verdict(result))


def cancel(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Close our own run when somebody cancels the flow run in Prefect."""
    store = connect(load_settings().database_url)
    cancel_run(store, UUID(flow_run.parameters["run_id"]), CANCELLED)


@step(name="run the notebook")
def run_notebook(run_id: UUID) -> Run:
    """Compute the run on this worker."""
    return execute_run(run_id, executor="prefect")


@task(name="publish", retries=2, retry_delay_seconds=[1, 5], cache_policy=NO_CACHE)
def publish(run: Run, shown: Shown) -> None:
    """Show the answer in the Prefect UI, and where its executed notebook is kept."""
    result = run.result or {}
    lines = [
        shown.verdict(result),
        f"Run `{run.run_id}` of `{run.input_name}`; its executed notebook is kept with the run "
        "(table `runs`, column `notebook`) and opens from the page of the run.",
        f"Run key `{run.run_key}`; market version `{run.market_version}`.",
    ]
    create_markdown_artifact("\n\n".join(lines), key=f"run-{run.run_id}", description="Verdict")
    table = shown.table(result)
    create_table_artifact(
        {str(name): list(table[name]) for name in table},
        key=f"{shown.table_name}-{run.run_id}",
        description=shown.table_name.capitalize(),
    )
    settings = load_settings()
    record = load_notebook(connect(settings.database_url), run.run_id) or b""
    if drawn := PICTURE.search(record):
        picture = drawn.group().decode()
        create_image_artifact(picture, key=f"picture-{run.run_id}", description="Picture")
    if settings.voila_url is not None:
        site = settings.voila_url.rstrip("/")
        page = f"{site}/voila/render/{shown.page}.ipynb?run={run.run_id}"
        create_link_artifact(page, "The executed notebook", key=f"notebook-{run.run_id}")
