"""The result cache: run key -> the run that holds the answer, in Redis for a limited time (§5).

Redis may go away at any moment: then nothing is found and nothing is kept, and every answer is
computed anew. What is in flight is no matter of this cache: the run row itself is that lock.
"""

import logging
import uuid
from dataclasses import dataclass

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

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
