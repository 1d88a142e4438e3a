"""The HTTP API against a real Postgres and Redis; Prefect does not answer, nobody computes."""

import base64
import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from bng_core.actor import SYSTEM, Action, Role
from bng_core.cli import main
from bng_core.market import read_market
from bng_core.runs import submit
from bng_core.settings import PROJECT_ROOT, Settings, load_settings
from bng_core.store import RunStatus, Store, connect, save_market
from bng_core.store.api_keys import NewKey, new_key
from bng_core.store.leases import Outcome
from bng_core.store.users import NewUser, add_user
from flows.api.app import create_app
from flows.api.live import NO_SUCH_JOB, NOT_ALLOWED
from flows.run_notebook import execute_run
from tests.asking import QUESTION, SAMPLE, SAMPLE_UPLOAD, start_attempt

KEY = "the key of these tests"
BASE64 = base64.b64encode(SAMPLE_UPLOAD.content).decode()
JOB = {
    "kind": "optimise",
    "input_name": SAMPLE_UPLOAD.name,
    "input_base64": BASE64,
    "lpa": QUESTION.lpa,
    "nca": QUESTION.nca,
    "on_date": "2026-11-24",
}


@pytest.fixture
def settings(store: Store, in_services: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("BNG_API_KEY", KEY)
    save_market(store, read_market(SAMPLE / "market"))
    return load_settings()


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """Jobs are stored and nobody is told: the test computes them itself."""
    yield from a_client(settings)


def a_client(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings)
    desk = app.state.desk
    if desk.settings.database_url:
        desk._service = replace(desk.service, dispatch=lambda run_id: "prefect")
        desk.cache.client.flushdb()
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        yield client


def compute(client: TestClient, job: dict) -> dict:
    """Answer a job as a worker does, but for the seconds that the notebook takes."""
    desk, run_id = client.app.state.desk, uuid.UUID(job["id"])
    attempt = start_attempt(desk.service.store, run_id, "prefect", Path())
    assert attempt is not None
    with attempt:
        attempt.close(Outcome(RunStatus.DONE, {"cost": {"total_gbp": 1.5}}))
    desk.cache.keep(attempt.run.run_key, run_id)
    return client.get(f"/jobs/{job['id']}").json()


def computed(client: TestClient) -> dict:
    return compute(client, client.post("/jobs", json=JOB).json())


def error_of(answer) -> tuple[int, str, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["message"], error["field"]


def test_a_job_is_asked_computed_and_equal_to_the_command_line_to_the_penny(client):
    asked = client.post("/jobs", json=JOB)
    assert asked.status_code == 202
    job = asked.json()
    assert (job["status"], job["position"], job["result"]) == ("queued", 1, None)
    assert asked.headers["Location"] == f"/jobs/{job['id']}"

    execute_run(uuid.UUID(job["id"]), "local")

    done = client.get(f"/jobs/{job['id']}").json()
    assert (done["status"], done["progress"], done["error"]) == ("finished", 100, None)
    expected = command_line()
    assert done["result"]["cost"] == expected["cost"]
    assert done["result"]["purchases"] == expected["purchases"]
    record = client.get(f"/jobs/{job['id']}/notebook")
    assert record.headers["content-type"] == "application/x-ipynb+json"
    assert json.loads(record.content)["cells"]


def command_line() -> dict:
    command = [sys.executable, "-m", "bng_core.cli", "optimise", str(SAMPLE / "metric.xlsx")]
    command += ["--market", str(SAMPLE / "market"), "--lpa", QUESTION.lpa, "--nca", QUESTION.nca]
    command += ["--date", "2026-11-24", "--json"]
    done = subprocess.run(command, capture_output=True, check=True, cwd=PROJECT_ROOT)
    return json.loads(done.stdout)


def test_a_question_answered_before_is_answered_at_once(client):
    first = computed(client)

    again = client.post("/jobs", json=JOB)

    assert again.status_code == 200
    second = again.json()
    assert (second["status"], second["from_cache"]) == ("finished", True)
    assert second["result"] == first["result"]


def test_a_cleared_cache_lets_the_answer_be_computed_anew(client):
    first = computed(client)

    one = client.delete(f"/cache/{first['run_key']}").json()
    none = client.delete(f"/cache/{first['run_key']}").json()
    again = client.post("/jobs", json=JOB)
    compute(client, again.json())
    cleared = client.post("/cache/clear-all").json()

    assert (one, none, cleared) == ({"removed": 1}, {"removed": 0}, {"removed": 1})
    assert again.status_code == 202


def test_the_same_request_sent_twice_under_one_key_is_one_job(client):
    headers = {"Idempotency-Key": "order-1"}
    first = client.post("/jobs", json=JOB, headers=headers).json()
    compute(client, first)

    again = client.post("/jobs", json=JOB, headers=headers)

    assert again.json()["id"] == first["id"]
    other = client.post("/jobs", json=JOB | {"lot": "0.1"}, headers=headers)
    assert error_of(other) == (
        422,
        "The Idempotency-Key 'order-1' was used for another request; choose a new key for each "
        "request.",
        "Idempotency-Key",
    )


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"lpa": "Atlantis"}, "lpa", "Local planning authority “Atlantis”"),
        ({"nca": "Atlantis"}, "nca", "National character area “Atlantis”"),
        ({"waterbody": "Styx"}, "waterbody", "Waterbody “Styx” is not in the tables."),
        ({"lot": "some"}, "lot", "The lot is 'some'; expected 0 for none"),
        ({"input_base64": "%"}, "input_base64", "The file is not in base64"),
        ({"preferences": {"max_banks": 0}}, "preferences", "The preferences are wrong"),
        ({"on_date": "soon"}, "optimise.on_date", "body.optimise.on_date: Input should be"),
        ({"colour": "red"}, "optimise.colour", "body.optimise.colour: Extra inputs are not"),
        ({"kind": "guess"}, None, "body: Input tag 'guess' found"),
    ],
)
def test_a_refused_request_names_the_field_at_fault(client, changes, field, words):
    status, message, at = error_of(client.post("/jobs", json=JOB | changes))

    assert (status, at) == (422, field)
    assert message.startswith(words)


def test_a_cancelled_job_is_cancelled_by_whom(client):
    job = client.post("/jobs", json=JOB).json()

    stopped = client.delete(f"/jobs/{job['id']}").json()

    assert stopped["status"] == "cancelled"
    assert stopped["error"] == "The run was cancelled by the local stack."
    assert client.delete(f"/jobs/{job['id']}").json() == stopped


def test_jobs_wait_in_order_and_say_their_position(client):
    lots = ("0.01", "0.02", "0.05")
    first, second, third = (client.post("/jobs", json=JOB | {"lot": lot}).json() for lot in lots)
    client.delete(f"/jobs/{first['id']}")

    assert [job["position"] for job in (first, second, third)] == [1, 2, 3]
    assert client.get(f"/jobs/{third['id']}").json()["position"] == 2
    listed = client.get("/jobs", params={"limit": 2}).json()
    assert [job["id"] for job in listed] == [third["id"], second["id"]]


def test_the_events_of_a_job_end_with_its_result(client):
    job = client.post("/jobs", json=JOB).json()
    worker = threading.Timer(0.3, execute_run, (uuid.UUID(job["id"]), "local"))
    worker.start()

    with client.stream("GET", f"/jobs/{job['id']}/events") as stream:
        lines = [json.loads(x[6:]) for x in stream.iter_lines() if x.startswith("data: ")]

    worker.join()
    assert (lines[0]["status"], lines[-1]["status"]) == ("queued", "finished")
    assert lines[-1]["result"]["cost"]
    assert len({line["stage"] for line in lines}) > 3


def test_the_websocket_tells_the_same_and_needs_a_key(client):
    job = computed(client)

    with client.websocket_connect(f"/jobs/{job['id']}/live") as socket:
        assert json.loads(socket.receive_text()) == job
    anonymous = {"Authorization": ""}
    with (
        client.websocket_connect(f"/jobs/{job['id']}/live", headers=anonymous) as socket,
        pytest.raises(WebSocketDisconnect) as closed,
    ):
        socket.receive_text()
    assert closed.value.code == NOT_ALLOWED
    with (
        client.websocket_connect(f"/jobs/{uuid.uuid4()}/live") as socket,
        pytest.raises(WebSocketDisconnect) as closed,
    ):
        socket.receive_text()
    assert closed.value.code == NO_SUCH_JOB


def test_a_workbook_is_read_as_the_command_line_reads_it(client):
    answer = client.post("/metric?name=a.xlsx", content=SAMPLE_UPLOAD.content)

    command = [sys.executable, "-m", "bng_core.cli", "metric", str(SAMPLE / "metric.xlsx")]
    printed = subprocess.run([*command, "--json"], capture_output=True, check=True).stdout
    assert answer.json()["headline"] == json.loads(printed)["headline"]
    refused = client.post("/metric?name=a.xlsx", content=b"no workbook")
    assert error_of(refused)[0] == 422
    assert error_of(refused)[1].startswith("a.xlsx ")


@pytest.mark.parametrize("key", [None, "", "wrong", "é", "the key of these test"])
@pytest.mark.parametrize("path", ["/jobs", "/metrics", f"/jobs/{uuid.UUID(int=1)}"])
def test_nothing_is_shown_without_a_valid_key(client, key, path):
    headers = {"Authorization": "" if key is None else f"Bearer {key}".encode()}

    answer = client.get(path, headers=headers)

    assert error_of(answer) == (
        401,
        "The request needs a valid API key: send the header Authorization: Bearer KEY.",
        None,
    )
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_does_what_its_scopes_say_and_no_more(client, settings):
    store = connect(settings.database_url)
    add_user(store, SYSTEM, NewUser("hal", Role.HANDLER))
    key = new_key(store, SYSTEM, NewKey("hal", "tests", frozenset({Action.OPTIMISE}), 1))
    client.headers["Authorization"] = f"Bearer {key}"

    job = client.post("/jobs", json=JOB)
    refused = client.post("/cache/clear-all")
    stopped = client.delete(f"/jobs/{job.json()['id']}")

    assert job.status_code == 202
    assert stopped.json()["error"] == "The run was cancelled by hal."
    assert error_of(refused) == (
        403,
        "hal may not clear the cache as handler; that takes the role admin.",
        None,
    )
    assert error_of(client.get("/jobs"))[:2] == (
        403,
        "The key of hal does not allow it to see all quotes; make a wider one.",
    )


def test_the_command_line_shows_and_cancels_runs_and_clears_the_cache(client, capsys):
    first = computed(client)
    second = client.post("/jobs", json=JOB | {"lot": "0.1"}).json()

    assert main(["runs", second["id"], "--cancel"]) == 0
    assert main(["runs", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert main(["cache", "--json"]) == 0
    kept = json.loads(capsys.readouterr().out)
    assert main(["cache", "--clear"]) == 0
    cleared = capsys.readouterr().out

    assert [(run["run_id"], run["status"]) for run in listed["runs"]] == [
        (second["id"], "cancelled"),
        (first["id"], "done"),
    ]
    assert [entry["run_key"] for entry in kept["entries"]] == [first["run_key"]]
    assert kept["hit_rate"] == 0.0
    assert cleared == "Answers removed: 1.\n"


def test_what_does_not_exist_is_said_in_the_same_form(client):
    nobody = uuid.uuid4()

    assert error_of(client.get(f"/jobs/{nobody}")) == (404, f"There is no job {nobody}.", None)
    assert error_of(client.get("/nowhere"))[0] == 404
    assert error_of(client.put("/jobs"))[0] == 405
    assert error_of(client.get("/jobs/17"))[::2] == (422, "path.job_id")


def test_too_many_requests_are_told_when_to_come_back(settings):
    for client in a_client(replace(settings, requests_a_minute=3)):
        answers = [client.get(f"/jobs/{uuid.uuid4()}") for _ in range(5)]
        if int(time.time()) % 60 < 2:
            pytest.skip("a new minute began between the requests")

        assert [a.status_code for a in answers[:3]] == [404] * 3
        assert answers[-1].status_code == 429
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
        anonymous = client.get("/metrics", headers={"Authorization": ""})
        assert anonymous.status_code == 401  # counted apart, by its address


def test_a_request_beyond_the_limit_is_refused_while_it_arrives(client):
    def chunks() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 1_000_000

    declared = client.post("/jobs", content=b"x", headers={"Content-Length": "99999999"})
    streamed = client.post("/metric", content=chunks())

    assert declared.status_code == streamed.status_code == 413
    assert "larger than" in error_of(streamed)[1]


def test_other_sites_may_not_ask_unless_the_setting_names_them(client, settings):
    origin = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}

    closed = client.options("/jobs", headers=origin)
    named = replace(settings, api_origins=("https://elsewhere.example",))
    for other in a_client(named):
        opened = other.options("/jobs", headers=origin)

    assert "access-control-allow-origin" not in closed.headers
    assert opened.headers["access-control-allow-origin"] == "https://elsewhere.example"


def test_health_names_each_part_and_what_it_means(client, settings):
    without_prefect = client.get("/health", headers={"Authorization": ""})

    assert without_prefect.status_code == 200
    parts = without_prefect.json()["parts"]
    assert without_prefect.json()["status"] == "degraded"
    assert {name: part["state"] for name, part in parts.items()} == {
        "postgres": "up",
        "redis": "up",
        "prefect": "down",
        "workers": "down",
    }
    assert parts["prefect"]["message"] == "Runs are computed by local processes."


def test_without_postgres_nothing_can_be_asked_and_that_is_said(settings, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://bng:secret@127.0.0.1:9/bng")
    app = create_app(replace(settings, database_url="postgresql://127.0.0.1:9/bng"))
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"

        health, job = client.get("/health"), client.post("/jobs", json=JOB)
        figures = client.get("/metrics")

    assert (health.status_code, health.json()["status"]) == (503, "down")
    assert (job.status_code, job.json()["error"]["kind"]) == (503, "StoreUnreachable")
    assert "secret" not in job.text + health.text
    assert "bng_up 0.0" in figures.text


def test_without_redis_jobs_are_computed_uncached_and_still_counted(settings):
    app = create_app(replace(settings, redis_url="redis://127.0.0.1:9/0"))
    app.state.desk._service = replace(app.state.desk.service, dispatch=lambda run_id: "prefect")
    with TestClient(app) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        job = client.post("/jobs", json=JOB)
        cleared = client.post("/cache/clear-all")
        redis = client.get("/health").json()["parts"]["redis"]

    assert job.status_code == 202
    assert error_of(cleared)[0] == 503
    assert redis == {"state": "down", "message": "Every answer is computed anew."}


def test_figures_for_prometheus_count_runs_hits_and_answers(client):
    computed(client)
    client.post("/jobs", json=JOB)
    client.post("/jobs", json=JOB | {"queue": "batch", "lot": "1"})

    lines = client.get("/metrics").text.splitlines()

    for line in (
        "bng_up 1.0",
        'bng_runs_waiting{queue="batch"} 1.0',
        'bng_runs_waiting{queue="interactive"} 0.0',
        'bng_runs_ended_total{status="done"} 2.0',
        "bng_cache_hits_total 1.0",
        "bng_cache_misses_total 1.0",
        "bng_cache_hit_rate 0.5",
        'bng_run_seconds_bucket{le="+Inf"} 1.0',
        'bng_api_answer_seconds_count{method="POST",route="/jobs",status="200"} 1.0',
    ):
        assert line in lines


def test_the_documentation_needs_no_other_machine(client):
    page = client.get("/docs").text

    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"):
        assert f"/docs/assets/{asset}" in page
        assert client.get(f"/docs/assets/{asset}").status_code == 200
    assert "/jobs/{job_id}/events" in client.get("/openapi.json").json()["paths"]


def test_an_interactive_request_takes_over_the_same_one_of_the_batch(client):
    batch = client.post("/jobs", json=JOB | {"queue": "batch"}).json()

    asked = client.post("/jobs", json=JOB).json()

    assert asked["id"] == batch["id"]
    assert (batch["queue"], asked["queue"]) == ("batch", "interactive")


def test_two_hundred_identical_requests_at_once_are_one_computation(client):
    service = client.app.state.desk.service
    sent: list[uuid.UUID] = []
    counting = replace(service, dispatch=lambda run_id: (sent.append(run_id), "prefect")[1])

    ids: set[uuid.UUID] = set()

    def ask() -> None:
        for _ in range(25):
            ids.add(submit(counting, SAMPLE_UPLOAD, QUESTION).run_id)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sent) == 1
    assert ids == set(sent)
