"""Requests that nobody would write: schemathesis from the API's own schema, and plain nonsense.

`BNG_FUZZ_EXAMPLES=500 BNG_FUZZ_REQUESTS=10000` asks for more of both.
"""

import os
import random
from collections.abc import Iterator

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bng_core.market import read_market
from bng_core.settings import Settings, load_settings
from bng_core.store import Store, save_market
from flows.api.app import create_app
from tests.asking import SAMPLE

EXAMPLES = int(os.environ.get("BNG_FUZZ_EXAMPLES", "8"))
REQUESTS = int(os.environ.get("BNG_FUZZ_REQUESTS", "300"))
KEY = "the key of these tests"
# Which names are places only the tables know, not the schema: such a request is refused with 422.
NOT_OF_THE_SCHEMA = [positive_data_acceptance]
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def app(store: Store, in_services: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setenv("BNG_API_KEY", KEY)
    monkeypatch.setenv("BNG_API_RATE_LIMIT", "1000000")
    save_market(store, read_market(SAMPLE / "market"))
    app = create_app(load_settings())
    service = app.state.desk.service
    object.__setattr__(service, "dispatch", lambda run_id: "prefect")  # nobody computes here
    return app


def test_every_answer_is_what_the_schema_says(app):
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)

    for found in schema.get_all_operations():
        operation = found.ok()

        @given(operation.as_strategy())
        @SETTINGS
        def answers_as_promised(case: schemathesis.Case) -> None:
            headers = {"Authorization": f"Bearer {KEY}"}
            case.call_and_validate(headers=headers, excluded_checks=NOT_OF_THE_SCHEMA)

        answers_as_promised()


def nonsense(choice: random.Random) -> Iterator[tuple[str, str, dict, bytes]]:
    """Methods, paths, headers and bodies, each likely enough to reach a handler."""
    paths = ("/jobs", "/metric", "/cache/clear-all", "/jobs/x/events", "/health", "/%00", "/jobs/")
    paths += (f"/cache/{'0' * 64}", f"/jobs/{'0' * 8}-0000-4000-8000-{'0' * 12}", "/metrics")
    kinds = ("application/json", "text/plain", "application/octet-stream", "", "é")
    bodies = (b"", b"{", b"[]", b"null", b'{"kind": "optimise"}', b"\x00\xff", b"PK\x03\x04")
    while True:
        body = choice.choice(bodies) * choice.randint(1, 3) + choice.randbytes(choice.randint(0, 9))
        headers = {
            "Authorization": choice.choice((f"Bearer {KEY}", "Bearer", "Basic YTpi", "\x7f")),
            "Content-Type": choice.choice(kinds).encode(),
            "Idempotency-Key": choice.choice(("a", "", "ü" * 300)).encode(),
        }
        yield (
            choice.choice(("GET", "POST", "DELETE", "PUT", "PATCH")),
            choice.choice(paths),
            headers,
            body,
        )


def test_nonsense_is_refused_and_never_a_fault_of_the_program(app):
    requests = nonsense(random.Random(20261124))
    with TestClient(app, raise_server_exceptions=False) as client:
        answers = [
            client.request(method, path, headers=headers, content=body)
            for method, path, headers, body in (next(requests) for _ in range(REQUESTS))
        ]

    faults = [a for a in answers if a.status_code >= 500]
    assert [f"{a.request.method} {a.request.url} {a.text}" for a in faults] == []
    refused = [a for a in answers if a.status_code >= 400]
    assert len(refused) > REQUESTS / 2
    assert all(a.json()["error"]["message"] for a in refused)
