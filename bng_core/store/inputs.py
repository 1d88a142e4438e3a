"""Uploaded files, kept once per content and named by their SHA-256."""

import hashlib

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert

from bng_core.errors import StoreError
from bng_core.store.postgres import Store, transaction
from bng_core.store.tables import inputs


def save_input(store: Store, name: str, content: bytes) -> str:
    """Keep an uploaded file and return its SHA-256; the same content is kept once."""
    sha256 = hashlib.sha256(content).hexdigest()
    row = {"sha256": sha256, "name": name, "size": len(content), "content": content}
    known = select(exists().where(inputs.c.sha256 == sha256))
    with transaction(store) as connection:
        if not connection.scalar(known):  # the content need not travel again
            connection.execute(insert(inputs).values(row).on_conflict_do_nothing())
    return sha256


def load_input(store: Store, sha256: str) -> bytes:
    """Return the content of a kept file. Raises StoreError when there is none of that name."""
    with transaction(store) as connection:
        content = connection.scalar(select(inputs.c.content).where(inputs.c.sha256 == sha256))
    if content is None:
        raise StoreError(f"The store holds no input with SHA-256 {sha256}.")
    return bytes(content)
