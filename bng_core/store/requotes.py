"""Requotes: another version of a quote from a newer run, and line by line what has changed."""

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select, update

from bng_core.actor import Action, Actor, require
from bng_core.errors import QuoteError
from bng_core.quote_words import QuoteState
from bng_core.stock_words import HoldState
from bng_core.store.parties import known_promoter
from bng_core.store.postgres import Store, transaction
from bng_core.store.quote_rows import Line, Quote, load_quote
from bng_core.store.quotes import check_discount, require_state, run_to_quote, write_version
from bng_core.store.run_rows import only_run
from bng_core.store.tables_market import market_rows, market_versions
from bng_core.store.tables_quotes import quote_versions
from bng_core.store.tables_stock import hold_lines, holds


@dataclass(frozen=True)
class Figures:
    """One line in one version: what was bought at what price and multiplier, and what was free."""

    units: Decimal
    srm: Decimal
    unit_price_pence: Decimal
    cost_pence: int
    free_units: Decimal | None


@dataclass(frozen=True)
class LineDifference:
    """A line before and after; None where it is not there. `words` say what has changed."""

    habitat: str
    bank_id: str
    stock_id: str
    before: Figures | None
    after: Figures | None
    words: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """What has changed between two versions of a quote; money is pence."""

    before: str
    after: str
    total_before_pence: int
    total_after_pence: int
    rules_changed: bool
    lines: tuple[LineDifference, ...]


def requote(store: Store, actor: Actor, reference: str, run_id: uuid.UUID) -> Quote:
    """Make the next version of a quote, as a draft from another run.

    The version before stays out until the new one is sent out. Raises QuoteError where it is sold.
    """
    require(actor, Action.MAKE_QUOTE)
    with transaction(store) as connection:
        before = load_quote(connection, actor, reference, lock=True)
        if not before.latest:
            raise QuoteError(f"Quote {reference} has a later version, {before.thread[-1]}.")
        states = (QuoteState.QUOTED, QuoteState.EXPIRED, QuoteState.WITHDRAWN)
        require_state(before, "quoted again", *states)
        run = run_to_quote(connection, run_id)
        check_discount(connection, actor, before.promoter, run)
        if (run.parameters["lpa"], run.parameters["nca"]) != (before.lpa, before.nca):
            raise QuoteError(
                f"Quote {reference} is for {before.lpa}, {before.nca}; run {run_id} is for "
                f"{run.parameters['lpa']}, {run.parameters['nca']}. Make a new quote."
            )
        connection.execute(
            update(quote_versions)
            .where(quote_versions.c.number == before.number, quote_versions.c.latest)
            .values(latest=False)
        )
        return write_version(connection, actor, run, before.number, len(before.thread))


def question_of_today(
    store: Store, actor: Actor, reference: str
) -> tuple[uuid.UUID, dict[str, Any]]:
    """The run of a quote, and what to ask it with anew: what its thread holds, and the discount.

    Raises QuoteError where the actor has no such quote.
    """
    with transaction(store) as connection:
        quote = load_quote(connection, actor, reference)
        asked = only_run(connection, quote.run_id).parameters
        changes: dict[str, Any] = {"own_units": _held_by_thread(connection, quote.number)}
        if quote.promoter is not None:
            promoter = known_promoter(connection, actor, quote.promoter)
            changes |= promoter.asked_instead(asked)
    return quote.run_id, changes


def _held_by_thread(connection: Connection, number: int) -> dict[str, str]:
    """Bought units that the versions of a quote hold now, by lot."""
    found = (
        select(hold_lines.c.stock_id, func.sum(hold_lines.c.held))
        .join(holds, holds.c.hold_id == hold_lines.c.hold_id)
        .join(quote_versions, quote_versions.c.version_id == holds.c.version_id)
        .where(quote_versions.c.number == number, holds.c.state == HoldState.OPEN)
        .where(hold_lines.c.held > 0)
        .group_by(hold_lines.c.stock_id)
        .order_by(hold_lines.c.stock_id)
    )
    return {lot: f"{units:f}" for lot, units in connection.execute(found).tuples()}


def difference(store: Store, actor: Actor, before: str, after: str) -> Difference:
    """What has changed from one quote to another, line by line: price, stock and rules."""
    with transaction(store) as connection:
        old, new = (load_quote(connection, actor, reference) for reference in (before, after))
        was, now = _by_lot(connection, old), _by_lot(connection, new)
    lines = [_compare(was.get(key), now.get(key)) for key in dict.fromkeys([*was, *now])]
    return Difference(
        before=old.reference,
        after=new.reference,
        total_before_pence=old.total_pence,
        total_after_pence=new.total_pence,
        rules_changed=old.rulebook_version != new.rulebook_version,
        lines=tuple(lines),
    )


Seen = tuple[Line, Figures]


def _by_lot(connection: Connection, quote: Quote) -> dict[tuple[str, int], Seen]:
    """The lines that count, by lot and by how often the lot came before."""
    free = _free(connection, quote)
    found: dict[tuple[str, int], Seen] = {}
    for line in quote.lines:
        if line.counts:
            often = sum(1 for stock_id, _ in found if stock_id == line.stock_id)
            figures = (line.units, line.srm, line.unit_price_pence, line.cost_pence)
            seen = (line, Figures(*figures, free.get(line.stock_id)))
            found[line.stock_id, often] = seen
    return found


def _free(connection: Connection, quote: Quote) -> dict[str, Decimal]:
    """What its run found free of the quote's lots: in the market, or held by an earlier version."""
    own = only_run(connection, quote.run_id).parameters.get("own_units", {})
    seq = select(market_versions.c.seq).where(market_versions.c.version == quote.market_version)
    at = connection.execute(seq).scalar_one()
    rows = connection.execute(
        select(market_rows.c.key, market_rows.c.content["units_available"].astext).where(
            market_rows.c.relation == "stock",
            market_rows.c.key.in_(quote.units()),
            market_rows.c.from_seq <= at,
            func.coalesce(market_rows.c.to_seq, at + 1) > at,
        )
    )
    return {key: Decimal(units) + Decimal(own.get(key, 0)) for key, units in rows}


def _compare(was: Seen | None, now: Seen | None) -> LineDifference:
    line, before = was or (None, None)
    other, after = now or (None, None)
    named = line or other
    where = (named.habitat, named.bank_id, named.stock_id) if named else ("", "", "")
    return LineDifference(*where, before, after, _words(before, after))


def _words(before: Figures | None, after: Figures | None) -> tuple[str, ...]:
    if before is None:
        return ("not bought before",)
    if after is None:
        return ("not bought any more",)
    changes = {
        "units": (f"{before.units:f}", f"{after.units:f}"),
        "price": (_gbp(before.unit_price_pence), _gbp(after.unit_price_pence)),
        "free stock": (_shown(before.free_units), _shown(after.free_units)),
        "spatial risk multiplier": (f"{before.srm:f}", f"{after.srm:f}"),
    }
    return tuple(f"{what} {was} -> {now}" for what, (was, now) in changes.items() if was != now)


def _gbp(pence: Decimal) -> str:
    return f"GBP {pence / 100:,.2f}"


def _shown(units: Decimal | None) -> str:
    return "not listed" if units is None else f"{units.normalize():f}"
