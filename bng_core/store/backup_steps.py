"""What backup and restore ask of the database itself, beside pg_dump and psql."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import make_url, text

from bng_core.actor import Actor
from bng_core.errors import BadInput
from bng_core.store.audit_log import record
from bng_core.store.inventory import Content, inventory, used_rows
from bng_core.store.postgres import connect, transaction
from bng_core.store.rights import grant_rights
from bng_core.store.schema import is_known, revision_of, upgrade


@dataclass(frozen=True)
class Frozen:
    """One moment of a database, which another program may read by its snapshot."""

    snapshot: str
    revision: str
    tables: dict[str, Content]


@contextmanager
def frozen(url: str, actor: Actor) -> Iterator[Frozen]:
    """Hold one moment of the database for the time of the block; the backup itself is logged."""
    store = connect(url)
    with transaction(store) as connection:
        record(connection, actor, "store.back_up", "store", None, None, "")
    with transaction(store, "REPEATABLE READ") as connection:
        snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
        yield Frozen(snapshot, str(revision_of(connection)), inventory(connection))
    store.dispose()


def check_target(url: str, revision: str, *, replace: bool) -> None:
    """Raise BadInput where a backup of this revision must not go there."""
    if not is_known(revision):
        raise BadInput(
            f"The backup has revision {revision}, which this release does not know; restore it "
            "with the release that made it, or a later one."
        )
    store = connect(url)
    with transaction(store) as connection:
        used = used_rows(connection)
    store.dispose()
    if used and not replace:
        found = ", ".join(f"{count:,} {name}" for name, count in used.items())
        raise BadInput(
            f"The store at {store.url.host}:{store.url.port} holds {found}. To give them up for "
            "the backup, say --replace."
        )


def note_restore(owner_url: str, database_url: str, actor: Actor, source: str) -> None:
    """Bring restored tables up to date, give the application its rights and log the restore."""
    owner = connect(owner_url)
    upgrade(owner)
    with transaction(owner) as connection:
        grant_rights(connection, make_url(database_url).username or "")
        record(connection, actor, "store.restore", "store", None, {"from": source}, "")
    owner.dispose()
