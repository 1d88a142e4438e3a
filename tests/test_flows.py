"""The flow and its parts against a real Postgres and Redis, Prefect not answering."""

import asyncio
import importlib
import inspect
import json
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import psutil
import pytest
import yaml
from papermill.exceptions import PapermillExecutionError
from prefect.states import Failed, exception_to_failed_state
from sqlalchemy import text

from bng_core.errors import BadInput, MetricError, StoreError, StoreUnreachable
from bng_core.market import read_market
from bng_core.portfolio.answer import solve_portfolio
from bng_core.portfolio.folder import read_portfolio
from bng_core.portfolio.question import PortfolioQuestion
from bng_core.runs import Upload, poll, submit
from bng_core.settings import PROJECT_ROOT
from bng_core.store import RunStatus, load_notebook, load_run
from flows.run_notebook import INPUT_PARAMETERS, check_parameters, execute_run, failure_reason
from flows.steps import store_did_not_answer
from tests.asking import (
    PATIENCE_S,
    QUESTION,
    SAMPLE,
    SAMPLE_UPLOAD,
    expected_answer,
    wait_for,
    wait_until,
)

NOTEBOOK = PROJECT_ROOT / "notebooks" / "optimise.ipynb"


def test_a_parameter_that_the_notebook_does_not_have_is_refused():
    with pytest.raises(BadInput) as fault:
        check_parameters(NOTEBOOK, {"lpa": "Leeds", "max_bank": 3})

    assert str(fault.value).startswith(
        "The notebook optimise.ipynb has no parameter max_bank; it takes charges, contract_size, "
    )


def test_only_a_store_that_does_not_answer_is_worth_another_try():
    def state_of(fault: Exception):
        return asyncio.run(exception_to_failed_state(fault))

    assert store_did_not_answer(None, None, state_of(StoreUnreachable("Postgres is away.")))
    assert not store_did_not_answer(None, None, state_of(StoreError("There is no run 7.")))
    assert not store_did_not_answer(None, None, state_of(MetricError("no metric")))
    assert not store_did_not_answer(None, None, Failed(message="for another reason"))


@pytest.mark.parametrize(
    ("name", "text_of_it", "shown"),
    [
        ("MetricError", "a.xlsx is no metric.", "a.xlsx is no metric."),
        ("UnknownPlace", "Atlantis is no LPA.", "Atlantis is no LPA."),
        ("KeyError", "'secret'", "The run failed; reference {run_id}."),
    ],
)
def test_the_notebooks_own_sentence_reaches_the_user_and_no_traceback(name, text_of_it, shown):
    fault = PapermillExecutionError(3, 4, "source", name, text_of_it, ["Traceback"])
    run_id = uuid.uuid4()

    assert failure_reason(fault, run_id) == shown.format(run_id=run_id)


def test_a_run_gives_the_answer_of_the_function_and_keeps_its_notebook(waiting):
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)

    done = execute_run(run.run_id, executor="local")

    expected = expected_answer()
    assert done.status is RunStatus.DONE
    assert done.result is not None
    assert done.result["purchases"] == expected["purchases"]
    assert done.result["cost"] == expected["cost"]
    notebook = json.loads(load_notebook(waiting.store, run.run_id) or b"{}")
    assert [c for c in notebook["cells"] if c.get("outputs")]


def test_the_record_of_a_run_tells_nothing_of_the_machine(waiting):
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    execute_run(run.run_id, executor="local")

    record = (load_notebook(waiting.store, run.run_id) or b"").decode()

    assert str(PROJECT_ROOT) not in record
    assert "input/Sample (v1).xlsx" in record


def test_a_run_is_computed_on_the_market_it_was_asked_on(waiting):
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    with waiting.store.begin() as connection:
        connection.execute(text("UPDATE prices SET unit_price = unit_price * 10"))

    done = execute_run(run.run_id, executor="local")

    assert done.result is not None
    assert done.result["cost"] == expected_answer()["cost"]


def test_a_run_that_is_done_is_not_computed_again(waiting):
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    first = execute_run(run.run_id, executor="local")

    second = execute_run(run.run_id, executor="local")

    assert second == first


def test_a_workbook_that_cannot_be_read_fails_the_run_with_its_sentence(waiting):
    run = submit(waiting, Upload("broken.xlsx", b"no workbook"), QUESTION)

    done = execute_run(run.run_id, executor="local")

    assert done.status is RunStatus.FAILED
    assert done.error is not None
    assert done.error.startswith("broken.xlsx ")
    assert "Traceback" not in done.error
    assert load_notebook(waiting.store, run.run_id)


def test_without_prefect_a_process_of_our_own_computes_and_the_run_says_so(service):
    run = submit(service, SAMPLE_UPLOAD, QUESTION)

    done = wait_for(service, run)

    assert (done.status, done.executor) == (RunStatus.DONE, "local")
    assert done.result is not None
    assert done.result["cost"] == expected_answer()["cost"]


def test_the_second_identical_request_is_answered_from_the_cache(service):
    first = wait_for(service, submit(service, SAMPLE_UPLOAD, QUESTION))

    second = submit(service, SAMPLE_UPLOAD, QUESTION)

    assert second.status is RunStatus.DONE
    assert second.answered_from_cache_of == first.run_id
    assert second.result == first.result


def local_worker(run_id: uuid.UUID) -> psutil.Popen:
    command = [sys.executable, "-m", "flows.run_notebook", str(run_id)]
    return psutil.Popen(command, cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL)


def wait_for_kernel(worker: psutil.Popen) -> psutil.Process:
    def kernels() -> list[psutil.Process]:
        family = worker.children(recursive=True)
        return [process for process in family if "ipykernel_launcher" in process.cmdline()]

    wait_until(lambda: bool(kernels()))
    return kernels()[0]


def test_a_killed_kernel_fails_the_run_and_says_what_happened(waiting):
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    worker = local_worker(run.run_id)
    kernel = wait_for_kernel(worker)
    wait_until(lambda: load_run(waiting.store, run.run_id).stage != "Starting")

    kernel.kill()

    worker.wait(PATIENCE_S)
    assert load_run(waiting.store, run.run_id).error == (
        f"The system ended the calculation, most likely for lack of memory; reference {run.run_id}."
    )


def test_a_worker_that_is_told_to_stop_gives_its_run_back(waiting):
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    worker = local_worker(run.run_id)
    kernel = wait_for_kernel(worker)
    wait_until(lambda: load_run(waiting.store, run.run_id).stage != "Starting")

    worker.terminate()

    worker.wait(PATIENCE_S)
    wait_until(lambda: not kernel.is_running())
    shown = load_run(waiting.store, run.run_id)
    assert shown.stage == "Interrupted; waiting for a worker"
    assert execute_run(run.run_id, executor="local").status is RunStatus.DONE


def test_a_worker_killed_in_mid_run_loses_nothing(waiting):
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    worker = local_worker(run.run_id)
    kernel = wait_for_kernel(worker)
    wait_until(lambda: load_run(waiting.store, run.run_id).status == "running")

    worker.kill()
    worker.wait(PATIENCE_S)

    wait_until(lambda: not kernel.is_running())
    wait_until(lambda: poll(waiting, run.run_id).status is RunStatus.QUEUED)
    done = execute_run(run.run_id, executor="local")
    assert (done.status, done.attempts) == (RunStatus.DONE, 2)


def test_a_portfolio_is_a_run_like_any_other(waiting, tmp_path):
    packed = shutil.make_archive(str(tmp_path / "portfolio"), "zip", SAMPLE / "portfolio")
    upload = Upload("portfolio.zip", Path(packed).read_bytes())
    question = PortfolioQuestion(QUESTION.on_date)
    run = submit(waiting, upload, question)

    done = execute_run(run.run_id, executor="local")

    sites = read_portfolio(SAMPLE / "portfolio", question.day())
    expected = solve_portfolio(sites, read_market(SAMPLE / "market"), question.terms())
    assert (run.kind, done.status, done.error) == ("portfolio", RunStatus.DONE, None)
    assert done.result is not None
    assert done.result["cost"] == expected["cost"]
    assert load_notebook(waiting.store, run.run_id)


def deployments() -> dict[str, dict]:
    content = yaml.safe_load((PROJECT_ROOT / "prefect.yaml").read_text())
    return {deployment["name"]: deployment for deployment in content["deployments"]}


@pytest.mark.parametrize("kind", INPUT_PARAMETERS)
def test_every_kind_of_run_has_its_notebook_its_flow_and_its_deployment(kind):
    assert (PROJECT_ROOT / "notebooks" / f"{kind}.ipynb").is_file()
    assert importlib.import_module(f"flows.{kind}").__dict__[kind].name == kind
    assert deployments()[kind]["entrypoint"] == f"flows/{kind}.py:{kind}"


@pytest.mark.parametrize("name", deployments())
def test_every_deployment_is_a_flow_with_a_time_out_and_is_scheduled_by_english_time(name):
    deployment = deployments()[name]
    file, _, function = deployment["entrypoint"].partition(":")
    flow = getattr(importlib.import_module(file.removesuffix(".py").replace("/", ".")), function)

    assert (flow.name, bool(flow.timeout_seconds)) == (name, True)
    assert set(deployment.get("parameters", {})) <= set(inspect.signature(flow.fn).parameters)
    assert {s["timezone"] for s in deployment.get("schedules", [])} <= {"Europe/London"}
