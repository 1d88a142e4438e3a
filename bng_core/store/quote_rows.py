"""A quote as it is stored: its version, its lines, its documents; who may see it; opening it again.

Nothing is computed anew: what is shown of a quote is what was written when it was made, whatever
has become of prices, stock and rules since.
"""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, false, func, select, true

from bng_core.actor import Action, Actor, require
from bng_core.errors import QuoteError
from bng_core.quote_words import LineChange, QuoteState
from bng_core.stock_words import HoldState
from bng_core.store.audit_log import Entry, entries_of
from bng_core.store.postgres import Store, transaction
from bng_core.store.tables_quotes import (
    customers,
    documents,
    quote_lines,
    quote_versions,
    quotes,
)
from bng_core.store.tables_stock import hold_lines, holds


@dataclass(frozen=True)
class Line:
    """One line of a quote; units are bought units, `srm` the spatial risk multiplier (§2.2)."""

    line: int
    module: str
    habitat: str
    bank_id: str
    stock_id: str
    units: Decimal
    srm: Decimal
    unit_price_pence: Decimal
    cost_pence: int
    change: LineChange
    pair: int | None
    who: str
    why: str
    changed_at: datetime

    @property
    def counts(self) -> bool:
        """Whether the line is part of the quote; removed ones are only remembered."""
        return self.change is not LineChange.REMOVED


@dataclass(frozen=True)
class Hold:
    """What a quote has held; several may follow each other."""

    hold_id: uuid.UUID
    state: HoldState
    expires_at: datetime
    created_by: str
    held: Decimal
    sold: Decimal


@dataclass(frozen=True)
class Document:
    """A document that was made of a quote; its content is loaded apart."""

    document_id: uuid.UUID
    kind: str
    file_name: str
    media_type: str
    sha256: str
    made_at: datetime
    made_by: str


@dataclass(frozen=True)
class QuoteVersion:
    """One version of a quote; money is pence, times are UTC."""

    version_id: int
    number: int
    version: int
    reference: str
    latest: bool
    state: QuoteState
    run_id: uuid.UUID
    market_version: str
    rulebook_version: str
    code_version: str
    answer: dict[str, Any]
    contract_size: str
    units_pence: int
    fees_pence: int
    total_pence: int
    created_by: str
    created_at: datetime
    quoted_at: datetime | None
    valid_until: datetime | None
    accepted_at: datetime | None
    allocated_at: datetime | None
    closed_at: datetime | None
    register_reference: str | None


@dataclass(frozen=True)
class Quote(QuoteVersion):
    """A version with all that belongs to it."""

    customer_id: int
    customer_name: str
    promoter: str | None
    owner: str
    site: str
    lpa: str
    nca: str
    lines: tuple[Line, ...]
    holds: tuple[Hold, ...]
    documents: tuple[Document, ...]
    thread: tuple[str, ...]

    @property
    def is_manual(self) -> bool:
        """Whether a person changed what the optimiser found and the auditor checked."""
        return any(line.change is not LineChange.COMPUTED for line in self.lines)

    def units(self) -> dict[str, Decimal]:
        """The bought units of the lines that count, by lot."""
        found: dict[str, Decimal] = {}
        for line in self.lines:
            if line.counts:
                found[line.stock_id] = found.get(line.stock_id, Decimal(0)) + line.units
        return found

    def open_hold(self) -> Hold | None:
        """The hold that sets units apart for this version now."""
        return next((hold for hold in self.holds if hold.state is HoldState.OPEN), None)


def open_quote(store: Store, actor: Actor, reference: str) -> Quote:
    """Return a quote as it was made. Raises QuoteError where the actor has none of that name."""
    with transaction(store) as connection:
        return load_quote(connection, actor, reference)


def quote_history(store: Store, actor: Actor, reference: str) -> list[Entry]:
    """What was done to a quote in all its versions, oldest first, for those who may see it.

    Raises QuoteError where the actor has none of that name.
    """
    with transaction(store) as connection:
        quote = load_quote(connection, actor, reference)
        return entries_of(connection, [f"quote {one}" for one in quote.thread])


def load_quote(
    connection: Connection, actor: Actor, reference: str, *, lock: bool = False
) -> Quote:
    """Return a quote within a transaction; with `lock`, nobody else changes its thread."""
    require(actor, Action.SEE_OWN_QUOTES)
    row = connection.execute(_of(actor, reference)).first()
    if row is not None and lock:
        connection.execute(
            select(quotes.c.number).where(quotes.c.number == row.number).with_for_update()
        )
        row = connection.execute(_of(actor, reference)).first()
    if row is None:
        shown = f"{str(reference)[:40]!r}"
        raise QuoteError(f"There is no quote {shown} that you may see; look in the list of quotes.")
    return _quote(connection, row)


def visible(actor: Actor) -> ColumnElement[bool]:
    """Which quotes an actor may see: all, those of their promoter, or those they made."""
    if actor.may(Action.SEE_ALL_QUOTES):
        return true()
    if not actor.may(Action.SEE_OWN_QUOTES):
        return false()
    if actor.promoter is not None:
        return quotes.c.promoter == actor.promoter
    return quotes.c.owner == actor.who


def _of(actor: Actor, reference: str) -> Select[Any]:
    versions = [quote_versions.c[field.name] for field in fields(QuoteVersion)]
    thread = [quotes.c[name] for name in ("promoter", "owner", "site", "lpa", "nca")]
    named = (customers.c.customer_id, customers.c.customer_name)
    return (
        select(*versions, *thread, *named)
        .select_from(quote_versions)
        .join(quotes, quotes.c.number == quote_versions.c.number)
        .join(customers)
        .where(quote_versions.c.reference == str(reference).replace("\0", ""), visible(actor))
    )


def _quote(connection: Connection, row: Row[Any]) -> Quote:
    values = dict(row._mapping)
    this = row.version_id
    return Quote(
        **values | {"state": QuoteState(row.state)},
        lines=tuple(_lines(connection, this)),
        holds=tuple(_holds(connection, this)),
        documents=tuple(_documents(connection, this)),
        thread=tuple(
            connection.scalars(
                select(quote_versions.c.reference)
                .where(quote_versions.c.number == row.number)
                .order_by(quote_versions.c.version)
            )
        ),
    )


def _lines(connection: Connection, version_id: int) -> list[Line]:
    columns = [quote_lines.c[field.name] for field in fields(Line)]
    found = select(*columns).where(quote_lines.c.version_id == version_id)
    rows = connection.execute(found.order_by(quote_lines.c.line)).mappings()
    return [Line(**{**row, "change": LineChange(row["change"])}) for row in rows]


def _holds(connection: Connection, version_id: int) -> list[Hold]:
    columns = [holds.c[name] for name in ("hold_id", "state", "expires_at", "created_by")]
    sums = [func.coalesce(func.sum(hold_lines.c[name]), 0).label(name) for name in ("held", "sold")]
    found = (
        select(*columns, *sums)
        .outerjoin(hold_lines, hold_lines.c.hold_id == holds.c.hold_id)
        .where(holds.c.version_id == version_id)
        .group_by(*columns, holds.c.created_at)
        .order_by(holds.c.created_at)
    )
    rows = connection.execute(found).mappings()
    return [Hold(**{**row, "state": HoldState(row["state"])}) for row in rows]


def _documents(connection: Connection, version_id: int) -> list[Document]:
    columns = [documents.c[field.name] for field in fields(Document)]
    found = select(*columns).where(documents.c.version_id == version_id)
    rows = connection.execute(found.order_by(documents.c.made_at)).mappings()
    return [Document(**row) for row in rows]
