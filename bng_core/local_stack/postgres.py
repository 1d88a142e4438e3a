"""Our own Postgres: with passwords, on one loopback port, without a socket file."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil

from bng_core.errors import StackError
from bng_core.local_stack.files import write_private
from bng_core.local_stack.homes import Home
from bng_core.local_stack.ports import HOST

ADMIN = "postgres"
APPLICATION, OWNER, PREFECT = "bng", "bng_owner", "bng_prefect"
"""Roles of roles.sql; none is a superuser, so a leaked password runs no programs."""

ROLES = Path(__file__).with_name("roles.sql")

STOP_SECONDS = 20.0


def initialise(home: Home, admin_password: str) -> Path:
    """Make the data folder on first use; a try that was cut short leaves nothing behind it."""
    data = home.folder / "postgres"
    if (data / "PG_VERSION").exists():
        _check_version(home, data)
        return data
    part = home.make_folder("postgres.part")
    shutil.rmtree(part)
    part = home.make_folder("postgres.part")
    password_file = home.folder / "postgres.password"
    write_private(password_file, admin_password, home.user)
    try:
        _initdb(home, part, password_file)
    finally:
        password_file.unlink()
    part.rename(data)
    return data


def command(home: Home, data: Path, port: int) -> list[str]:
    """The server itself, so that the supervisor is its parent."""
    options = {
        "listen_addresses": HOST,
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "password_encryption": "scram-sha-256",
    }
    pairs = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return [str(home.postgres_bin / "postgres"), "-D", str(data), *pairs]


def is_ready(home: Home, port: int, admin_password: str) -> bool:
    """Whether the server answers a query."""
    return _psql(home, port, admin_password, "select 1").returncode == 0


def make_databases(home: Home, port: int, passwords: dict[str, str]) -> None:
    """Create the roles and the databases that are missing, and set the roles' passwords."""
    given = {
        "BNG_OWNER_PASSWORD": passwords["postgres_owner"],
        "BNG_POSTGRES_PASSWORD": passwords["postgres"],
        "BNG_PREFECT_DATABASE_PASSWORD": passwords["postgres_prefect"],
    }
    script = ROLES.read_text(encoding="utf-8")
    done = _psql(home, port, passwords["postgres_admin"], script, given)
    if done.returncode != 0:
        raise StackError(
            f"Postgres refused to make its databases: {done.stderr.strip().splitlines()[0]}"
        )


def url(port: int, role: str, password: str, database: str = "bng", driver: str = "") -> str:
    """Address of a database, for SQLAlchemy and libpq alike."""
    return f"postgresql{driver}://{role}:{password}@{HOST}:{port}/{database}"


def clear_left_over(data: Path) -> int:
    """Stop a server that outlived its supervisor and remove the pid file of a dead one.

    Returns how many servers were stopped: 0 or 1.

    Postgres refuses to start while the recorded process id is alive, even where it has long been
    given to another program.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return 0
    stopped = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if process.name() == "postgres" and _works_in(process, data):
            _stop_orphan(process)
            stopped = 1
    pid_file.unlink(missing_ok=True)
    return stopped


def _works_in(process: psutil.Process, data: Path) -> bool:
    with contextlib.suppress(psutil.Error):
        return os.path.samefile(process.cwd(), data)
    return False


def _stop_orphan(process: psutil.Process) -> None:
    """Fast shutdown, then immediate shutdown (replayed from the log at the next start), then kill.

    Its workers are waited for as well: they hold the shared memory.
    """
    family = [process, *process.children(recursive=True)]
    for step in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(step)
        _, family = psutil.wait_procs(family, timeout=STOP_SECONDS)
        if not family:
            return
    raise StackError(f"An old Postgres (process {process.pid}) does not end; stop it by hand.")


def _check_version(home: Home, data: Path) -> None:
    stored = (data / "PG_VERSION").read_text().strip()
    program = subprocess.run(
        [str(home.postgres_bin / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()[-1]
    if program.split(".")[0] != stored:
        raise StackError(
            f"The data in {data} were written by Postgres {stored}; installed is {program}. "
            "Dump them with the older version first; nothing was changed."
        )


def _initdb(home: Home, data: Path, password_file: Path) -> None:
    done = subprocess.run(
        [
            str(home.postgres_bin / "initdb"),
            *(
                "-D",
                str(data),
                "-U",
                ADMIN,
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--auth=scram-sha-256",
            ),
            f"--pwfile={password_file}",
        ],
        capture_output=True,
        text=True,
        cwd=home.folder,
        **home.run_as,  # type: ignore[call-overload]
    )
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise StackError(f"Postgres could not make its data folder {data}: {lines[-1]}")


def _psql(
    home: Home, port: int, password: str, script: str, given: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run statements as the administrator; they go in by stdin, out of other users' sight."""
    command = [
        str(home.postgres_bin / "psql"),
        *("-h", HOST, "-p", str(port), "-U", ADMIN, "-d", "postgres"),
        *("-w", "-X", "-q", "-v", "ON_ERROR_STOP=1"),
    ]
    environment = {
        "PGPASSWORD": password,
        "PGCONNECT_TIMEOUT": "3",
        "PATH": os.defpath,
        **(given or {}),
    }
    try:
        return subprocess.run(
            command, input=script, capture_output=True, text=True, env=environment, timeout=30
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", "it did not answer within 30 seconds")
