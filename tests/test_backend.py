"""How pages ask: by the HTTP API, by this machine when it does not answer, or alone without one."""

import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import uvicorn
from fastapi import FastAPI

from bng_core.errors import BadInput
from bng_core.local_stack.ports import claim_port
from bng_core.runs import Upload, submit, where_it_stands
from bng_core.settings import load_settings
from bng_core.store import RunStatus
from flows.api.app import create_app
from flows.backend import ask, open_service
from tests.asking import QUESTION, SAMPLE_UPLOAD, expected_answer, wait_for, wait_until

KEY = "the key of these tests"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def api(service, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real server of the API; its jobs are stored and nobody computes them."""
    monkeypatch.setenv("BNG_API_KEY", KEY)
    app = create_app(load_settings())
    app.state.desk._service = replace(service, dispatch=lambda run_id: "prefect")
    with serving(app) as address:
        monkeypatch.setenv("BACKEND_URL", address)
        yield address


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    port = claim_port(18_000)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_question_goes_through_the_api_and_is_the_one_that_the_page_asked(api):
    service = open_service()

    run = ask(service, SAMPLE_UPLOAD, QUESTION, "zoë@example.org")

    assert (run.status, run.executor, run.input_name, run.asked_by) == (
        RunStatus.QUEUED,
        "prefect",
        SAMPLE_UPLOAD.name,
        "zoë@example.org",
    )
    assert ask(service, SAMPLE_UPLOAD, QUESTION).run_id == run.run_id
    assert submit(service, SAMPLE_UPLOAD, QUESTION).run_id == run.run_id  # the same run key


def test_a_question_that_cannot_be_asked_is_refused_as_without_the_api(api):
    service = open_service()

    with pytest.raises(BadInput, match="The lot is 'some'; expected 0 for none"):
        ask(service, SAMPLE_UPLOAD, replace(QUESTION, lot="some"))
    with pytest.raises(BadInput, match=r"big.xlsx is 21.0 MB; at most 20 MB can be read"):
        ask(service, Upload("big.xlsx", bytes(21 * 1024**2)), QUESTION)


def test_a_broken_connection_is_asked_again_under_the_same_key(api, monkeypatch):
    sent: list[str] = []

    class Broken(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent.append(self.headers["Idempotency-Key"])
            request = urllib.request.Request(api + self.path, body, dict(self.headers))
            with urllib.request.urlopen(request) as answer:
                if len(sent) > 1:
                    self.send_response(answer.status)
                    self.end_headers()
                    self.wfile.write(answer.read())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with listening(Broken) as address:
        monkeypatch.setenv("BACKEND_URL", address)
        run = ask(open_service(), SAMPLE_UPLOAD, QUESTION)

    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert run.executor == "prefect"


@pytest.mark.parametrize("fault", ["no API", "another key"])
def test_without_a_usable_api_a_process_of_this_machine_computes_and_that_is_said(
    service, api, monkeypatch, fault
):
    if fault == "no API":
        monkeypatch.setenv("BACKEND_URL", NOBODY)
    else:
        monkeypatch.setenv("BNG_API_KEY", "another")

    run = ask(open_service(), SAMPLE_UPLOAD, QUESTION)

    assert "No worker can be reached, so a process on this machine" in where_it_stands(run)
    done = wait_for(service, run)
    assert (done.status, done.executor) == (RunStatus.DONE, "local")
    assert done.result is not None
    assert done.result["cost"] == expected_answer()["cost"]


def test_without_a_backend_pages_compute_alone_and_ask_no_prefect(service, monkeypatch):
    asked: list[float] = []

    class Prefect(BaseHTTPRequestHandler):
        def parse_request(self) -> bool:
            asked.append(time.monotonic())
            return False

    monkeypatch.delenv("BACKEND_URL", raising=False)
    with listening(Prefect) as address:
        monkeypatch.setenv("PREFECT_API_URL", f"{address}/api")
        run = ask(open_service(), SAMPLE_UPLOAD, QUESTION)
        done = wait_for(service, run)

    assert (done.status, done.executor) == (RunStatus.DONE, "local")
    assert asked == []
