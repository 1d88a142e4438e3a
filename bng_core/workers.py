"""What the workers say of themselves, in Redis for a few seconds; only figures, never the truth.

Which run is whose is in Postgres. Without Redis nothing is said, and nothing is missed but figures.
"""

import json
import logging
from dataclasses import asdict, dataclass

from redis import Redis, RedisError

log = logging.getLogger(__name__)

PREFIX = "bng:worker:"
HEARD_FOR_SECONDS = 15


@dataclass(frozen=True)
class WorkerSeen:
    """A worker that was heard of within the last seconds."""

    name: str
    busy: bool
    kernels_ready: int


def say(client: Redis | None, worker: WorkerSeen) -> None:
    """Let others know how this worker is."""
    if client is None:
        return
    try:
        client.set(PREFIX + worker.name, json.dumps(asdict(worker)), ex=HEARD_FOR_SECONDS)
    except RedisError as fault:
        log.warning("nobody hears how this worker is: %s", type(fault).__name__)


def workers_seen(client: Redis | None) -> list[WorkerSeen]:
    """The workers heard of lately, by name; none without Redis."""
    if client is None:
        return []
    try:
        found = [client.get(name) for name in client.scan_iter(match=PREFIX + "*")]
    except RedisError:
        return []
    said = [json.loads(text) for text in found if isinstance(text, bytes)]
    return sorted((WorkerSeen(**words) for words in said), key=lambda worker: worker.name)
