"""Runs through a real Prefect server and worker, as `bng up` starts them."""

import json
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import pytest

from bng_core.portfolio.question import PortfolioQuestion
from bng_core.runs import Upload, submit
from bng_core.settings import Settings
from bng_core.store import Queue, Run, RunStatus, load_notebook, load_run
from flows.dispatch import basic_auth
from flows.task_worker import KERNELS_READY
from tests.asking import QUESTION, SAMPLE, wait_for, wait_until
from tests.kill_parts import left_over

pytestmark = pytest.mark.stack

WORKERS = (["-m", "flows.task_worker"], ["-m", "prefect", "worker", "start"])


def ask_prefect(settings: Settings, path: str, body: dict) -> Any:
    request = Request(
        f"{settings.prefect_api_url}{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **basic_auth(settings.prefect_auth_string)},
    )
    with urlopen(request, timeout=10) as answer:
        return json.load(answer)


def flow_runs_of(settings: Settings, run: Run) -> list[dict]:
    wanted = {"flow_runs": {"name": {"any_": [f"run-{run.run_id}"]}}}
    return ask_prefect(settings, "/flow_runs/filter", wanted)


def a_new_upload() -> Upload:
    """A demand that nobody has asked before, so that no other test's answer is in the cache."""
    header = b"module,habitat,units\n"
    line = b"area,Grassland - Modified grassland,1\n"
    return Upload("demand.csv", header + line + b"\n" * (time.time_ns() % 100_000))


def test_a_task_worker_computes_the_run_and_shows_it_in_prefect(whole, stack):
    run = wait_for(whole, submit(whole, a_new_upload(), QUESTION))

    assert (run.status, run.executor, run.error) == (RunStatus.DONE, "prefect", None)
    assert load_notebook(whole.store, run.run_id)
    wait_until(lambda: flow_runs_of(stack, run)[0]["state_type"] == "COMPLETED")
    (flow_run,) = flow_runs_of(stack, run)
    assert {"bng", "interactive"} <= set(flow_run["tags"])
    artifacts = ask_prefect(
        stack, "/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [flow_run["id"]]}}}
    )
    kinds = {a["key"].removesuffix(f"-{run.run_id}"): a for a in artifacts}
    assert kinds.keys() == {"run", "purchases", "picture", "notebook"}
    assert "data:image/png;base64," in str(kinds["picture"]["data"])
    assert f"?run={run.run_id}" in str(kinds["notebook"]["data"])


def test_a_prefect_worker_computes_a_portfolio_by_a_deployment_of_its_own(whole, stack, tmp_path):
    (tmp_path / "folder").mkdir()
    for file in (SAMPLE / "portfolio").iterdir():
        text = file.read_text() + "\n" * (time.time_ns() % 100_000)
        (tmp_path / "folder" / file.name).write_text(text)
    packed = shutil.make_archive(str(tmp_path / "portfolio"), "zip", tmp_path / "folder")
    upload = Upload("portfolio.zip", Path(packed).read_bytes())

    run = wait_for(whole, submit(whole, upload, PortfolioQuestion(QUESTION.on_date)))

    assert (run.kind, run.status, run.executor) == ("portfolio", RunStatus.DONE, "prefect")
    wait_until(lambda: flow_runs_of(stack, run)[0]["state_type"] == "COMPLETED")
    (flow_run,) = flow_runs_of(stack, run)
    artifacts = ask_prefect(
        stack, "/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [flow_run["id"]]}}}
    )
    kinds = {a["key"].removesuffix(f"-{run.run_id}") for a in artifacts}
    assert {"run", "developments", "notebook"} <= kinds


def test_a_cached_answer_starts_no_flow_run(whole, stack):
    upload = a_new_upload()
    wait_for(whole, submit(whole, upload, QUESTION))

    again = submit(whole, upload, QUESTION)

    assert (again.status, again.executor) == (RunStatus.DONE, "cache")
    assert flow_runs_of(stack, again) == []


def test_a_user_error_fails_the_flow_run_with_the_same_sentence(whole, stack):
    upload = Upload("broken.xlsx", f"no workbook {time.time_ns()}".encode())

    run = wait_for(whole, submit(whole, upload, QUESTION))

    assert run.status is RunStatus.FAILED
    wait_until(lambda: flow_runs_of(stack, run)[0]["state_type"] == "FAILED")
    assert flow_runs_of(stack, run)[0]["state"]["message"] == run.error


def test_a_killed_prefect_worker_loses_no_run(whole, stack):
    run = submit(whole, a_new_upload(), QUESTION)
    wait_until(lambda: load_run(whole.store, run.run_id).status == "running")

    for worker in workers_of(stack):
        for process in [worker, *worker.children(recursive=True)]:
            process.kill()

    done = wait_for(whole, run)
    assert (done.status, done.error) == (RunStatus.DONE, None)
    assert done.attempts >= 1


@pytest.mark.parametrize("queue", Queue)
def test_a_run_that_is_cancelled_in_prefect_ends_as_cancelled_and_leaves_no_kernel(
    whole, stack, queue
):
    with no_kernel_answers(stack):
        run = submit(whole, a_new_upload(), QUESTION, queue)
        wait_until(lambda: load_run(whole.store, run.run_id).status is RunStatus.RUNNING)
        wait_until(lambda: bool(flow_runs_of(stack, run)))
        (flow_run,) = flow_runs_of(stack, run)
        state = {"state": {"type": "CANCELLING", "name": "Cancelling"}}  # as the UI's button does
        ask_prefect(stack, f"/flow_runs/{flow_run['id']}/set_state", state)
        wait_until(lambda: load_run(whole.store, run.run_id).status is RunStatus.CANCELLED)

    wait_until(lambda: len(kernels_of(stack)) == KERNELS_READY and left_over(stack) == [])
    wait_until(lambda: "CANCELLED" in {f["state_type"] for f in flow_runs_of(stack, run)})
    cancelled = load_run(whole.store, run.run_id)
    assert cancelled.error == "The run was cancelled in Prefect."
    again = wait_for(whole, submit(whole, a_new_upload(), QUESTION))
    assert again.status is RunStatus.DONE
    assert load_run(whole.store, run.run_id) == cancelled


@contextmanager
def no_kernel_answers(settings: Settings) -> Iterator[None]:
    """Stop every kernel for the time of the block, so that whatever runs goes on running."""
    over, stopped = threading.Event(), set()

    def stop_all() -> None:
        while not over.wait(0.1):
            for kernel in kernels_of(settings) - stopped:
                with suppress(psutil.Error):
                    kernel.suspend()
                    stopped.add(kernel)

    stopping = threading.Thread(target=stop_all)
    stopping.start()
    wait_until(lambda: bool(stopped))
    try:
        yield
    finally:
        over.set()
        stopping.join()
        for kernel in stopped:
            with suppress(psutil.Error):
                kernel.resume()


def kernels_of(settings: Settings) -> set[psutil.Process]:
    """The kernels of the workers of this very stack; those of pages have another parent."""
    found: set[psutil.Process] = set()
    for worker in workers_of(settings):
        with suppress(psutil.Error):
            found |= {one for one in worker.children(recursive=True) if is_kernel(one)}
    return found


def is_kernel(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return "ipykernel_launcher" in process.cmdline()
    return False


def test_a_second_start_deploys_nothing_twice_and_resumes_what_was_in_flight(whole, stack):
    nobody_is_told = replace(whole, dispatch=lambda run_id: "prefect")
    run = submit(nobody_is_told, a_new_upload(), QUESTION)

    subprocess.run([sys.executable, "-m", "flows.deploy"], cwd=stack.project_root, check=True)

    done = wait_for(whole, run)
    assert (done.status, done.executor) == (RunStatus.DONE, "prefect")
    deployments = ask_prefect(stack, "/deployments/filter", {})
    names = ["backup", "clean-up", "expire", "explore", "optimise", "portfolio"]
    names += ["refresh-market", "report", "requote"]
    assert sorted(d["name"] for d in deployments) == names


def test_every_scheduled_flow_does_its_work_with_the_rights_of_the_application(stack):
    shown = {
        "backup": {"backup"},
        "clean-up": {"clean-up"},
        "expire": {"expired-quotes", "ended-prices"},
        "refresh-market": {"market"},
        "report": {"runs", "run-report", "stock-left", "quotes-by-month", "cache-hit-rate"},
        "requote": {"requotes"},
    }
    for name, keys in shown.items():
        assert keys <= artifacts_of(stack, start_deployment(stack, name)), name
    (kept,) = (stack.data_dir / "backups").glob("*.bngbackup")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def artifacts_of(settings: Settings, flow_run: dict) -> set[str]:
    """What a flow run shows once it has completed."""
    found = {"flow_runs": {"id": {"any_": [flow_run["id"]]}}}

    def state() -> str:
        return str(ask_prefect(settings, "/flow_runs/filter", found)[0]["state_type"])

    wait_until(lambda: state() in ("COMPLETED", "FAILED", "CRASHED"))
    assert state() == "COMPLETED"
    wanted = {"artifacts": {"flow_run_id": {"any_": [flow_run["id"]]}}}
    return {one["key"] for one in ask_prefect(settings, "/artifacts/filter", wanted)}


def start_deployment(settings: Settings, name: str) -> dict:
    address = f"{settings.prefect_api_url}/deployments/name/{name}/{name}"
    headers = basic_auth(settings.prefect_auth_string)
    with urlopen(Request(address, headers=headers), timeout=10) as answer:
        deployment = json.load(answer)
    return ask_prefect(settings, f"/deployments/{deployment['id']}/create_flow_run", {})


def workers_of(settings: Settings) -> list[psutil.Process]:
    """The workers of this very stack, told by its own data folder."""
    mark, found = str(settings.data_dir), []
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        with suppress(psutil.Error):
            if any(command[1 : 1 + len(words)] == words for words in WORKERS):
                found += [process] if process.environ().get("BNG_STACK") == mark else []
    return found
