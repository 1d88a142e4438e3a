"""Quotes: made from a run that is done, sent out with a hold, accepted, allocated, or ended.

draft -> quoted -> accepted -> allocated, or expired, withdrawn, superseded. Each step is one
transaction with its stock movements and its entry in the audit log.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from bng_core.actor import SYSTEM, Action, Actor, require
from bng_core.errors import BadInput, QuoteError
from bng_core.plain_text import plain_text
from bng_core.quote_words import Discount, LineChange, QuoteState
from bng_core.store import checks
from bng_core.store.audit_log import record
from bng_core.store.parties import known_promoter
from bng_core.store.postgres import Store, transaction
from bng_core.store.quote_rows import Quote, load_quote
from bng_core.store.run_rows import Run, RunStatus, only_run
from bng_core.store.tables_quotes import (
    customers,
    quote_lines,
    quote_numbers,
    quote_versions,
    quotes,
)
from bng_core.terms import NEXT

PENCE = 100


@dataclass(frozen=True)
class NewQuote:
    """What a quote is made of: a run that is done, for whom, and what the site is called."""

    run_id: uuid.UUID
    customer_id: int
    site: str
    promoter: str | None = None


def save_quote(store: Store, actor: Actor, new: NewQuote) -> Quote:
    """Make a draft from a run, with the next reference; nothing is held yet.

    Raises NotAllowed, or QuoteError where the run has no audited answer with the promoter's
    discount, or a party is unknown.
    """
    require(actor, Action.MAKE_QUOTE)
    site = plain_text("The name of the site", new.site, checks.LONGEST_NAME)
    promoter = actor.promoter or new.promoter
    with transaction(store) as connection:
        run = run_to_quote(connection, new.run_id)
        _check_customer(connection, new.customer_id)
        check_discount(connection, actor, promoter, run)
        number = connection.execute(
            update(quote_numbers)
            .values(last_number=quote_numbers.c.last_number + 1)
            .returning(quote_numbers.c.last_number)
        ).scalar_one()
        connection.execute(
            insert(quotes).values(
                number=number,
                customer_id=new.customer_id,
                promoter=promoter,
                owner=actor.who,
                site=site,
                lpa=run.parameters["lpa"],
                nca=run.parameters["nca"],
            )
        )
        return write_version(connection, actor, run, number, 0)


def run_to_quote(connection: Connection, run_id: uuid.UUID) -> Run:
    """Return a run that can be quoted. Raises QuoteError or StoreError."""
    run = only_run(connection, run_id)
    if run.status is not RunStatus.DONE or run.result is None:
        raise QuoteError(f"Run {run_id} is {run.status}; a quote needs one that is done.")
    if run.kind != "optimise" or run.result["status"] not in ("optimal", "feasible"):
        raise QuoteError(f"Run {run_id} has no purchase to quote; see its result.")
    if not run.result["audit"]["passed"]:
        raise QuoteError(f"The answer of run {run_id} did not pass its audit; it is no quote.")
    return run


def write_version(
    connection: Connection, actor: Actor, run: Run, number: int, version: int
) -> Quote:
    """Write a draft with the lines of a run's answer, and return it."""
    answer: dict[str, Any] = run.result or {}
    reference = f"BNG-{number:05}" + (f".{version}" if version else "")
    cost = answer["cost"]
    version_id = connection.execute(
        insert(quote_versions)
        .values(
            number=number,
            version=version,
            reference=reference,
            state=QuoteState.DRAFT,
            run_id=run.run_id,
            market_version=run.market_version,
            rulebook_version=run.rulebook_version,
            code_version=run.code_version,
            answer=answer,
            contract_size=answer["contract_size"],
            units_pence=pence_of(cost["units_gbp"]),
            fees_pence=pence_of(cost["fees_gbp"]),
            total_pence=pence_of(cost["total_gbp"]),
            created_by=actor.who,
        )
        .returning(quote_versions.c.version_id)
    ).scalar_one()
    lines = [_line(bought, version_id, line) for line, bought in enumerate(answer["purchases"], 1)]
    if lines:
        connection.execute(insert(quote_lines), lines)
    quote = load_quote(connection, SYSTEM, reference)
    record(connection, actor, "quote.save", f"quote {reference}", None, state_of(quote), "")
    return quote


def pence_of(gbp: float | str | Decimal) -> int:
    """Pence of an amount in GBP that has no fraction of a penny.

    >>> pence_of(363719.85)
    36371985
    """
    pence = Decimal(str(gbp)) * PENCE
    if pence != int(pence):
        raise BadInput(f"GBP {gbp} is no whole number of pence.")
    return checks.pence(int(pence))


def change_state(
    connection: Connection, quote: Quote, state: QuoteState, **values: datetime | str | None
) -> None:
    """Move a quote on in its life; the database refuses what its life does not allow."""
    if state in (QuoteState.EXPIRED, QuoteState.WITHDRAWN, QuoteState.SUPERSEDED):
        values = {"closed_at": now(connection), **values}
    connection.execute(
        update(quote_versions)
        .where(quote_versions.c.version_id == quote.version_id)
        .values(state=state, **values)
    )


def require_state(quote: Quote, deed: str, *states: QuoteState) -> None:
    """Raise QuoteError unless the quote is in one of these states."""
    if quote.state not in states:
        raise QuoteError(
            f"Quote {quote.reference} is {quote.state}; only one that is {' or '.join(states)} "
            f"can be {deed}."
        )


def state_of(quote: Quote) -> dict[str, Any]:
    """What the audit log says of a quote; with its lines while they can change."""
    lines = [
        [line.line, line.stock_id, str(line.units), str(line.unit_price_pence), line.change]
        for line in quote.lines
    ]
    return {
        "state": quote.state,
        "total_pence": quote.total_pence,
        "valid_until": quote.valid_until.isoformat() if quote.valid_until else None,
        "held": str(sum((hold.held for hold in quote.holds), Decimal(0))),
        "sold": str(sum((hold.sold for hold in quote.holds), Decimal(0))),
        "register_reference": quote.register_reference,
    } | ({"lines": lines} if quote.state is QuoteState.DRAFT else {})


def now(connection: Connection) -> datetime:
    """The moment by the clock of Postgres."""
    return connection.execute(select(func.clock_timestamp())).scalar_one()


def days_from_now(connection: Connection, days: int) -> datetime:
    """The moment so many days from now. Raises BadInput."""
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 3650:
        raise BadInput(f"{str(days)[:40]} days cannot be used; expected 1 to 3650.")
    return now(connection) + timedelta(days=days)


def _line(bought: dict[str, Any], version_id: int, line: int) -> dict[str, Any]:
    return {
        "version_id": version_id,
        "line": line,
        **{name: bought[name] for name in ("module", "habitat", "bank_id", "stock_id")},
        "units": Decimal(str(bought["units"])),
        "srm": Decimal(str(bought["srm"])),
        "unit_price_pence": Decimal(str(bought["unit_price_gbp"])) * PENCE,
        "cost_pence": pence_of(bought["cost_gbp"]),
        "change": LineChange.COMPUTED,
    }


def _check_customer(connection: Connection, customer_id: int) -> None:
    known = select(customers.c.customer_id).where(customers.c.customer_id == customer_id)
    if connection.scalar(known) is None:
        raise QuoteError(f"There is no customer {str(customer_id)[:40]}; add the customer first.")


def check_discount(connection: Connection, actor: Actor, promoter: str | None, run: Run) -> None:
    """Raise QuoteError unless the run has the discount and fees of the promoter's customers."""
    if promoter is None:
        return
    known = known_promoter(connection, actor, promoter)
    if not known.active:
        raise QuoteError(f"Promoter {promoter} is not active; no more quotes are made for them.")
    charges = run.parameters.get("charges", {})
    percent = Decimal(str(charges.get("discount_percent", 0)))
    next_size = run.parameters.get("contract_size") == NEXT
    if (percent, next_size) != (known.percent, known.discount is Discount.NEXT_SIZE):
        raise QuoteError(
            f"Promoter {promoter} has {_discount(known.percent, known.discount)}, run {run.run_id} "
            "was asked with another one. Ask again with the promoter's discount."
        )
    if any(charges.get(name) != fee for name, fee in known.fees().items()):
        raise QuoteError(
            f"The quotes of promoter {promoter} carry fees that run {run.run_id} was not asked "
            "with. Ask again with the promoter's fees."
        )


def _discount(percent: Decimal, discount: Discount) -> str:
    if discount is Discount.PERCENTAGE:
        return f"a discount of {percent.normalize():f} %"
    return "the next size's prices" if discount is Discount.NEXT_SIZE else "no discount"
