"""Postgres goes away while a page is open, and comes back: a real server, stopped and started."""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bng_core.actor import SYSTEM
from bng_core.errors import StoreUnreachable
from bng_core.runs import RunService
from bng_core.settings import PROJECT_ROOT
from bng_core.store import Run, RunStatus
from bng_core.store.prepare import prepare
from dashboards.ui.following import Following
from dashboards.ui.guard import sentence
from dashboards.ui.jobs import ask, open_service
from dashboards.ui.outage import READ_ONLY, patiently
from flows.run_notebook import execute_run
from tests.asking import PATIENCE_S, QUESTION, SAMPLE_UPLOAD
from tests.postgres_server import Server, new_server

AWAY = f"{READ_ONLY} This page then goes on by itself."


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with new_server() as server:
        server.make_databases()
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        sample = PROJECT_ROOT / "sample" / "market"
        prepare(server.url("bng"), sample, server.url("bng_owner"))
        yield server


class Visitor:
    """Asks a question on a page and waits for its answer; nobody computes but the test."""

    def __init__(self) -> None:
        self.asked: list[uuid.UUID] = []
        self.service: RunService | None = None
        self.following = Following(self.open, lambda: SYSTEM, lambda text: None)

    def open(self) -> RunService:
        self.service = self.service or replace(open_service(), dispatch=self._noted)
        return self.service

    def _noted(self, run_id: uuid.UUID) -> str:
        self.asked.append(run_id)
        return "prefect"

    async def ask(self) -> Run | None:
        question = lambda: ask(self.open(), SAMPLE_UPLOAD, QUESTION)  # noqa: E731
        run = await patiently(question, self.following.say)
        return await self.following.follow(run.run_id)

    async def reads(self, words: str) -> None:
        stage = self.following.widget.children[0]
        await until(lambda: words in stage.value)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.05)


def test_a_page_waits_while_postgres_is_away_and_goes_on_when_it_is_back(server):
    async def visit() -> Run | None:
        visitor = Visitor()
        server.stop()
        answer = asyncio.ensure_future(visitor.ask())
        await visitor.reads(AWAY)  # before anything was asked
        await asyncio.to_thread(server.start)
        await visitor.reads("Waiting for a worker")

        server.stop()
        await visitor.reads(AWAY)  # while the answer is waited for
        await asyncio.to_thread(server.start)
        await visitor.reads("Waiting for a worker")

        (run_id,) = visitor.asked
        await asyncio.to_thread(execute_run, run_id, "local")
        return await answer

    run = asyncio.run(visit())

    assert run is not None
    assert run.status is RunStatus.DONE
    assert run.result is not None
    assert run.result["audit"]["passed"]


def test_what_cannot_wait_is_refused_without_the_address_of_the_server():
    fault = StoreUnreachable("Postgres does not answer at db.example:5432 (user 'bng').")

    assert sentence(fault) == f"{READ_ONLY} Try again then."
