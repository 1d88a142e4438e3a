"""While Postgres is away: said in words, nothing lost, and the page goes on when it is back."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from bng_core.errors import StoreUnreachable

log = logging.getLogger("bng.pages")

READ_ONLY = (
    "The database does not answer at the moment. What you see can still be read, and what you "
    "uploaded and typed is kept on this page; nothing can be computed or saved until it is back."
)
LOOK_AGAIN_SECONDS = 1.0

T = TypeVar("T")


async def patiently(ask: Callable[[], T], tell: Callable[[str], None]) -> T:
    """What the store answers, in a thread, however long that takes.

    `tell` gets the words for the visitor once while it is away, and none when it is back.
    """
    away = False
    while True:
        try:
            answer = await asyncio.to_thread(ask)
        except StoreUnreachable as fault:
            if not away:
                log.warning("%s", fault)
                tell(f"{READ_ONLY} This page then goes on by itself.")
            away = True
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        else:
            if away:
                tell("")
            return answer
