"""The result cache: run key -> the run that holds the answer, in Redis for a limited time (§5).

Redis may go away at any moment: then nothing is found and nothing is kept, and every answer is
computed anew. What is in flight is no matter of this cache: the run row itself is that lock.
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from bng_core.actor import Action, Actor, require
from bng_core.errors import CacheUnreachable

log = logging.getLogger(__name__)

PREFIX = "bng:answer:"
ANSWER_WITHIN_S = 1.0
"""A slower cache is no cache."""


@dataclass(frozen=True)
class Cache:
    """Answers by run key; without a client it is empty and keeps nothing."""

    client: Redis | None
    ttl_seconds: int

    def find(self, run_key: str) -> uuid.UUID | None:
        """Return the run that answered this key, if it is remembered."""
        if self.client is None:
            return None
        try:
            found = self.client.get(PREFIX + run_key)
        except RedisError as fault:
            log.warning("no cache, computing anew: %s", type(fault).__name__)
            return None
        return uuid.UUID(found.decode()) if isinstance(found, bytes) else None

    def keep(self, run_key: str, run_id: uuid.UUID) -> None:
        """Remember, for CACHE_TTL seconds, which run answered this key."""
        if self.client is None:
            return
        try:
            self.client.set(PREFIX + run_key, str(run_id), ex=self.ttl_seconds)
        except RedisError as fault:
            log.warning("no cache, the answer is not kept there: %s", type(fault).__name__)


@dataclass(frozen=True)
class Entry:
    """One answer that the cache holds: the run that has it, and for how long it is kept."""

    run_key: str
    run_id: uuid.UUID
    seconds_left: int


def entries(cache: Cache, actor: Actor) -> list[Entry]:
    """What the cache holds, by key. Raises NotAllowed, or CacheUnreachable."""
    require(actor, Action.CLEAR_CACHE)
    with _answering(cache) as client:
        found = [(name, client.get(name), client.ttl(name)) for name in _names(client)]
    return sorted(
        (
            Entry(name.removeprefix(PREFIX), uuid.UUID(value.decode()), int(seconds))
            for name, value, seconds in found
            if isinstance(value, bytes)
        ),
        key=lambda entry: entry.run_key,
    )


def forget(cache: Cache, actor: Actor, run_key: str) -> bool:
    """Let the answer to one key be computed anew; False where none was kept.

    Raises NotAllowed, or CacheUnreachable.
    """
    require(actor, Action.CLEAR_CACHE)
    with _answering(cache) as client:
        gone = bool(client.delete(PREFIX + run_key))
    log.info("%s removed the answer to %s from the cache: %s", actor.who, run_key, gone)
    return gone


def clear(cache: Cache, actor: Actor) -> int:
    """Let every answer be computed anew; return how many there were.

    Raises NotAllowed, or CacheUnreachable.
    """
    require(actor, Action.CLEAR_CACHE)
    with _answering(cache) as client:
        gone = sum(int(client.delete(name)) for name in _names(client))
    log.info("%s cleared the cache of %d answers", actor.who, gone)
    return gone


def _names(client: Redis) -> list[str]:
    return [name.decode() for name in client.scan_iter(match=PREFIX + "*", count=500)]


@contextmanager
def _answering(cache: Cache) -> Iterator[Redis]:
    if cache.client is None:
        raise CacheUnreachable("No Redis is known: REDIS_URL is not set, so nothing is cached.")
    try:
        yield cache.client
    except RedisError as fault:
        raise CacheUnreachable(
            f"Redis does not answer ({type(fault).__name__}), so nothing is cached now. "
            "See `bng status`."
        ) from fault


def open_cache(redis_url: str | None, ttl_seconds: int) -> Cache:
    """Return the cache at this address (REDIS_URL); without one, a cache that keeps nothing."""
    if redis_url is None:
        return Cache(None, ttl_seconds)
    client = Redis.from_url(
        redis_url,
        socket_connect_timeout=ANSWER_WITHIN_S,
        socket_timeout=ANSWER_WITHIN_S,
        retry=Retry(NoBackoff(), 0),
    )
    return Cache(client, ttl_seconds)
