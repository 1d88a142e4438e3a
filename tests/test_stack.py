"""The local stack as a user meets it: started, watched, hurt and stopped for real."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest
import redis

from bng_core.local_stack.homes import may_enter
from bng_core.local_stack.ports import claim_port
from bng_core.local_stack.processes import is_same, listens, marked, start_time
from bng_core.settings import OWNER_ADDRESS, PROJECT_ROOT, Settings
from tests.conftest import BNG, bng, temporary_data_dir

pytestmark = pytest.mark.stack


def eventually(claim: Callable[[], object], seconds: float = 60) -> bool:
    """Whether a claim comes true within a generous time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if claim():
            return True
        time.sleep(0.1)
    return False


def status_of(folder: Path) -> dict[str, Any]:
    done = run(folder, "status", "--json")
    return dict(json.loads(done.stdout))


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BNG_DATA_DIR", str(folder))
        return bng(*arguments)


def of(services: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in services["services"] if one["name"] == name)


def environment_of(folder: Path) -> dict[str, str]:
    return dict(json.loads((folder / "state.json").read_text())["environment"])


def processes_of(folder: Path) -> list[psutil.Process]:
    """All processes of a stack: the marked ones and those that name its folder or work in it."""
    found = marked(folder)
    for process in psutil.process_iter(["cmdline", "cwd"]):
        named = [*(process.info["cmdline"] or []), process.info["cwd"] or ""]
        if str(folder) in " ".join(named):
            found.append(process)
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder of its own; whatever still runs in it afterwards is stopped."""
    with temporary_data_dir() as found:
        yield found
        run(found, "down")
        assert processes_of(found) == []


# --- the stack that all tests share -------------------------------------------------------------


def test_every_part_answers_and_status_says_so(stack: Settings) -> None:
    done = bng("status", "--json")

    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["healthy"] is True
    assert {one["name"]: one["state"] for one in answer["services"]} == dict.fromkeys(
        ["postgres", "valkey", "prefect", "worker", "task-worker-1", "api", "voila"], "healthy"
    )


def test_status_shows_each_part_with_its_address_process_and_log(stack: Settings) -> None:
    done = bng("status")

    assert done.returncode == 0
    for title in (
        "Postgres",
        "Valkey",
        "Prefect server",
        "Prefect worker",
        "Task worker 1",
        "Voilà pages",
    ):
        assert title in done.stdout
    assert str(stack.data_dir / "logs") in done.stdout
    assert str(stack.data_dir / "secrets.json") in done.stdout


def test_everything_listens_on_the_loopback_address_only(stack: Settings) -> None:
    listening = {
        connection.laddr.ip
        for process in processes_of(stack.data_dir)
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert listening == {"127.0.0.1"}


def test_state_secrets_and_logs_are_for_their_owner_only(stack: Settings) -> None:
    private = [stack.data_dir / "state.json", stack.data_dir / "secrets.json"]
    private += list((stack.data_dir / "logs").iterdir())

    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in private} == {
        path.name: "0o600" for path in private
    }


def test_no_password_stands_in_the_arguments_of_a_process(stack: Settings) -> None:
    secrets = json.loads((stack.data_dir / "secrets.json").read_text()).values()

    arguments = " ".join(
        part for process in processes_of(stack.data_dir) for part in process.cmdline()
    )
    assert [secret for secret in secrets if secret in arguments] == []


def test_postgres_refuses_a_wrong_password(stack: Settings) -> None:
    parts = urlsplit(str(stack.database_url))

    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(
            host=parts.hostname, port=parts.port, user="bng", password="wrong", dbname="bng"
        )


def test_programs_that_serve_requests_do_not_know_the_owner_of_the_tables(stack: Settings) -> None:
    password = urlsplit(str(stack.owner_database_url)).password
    known = [process.environ() for process in processes_of(stack.data_dir)]

    assert len(known) > 3
    assert [name for one in known for name, value in one.items() if str(password) in value] == []


def test_the_application_is_no_superuser_of_postgres(stack: Settings) -> None:
    with psycopg2.connect(str(stack.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("select rolsuper from pg_roles where rolname = current_user")
        assert cursor.fetchone() == (False,)


def test_postgres_does_not_run_as_root(stack: Settings) -> None:
    pid = of(json.loads(bng("status", "--json").stdout), "postgres")["pid"]

    assert psutil.Process(pid).uids().effective != 0


def test_the_worker_shares_no_temporary_folder_with_other_users(stack: Settings) -> None:
    pid = of(json.loads(bng("status", "--json").stdout), "worker")["pid"]

    folder = Path(psutil.Process(pid).environ()["TMPDIR"])
    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0  # jupyter_client adds a sticky bit
    assert folder.parent == stack.data_dir


def test_valkey_needs_its_password(stack: Settings) -> None:
    parts = urlsplit(str(stack.redis_url))

    with pytest.raises(redis.AuthenticationError):
        redis.Redis(host=str(parts.hostname), port=int(parts.port or 0)).ping()
    assert redis.Redis.from_url(str(stack.redis_url)).ping()


def test_prefect_needs_its_password(stack: Settings) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{stack.prefect_api_url}/version")


def test_a_second_up_says_that_the_stack_runs_already(stack: Settings) -> None:
    before = json.loads(bng("status", "--json").stdout)

    done = bng("up", "--json")

    assert done.returncode == 0
    assert done.stderr.endswith("The local stack is running already.\n")
    assert json.loads(done.stdout) == before


# --- stacks of their own ------------------------------------------------------------------------


def test_a_taken_port_is_left_alone_and_another_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]

        assert claim_port(taken) != taken


CLAIM = "from bng_core.local_stack.ports import claim_port; print(claim_port({}), flush=True)"


def test_two_stacks_that_start_at_once_take_different_ports() -> None:
    wanted = claim_port(28_000)
    command = [sys.executable, "-c", f"{CLAIM.format(wanted)}; input()"]
    with subprocess.Popen(
        command, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = int(other.stdout.readline())

        ours = claim_port(wanted)
        other.communicate("end\n")

    assert len({wanted, theirs, ours}) == 3
    assert claim_port(theirs) == theirs  # the claim ended with the other's process


def test_what_answers_on_the_port_of_a_service_need_not_be_that_service() -> None:
    port = claim_port(28_100)
    server = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with psutil.Popen(server, stderr=subprocess.DEVNULL) as ours, psutil.Popen(["cat"]) as another:
        assert eventually(lambda: listens(ours, port))
        assert not listens(another, port)
        assert not listens(ours, port + 1)
        ours.kill()
        another.kill()


def test_status_and_down_of_a_stack_that_never_ran(folder: Path) -> None:
    shown, stopped = run(folder, "status"), run(folder, "down")

    assert shown.returncode == 1
    assert shown.stdout == (
        f"The local stack is not running. Start it with: bng up\nData: {folder}\n"
    )
    assert stopped.returncode == 0
    assert stopped.stdout == "The local stack is not running.\n"


def test_ctrl_c_stops_everything_and_keeps_the_data(folder: Path) -> None:
    process = subprocess.Popen(
        [*BNG, "up", "--foreground", "--workers", "1"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "BNG_DATA_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Press Ctrl-C"):
            break
    ours = [(one.pid, start_time(one.pid)) for one in processes_of(folder)]
    assert len(ours) >= 5

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=90)

    assert process.returncode == 0
    assert "http://127.0.0.1:" in out
    assert err.endswith("Stopping ...\nEverything has stopped; the data are kept.\n")
    assert [pid for pid, started in ours if started and is_same(pid, started)] == []
    assert processes_of(folder) == []
    assert (folder / "secrets.json").exists()


def test_the_foreground_command_killed_outright_takes_its_stack_with_it(folder: Path) -> None:
    process = subprocess.Popen(
        [*BNG, "up", "--foreground", "--workers", "1"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "BNG_DATA_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "Postgres" in process.stderr.readline()

    process.kill()
    process.communicate()

    assert eventually(lambda: processes_of(folder) == [])


def test_rows_outlive_a_killed_supervisor_and_the_next_up_mends_all(folder: Path) -> None:
    assert run(folder, "up", "--workers", "1").returncode == 0
    with psycopg2.connect(environment_of(folder)[OWNER_ADDRESS]) as connection:
        connection.cursor().execute("create table kept as select 42 as answer")
    connection.close()
    supervisor = psutil.Process(json.loads((folder / "state.json").read_text())["pid"])

    supervisor.kill()
    assert eventually(lambda: not supervisor.is_running() or supervisor.status() == "zombie")
    orphans = {one.pid for one in processes_of(folder)}
    assert orphans
    assert run(folder, "status").returncode == 1
    assert run(folder, "up", "--workers", "1").returncode == 0

    now = {one.pid for one in processes_of(folder)}
    assert now.isdisjoint(orphans)
    connection = psycopg2.connect(environment_of(folder)[OWNER_ADDRESS])
    with connection, connection.cursor() as cursor:
        cursor.execute("select answer from kept")
        assert cursor.fetchall() == [(42,)]
    connection.close()


def test_parts_that_die_are_started_again(folder: Path) -> None:
    assert run(folder, "up", "--workers", "1").returncode == 0
    before = status_of(folder)

    for name in ("postgres", "valkey", "worker", "task-worker-1"):
        os.kill(of(before, name)["pid"], signal.SIGKILL)

    assert eventually(lambda: run(folder, "status").returncode == 0 and _all_again(folder, before))
    assert {one["name"]: one["url"] for one in status_of(folder)["services"]} == {
        one["name"]: one["url"] for one in before["services"]
    }


def _all_again(folder: Path, before: dict[str, Any]) -> bool:
    now = status_of(folder)
    names = ("postgres", "valkey", "worker", "task-worker-1")
    return all(of(now, name)["pid"] != of(before, name)["pid"] for name in names)


def test_given_services_are_used_and_not_started(stack: Settings, folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", str(stack.database_url))
        patch.setenv("REDIS_URL", str(stack.redis_url))
        patch.setenv("PREFECT_API_URL", str(stack.prefect_api_url))
        patch.setenv("PREFECT_API_AUTH_STRING", str(stack.prefect_auth_string))

        done = run(folder, "up", "--json", "--workers", "1")

    answer = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert {one["name"]: one["state"] for one in answer["services"]} == {
        "postgres": "given",
        "valkey": "given",
        "prefect": "given",
        "worker": "given",
        "task-worker-1": "given",
        "api": "healthy",
        "voila": "healthy",
    }
    assert str(urlsplit(str(stack.database_url)).password) not in done.stdout
    assert not (folder / "postgres").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only a root user's stack needs another user")
def test_root_may_keep_the_project_in_a_folder_that_nobody_else_can_enter(folder: Path) -> None:
    closed = folder / "closed" / "data"
    closed.parent.mkdir(mode=0o700)
    assert not may_enter(closed.parent, 65534, 65534)

    done = run(closed, "up", "--workers", "1")
    home = Path((closed / "service-home").read_text().strip())
    shown = run(closed, "status")
    stopped = run(closed, "down")

    assert done.returncode == 0, done.stderr
    assert shown.returncode == 0
    assert stopped.returncode == 0
    assert (home / "postgres" / "PG_VERSION").exists()
    assert stat.S_IMODE(closed.parent.stat().st_mode) == 0o700
    subprocess.run(["rm", "-r", str(home)], check=True)
