"""What falls due by the clock: prices that have ended, open quotes, notebooks past their time."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select, update

from bng_core.quote_words import QuoteState
from bng_core.store.postgres import Store, transaction
from bng_core.store.tables import runs
from bng_core.store.tables_market import prices
from bng_core.store.tables_quotes import quote_versions


@dataclass(frozen=True)
class OpenQuote:
    """A quote that is out, with the run that it was made from; its total is pence."""

    reference: str
    run_id: uuid.UUID
    total_pence: int


def open_quotes(store: Store) -> list[OpenQuote]:
    """The quotes that are out, oldest first."""
    versions = quote_versions.c
    statement = (
        select(versions.reference, versions.run_id, versions.total_pence)
        .where(versions.state == QuoteState.QUOTED)
        .order_by(versions.quoted_at)
    )
    with transaction(store) as connection:
        return [OpenQuote(*row) for row in connection.execute(statement).tuples()]


def ended_prices(store: Store, day: date) -> dict[str, int]:
    """How many prices of each bank ended before this day; offers no longer use them."""
    statement = (
        select(prices.c.bank_id, func.count())
        .where(prices.c.valid_to < day)
        .group_by(prices.c.bank_id)
        .order_by(prices.c.bank_id)
    )
    with transaction(store) as connection:
        return dict(connection.execute(statement).tuples().all())


def let_go_notebooks(store: Store, days: int) -> int:
    """Remove the executed notebooks of runs that ended so many days ago; results stay.

    A notebook behind a quote is kept as long as the quote. Returns how many were removed.
    """
    quoted = select(quote_versions.c.run_id)
    past = (
        runs.c.notebook.is_not(None),
        runs.c.finished_at < func.now() - timedelta(days=days),
        runs.c.run_id.not_in(quoted),
    )
    with transaction(store) as connection:
        return connection.execute(update(runs).where(*past).values(notebook=None)).rowcount
