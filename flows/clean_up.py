"""The flow behind the deployment `clean-up`."""

from prefect import flow
from prefect.artifacts import create_table_artifact

from bng_core.settings import load_settings
from bng_core.store import connect
from bng_core.store.idempotency import forget_old
from bng_core.store.upkeep import let_go_notebooks
from flows.kernels import remove_left_over
from flows.steps import step

TIMEOUT_S = 1800


@flow(name="clean-up", timeout_seconds=TIMEOUT_S)
def clean_up(notebook_days: int = 365) -> dict[str, int]:
    """Let go of what is past its time; results and quotes are kept."""
    remove_left_over()
    return clean_store(notebook_days)


@step(name="clean the store")
def clean_store(notebook_days: int) -> dict[str, int]:
    """Remove executed notebooks and keys of requests past their time; return how many."""
    store = connect(load_settings().database_url)
    removed = {
        "executed notebooks": let_go_notebooks(store, notebook_days),
        "keys of requests": forget_old(store),
    }
    rows = [{"what": what, "removed": number} for what, number in removed.items()]
    create_table_artifact(rows, key="clean-up", description="What was past its time")
    return removed
