"""Make the work pool and the deployments in Prefect: `python -m flows.deploy`, safe to repeat.

Runs that were in flight when the stack stopped are asked for again here: what waited at once, what
was being computed when its lease passes. Who finds a run already taken leaves it alone.
"""

import subprocess
import sys

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from bng_core.errors import BngError, StackError
from bng_core.settings import Settings, child_environment, load_settings
from bng_core.store import Queue, RunStatus, connect
from bng_core.store.leases import open_runs
from flows.dispatch import POOL, schedule

QUEUES = {str(Queue.INTERACTIVE): 1, str(Queue.BATCH): 2, "upkeep": 3}
"""Work queues of the pool with their priority: what somebody waits for comes first."""


def deploy(settings: Settings) -> None:
    """Create or update the pool, its queues, and every deployment of prefect.yaml.

    Raises StackError when Prefect does not answer.
    """
    server = {
        PREFECT_API_URL: settings.prefect_api_url,
        PREFECT_API_AUTH_STRING: settings.prefect_auth_string,
    }
    try:
        with temporary_settings(updates=server):
            _make_pool()
    except (httpx.HTTPError, PrefectHTTPStatusError) as fault:
        raise StackError(
            f"Prefect does not take the work pool at {settings.prefect_api_url}: {fault}"
        ) from fault
    _deploy_all(settings)


def _make_pool() -> None:
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(POOL)
        except ObjectNotFound:
            client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        for name, priority in QUEUES.items():
            try:
                queue = client.read_work_queue_by_name(name, work_pool_name=POOL)
            except ObjectNotFound:
                queue = client.create_work_queue(name, work_pool_name=POOL)
            client.update_work_queue(queue.id, priority=priority)


def _deploy_all(settings: Settings) -> None:
    """Let Prefect itself read prefect.yaml, as a user of `prefect deploy --all` would."""
    environment = {
        "PREFECT_API_URL": settings.prefect_api_url or "",
        "BNG_PROJECT": str(settings.project_root),
    }
    if settings.prefect_auth_string:
        environment["PREFECT_API_AUTH_STRING"] = settings.prefect_auth_string
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
        cwd=settings.project_root,
        env=child_environment(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-3:]
        raise StackError(f"The deployments of prefect.yaml are not taken: {' '.join(last)}")


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
