"""The audit log: who did what to what, when and why, with the state before and after."""

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Identity, Index, Table, Text, insert
from sqlalchemy.dialects.postgresql import JSONB

from bng_core.actor import Actor
from bng_core.store.columns import metadata, written_at

State = dict[str, Any] | None
"""What something was or became, as JSON; None where there was nothing."""

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
)


def record(  # noqa: PLR0913 - the columns of one entry
    connection: Connection,
    actor: Actor,
    action: str,
    subject: str,
    before: State,
    after: State,
    why: str,
) -> None:
    """Write one entry in the transaction of the change itself: both are stored, or neither."""
    connection.execute(
        insert(audit_log).values(
            who=actor.who,
            role=actor.role.value,
            action=action,
            subject=subject,
            before=before,
            after=after,
            why=why,
        )
    )
