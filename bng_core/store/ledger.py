"""The stock ledger: every unit that came, was held, sold or corrected, in movements that stay.

Free units are received - held - sold. Whoever moves stock first queues for the market and then
locks the lots in the order of their names, so that nobody waits in a circle; the database books
the movement into lot and hold, and refuses what would leave less than nothing.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, insert, select, text

from bng_core.actor import Action, Actor, require
from bng_core.errors import BadInput, OutOfStock
from bng_core.plain_text import plain_text
from bng_core.stock_words import Movement
from bng_core.store import checks
from bng_core.store.audit_log import record
from bng_core.store.postgres import Store, transaction
from bng_core.store.tables_market import banks, stock
from bng_core.store.tables_stock import stock_ledger

MARKET_LOCK = 7_402_612
"""The lock of next_market_version() in the migrations: changes of the market queue for it."""

Units = Mapping[str, Decimal]
"""Units by lot (stock_id), before the spatial risk multiplier."""


@dataclass(frozen=True)
class Deed:
    """Who moves units, and why: what every movement says."""

    actor: Actor
    why: str


@dataclass(frozen=True)
class Lot:
    """What one bank has of one habitat, in units."""

    stock_id: str
    bank_id: str
    bank_name: str
    habitat: str
    received: Decimal
    held: Decimal
    sold: Decimal
    allocated: Decimal
    units_available: Decimal


@dataclass(frozen=True)
class Entry:
    """One movement of the ledger."""

    entry_id: int
    stock_id: str
    hold_id: uuid.UUID | None
    kind: Movement
    units: Decimal
    at: datetime
    who: str
    why: str


def receive(store: Store, actor: Actor, stock_id: str, units: Decimal, why: str) -> Lot:
    """Add units to a lot. Raises BadInput, NotAllowed or StoreError."""
    return _change(store, actor, stock_id, (Movement.RECEIVE, checks.units(units)), why)


def correct(store: Store, actor: Actor, stock_id: str, units: Decimal, why: str) -> Lot:
    """Mend what was received by so many units, more or (below 0) less.

    Raises OutOfStock where fewer would be left than are held and sold.
    """
    change = checks.units(units, least=-checks.MOST_UNITS)
    if not change:
        raise BadInput("A correction by 0 units changes nothing; give the difference.")
    return _change(store, actor, stock_id, (Movement.CORRECT, change), why)


def entries(store: Store, actor: Actor, stock_id: str, limit: int = 200) -> list[Entry]:
    """The latest movements of a lot, newest first."""
    require(actor, Action.SEE_MARKET)
    columns = [stock_ledger.c[field] for field in Entry.__dataclass_fields__]
    found = (
        select(*columns)
        .where(stock_ledger.c.stock_id == stock_id)
        .order_by(stock_ledger.c.entry_id.desc())
        .limit(limit)
    )
    with transaction(store) as connection:
        rows = [row._asdict() for row in connection.execute(found)]
    return [Entry(**{**row, "kind": Movement(row["kind"])}) for row in rows]


def load_lot(store: Store, actor: Actor, stock_id: str) -> Lot:
    """One lot as it stands. Raises BadInput where there is none of that name."""
    require(actor, Action.SEE_MARKET)
    with transaction(store) as connection:
        return _lots(connection, [stock_id], lock=False)[stock_id]


def list_lots(store: Store, actor: Actor) -> list[Lot]:
    """Every lot that is listed, by its name. Raises NotAllowed."""
    require(actor, Action.SEE_MARKET)
    found = _lots_of_banks().where(stock.c.listed, banks.c.listed).order_by(stock.c.stock_id)
    with transaction(store) as connection:
        return [Lot(**row._mapping) for row in connection.execute(found)]


def lock_market(connection: Connection) -> None:
    """Queue for a change of the market; the lock goes with the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MARKET_LOCK})


def lock_lots(connection: Connection, stock_ids: Iterable[str]) -> dict[str, Lot]:
    """Lock lots, after the market, until the transaction ends. Raises BadInput for unknown ones."""
    lock_market(connection)
    return _lots(connection, stock_ids, lock=True)


def take_free(connection: Connection, wanted: Units) -> None:
    """Lock lots and make sure that they have so much. Raises OutOfStock, naming every short one."""
    lots = lock_lots(connection, wanted)
    short = [
        _short(lots[stock_id], units)
        for stock_id, units in sorted(wanted.items())
        if lots[stock_id].units_available < units
    ]
    if short:
        raise OutOfStock(f"{' '.join(short)} Nothing was held; compute the purchase again.")


def move(
    connection: Connection,
    deed: Deed,
    kind: Movement,
    units: Units,
    hold_id: uuid.UUID | None = None,
) -> None:
    """Write one movement a lot; the lots must be locked."""
    rows = [
        {
            "stock_id": stock_id,
            "hold_id": hold_id,
            "kind": kind,
            "units": moved,
            "who": deed.actor.who,
            "why": deed.why,
        }
        for stock_id, moved in sorted(units.items())
        if moved
    ]
    if rows:
        connection.execute(insert(stock_ledger), rows)


def _change(
    store: Store, actor: Actor, stock_id: str, change: tuple[Movement, Decimal], why: str
) -> Lot:
    require(actor, Action.CHANGE_MARKET)
    why = plain_text("The reason", why, checks.LONGEST_TEXT)
    kind, units = change
    with transaction(store) as connection:
        before = lock_lots(connection, [stock_id])[stock_id]
        if before.units_available + units < 0:
            raise OutOfStock(f"{_short(before, -units)} Nothing was changed.")
        move(connection, Deed(actor, why), kind, {stock_id: units})
        after = _lots(connection, [stock_id], lock=False)[stock_id]
        record(connection, actor, f"stock.{kind}", f"lot {stock_id}", _state(before), _state(after),
               why)  # fmt: skip
        return after


def _lots(connection: Connection, stock_ids: Iterable[str], *, lock: bool) -> dict[str, Lot]:
    wanted = sorted(set(stock_ids))
    found = _lots_of_banks().where(stock.c.stock_id.in_(wanted)).order_by(stock.c.stock_id)
    rows = connection.execute(found.with_for_update(of=stock) if lock else found)
    lots = {row.stock_id: Lot(**row._mapping) for row in rows}
    unknown = [stock_id for stock_id in wanted if stock_id not in lots]
    if unknown:
        raise BadInput(f"The store has no lot {unknown[0][:200]!r}; see its stock.")
    return lots


def _lots_of_banks() -> Select[Any]:
    columns = [stock.c[field] for field in Lot.__dataclass_fields__ if field != "bank_name"]
    return select(*columns, banks.c.bank_name).select_from(stock.join(banks))


def _short(lot: Lot, units: Decimal) -> str:
    others = f", with {lot.held:f} held by quotes" if lot.held else ""
    return (
        f"{lot.bank_name} has {lot.units_available:f} free units of {lot.habitat} "
        f"(lot {lot.stock_id}{others}), and {units:f} are asked."
    )


def _state(lot: Lot) -> dict[str, str]:
    return {
        "received": str(lot.received),
        "held": str(lot.held),
        "sold": str(lot.sold),
        "free": str(lot.units_available),
    }
