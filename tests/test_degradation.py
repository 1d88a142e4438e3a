"""What goes wrong around a run: the run says what, keeps its notebook, lets go of all it had."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from bng_core.actor import SYSTEM
from bng_core.cache import open_cache
from bng_core.errors import StoreUnreachable
from bng_core.runs import cancel, poll, submit, watch
from bng_core.settings import PROJECT_ROOT, Settings
from bng_core.store import RunStatus, load_notebook, load_run
from bng_core.store.leases import claim_run
from flows import run_notebook
from flows.dispatch import LOCAL_PROCESSES
from flows.kernels import Kernel
from flows.run_notebook import execute_run
from flows.workplace import Workplace
from tests.asking import QUESTION, SAMPLE_UPLOAD, expected_answer, wait_for, wait_until


@pytest.fixture
def use_notebook(in_services: Settings, tmp_path: Path, monkeypatch) -> Callable[[str], None]:
    """Let runs execute a copy of the notebook with one more cell before the last."""

    def use(source: str) -> None:
        notebook = json.loads((PROJECT_ROOT / "notebooks" / "optimise.ipynb").read_text())
        cell = {"cell_type": "code", "id": "fault", "metadata": {}, "outputs": []}
        notebook["cells"].insert(-1, {**cell, "execution_count": None, "source": source})
        (tmp_path / "notebooks").mkdir()
        (tmp_path / "notebooks" / "optimise.ipynb").write_text(json.dumps(notebook))
        elsewhere = replace(in_services, project_root=tmp_path)
        monkeypatch.setattr(run_notebook, "load_settings", lambda: elsewhere)

    return use


FULL = "The disk of the worker is full, and nothing was lost: make room there and ask again; "


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("raise MemoryError", "The calculation needs more memory than the worker has; "),
        ("raise OSError(28, 'No space left on device')", FULL),
        ("{}['secret']", "The run failed; "),
        (
            "import os; os.kill(os.getpid(), 9)",
            "The system ended the calculation, most likely for lack of memory; ",
        ),
    ],
    ids=["memory", "disk", "error", "killed"],
)
def test_a_fault_in_the_notebook_is_named_and_what_was_executed_is_kept(
    waiting, use_notebook, fault, reason
):
    use_notebook(fault)
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)

    failed = execute_run(run.run_id, executor="local")

    assert failed.status is RunStatus.FAILED
    assert failed.error == f"{reason}reference {run.run_id}."
    assert failed.lease_until is None
    record = (load_notebook(waiting.store, run.run_id) or b"").decode()
    assert "What is bought at each bank" in record  # the cells before the fault
    assert "Traceback" not in record
    assert "MemoryError" not in record.replace("raise MemoryError", "")
    assert submit(waiting, SAMPLE_UPLOAD, QUESTION).run_id != run.run_id


def test_a_run_whose_notebook_finds_postgres_away_waits_again(waiting, use_notebook):
    words = "Postgres does not answer."
    use_notebook(f"from bng_core.errors import StoreUnreachable; raise StoreUnreachable('{words}')")
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)

    with pytest.raises(StoreUnreachable, match=words):
        execute_run(run.run_id, executor="local")

    waits = poll(waiting, run.run_id)
    assert (waits.status, waits.attempts, waits.error) == (RunStatus.QUEUED, 1, None)
    assert load_notebook(waiting.store, run.run_id) is None


def test_a_kernel_that_dies_before_its_first_cell_is_told_from_a_fault_of_the_program(waiting):
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    claim = claim_run(waiting.store, run.run_id, "local")
    assert claim is not None

    with Workplace(a_dead_kernel).holding(claim):
        failed = execute_run(run.run_id, executor="local")

    assert failed.status is RunStatus.FAILED
    assert failed.error == (
        f"The system ended the calculation, most likely for lack of memory; reference {run.run_id}."
    )


def a_dead_kernel() -> Kernel:
    kernel = Kernel()
    kernel.kill()
    wait_until(lambda: not kernel.alive)
    return kernel


def test_a_full_disk_of_the_worker_is_named(waiting, monkeypatch, tmp_path):
    folder = Path(tempfile.mkdtemp(prefix="full"))
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        folder.rmdir()
        pytest.skip("no right to mount a small disk")
    try:
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        run = submit(waiting, SAMPLE_UPLOAD, QUESTION)

        failed = execute_run(run.run_id, executor="local")

        assert failed.error == f"{FULL}reference {run.run_id}."
        assert list(folder.iterdir()) == []
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


def test_a_run_of_another_version_of_the_program_is_not_answered_by_this_one(waiting):
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    with waiting.store.begin() as connection:
        connection.execute(text("UPDATE runs SET code_version = 'of tomorrow'"))

    failed = execute_run(run.run_id, executor="local")

    assert (failed.status, failed.error) == (
        RunStatus.FAILED,
        "The program was updated after this was asked, so the answer would be another than the "
        "one asked for. Ask again.",
    )


def test_a_cancelled_run_stops_computing(waiting, use_notebook):
    use_notebook("import time; time.sleep(600)")
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    worker = threading.Thread(target=execute_run, args=(run.run_id, "local"))
    worker.start()
    wait_until(lambda: load_run(waiting.store, run.run_id).progress > 80)

    cancelled = cancel(waiting, SYSTEM, run.run_id)

    worker.join(30)
    assert not worker.is_alive()
    assert load_run(waiting.store, run.run_id) == cancelled
    assert (cancelled.status, cancelled.error) == (
        RunStatus.CANCELLED,
        "The run was cancelled by system.",
    )
    assert [p for p in psutil.Process().children() if "ipykernel_launcher" in p.cmdline()] == []


def test_without_redis_every_run_is_computed_and_right(waiting):
    uncached = replace(waiting, cache=open_cache("redis://127.0.0.1:9/0", 60))

    first = submit(uncached, SAMPLE_UPLOAD, QUESTION)
    done = execute_run(first.run_id, executor="local")
    second = submit(uncached, SAMPLE_UPLOAD, QUESTION)

    assert done.result is not None
    assert done.result["cost"] == expected_answer()["cost"]
    assert (second.status, second.position) == (RunStatus.QUEUED, 1)


def test_without_prefect_a_burst_is_computed_by_few_processes_and_nothing_is_left(service):
    runs = [
        submit(service, SAMPLE_UPLOAD, replace(QUESTION, lot=lot)) for lot in ("0.1", "0.2", "0.5")
    ]

    started = local_processes()
    done = [wait_for(service, run) for run in runs]

    assert len(started) == LOCAL_PROCESSES
    assert {(run.status, run.executor) for run in done} == {(RunStatus.DONE, "local")}
    wait_until(lambda: local_processes() == [])


def local_processes() -> list[psutil.Process]:
    wanted = [sys.executable, "-m", "flows.run_notebook"]
    mine = psutil.Process().children()
    return [p for p in mine if p.status() != "zombie" and p.cmdline()[:3] == wanted]


def test_a_run_is_watched_from_the_queue_to_its_end(waiting):
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    worker = threading.Thread(target=execute_run, args=(run.run_id, "local"))

    seen = watch(waiting, run.run_id)
    first = next(seen)
    worker.start()
    rest = list(seen)

    worker.join()
    assert (first.status, first.position) == (RunStatus.QUEUED, 1)
    assert rest[-1].status is RunStatus.DONE
    progress = [run.progress for run in rest]
    assert progress == sorted(progress)
    assert len(set(progress)) > 3


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No folder of a kernel outlives the run that used it."""
    yield
    mine = f"bng-kernel-{os.getpid()}-*"
    wait_until(lambda: list(Path(tempfile.gettempdir()).glob(mine)) == [])


def test_every_line_of_the_log_names_its_run(waiting, in_services):
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    command = [sys.executable, "-m", "flows.run_notebook", str(run.run_id)]

    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)

    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    about = [line for line in lines if line["message"].startswith("run ")]
    assert {line["run_id"] for line in about} == {str(run.run_id)}
    assert {line["part"] for line in lines} == {"local-run"}
    assert uuid.UUID(about[0]["run_id"])
