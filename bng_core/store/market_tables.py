"""The market in Postgres: saved and loaded whole, named by the SHA-256 of its content (§5)."""

import hashlib
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pandas as pd
from sqlalchemy import (
    Column,
    Connection,
    Date,
    Double,
    Numeric,
    Table,
    Text,
    cast,
    collate,
    delete,
    exists,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import aggregate_order_by

from bng_core.errors import StoreError
from bng_core.market import Market, market_from_tables, read_market
from bng_core.settings import load_settings
from bng_core.store.postgres import Store, connect, lock_schema, transaction
from bng_core.store.tables import MARKET_TABLES, market_versions

SNAPSHOT = "REPEATABLE READ"
"""All tables are read as of one moment, so that no half-changed market gets a version."""

Cell = str | Decimal | date | float | None


def save_market(store: Store, market: Market) -> str:
    """Replace the market by this one, all or nothing, and return its version."""
    with transaction(store) as connection:
        lock_schema(connection)
        return replace_market(connection, market)


def market_version(store: Store) -> str:
    """Return the version of the market as it stands, and keep a copy of it under that name.

    Taken from the rows themselves, so a change made by any hand makes a new version.
    Raises StoreError when the store holds no market.
    """
    with transaction(store, SNAPSHOT) as connection:
        return _keep_version(connection)


def load_market(store: Store, version: str | None = None) -> Market:
    """Return the market as it stands, or as it was under an earlier version."""
    with transaction(store, SNAPSHOT) as connection:
        wanted = version or _keep_version(connection)
        kept = connection.scalar(
            select(market_versions.c.tables).where(market_versions.c.version == wanted)
        )
    if kept is None:
        raise StoreError(
            f"The store has no market version {wanted}; see the table market_versions."
        )
    return market_from_tables({name: _from_csv(content) for name, content in kept.items()})


def open_market(source: str, version: str | None = None) -> Market:
    """Return the market that a user names: "store", or a folder as in §4.1.

    A version picks an earlier market of the store. Raises StoreError or MarketError.
    """
    if source != "store":
        return read_market(Path(source))
    return load_market(connect(load_settings().database_url), version)


def replace_market(connection: Connection, market: Market) -> str:
    """Write a market in place of the present one, and return its version."""
    tables = market.tables()
    for table in reversed(MARKET_TABLES.values()):
        connection.execute(delete(table))
    for name, table in MARKET_TABLES.items():
        rows = _rows(table, tables[name])
        if rows:
            connection.execute(insert(table), rows)
    return _keep_version(connection)


def _keep_version(connection: Connection) -> str:
    version = _content_version(connection)
    known = select(exists().where(market_versions.c.version == version))
    if not connection.scalar(known):
        tables = {name: _to_csv(connection, table) for name, table in MARKET_TABLES.items()}
        if tables["banks"].count("\n") <= 1:
            raise StoreError(
                "The store holds no market yet. Start it with `bng up`, which loads the sample "
                "market, or save one with bng_core.store.save_market."
            )
        row = {"version": version, "tables": tables}
        statement = postgresql.insert(market_versions).values(row).on_conflict_do_nothing()
        connection.execute(statement)
    return version


def _content_version(connection: Connection) -> str:
    """Let Postgres hash its own rows: nothing travels when the version is known already."""
    digest = hashlib.sha256()
    for name, table in MARKET_TABLES.items():
        line = cast(func.row(*_market_columns(table)), Text)
        lines = func.string_agg(line, aggregate_order_by(text("E'\\n'"), collate(line, "C")))
        content = func.convert_to(func.coalesce(lines, ""), "UTF8")
        found = connection.scalar(select(func.encode(func.sha256(content), "hex")))
        digest.update(f"{name}:{found}\n".encode())
    return digest.hexdigest()


def _market_columns(table: Table) -> list[Column]:
    """The columns of §4.1: all but the number that Postgres gives to a price row."""
    return [column for column in table.columns if column.name != "price_id"]


def _rows(table: Table, frame: pd.DataFrame) -> list[dict[str, Cell]]:
    columns = [c for c in _market_columns(table) if c.name in frame.columns]
    values = [[_parse(column, cell) for cell in frame[column.name]] for column in columns]
    names = [column.name for column in columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _parse(column: Column, cell: str) -> Cell:
    """Turn one text cell into what its column holds; blank means absent."""
    if not cell:
        return None
    if isinstance(column.type, Double):
        return float(cell)
    if isinstance(column.type, Numeric):
        return _exact(column, Decimal(cell), column.type.scale or 0)
    return date.fromisoformat(cell) if isinstance(column.type, Date) else cell


def _exact(column: Column, value: Decimal, decimals: int) -> Decimal:
    """Refuse what the column would round: what is quoted is what was listed (§2.7)."""
    if value != round(value, decimals):
        raise StoreError(
            f"{column.table.name}.csv has {value} as {column.name}; the store keeps at most "
            f"{decimals} decimals. Round it in the file."
        )
    return value


def _to_csv(connection: Connection, table: Table) -> str:
    columns = _market_columns(table)
    found = connection.execute(select(*columns).order_by(*columns))
    frame = pd.DataFrame(
        [[_print(cell) for cell in row] for row in found], columns=[c.name for c in columns]
    )
    return frame.to_csv(index=False)


def _print(cell: Cell) -> str:
    """Write one value as the CSV files do; no exponent, no trailing zeros."""
    if isinstance(cell, Decimal):
        plain = f"{cell:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "" if cell is None else str(cell)


def _from_csv(content: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(content), dtype=str, keep_default_na=False)
