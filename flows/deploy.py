"""Make the work pool and the deployments in Prefect: `python -m flows.deploy`, safe to repeat.

Runs that were in flight when the stack stopped are asked for again here: what waited at once, what
was being computed when its lease passes. Who finds a run already taken leaves it alone.
"""

import sys
from typing import cast
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.flows import Flow
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from prefect.states import State

from bng_core.errors import BngError, StackError
from bng_core.settings import Settings, load_settings
from bng_core.store import RunStatus, connect
from bng_core.store.leases import open_runs
from flows.dispatch import POOL, schedule

DEPLOYMENTS = {
    "optimise": "The cheapest lawful purchase for one stored run.",
    "portfolio": "Many developments on one stock, for one stored run.",
}
"""The flow of each kind of run, in the module of its name, and what its deployment is for."""


def deploy(settings: Settings) -> None:
    """Create or update the pool and the deployments, such as `optimise/optimise`.

    Raises StackError when Prefect does not answer.
    """
    server = {
        PREFECT_API_URL: settings.prefect_api_url,
        PREFECT_API_AUTH_STRING: settings.prefect_auth_string,
    }
    try:
        with temporary_settings(updates=server):
            _make_pool()
            for kind, words in DEPLOYMENTS.items():
                _make_deployment(settings, kind, words)
    except (httpx.HTTPError, PrefectHTTPStatusError) as fault:
        raise StackError(
            f"Prefect does not take the deployments at {settings.prefect_api_url}: {fault}"
        ) from fault


def _make_pool() -> None:
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(POOL)
        except ObjectNotFound:
            client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))


def _make_deployment(settings: Settings, kind: str, words: str) -> None:
    entrypoint = f"flows/{kind}.py:{kind}"
    flow = Flow.from_source(source=str(settings.project_root), entrypoint=entrypoint)
    cast("Flow[[UUID], State]", flow).deploy(
        name=kind,
        work_pool_name=POOL,
        tags=["bng", "interactive"],
        description=words,
        print_next_steps=False,
        ignore_warnings=True,
    )


def resume(settings: Settings) -> int:
    """Ask Prefect for every run in flight; return how many."""
    runs = open_runs(connect(settings.database_url), expired_only=False)
    for run in runs:
        waits = run.status is RunStatus.QUEUED
        schedule(settings, run, None if waits else run.lease_until)
    return len(runs)


def main() -> int:
    """Deploy, and resume what was in flight; 1 with a sentence where that cannot be done."""
    settings = load_settings()
    try:
        deploy(settings)
        resume(settings)
    except (BngError, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
