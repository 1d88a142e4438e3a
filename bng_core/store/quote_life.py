"""What becomes of a quote: sent out, held, accepted, allocated, withdrawn, expired.

Every step locks the thread of the quote, then the market and the lots, and is one transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from bng_core.actor import SYSTEM, Action, Actor, require
from bng_core.errors import QuoteError
from bng_core.plain_text import plain_text
from bng_core.quote_words import QuoteState
from bng_core.stock_words import HoldState
from bng_core.store import checks, holds
from bng_core.store.audit_log import record
from bng_core.store.ledger import Deed, take_free
from bng_core.store.postgres import Store, transaction
from bng_core.store.quote_rows import Quote, load_quote
from bng_core.store.quotes import change_state, days_from_now, now, require_state, state_of
from bng_core.store.tables_quotes import quote_versions

VALID_DAYS = 30
"""How long a quote holds its price unless said otherwise."""


@dataclass(frozen=True)
class Step:
    """A step in the life of a quote, as it goes into the audit log."""

    actor: Actor
    action: str
    why: str = ""

    def deed(self, quote: Quote) -> Deed:
        """What the movements of the step say."""
        return Deed(self.actor, f"quote {quote.reference}" + (f": {self.why}" if self.why else ""))


def issue_quote(store: Store, actor: Actor, reference: str, valid_days: int = VALID_DAYS) -> Quote:
    """Send a draft out: its units are held as the stock policy says, its price holds so long.

    An earlier version of the quote that is out is superseded, and what it held is free first.
    Raises OutOfStock, and changes nothing, where the units of the quote are not free.
    """
    require(actor, Action.MAKE_QUOTE)
    step = Step(actor, "quote.issue")

    def issue(connection: Connection, quote: Quote) -> None:
        require_state(quote, "sent out", QuoteState.DRAFT)
        valid_until = days_from_now(connection, valid_days)
        for earlier in quote.thread[: quote.version]:
            _supersede(connection, step, load_quote(connection, SYSTEM, earlier))
        policy = holds.stock_policy(connection)
        holds.expire_overdue(connection)
        take_free(connection, quote.units())
        until = days_from_now(connection, policy.hold_days)
        held = policy.of(quote.units())
        holds.place(connection, step.deed(quote), held, until, quote.version_id)
        values = {"quoted_at": now(connection), "valid_until": valid_until}
        change_state(connection, quote, QuoteState.QUOTED, **values)

    return take_step(store, reference, step, issue)


def accept_quote(store: Store, actor: Actor, reference: str) -> Quote:
    """Sell the units of a quote that is out and in time.

    Raises OutOfStock where units that it did not hold are gone, QuoteError where it is over.
    """
    require(actor, Action.ACCEPT_QUOTE)
    step = Step(actor, "quote.accept")

    def accept(connection: Connection, quote: Quote) -> None:
        require_state(quote, "accepted", QuoteState.QUOTED)
        moment = now(connection)
        if quote.valid_until is not None and quote.valid_until <= moment:
            raise QuoteError(
                f"Quote {quote.reference} was valid until {quote.valid_until:%Y-%m-%d %H:%M} UTC; "
                "requote it."
            )
        deed = step.deed(quote)
        holds.expire_overdue(connection)
        hold = load_quote(connection, SYSTEM, reference).open_hold()
        hold_id = hold.hold_id if hold else None
        if hold_id is None:
            hold_id = holds.place(connection, deed, quote.units(), moment, quote.version_id)
        if hold_id is not None:
            holds.sell(connection, deed, hold_id, quote.units())
        change_state(connection, quote, QuoteState.ACCEPTED, accepted_at=moment)

    return take_step(store, reference, step, accept)


def allocate_quote(store: Store, actor: Actor, reference: str, register_reference: str) -> Quote:
    """Note that an accepted quote is allocated on the gain-site register, under this reference."""
    require(actor, Action.ALLOCATE_QUOTE)
    noted = plain_text("The register reference", register_reference, checks.LONGEST_NAME)
    step = Step(actor, "quote.allocate")

    def allocate(connection: Connection, quote: Quote) -> None:
        require_state(quote, "allocated", QuoteState.ACCEPTED)
        for hold in quote.holds:
            holds.allocate(connection, step.deed(quote), hold.hold_id)
        moment = now(connection)
        change_state(
            connection,
            quote,
            QuoteState.ALLOCATED,
            allocated_at=moment,
            register_reference=noted,
        )

    return take_step(store, reference, step, allocate)


def withdraw_quote(store: Store, actor: Actor, reference: str, why: str) -> Quote:
    """End a quote before it is allocated; what it held or sold is free again."""
    require(actor, Action.CHANGE_QUOTE)
    step = Step(actor, "quote.withdraw", plain_text("The reason", why, checks.LONGEST_TEXT))

    def withdraw(connection: Connection, quote: Quote) -> None:
        states = (QuoteState.DRAFT, QuoteState.QUOTED, QuoteState.ACCEPTED)
        require_state(quote, "withdrawn", *states)
        _let_go(connection, step, quote, HoldState.RELEASED)
        if quote.state is QuoteState.ACCEPTED:
            for hold in quote.holds:
                holds.take_back(connection, step.deed(quote), hold.hold_id)
        change_state(connection, quote, QuoteState.WITHDRAWN)
        if quote.state is QuoteState.DRAFT and quote.version:
            _show(connection, quote, quote.version - 1)

    return take_step(store, reference, step, withdraw)


def hold_quote(store: Store, actor: Actor, reference: str, days: int) -> Quote:
    """Hold all units of a quote that is out for so many days from now, whatever the policy.

    Raises OutOfStock where units that it does not hold yet are not free.
    """
    require(actor, Action.CHANGE_QUOTE)
    step = Step(actor, "quote.hold")

    def hold(connection: Connection, quote: Quote) -> None:
        require_state(quote, "held", QuoteState.QUOTED)
        _let_go(connection, step, quote, HoldState.RELEASED)
        until = days_from_now(connection, days)
        holds.place(connection, step.deed(quote), quote.units(), until, quote.version_id)

    return take_step(store, reference, step, hold)


def release_hold(store: Store, actor: Actor, reference: str, why: str) -> Quote:
    """Give back what a quote holds; the quote stays out."""
    require(actor, Action.CHANGE_QUOTE)
    step = Step(actor, "quote.release", plain_text("The reason", why, checks.LONGEST_TEXT))

    def release(connection: Connection, quote: Quote) -> None:
        if quote.open_hold() is None:
            raise QuoteError(f"Quote {quote.reference} holds nothing.")
        _let_go(connection, step, quote, HoldState.RELEASED)

    return take_step(store, reference, step, release)


def extend_quote(store: Store, actor: Actor, reference: str, days: int, why: str) -> Quote:
    """Let a quote that is out, and what it holds, last so many days from now."""
    require(actor, Action.CHANGE_QUOTE)
    step = Step(actor, "quote.extend", plain_text("The reason", why, checks.LONGEST_TEXT))

    def extend(connection: Connection, quote: Quote) -> None:
        require_state(quote, "extended", QuoteState.QUOTED)
        until = days_from_now(connection, days)
        hold = quote.open_hold()
        if hold is not None:
            holds.extend(connection, hold.hold_id, until)
        change_state(connection, quote, QuoteState.QUOTED, valid_until=until)

    return take_step(store, reference, step, extend)


def expire_quotes(store: Store) -> list[str]:
    """End every quote whose time has passed, free what it held, and return the references.

    Safe to call at any time and from several places; each quote is a transaction of its own.
    """
    overdue = (
        select(quote_versions.c.reference)
        .where(quote_versions.c.state == QuoteState.QUOTED)
        .where(quote_versions.c.valid_until <= func.clock_timestamp())
        .order_by(quote_versions.c.valid_until)
    )
    with transaction(store) as connection:
        holds.expire_overdue(connection)
        found = list(connection.scalars(overdue))
    ended = []
    step = Step(SYSTEM, "quote.expire", "its time has passed")

    def expire(connection: Connection, quote: Quote) -> None:
        in_time = quote.valid_until is None or quote.valid_until > now(connection)
        if quote.state is QuoteState.QUOTED and not in_time:
            _let_go(connection, step, quote, HoldState.EXPIRED)
            change_state(connection, quote, QuoteState.EXPIRED)

    for reference in found:
        if take_step(store, reference, step, expire).state is QuoteState.EXPIRED:
            ended.append(reference)
    return ended


def take_step(
    store: Store, reference: str, step: Step, change: Callable[[Connection, Quote], None]
) -> Quote:
    """Change a quote that the actor may see, log it, and return it; all of it or nothing."""
    with transaction(store) as connection:
        before = load_quote(connection, step.actor, reference, lock=True)
        change(connection, before)
        after = load_quote(connection, step.actor, reference)
        if after != before:
            words = (state_of(before), state_of(after))
            record(connection, step.actor, step.action, f"quote {reference}", *words, step.why)
        return after


def _supersede(connection: Connection, step: Step, earlier: Quote) -> None:
    """End an earlier version that is out or has expired; an accepted one cannot be replaced."""
    if earlier.state in (QuoteState.ACCEPTED, QuoteState.ALLOCATED):
        raise QuoteError(
            f"Quote {earlier.reference} is {earlier.state}; withdraw it before another version "
            "goes out."
        )
    if earlier.state in (QuoteState.QUOTED, QuoteState.EXPIRED):
        _let_go(connection, step, earlier, HoldState.RELEASED)
        change_state(connection, earlier, QuoteState.SUPERSEDED)


def _let_go(connection: Connection, step: Step, quote: Quote, state: HoldState) -> None:
    hold = quote.open_hold()
    if hold is not None:
        holds.release(connection, step.deed(quote), hold.hold_id, state)


def _show(connection: Connection, quote: Quote, version: int) -> None:
    """Make another version the one that lists show."""
    of_thread = update(quote_versions).where(quote_versions.c.number == quote.number)
    connection.execute(
        of_thread.where(quote_versions.c.version == quote.version).values(latest=False)
    )
    connection.execute(of_thread.where(quote_versions.c.version == version).values(latest=True))
