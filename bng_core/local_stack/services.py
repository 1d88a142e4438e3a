"""What the stack starts, in this order; the supervisor knows nothing of any one service."""

import os
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bng_core.local_stack import health, postgres, valkey
from bng_core.local_stack.ports import HOST
from bng_core.local_stack.stack import Stack, python

POOL = "bng"
WORKER = "local"
LONGEST_TEMPORARY_FOLDER = 50
"""Characters that leave room for the folder of a run and the name of a socket (107 in all)."""


def nothing(stack: Stack) -> None:
    """Nothing to do before or after."""


@dataclass(frozen=True)
class Service:
    """A program that runs as long as the stack does.

    given       environment variable that names somebody else's; then ours is not started
    first_port  the port people expect; another is taken when it is in use; None: none
    before      what must be in place before each start; after: once, when it first answers
    data        holds data: runs as the unprivileged user, without the secrets of the others
    marked      carries the mark by which left-over processes are found
    patience    seconds until it must have answered, generous for a busy machine
    """

    name: str
    title: str
    given: str
    command: Callable[[Stack], list[str]]
    ready: Callable[[Stack], bool]
    first_port: int | None = None
    url: Callable[[Stack], str] = lambda stack: ""
    before: Callable[[Stack], None] = nothing
    after: Callable[[Stack], None] = nothing
    environment: Callable[[Stack], dict[str, str]] = lambda stack: {}
    stop_signal: signal.Signals = signal.SIGTERM
    data: bool = False
    marked: bool = True
    patience: float = 180.0


@dataclass(frozen=True)
class Step:
    """A module that runs to its end, once, before the next service starts."""

    name: str
    title: str
    given: str
    module: str
    environment: Callable[[Stack], dict[str, str]] = lambda stack: {}


def _before_postgres(stack: Stack) -> None:
    data = postgres.initialise(stack.home, stack.secrets["postgres_admin"])
    postgres.clear_left_over(data)


def _before_valkey(stack: Stack) -> None:
    valkey.write_config(stack.home, stack.ports["valkey"], stack.secrets["valkey"])


def _prefect_server(stack: Stack) -> dict[str, str]:
    """The server's own settings.

    Beside a given DATABASE_URL there may be no database for it, so there it keeps a file.
    """
    (stack.data_dir / "prefect").mkdir(mode=0o700, exist_ok=True)
    found = {
        "PREFECT_SERVER_API_AUTH_STRING": stack.prefect_auth(),
        "PREFECT_SERVER_UI_API_URL": stack.prefect_api(),
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(stack.data_dir / "prefect" / "ui"),
    }
    if "postgres" in stack.ports:
        found["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = postgres.url(
            stack.ports["postgres"],
            postgres.PREFECT,
            stack.secrets["postgres_prefect"],
            "prefect",
            "+asyncpg",
        )
    return found


def _worker_environment(stack: Stack) -> dict[str, str]:
    """A temporary folder of its own: Prefect's, in the common one, belongs to whoever came first.

    Kernels make their sockets in it, and the path of a socket has a limit.
    """
    folder = stack.data_dir / "tmp"
    if len(str(folder)) > LONGEST_TEMPORARY_FOLDER:
        folder = Path(tempfile.mkdtemp(prefix="bng-"))
    folder.mkdir(mode=0o700, exist_ok=True)
    return {"TMPDIR": str(folder)}


def _worker_command(stack: Stack) -> list[str]:
    limit = max(2, os.cpu_count() or 1)
    worker = ("worker", "start", "--pool", POOL, "--name", WORKER, "--limit", str(limit))
    return python("-m", "prefect", *worker)


def _task_worker(number: int) -> Service:
    """A worker for runs that somebody waits for."""
    name = f"task-worker-{number}"
    return Service(
        name=name,
        title=f"Task worker {number}",
        given="PREFECT_API_URL",
        command=lambda s: python("-m", "flows.task_worker"),
        environment=_worker_environment,
        ready=lambda s: health.task_worker_is_online(
            s.prefect_api(), s.prefect_auth(), s.pid(name)
        ),
    )


_DATA_AND_PREFECT: tuple[Service | Step, ...] = (
    Service(
        name="postgres",
        title="Postgres",
        given="DATABASE_URL",
        first_port=5432,
        before=_before_postgres,
        command=lambda s: postgres.command(s.home, s.postgres_data, s.ports["postgres"]),
        ready=lambda s: postgres.is_ready(s.home, s.ports["postgres"], s.secrets["postgres_admin"]),
        after=lambda s: postgres.make_databases(s.home, s.ports["postgres"], s.secrets),
        url=lambda s: f"postgresql://{HOST}:{s.ports['postgres']}/bng",
        stop_signal=signal.SIGINT,  # fast shutdown: ends open connections, loses nothing
        data=True,
        marked=False,  # stopped by its own pid file, in Postgres' own way
    ),
    Service(
        name="valkey",
        title="Valkey",
        given="REDIS_URL",
        first_port=6379,
        before=_before_valkey,
        command=lambda s: valkey.command(s.home, s.home.folder / "valkey" / "valkey.conf"),
        ready=lambda s: health.answers_ping(s.ports["valkey"], s.secrets["valkey"]),
        url=lambda s: f"redis://{HOST}:{s.ports['valkey']}/0",
        data=True,
    ),
    Step(
        "store",
        "Tables and sample market",
        "",
        "bng_core.local_stack.prepare_store",
        environment=lambda s: s.owner_address(),
    ),
    Service(
        name="prefect",
        title="Prefect server",
        given="PREFECT_API_URL",
        first_port=4200,
        command=lambda s: python(
            *("-m", "prefect", "server", "start", "--host", HOST),
            *("--port", str(s.ports["prefect"])),
        ),
        environment=_prefect_server,
        ready=lambda s: health.answers_http(f"{s.prefect_api()}/health"),
        url=lambda s: f"http://{HOST}:{s.ports['prefect']}",
    ),
    Step("deploy", "Deployments", "PREFECT_API_URL", "flows.deploy"),
    Service(
        name="worker",
        title="Prefect worker",
        given="PREFECT_API_URL",  # a team's server has its own workers
        command=_worker_command,
        environment=_worker_environment,
        ready=lambda s: health.worker_is_online(
            s.prefect_api(), s.prefect_auth(), POOL, since=s.started.get("worker", 0)
        ),
    ),
)

_PAGES: tuple[Service | Step, ...] = (
    Service(
        name="api",
        title="HTTP API",
        given="BNG_API_URL",
        first_port=8000,
        command=lambda s: python("-m", "flows.api", "--port", str(s.ports["api"])),
        environment=lambda s: {"BNG_API_KEY": s.api_key()},
        ready=lambda s: health.answers_http(f"{s.api_url()}health"),
        url=lambda s: f"{s.api_url()}docs",
    ),
    Service(
        name="voila",
        title="Voilà pages",
        given="BNG_VOILA_URL",
        first_port=8866,
        command=lambda s: python("-m", "dashboards.serve", "--port", str(s.ports["voila"])),
        environment=lambda s: {"BACKEND_URL": s.api_url()},
        ready=lambda s: health.answers_http(s.voila_url()),
        url=lambda s: f"{s.voila_url()}set-up?token={s.voila_token()}",
    ),
)


def plan(workers: int) -> tuple[Service | Step, ...]:
    """Everything that is started, with so many task workers."""
    return (*_DATA_AND_PREFECT, *(_task_worker(n + 1) for n in range(workers)), *_PAGES)


def services(workers: int) -> tuple[Service, ...]:
    """The programs of the plan."""
    return tuple(part for part in plan(workers) if isinstance(part, Service))
