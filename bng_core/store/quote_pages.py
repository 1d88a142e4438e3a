"""What the pages ask of the quotes: lists by day, by state, by words; each uses an index.

A page begins after the last quote of the one before, so that the hundredth costs what the first
does.
"""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_, union

from bng_core.actor import Action, Actor, require
from bng_core.errors import BadInput
from bng_core.quote_words import QuoteState
from bng_core.store.postgres import Store, transaction
from bng_core.store.quote_rows import visible
from bng_core.store.search_words import contains, search_words
from bng_core.store.tables_quotes import customers, quote_versions, quotes

MOST_ROWS = 500
MOST_MATCHES = 1_000
"""Of the words of a search: the newest so many of each kind are looked at."""


@dataclass(frozen=True)
class QuoteRow:
    """One quote as lists show it: its latest version; money is pence, times are UTC."""

    version_id: int
    reference: str
    state: QuoteState
    customer_name: str
    promoter: str | None
    owner: str
    site: str
    lpa: str
    total_pence: int
    created_at: datetime
    valid_until: datetime | None
    run_id: uuid.UUID


@dataclass(frozen=True)
class Search:
    """What to list.

    `words` are looked for in reference, site and customer; `after` is the last row of the page
    before.
    """

    words: str = ""
    state: QuoteState | None = None
    lpa: str = ""
    customer_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: QuoteRow | None = None
    limit: int = 100


def list_quotes(store: Store, actor: Actor, search: Search = Search()) -> list[QuoteRow]:
    """The latest version of the quotes that match and that the actor may see, newest first.

    Raises NotAllowed, or BadInput for a search that cannot be made.
    """
    require(actor, Action.SEE_OWN_QUOTES)
    with transaction(store) as connection:
        rows = connection.execute(quotes_statement(actor, search)).mappings()
        return [QuoteRow(**{**row, "state": QuoteState(row["state"])}) for row in rows]


def quotes_statement(actor: Actor, search: Search) -> Select[Any]:
    """The statement of a list: the quotes of the page first, then what is shown of each."""
    if not 1 <= search.limit <= MOST_ROWS:
        raise BadInput(f"{search.limit} rows cannot be listed; expected 1 to {MOST_ROWS}.")
    shown = [field.name for field in fields(QuoteRow)]
    of_version = [quote_versions.c[name] for name in shown if name in quote_versions.c]
    of_thread = [
        quotes.c[name] for name in shown if name in quotes.c and name not in quote_versions.c
    ]
    page = (
        select(*of_version, *of_thread, quotes.c.customer_id)
        .select_from(quote_versions)
        .join(quotes, quotes.c.number == quote_versions.c.number)
        .where(quote_versions.c.latest, visible(actor), *_conditions(search))
        .order_by(quote_versions.c.created_at.desc(), quote_versions.c.version_id.desc())
        .limit(search.limit)
        .subquery()
    )
    name = customers.c.customer_name
    return (
        select(*(name if field == name.key else page.c[field] for field in shown))
        .select_from(page)
        .join(customers, customers.c.customer_id == page.c.customer_id)
        .order_by(page.c.created_at.desc(), page.c.version_id.desc())
    )


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    created = quote_versions.c.created_at
    wanted: list[ColumnElement[bool]] = []
    if search.words:
        wanted.append(quote_versions.c.number.in_(_matches(search.words)))
    if search.state is not None:
        wanted.append(quote_versions.c.state == search.state)
    if search.lpa:
        wanted.append(quotes.c.lpa == search.lpa)
    if search.customer_id is not None:
        wanted.append(quotes.c.customer_id == search.customer_id)
    if search.since is not None:
        wanted.append(created >= search.since)
    if search.until is not None:
        wanted.append(created < search.until)
    if search.after is not None:
        last = (search.after.created_at, search.after.version_id)
        wanted.append(tuple_(created, quote_versions.c.version_id) < last)
    return wanted


def _matches(words: str) -> Select[Any]:
    """Numbers of quotes whose reference, site or customer has the words."""
    number = quotes.c.number
    newest = number.desc()
    of_site = select(number).where(contains(func.lower(quotes.c.site), words))
    named = select(customers.c.customer_id).where(
        contains(func.lower(customers.c.customer_name), words)
    )
    of_customer = select(number).where(quotes.c.customer_id.in_(named))
    of_reference = select(quote_versions.c.number).where(
        quote_versions.c.reference == search_words(words).upper()
    )
    limited = (
        statement.order_by(newest).limit(MOST_MATCHES).subquery()
        for statement in (of_site, of_customer)
    )
    found = union(of_reference, *(select(part.c.number) for part in limited)).subquery()
    return select(found.c.number)
