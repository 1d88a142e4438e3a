"""Who asks: an API key in `Authorization: Bearer ...`, and how often it may."""

import hashlib
import hmac
import logging
import time
from collections import Counter
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from redis import Redis, RedisError
from starlette.requests import HTTPConnection

from bng_core.actor import Actor, Role
from bng_core.errors import SignInRefused
from bng_core.store.api_keys import actor_of_key
from flows.api.desk import Desk
from flows.api.faults import Refusal

log = logging.getLogger(__name__)

WINDOW_SECONDS = 60
PREFIX = "bng:asked:"
STACK = Actor("the local stack", Role.ADMIN)
"""Who the key of the stack itself stands for, which lies in a file that only its owner reads."""

_bearer = HTTPBearer(auto_error=False, description="an API key")


class Counters:
    """How often each has asked in this minute: in Redis for all processes, else in this one."""

    def __init__(self, client: Redis | None) -> None:
        self._client = client
        self._here: Counter[str] = Counter()
        self._window = 0

    def count(self, who: str) -> int:
        """Add one and return the number of this minute."""
        window = int(time.time()) // WINDOW_SECONDS
        name = f"{PREFIX}{hashlib.sha256(who.encode()).hexdigest()[:32]}:{window}"
        if self._client is not None:
            try:
                pipeline = self._client.pipeline()
                pipeline.incr(name)
                pipeline.expire(name, 2 * WINDOW_SECONDS)
                return int(pipeline.execute()[0])
            except RedisError as fault:
                log.warning("requests are counted in this process: %s", type(fault).__name__)
        if window != self._window:
            self._here, self._window = Counter(), window
        self._here[name] += 1
        return self._here[name]


def actor(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Actor:
    """Who asks. Raises Refusal: 401 without a known key, 429 when it asks too often."""
    return admit(request, None if given is None else given.credentials)


def admit(connection: HTTPConnection, key: str | None) -> Actor:
    """Who has this key, counted; those without a valid one are counted by their address."""
    desk: Desk = connection.app.state.desk
    address = connection.client.host if connection.client else "nobody"
    known = None if key is None else actor_of(desk, key)
    _limit(connection, f"key {key}" if known else f"address {address}")
    if known is None:
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "The request needs a valid API key: send the header Authorization: Bearer KEY.",
            {"WWW-Authenticate": "Bearer"},
        )
    return known


def actor_of(desk: Desk, key: str) -> Actor | None:
    """The owner of a key; None where nobody has it. Raises StoreError without Postgres."""
    own = desk.settings.api_key
    if own and hmac.compare_digest(own.encode(), key.encode()):
        return STACK
    try:
        return actor_of_key(desk.service.store, key)
    except SignInRefused:
        return None


def _limit(connection: HTTPConnection, who: str) -> None:
    allowed: int = connection.app.state.desk.settings.requests_a_minute
    counters: Counters = connection.app.state.counters
    if counters.count(who) <= allowed:
        return
    wait = WINDOW_SECONDS - int(time.time()) % WINDOW_SECONDS
    raise Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"More than {allowed} requests in a minute; ask again in {wait} s.",
        {"Retry-After": str(wait)},
    )


Asker = Annotated[Actor, Depends(actor)]
