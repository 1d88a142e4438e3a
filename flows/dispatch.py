"""Ways to a worker: a task worker, a worker of the pool, or a process of our own without Prefect.

Spoken over Prefect's REST interface, since importing Prefect would cost a page seconds.
"""

import base64
import http.client
import json
import logging
import subprocess
import sys
import uuid
from datetime import datetime
from typing import Any
from urllib.request import Request, urlopen

from bng_core.settings import Settings, child_environment
from bng_core.store import Queue, Run, connect, load_run
from bng_core.store.leases import at_work

log = logging.getLogger(__name__)

POOL = "bng"
WAKE_UP = "bng.compute-waiting"
"""Key of the background task that makes a task worker take the next run (flows.task_worker)."""
ANSWER_WITHIN_S = 3.0
LOCAL_PROCESSES = 2
"""How many processes of our own compute at once; what else is left to them waits its turn."""


class NoWorkerError(Exception):
    """Prefect answers, but no worker is there to take a run."""


def dispatch(settings: Settings, run_id: uuid.UUID) -> str:
    """Send a run to Prefect, or to a process of our own; return "prefect" or "local".

    Raises StoreError when Postgres does not answer.
    """
    store = connect(settings.database_url)
    try:
        to_prefect(settings, load_run(store, run_id))
    except (OSError, http.client.HTTPException, ValueError, KeyError, NoWorkerError) as fault:
        log.warning("run %s goes to a local process: %s", run_id, fault)
        return dispatch_here(settings, run_id)
    return "prefect"


def dispatch_here(settings: Settings, run_id: uuid.UUID) -> str:
    """Let a process of our own compute a run, now or when one of them is free; return "local".

    Raises StoreError when Postgres does not answer.
    """
    if at_work(connect(settings.database_url), "local") < LOCAL_PROCESSES:
        to_local_process(settings, run_id)
    return "local"


def to_prefect(settings: Settings, run: Run) -> None:
    """Ask for the run at once: interactive ones of a task worker, others of the pool.

    Raises OSError when Prefect does not answer, NoWorkerError when it has no worker.
    """
    if run.queue is Queue.INTERACTIVE and has_task_worker(settings):
        wake_up(settings)
        return
    workers = _ask(settings, f"/work_pools/{POOL}/workers/filter", {"limit": 50})
    if not any(worker["status"] == "ONLINE" for worker in workers):
        raise NoWorkerError(f"no worker of the pool {POOL} is online")
    schedule(settings, run, None)


def has_task_worker(settings: Settings) -> bool:
    """Whether a task worker listens. Raises OSError when Prefect does not answer."""
    wanted = {"task_worker_filter": {"task_keys": [WAKE_UP]}}
    return bool(_ask(settings, "/task_workers/filter", wanted))


def wake_up(settings: Settings) -> None:
    """Ask the task workers to look what waits; the queue itself is in Postgres.

    Raises OSError when Prefect does not answer.
    """
    body = {
        "name": "compute waiting runs",
        "task_key": WAKE_UP,
        "dynamic_key": f"{WAKE_UP}-{uuid.uuid4()}",
        "state": {"type": "SCHEDULED", "state_details": {"deferred": True}},
    }
    _ask(settings, "/task_runs/", body)


def is_cancelled(settings: Settings, run_id: uuid.UUID) -> bool:
    """Whether somebody cancelled the flow run of a run. Raises OSError without an answer.

    A flow run in a task worker's own process is no process that Prefect could end.
    """
    ended = {"type": {"any_": ["CANCELLING", "CANCELLED"]}}
    wanted = {"flow_runs": {"name": {"any_": [f"run-{run_id}"]}, "state": ended}}
    return bool(_ask(settings, "/flow_runs/filter", wanted))


def schedule(settings: Settings, run: Run, at: datetime | None) -> None:
    """Ask for a flow run at a time, or at once, by the deployment named for the run's kind.

    Raises OSError when Prefect does not answer.
    """
    deployment = _ask(settings, f"/deployments/name/{run.kind}/{run.kind}", None)
    details = {"scheduled_time": at.isoformat()} if at else {}
    body = {
        "name": f"run-{run.run_id}",
        "parameters": {"run_id": str(run.run_id)},
        "work_queue_name": str(run.queue),
        "state": {"type": "SCHEDULED", "state_details": details},
    }
    _ask(settings, f"/deployments/{deployment['id']}/create_flow_run", body)


def to_local_process(settings: Settings, run_id: uuid.UUID) -> None:
    """Start a process that computes the run and ends; it outlives the page that asked."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {
        "DATABASE_URL": settings.database_url or "",
        **({"REDIS_URL": settings.redis_url} if settings.redis_url else {}),
    }
    with (settings.data_dir / "local-runs.log").open("ab") as output:
        subprocess.Popen(
            [sys.executable, "-m", "flows.run_notebook", str(run_id)],
            cwd=settings.project_root,
            env=child_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _ask(settings: Settings, path: str, body: dict[str, Any] | None) -> Any:
    """Send one request to Prefect: POST with a body, else GET."""
    if settings.prefect_api_url is None:
        raise OSError("PREFECT_API_URL is not set")
    headers = {"Content-Type": "application/json", **basic_auth(settings.prefect_auth_string)}
    data = None if body is None else json.dumps(body).encode()
    request = Request(settings.prefect_api_url.rstrip("/") + path, data=data, headers=headers)
    with urlopen(request, timeout=ANSWER_WITHIN_S) as answer:
        return json.load(answer)


def basic_auth(user_and_password: str | None) -> dict[str, str]:
    """Return the header for a Prefect server with a password; none without."""
    if not user_and_password:
        return {}
    return {"Authorization": f"Basic {base64.b64encode(user_and_password.encode()).decode()}"}
