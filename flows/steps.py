"""Tasks of the flows: tried again, ever more slowly, only where that may mend it by itself."""

from collections.abc import Callable
from functools import partial
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.states import State

from bng_core.errors import StoreUnreachable


def store_did_not_answer(task: Any, task_run: Any, state: State[Any]) -> bool:
    """Whether to try again: only what Postgres may mend by itself, never a wrong input."""
    return isinstance(state.result(raise_on_failure=False), StoreUnreachable)


step: Callable[..., Any] = partial(
    task,
    retries=3,
    retry_delay_seconds=[1, 5, 15],
    retry_condition_fn=store_did_not_answer,
    cache_policy=NO_CACHE,
)
"""A task that waits for Postgres: after 1, 5 and 15 seconds."""
