"""The market in Postgres: written as differences; every change is a version (§5).

Saving writes only what differs; units differ by a movement of the ledger. Triggers keep each row as
it was, from one version until another, so that the market of any version or moment is one query.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from io import StringIO
from pathlib import Path

import pandas as pd
from sqlalchemy import Column, Connection, Double, Numeric, Table, select, text

from bng_core.actor import SYSTEM, Action, Actor, require
from bng_core.errors import StoreError
from bng_core.market import Market, market_from_tables, read_market, with_own_units
from bng_core.settings import load_settings
from bng_core.store.audit_log import record
from bng_core.store.holds import expire_overdue
from bng_core.store.ledger import lock_market
from bng_core.store.market_rows import write_market
from bng_core.store.postgres import Store, connect, transaction
from bng_core.store.tables_market import MARKET_COLUMNS, banks, market_versions

NO_MARKET = (
    "The store holds no market yet. Start it with `bng up`, which loads the sample "
    "market, or save one with bng_core.store.save_market."
)


def save_market(store: Store, market: Market, actor: Actor = SYSTEM, why: str = "saved") -> str:
    """Replace the market by this one, all or nothing, and return its version.

    Raises NotAllowed; StoreError where a lot that is held or sold would change its habitat.
    """
    with transaction(store) as connection:
        return replace_market(connection, market, actor, why)


def replace_market(connection: Connection, market: Market, actor: Actor, why: str) -> str:
    """Write what differs from the present market, and return the version that this makes.

    What is in the market no more is kept but not listed, because movements and quotes name it.
    `units_available` is what is free: held and sold units come on top and stay.
    """
    require(actor, Action.CHANGE_MARKET)
    lock_market(connection)
    before = _latest(connection)
    write_market(connection, market, actor, why)
    after = _latest(connection)
    if after is None:
        raise StoreError(NO_MARKET)
    if after != before:
        record(connection, actor, "market.save", "market", _version(before), _version(after), why)
    return after


def market_version(store: Store) -> str:
    """Return the version of the market as it stands, after holds whose time has passed were freed.

    Raises StoreError when the store holds no market.
    """
    with transaction(store) as connection:
        expire_overdue(connection)
        return _known(_latest(connection), NO_MARKET)


def market_version_at(store: Store, moment: datetime) -> str:
    """Return the version that was in force at a moment. Raises StoreError before the first."""
    at = select(market_versions.c.version).where(market_versions.c.saved_at <= moment)
    with transaction(store) as connection:
        found = connection.scalar(at.order_by(market_versions.c.seq.desc()).limit(1))
    return _known(found, f"The store held no market on {moment:%Y-%m-%d at %H:%M} yet.")


def load_market(store: Store, version: str | None = None) -> Market:
    """Return the market as it stands, or as it was under an earlier version."""
    frames = _load(store, version, MARKET_COLUMNS)
    listed = set(frames["banks"]["bank_id"])
    return market_from_tables(
        {name: frame[frame["bank_id"].isin(listed)] for name, frame in frames.items()}
    )


def load_banks(store: Store, version: str | None = None) -> pd.DataFrame:
    """Return the banks alone, as text cells: much less than a market for who needs their names."""
    return _load(store, version, [banks])["banks"]


def load_bank_names(store: Store, version: str | None = None) -> dict[str, str]:
    """Return the names of the banks by id."""
    found = load_banks(store, version)
    return dict(zip(found["bank_id"], found["bank_name"], strict=True))


def _load(store: Store, version: str | None, wanted: Iterable[Table]) -> dict[str, pd.DataFrame]:
    """These tables of one version as text cells, by name. Raises StoreError."""
    with transaction(store) as connection:
        named = version or _known(_latest(connection), NO_MARKET)
        kept = connection.execute(
            select(market_versions.c.seq, market_versions.c.tables).where(
                market_versions.c.version == named
            )
        ).first()
        if kept is None:
            raise StoreError(
                f"The store has no market version {named}; see the table market_versions."
            )
        if kept.tables is not None:
            return {table.name: _from_csv(kept.tables[table.name]) for table in wanted}
        frames = {table.name: _frame(connection, table, kept.seq) for table in wanted}
    if frames["banks"].empty:
        raise StoreError(NO_MARKET)
    return frames


def open_market(
    source: str, version: str | None = None, own: Mapping[str, str] | None = None
) -> Market:
    """Return the market that a user names: "store", or a folder as in §4.1.

    A version picks an earlier market of the store. `own` are units by lot that the one who asks
    holds already, free to them. Raises StoreError or MarketError.
    """
    if source != "store":
        market = read_market(Path(source))
    else:
        market = load_market(connect(load_settings().database_url), version)
    return with_own_units(market, own) if own else market


def _latest(connection: Connection) -> str | None:
    latest = select(market_versions.c.version).order_by(market_versions.c.seq.desc()).limit(1)
    return connection.scalar(latest)


def _known(version: str | None, otherwise: str) -> str:
    if version is None:
        raise StoreError(otherwise)
    return version


def _version(version: str | None) -> dict[str, str] | None:
    return None if version is None else {"version": version}


def _frame(connection: Connection, table: Table, seq: int) -> pd.DataFrame:
    """The rows of one version as text cells, as the CSV files have them."""
    columns = MARKET_COLUMNS[table]
    cells = ", ".join(_cell(table.c[name]) for name in columns)
    places = ", ".join(str(place) for place in range(1, len(columns) + 1))
    found = connection.execute(
        text(
            f"SELECT {cells} FROM market_rows WHERE relation = :relation AND from_seq <= :seq "
            f"AND (to_seq IS NULL OR to_seq > :seq) ORDER BY {places}"
        ),
        {"relation": table.name, "seq": seq},
    )
    return pd.DataFrame(found.all(), columns=columns, dtype=str)


def _cell(column: Column) -> str:
    value = f"content ->> '{column.name}'"
    if isinstance(column.type, Numeric) and not isinstance(column.type, Double):
        value = f"trim_scale(({value})::numeric)::text"
    return f"coalesce({value}, '')"


def _from_csv(content: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(content), dtype=str, keep_default_na=False)
