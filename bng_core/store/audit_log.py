"""The audit log: who did what to what, when and why, with the state before and after.

Postgres itself seals each entry at the end of the transaction that wrote it: position n gets the
SHA-256 of the seal at n - 1 and of the entry's text. An entry changed, removed, added by another
way or put elsewhere breaks the chain there. Nobody may update or delete entries; the application's
role may only add them, and not their seals.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from bng_core.actor import Action, Actor, require
from bng_core.plain_text import plain_text
from bng_core.store.columns import metadata, written_at
from bng_core.store.postgres import Store, transaction

State = dict[str, Any] | None
"""What something was or became, as JSON; None where there was nothing."""

LONGEST_WHY = 2000

audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_id", BigInteger, Identity(), primary_key=True),
    written_at("at"),
    Column("who", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False, comment="a verb and its object: quote.accept"),
    Column("subject", Text, nullable=False, comment="what it was done to: quote BNG-00001"),
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    Column("why", Text, nullable=False, server_default=""),
    Index("audit_log_subject", "subject", "entry_id"),
    Index("audit_log_who", "who", "entry_id"),
    Index("audit_log_action", "action", "entry_id"),
)

audit_seals = Table(
    "audit_seals",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", BigInteger, ForeignKey("audit_log.entry_id"), nullable=False, unique=True),
    Column("seal", Text, nullable=False),
)

ENTRY_TEXT = """jsonb_build_array(entry_id,
    to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
    who, role, action, subject, before, after, why)::text"""
"""An entry as it is sealed; the migration has the same words."""


@dataclass(frozen=True)
class Entry:
    """One line of the log; times are UTC."""

    entry_id: int
    at: datetime
    who: str
    role: str
    action: str
    subject: str
    before: State
    after: State
    why: str


@dataclass(frozen=True)
class Verdict:
    """What checking the whole chain found: faults in words; none where it is whole.

    `head` is the last position and its seal. Kept elsewhere, it shows later whether the end of the
    log was cut off, which no chain can show by itself.
    """

    entries: int
    head: str
    faults: list[str]


def record(  # noqa: PLR0913 - the columns of one entry
    connection: Connection,
    actor: Actor,
    action: str,
    subject: str,
    before: State,
    after: State,
    why: str,
) -> None:
    """Write one entry in the transaction of the change itself: both are stored, or neither.

    The transaction must have the usual isolation (READ COMMITTED), since sealing takes turns.
    Raises BadInput for a reason that is too long or is no plain text.
    """
    connection.execute(
        insert(audit_log).values(
            who=actor.who,
            role=actor.role.value,
            action=action,
            subject=subject,
            before=before,
            after=after,
            why=plain_text("The reason", why, LONGEST_WHY, blank=True),
        )
    )


@dataclass(frozen=True)
class LogSearch:
    """Which entries: of whom, what was done, to what; `before` is an entry's number."""

    subject: str | None = None
    who: str | None = None
    action: str | None = None
    before: int | None = None
    limit: int = 100


def entries(
    store: Store, actor: Actor, subject: str | None = None, limit: int = 100
) -> list[Entry]:
    """The last entries, newest first; of one subject where it is given. Raises NotAllowed."""
    return search_entries(store, actor, LogSearch(subject, limit=limit))


def search_entries(store: Store, actor: Actor, search: LogSearch) -> list[Entry]:
    """The entries that match, newest first. Raises NotAllowed."""
    require(actor, Action.SEE_AUDIT_LOG)
    wanted = select(audit_log).order_by(audit_log.c.entry_id.desc()).limit(search.limit)
    for name in ("subject", "who", "action"):
        if (value := getattr(search, name)) is not None:
            wanted = wanted.where(audit_log.c[name] == value.replace("\0", ""))
    if search.before is not None:
        wanted = wanted.where(audit_log.c.entry_id < search.before)
    with transaction(store) as connection:
        return [Entry(**row) for row in connection.execute(wanted).mappings()]


def entries_of(connection: Connection, subjects: Sequence[str]) -> list[Entry]:
    """What was done to these, oldest first; the caller has looked who may see them."""
    wanted = select(audit_log).where(audit_log.c.subject.in_(subjects))
    rows = connection.execute(wanted.order_by(audit_log.c.entry_id)).mappings()
    return [Entry(**row) for row in rows]


def verify(store: Store, actor: Actor, head: str | None = None) -> Verdict:
    """Check every seal; `head` is one that an earlier check gave and the chain must still hold.

    Raises NotAllowed.
    """
    require(actor, Action.SEE_AUDIT_LOG)
    with transaction(store, "REPEATABLE READ") as connection:
        sealed = list(_sealed(connection))
        faults = [*_broken(sealed), *_unsealed(connection)]
    seals = {f"{position}:{seal}" for position, _, seal, _ in sealed}
    if head is not None and head not in seals:
        faults.append(f"the log does not hold the head {head} that was noted before")
    last = f"{sealed[-1][0]}:{sealed[-1][2]}" if sealed else "0:"
    return Verdict(len(sealed), last, faults)


Sealed = tuple[int, int, str, str | None]
"""Position, entry, seal, and the entry's text; None where the entry is gone."""


def _sealed(connection: Connection) -> Iterator[Sealed]:
    statement = text(
        "SELECT position, entry_id, seal, "
        f"CASE WHEN who IS NOT NULL THEN {_escaped()} END AS words "
        "FROM audit_seals LEFT JOIN audit_log USING (entry_id) ORDER BY position"
    )
    for row in connection.execute(statement):
        yield row.position, row.entry_id, row.seal, row.words


def _escaped() -> str:
    """ENTRY_TEXT for SQLAlchemy, to which a colon and a name are a parameter."""
    return ENTRY_TEXT.replace(":MI", "\\:MI").replace(":SS", "\\:SS")


def _broken(sealed: list[Sealed]) -> Iterator[str]:
    previous, expected = "", 1
    for position, entry_id, seal, words in sealed:
        if position != expected:
            yield f"position {expected} of the chain is missing"
        if words is None:
            yield f"entry {entry_id} at position {position} was removed"
        elif hashlib.sha256((previous + words).encode()).hexdigest() != seal:
            yield f"entry {entry_id} at position {position} is not what was sealed there"
        previous, expected = seal, position + 1


def _unsealed(connection: Connection) -> Iterator[str]:
    missing = select(audit_log.c.entry_id).where(
        audit_log.c.entry_id.not_in(select(audit_seals.c.entry_id))
    )
    for entry_id in connection.scalars(missing.order_by(audit_log.c.entry_id)):
        yield f"entry {entry_id} has no seal: it was added by another way, or its seal was removed"
