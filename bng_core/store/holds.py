"""Holds: units set apart until a moment, then sold, released or expired; what quotes hold.

A hold is placed, changed and ended within the transaction of whoever asks, after the market and
the lots have been locked; units that are short leave nothing behind.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from sqlalchemy import Connection, func, insert, select, update

from bng_core.actor import SYSTEM, Action, Actor, require
from bng_core.errors import BadInput, StoreError
from bng_core.plain_text import plain_text
from bng_core.stock_words import HoldState, Movement, Policy
from bng_core.store import checks
from bng_core.store.audit_log import record
from bng_core.store.ledger import Deed, Units, lock_lots, lock_market, move, take_free
from bng_core.store.postgres import Store, transaction
from bng_core.store.tables_stock import hold_lines, holds, stock_policies


@dataclass(frozen=True)
class StockPolicy:
    """What a quote holds when it goes out, as a share of its units, and for how many days."""

    policy: Policy
    share: Decimal
    hold_days: int

    def of(self, units: Units) -> dict[str, Decimal]:
        """The units that a quote for so many holds; a share is rounded up to 0.0001."""
        return {
            lot: (wanted * self.share).quantize(checks.STEP, ROUND_CEILING)
            for lot, wanted in units.items()
        }


def stock_policy(connection: Connection) -> StockPolicy:
    """The policy in force."""
    latest = stock_policies.select().order_by(stock_policies.c.policy_id.desc()).limit(1)
    row = connection.execute(latest).one()
    return StockPolicy(Policy(row.policy), row.share, row.hold_days)


def load_stock_policy(store: Store) -> StockPolicy:
    """The policy in force, for those who only look."""
    with transaction(store) as connection:
        return stock_policy(connection)


def set_stock_policy(store: Store, actor: Actor, policy: StockPolicy, why: str) -> None:
    """Set what quotes hold from now on; what is held already stays as it is.

    Raises NotAllowed or BadInput.
    """
    require(actor, Action.CHANGE_MARKET)
    why = plain_text("The reason", why, checks.LONGEST_TEXT)
    if not 1 <= policy.hold_days <= 3650:
        raise BadInput(f"{policy.hold_days} days of hold cannot be used; expected 1 to 3650.")
    share = checks.share(policy.share)
    fixed = {Policy.IGNORE_QUOTES: Decimal(0), Policy.HOLD_ALL: Decimal(1)}.get(policy.policy)
    if fixed is None and not 0 < share < 1:
        raise BadInput(f"A share of {share} is not between 0 and 1; choose another policy for it.")
    after = StockPolicy(policy.policy, share if fixed is None else fixed, policy.hold_days)
    with transaction(store) as connection:
        lock_market(connection)
        before = stock_policy(connection)
        row = {"policy": after.policy, "share": after.share, "hold_days": after.hold_days}
        connection.execute(insert(stock_policies).values(**row, set_by=actor.who, why=why))
        record(
            connection, actor, "stock.set_policy", "stock policy", _words(before), _words(after),
            why,
        )  # fmt: skip


def _words(policy: StockPolicy) -> dict[str, str | int]:
    return {"policy": policy.policy, "share": str(policy.share), "hold_days": policy.hold_days}


def place(
    connection: Connection,
    deed: Deed,
    units: Units,
    until: datetime,
    version_id: int | None = None,
) -> uuid.UUID | None:
    """Hold units until a moment, for a version of a quote; None where there are none to hold.

    Raises OutOfStock, and holds nothing, where a lot has less.
    """
    wanted = {lot: amount for lot, amount in units.items() if amount}
    if not wanted:
        return None
    expire_overdue(connection)
    take_free(connection, wanted)
    hold_id = uuid.uuid4()
    row = {"hold_id": hold_id, "state": HoldState.OPEN, "expires_at": until, "why": deed.why}
    connection.execute(
        insert(holds).values(**row, created_by=deed.actor.who, version_id=version_id)
    )
    _set_apart(connection, deed, hold_id, wanted)
    return hold_id


def sell(connection: Connection, deed: Deed, hold_id: uuid.UUID, units: Units) -> None:
    """Sell exactly these units by a hold, which takes what it lacks from the free ones first.

    Raises OutOfStock, or StoreError where the hold is not open any more.
    """
    held = _lock_hold(connection, hold_id)
    lacking = {lot: wanted - held.get(lot, Decimal(0)) for lot, wanted in units.items()}
    lacking = {lot: amount for lot, amount in lacking.items() if amount > 0}
    if lacking:
        take_free(connection, lacking)
        _set_apart(connection, deed, hold_id, lacking)
    move(connection, deed, Movement.CONVERT, units, hold_id)
    _end(connection, hold_id, HoldState.CONVERTED)


def release(connection: Connection, deed: Deed, hold_id: uuid.UUID, state: HoldState) -> None:
    """Give back what an open hold has, because it was released or has expired."""
    held = _lock_hold(connection, hold_id)
    kind = Movement.EXPIRE if state is HoldState.EXPIRED else Movement.RELEASE
    move(connection, deed, kind, held, hold_id)
    _end(connection, hold_id, state)


def take_back(connection: Connection, deed: Deed, hold_id: uuid.UUID) -> None:
    """Undo a sale that has not been allocated: its units are free again."""
    lock_lots(connection, _lines(connection, hold_id, "sold"))
    move(connection, deed, Movement.RETURN, _lines(connection, hold_id, "sold"), hold_id)


def allocate(connection: Connection, deed: Deed, hold_id: uuid.UUID) -> None:
    """Note that what a hold sold is allocated on the register."""
    lock_lots(connection, _lines(connection, hold_id, "sold"))
    move(connection, deed, Movement.ALLOCATE, _lines(connection, hold_id, "sold"), hold_id)


def extend(connection: Connection, hold_id: uuid.UUID, until: datetime) -> None:
    """Let an open hold last until another moment."""
    _lock_hold(connection, hold_id)
    connection.execute(update(holds).where(holds.c.hold_id == hold_id).values(expires_at=until))


def expire_overdue(connection: Connection) -> int:
    """Give back the units of every open hold whose time has passed, and count the holds.

    Called before anybody holds units or asks what is free: a hold is over at its moment, not when
    somebody sweeps.
    """
    overdue = select(holds.c.hold_id).where(
        holds.c.state == HoldState.OPEN, holds.c.expires_at <= func.clock_timestamp()
    )
    if connection.execute(overdue.limit(1)).first() is None:
        return 0
    lock_market(connection)
    found = list(connection.scalars(overdue.order_by(holds.c.expires_at, holds.c.hold_id)))
    deed = Deed(SYSTEM, "the time of the hold has passed")
    for hold_id in found:
        release(connection, deed, hold_id, HoldState.EXPIRED)
    return len(found)


def held_units(connection: Connection, hold_id: uuid.UUID) -> dict[str, Decimal]:
    """What a hold has now, by lot."""
    return _lines(connection, hold_id, "held")


def _set_apart(connection: Connection, deed: Deed, hold_id: uuid.UUID, units: Units) -> None:
    known = set(connection.scalars(
        select(hold_lines.c.stock_id).where(hold_lines.c.hold_id == hold_id)
    ))  # fmt: skip
    rows = [{"hold_id": hold_id, "stock_id": lot} for lot in sorted(units) if lot not in known]
    if rows:
        connection.execute(insert(hold_lines), rows)
    move(connection, deed, Movement.HOLD, units, hold_id)


def _lock_hold(connection: Connection, hold_id: uuid.UUID) -> dict[str, Decimal]:
    """Lock market, lots and hold, in that order, and return what it holds by lot."""
    lock_lots(connection, _lines(connection, hold_id, "held"))
    state = connection.scalar(
        select(holds.c.state).where(holds.c.hold_id == hold_id).with_for_update()
    )
    if state != HoldState.OPEN:
        raise StoreError(f"The hold {hold_id} is {state or 'not known'}, so it holds nothing.")
    return _lines(connection, hold_id, "held")


def _lines(connection: Connection, hold_id: uuid.UUID, column: str) -> dict[str, Decimal]:
    found = select(hold_lines.c.stock_id, hold_lines.c[column]).where(
        hold_lines.c.hold_id == hold_id, hold_lines.c[column] > 0
    )
    rows = connection.execute(found.order_by(hold_lines.c.stock_id))
    return {row.stock_id: row[1] for row in rows}


def _end(connection: Connection, hold_id: uuid.UUID, state: HoldState) -> None:
    connection.execute(update(holds).where(holds.c.hold_id == hold_id).values(state=state))
