"""The border between a visitor and the code: errors come out as sentences, never as tracebacks."""

import asyncio
import functools
import inspect
import logging
import secrets
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from bng_core.errors import BngError, StoreUnreachable
from dashboards.ui.outage import READ_ONLY

log = logging.getLogger("bng.pages")
_tasks: set[asyncio.Future[None]] = set()


def log_to_server() -> None:
    """Send this kernel's log to the server's, not to the page."""
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def guarded(callback: Callable[..., Any]) -> Callable[..., None]:
    """Wrap a callback of an object that has `show_problem(text)`.

    A BngError is written for users and is shown as it is. Anything else is a fault of ours: it
    goes to the log under a reference that the visitor can pass on. A coroutine is started as a
    task, so that the page stays alive while it waits.
    """
    if inspect.iscoroutinefunction(callback):
        return _guarded_task(callback)

    @functools.wraps(callback)
    def run(self: Any, *arguments: Any) -> None:
        try:
            callback(self, *arguments)
        except Exception as error:
            self.show_problem(sentence(error))

    return run


def _guarded_task(callback: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    async def attempt(self: Any, *arguments: Any) -> None:
        try:
            await callback(self, *arguments)
        except Exception as error:
            self.show_problem(sentence(error))

    @functools.wraps(callback)
    def start(self: Any, *arguments: Any) -> None:
        task = asyncio.ensure_future(attempt(self, *arguments))
        _tasks.add(task)  # the event loop itself keeps no reference to a task
        task.add_done_callback(_tasks.discard)

    return start


def sentence(error: Exception) -> str:
    """What the visitor is told; addresses of servers are for the log."""
    if isinstance(error, StoreUnreachable):
        log.warning("%s", error)
        return f"{READ_ONLY} Try again then."
    if isinstance(error, BngError):
        return str(error)
    reference = secrets.token_hex(4)
    log.error("Reference %s", reference, exc_info=error)
    return (
        "Something went wrong that should not have. Try again; if it happens again, tell whoever "
        f"runs this site and give the reference {reference}."
    )
