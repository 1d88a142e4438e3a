"""Following a run from a page: what is said while it is computed, and how it is stopped."""

import asyncio
import uuid
from collections.abc import Callable

import pytest

from bng_core.actor import Actor, Role
from bng_core.errors import BadInput
from bng_core.runs import RunService, submit
from bng_core.store import Run, RunStatus, load_run
from dashboards.ui.following import Following, run_id_of_link
from tests.asking import QUESTION, SAMPLE_UPLOAD

ANN = Actor("ann@example.org", Role.END_USER)


async def until(claim: Callable[[], object]) -> None:
    """Wait until what a visitor sees is there."""
    for _ in range(200):
        if claim():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never happened")


def said(following: Following) -> str:
    stage, progress, _ = following.widget.children
    return str(stage.value + progress.value)


def press_cancel(following: Following) -> None:
    following.widget.children[2].click()


def test_a_run_is_cancelled_by_its_button_and_that_is_no_error(waiting: RunService) -> None:
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    problems: list[str] = []
    following = Following(lambda: waiting, lambda: ANN, problems.append)

    async def visit() -> Run | None:
        task = asyncio.create_task(following.follow(run.run_id))
        await until(lambda: "link to this run" in said(following))
        press_cancel(following)
        return await task

    assert asyncio.run(visit()) is None
    assert load_run(waiting.store, run.run_id).status is RunStatus.CANCELLED
    assert said(following) == (
        "<p>The run was cancelled by ann@example.org. Nothing was computed; you can ask again.</p>"
    )
    assert problems == []


def test_who_may_not_compute_may_not_cancel(waiting: RunService) -> None:
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    problems: list[str] = []
    reader = Actor("bob", Role.END_USER, scopes=frozenset())
    following = Following(lambda: waiting, lambda: reader, problems.append)

    async def visit() -> None:
        task = asyncio.create_task(following.follow(run.run_id))
        await until(lambda: "link to this run" in said(following))
        press_cancel(following)
        await until(lambda: problems)
        task.cancel()

    asyncio.run(visit())
    assert problems == ["The key of bob does not allow it to compute a purchase; make a wider one."]
    assert load_run(waiting.store, run.run_id).status is RunStatus.QUEUED


def test_a_link_that_names_no_run_is_told_in_words() -> None:
    run_id = uuid.UUID(int=7)
    assert run_id_of_link(str(run_id)) == run_id

    with pytest.raises(BadInput) as refusal:
        run_id_of_link("yesterday")

    assert str(refusal.value) == (
        "The link does not name a run. Copy it again from the page of the result."
    )
