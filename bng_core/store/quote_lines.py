"""Lines of a draft that a person adds, removes, prices anew or pairs, and who did so and why.

A quote changed by hand is not what the auditor checked, and says so (Quote.is_manual).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from bng_core.actor import Action, Actor, require
from bng_core.errors import BadInput, QuoteError
from bng_core.plain_text import plain_text
from bng_core.quote_words import LineChange, QuoteState
from bng_core.reference import load_habitats, load_spatial_risk
from bng_core.store import checks
from bng_core.store.postgres import Store
from bng_core.store.quote_life import Step, take_step
from bng_core.store.quote_rows import Line, Quote
from bng_core.store.quotes import require_state
from bng_core.store.tables_market import stock
from bng_core.store.tables_quotes import quote_lines, quote_versions


@dataclass(frozen=True)
class NewLine:
    """A purchase put in by hand: bought units of a lot, its multiplier (SRM), pence a unit."""

    stock_id: str
    units: Decimal
    srm: Decimal
    unit_price_pence: int


def add_line(store: Store, actor: Actor, reference: str, new: NewLine, why: str) -> Quote:
    """Add a purchase to a draft. Raises QuoteError, BadInput or NotAllowed."""

    def add(connection: Connection, quote: Quote, step: Step) -> None:
        _insert(connection, quote, step, _checked(connection, new), LineChange.ADDED)

    return _change(store, reference, Step(actor, "quote.add_line", why), add)


def remove_line(store: Store, actor: Actor, reference: str, line: int, why: str) -> Quote:
    """Take a line out of a draft; it stays to be seen, with who did so and why."""

    def remove(connection: Connection, quote: Quote, step: Step) -> None:
        _line_of(quote, line)
        _update(connection, quote, line, step, {"change": LineChange.REMOVED})

    return _change(store, reference, Step(actor, "quote.remove_line", why), remove)


def override_price(
    store: Store, actor: Actor, reference: str, priced: tuple[int, int], why: str
) -> Quote:
    """Give a line of a draft another price: (line, pence a bought unit)."""
    line, unit_price = priced[0], checks.pence(priced[1])

    def override(connection: Connection, quote: Quote, step: Step) -> None:
        cost = cost_pence(_line_of(quote, line).units, unit_price)
        values = {"unit_price_pence": unit_price, "cost_pence": cost}
        change = {"change": LineChange.PRICE_OVERRIDDEN}
        _update(connection, quote, line, step, values | change)

    return _change(store, reference, Step(actor, "quote.override_price", why), override)


def pair_line(
    store: Store, actor: Actor, reference: str, pair: tuple[int, NewLine], why: str
) -> Quote:
    """Put a companion of the same bank beside a line: what the multiplier takes is made up there.

    Raises QuoteError where the companion is of another bank (its multiplier would be another).
    """
    line, new = pair

    def companion(connection: Connection, quote: Quote, step: Step) -> None:
        beside = _line_of(quote, line)
        values = _checked(connection, new)
        if values["bank_id"] != beside.bank_id:
            raise QuoteError(
                f"Lot {new.stock_id} is of bank {values['bank_id']}, line {line} of bank "
                f"{beside.bank_id}; a pair is bought at one bank."
            )
        _update(connection, quote, line, step, {"change": LineChange.PAIRED, "pair": line})
        _insert(connection, quote, step, values | {"pair": line}, LineChange.PAIRED)

    return _change(store, reference, Step(actor, "quote.pair_line", why), companion)


def cost_pence(units: Decimal, unit_price_pence: Decimal | int) -> int:
    """Cost of a line, rounded half up to a penny.

    >>> cost_pence(Decimal("0.01"), 1_950_050)
    19501
    """
    return int((units * unit_price_pence).quantize(Decimal(1), ROUND_HALF_UP))


def _change(
    store: Store,
    reference: str,
    step: Step,
    change: Callable[[Connection, Quote, Step], None],
) -> Quote:
    require(step.actor, Action.CHANGE_QUOTE)
    checked = Step(step.actor, step.action, plain_text("The reason", step.why, checks.LONGEST_TEXT))

    def apply(connection: Connection, quote: Quote) -> None:
        require_state(quote, "changed", QuoteState.DRAFT)
        change(connection, quote, checked)
        _sum_up(connection, quote)

    return take_step(store, reference, checked, apply)


def _sum_up(connection: Connection, quote: Quote) -> None:
    counted = select(func.coalesce(func.sum(quote_lines.c.cost_pence), 0)).where(
        quote_lines.c.version_id == quote.version_id, quote_lines.c.change != LineChange.REMOVED
    )
    units_pence = int(connection.execute(counted).scalar_one())
    connection.execute(
        update(quote_versions)
        .where(quote_versions.c.version_id == quote.version_id)
        .values(units_pence=units_pence, total_pence=units_pence + quote.fees_pence)
    )


def _checked(connection: Connection, new: NewLine) -> dict[str, Any]:
    """The columns of a new line. Raises BadInput or QuoteError."""
    units = checks.units(new.units)
    unit_price = checks.pence(new.unit_price_pence)
    if new.srm not in load_spatial_risk().values():
        expected = ", ".join(sorted({f"{value:f}" for value in load_spatial_risk().values()}))
        raise BadInput(f"The multiplier {str(new.srm)[:40]} is none of {expected} (§2.3).")
    stock_id = plain_text("The lot", new.stock_id, checks.LONGEST_NAME)
    lot = connection.execute(
        select(stock.c.bank_id, stock.c.habitat).where(stock.c.stock_id == stock_id)
    ).first()
    if lot is None:
        raise QuoteError(f"The store has no lot {stock_id!r}; see its stock.")
    return {
        "module": load_habitats().find(lot.habitat).module.value,
        "habitat": lot.habitat,
        "bank_id": lot.bank_id,
        "stock_id": stock_id,
        "units": units,
        "srm": new.srm,
        "unit_price_pence": unit_price,
        "cost_pence": cost_pence(units, unit_price),
    }


def _line_of(quote: Quote, line: int) -> Line:
    found = next((one for one in quote.lines if one.line == line and one.counts), None)
    if found is None:
        raise QuoteError(f"Quote {quote.reference} has no line {str(line)[:40]} that counts.")
    return found


def _insert(
    connection: Connection,
    quote: Quote,
    step: Step,
    values: dict[str, Any],
    change: LineChange,
) -> None:
    row = {
        "version_id": quote.version_id,
        "line": max((line.line for line in quote.lines), default=0) + 1,
        "change": change,
        "who": step.actor.who,
        "why": step.why,
    }
    connection.execute(insert(quote_lines).values(**row, **values))


def _update(
    connection: Connection, quote: Quote, line: int, step: Step, values: dict[str, Any]
) -> None:
    connection.execute(
        update(quote_lines)
        .where(quote_lines.c.version_id == quote.version_id, quote_lines.c.line == line)
        .values(values | {"who": step.actor.who, "why": step.why, "changed_at": func.now()})
    )
