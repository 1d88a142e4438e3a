"""Writing a market as what differs from the present one; the caller has locked the market."""

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import Column, Connection, Date, Double, Numeric, Table, bindparam, insert, select
from sqlalchemy import delete as delete_from
from sqlalchemy import update as update_of

from bng_core.actor import Actor
from bng_core.errors import StoreError
from bng_core.market import Market
from bng_core.stock_words import Movement
from bng_core.store.ledger import Deed, lock_lots, move
from bng_core.store.tables_market import MARKET_COLUMNS, banks, prices, stock

Cell = str | Decimal | date | float | None
Row = dict[str, Cell]
NOTHING = Decimal(0)


def write_market(connection: Connection, market: Market, actor: Actor, why: str) -> None:
    """Make banks, prices and lots those of the market; others are kept but not listed."""
    rows = {table: _rows(table, market.tables()[table.name]) for table in MARKET_COLUMNS}
    _write_listed(connection, banks, rows[banks])
    _write_prices(connection, rows[prices])
    units = {str(row["stock_id"]): row.pop("units_available") for row in rows[stock]}
    _keep_sold_lots(connection, rows[stock])
    _write_listed(connection, stock, rows[stock])
    _write_units(connection, units, Deed(actor, why))


def _write_listed(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Insert, change or take from the list the rows of a table that has one id."""
    key = table.primary_key.columns[0]
    names = [name for name in MARKET_COLUMNS[table] if name != "units_available"]
    present = {row[key.name]: row for row in connection.execute(table.select()).mappings().all()}
    new = [row for row in rows if row[key.name] not in present]
    changed = [
        {f"new_{name}": row[name] for name in names}
        for row in rows
        if (old := present.get(row[key.name])) is not None
        and (not old["listed"] or any(old[name] != row[name] for name in names))
    ]
    if new:
        connection.execute(insert(table), new)
    if changed:
        values: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in names if name != key.name
        }
        statement = update_of(table).where(key == bindparam(f"new_{key.name}"))
        connection.execute(statement.values(values | {"listed": True}), changed)
    gone = {id_ for id_, row in present.items() if row["listed"]} - {row[key.name] for row in rows}
    if gone:
        connection.execute(update_of(table).where(key.in_(sorted(gone))).values(listed=False))


def _write_prices(connection: Connection, rows: list[Row]) -> None:
    names = MARKET_COLUMNS[prices]
    wanted = {tuple(row[name] for name in names) for row in rows}
    columns = [prices.c[name] for name in names]
    present = {
        tuple(cells): price_id
        for price_id, *cells in connection.execute(select(prices.c.price_id, *columns))
    }
    gone = [price_id for cells, price_id in present.items() if cells not in wanted]
    if gone:
        connection.execute(delete_from(prices).where(prices.c.price_id.in_(gone)))
    new = [row for row in rows if tuple(row[name] for name in names) not in present]
    if new:
        connection.execute(insert(prices), new)


def _keep_sold_lots(connection: Connection, rows: list[Row]) -> None:
    """Refuse another bank or habitat for a lot of which units are held or sold."""
    moved = select(stock.c.stock_id, stock.c.bank_id, stock.c.habitat).where(
        (stock.c.held > 0) | (stock.c.sold > 0)
    )
    wanted = {row["stock_id"]: (row["bank_id"], row["habitat"]) for row in rows}
    for stock_id, bank_id, habitat in connection.execute(moved):
        if wanted.get(stock_id, (bank_id, habitat)) != (bank_id, habitat):
            raise StoreError(
                f"Lot {stock_id} is {habitat} of bank {bank_id} and has units that are held or "
                "sold; give another lot a stock_id of its own."
            )


def _write_units(connection: Connection, units: dict[str, Cell], deed: Deed) -> None:
    """Bring what is free to what the market says; lots that left it have nothing free."""
    present = set(connection.scalars(select(stock.c.stock_id)))
    lots = lock_lots(connection, present)
    change: dict[Movement, dict[str, Decimal]] = {Movement.RECEIVE: {}, Movement.CORRECT: {}}
    for stock_id, lot in lots.items():
        wanted = units.get(stock_id, NOTHING)
        kind = Movement.CORRECT if lot.received else Movement.RECEIVE
        change[kind][stock_id] = Decimal(str(wanted)) - lot.units_available
    for kind, moved in change.items():
        move(connection, deed, kind, moved)


def _rows(table: Table, frame: pd.DataFrame) -> list[Row]:
    names = MARKET_COLUMNS[table]
    cells = [
        [_parse(table.c[name], cell) for cell in frame[name]]
        if name in frame.columns
        else [None] * len(frame)
        for name in names
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


def _parse(column: Column[Any], cell: str) -> Cell:
    """Turn one text cell into what its column holds; blank means absent."""
    if not cell:
        return None
    if isinstance(column.type, Double):
        return float(cell)
    if isinstance(column.type, Numeric):
        return _exact(column, Decimal(cell), column.type.scale or 0)
    return date.fromisoformat(cell) if isinstance(column.type, Date) else cell


def _exact(column: Column[Any], value: Decimal, decimals: int) -> Decimal:
    """Refuse what the column would round: what is quoted is what was listed (§2.7)."""
    if value != round(value, decimals):
        raise StoreError(
            f"{column.table.name}.csv has {value} as {column.name}; the store keeps at most "
            f"{decimals} decimals. Round it in the file."
        )
    return value
