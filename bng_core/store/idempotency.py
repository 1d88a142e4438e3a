"""Requests that may be sent twice: under the same key the second gets the run of the first."""

import uuid
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from bng_core.errors import BadInput
from bng_core.store.postgres import Store, transaction
from bng_core.store.tables import idempotency_keys as keys

KEPT_FOR = timedelta(hours=24)


def answered_before(store: Store, asked_by: str, key: str, request_sha256: str) -> uuid.UUID | None:
    """Return the run of an earlier request under this key; None where there was none.

    Raises BadInput when that request asked for something else.
    """
    theirs = (keys.c.asked_by == asked_by, keys.c.idempotency_key == key)
    with transaction(store) as connection:
        found = connection.execute(select(keys).where(*theirs)).one_or_none()
    if found is None:
        return None
    if found.request_sha256 != request_sha256:
        raise BadInput(
            f"The Idempotency-Key {key!r} was used for another request; "
            "choose a new key for each request."
        )
    return uuid.UUID(str(found.run_id))


def remember(
    store: Store, asked_by: str, key: str, request_sha256: str, run_id: uuid.UUID
) -> uuid.UUID:
    """Keep which run a request was answered with; of two at once the first counts, for both."""
    row = {
        "asked_by": asked_by,
        "idempotency_key": key,
        "request_sha256": request_sha256,
        "run_id": run_id,
    }
    with transaction(store) as connection:
        connection.execute(insert(keys).values(row).on_conflict_do_nothing())
    return answered_before(store, asked_by, key, request_sha256) or run_id


def forget_old(store: Store) -> int:
    """Remove keys older than a day; return how many."""
    too_old = keys.c.asked_at < func.now() - KEPT_FOR
    with transaction(store) as connection:
        return connection.execute(delete(keys).where(too_old)).rowcount
