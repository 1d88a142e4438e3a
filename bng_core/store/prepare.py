"""What every start does first: tables, the application's rights, and a market in an empty store."""

from pathlib import Path

from sqlalchemy import exists, make_url, select

from bng_core.actor import SYSTEM
from bng_core.market import read_market
from bng_core.store.market_tables import replace_market
from bng_core.store.postgres import connect, lock_schema, transaction
from bng_core.store.rights import grant_rights
from bng_core.store.schema import upgrade
from bng_core.store.tables_market import market_versions


def prepare(database_url: str, sample_market_dir: Path, owner_url: str | None = None) -> None:
    """Bring the tables up to date and, in a store that never held a market, load the sample market.

    `owner_url` names the role that owns the tables; the role of `database_url` then gets the
    application's rights. Without it one role does both. Safe to call at every start.
    Raises StoreError or MarketError.
    """
    owner = connect(owner_url or database_url)
    upgrade(owner)
    with transaction(owner) as connection:
        lock_schema(connection)
        grant_rights(connection, make_url(database_url).username or "")
    owner.dispose()
    store = connect(database_url)
    with transaction(store) as connection:
        lock_schema(connection)
        if not connection.scalar(select(exists().select_from(market_versions))):
            replace_market(connection, read_market(sample_market_dir), SYSTEM, "the sample market")
    store.dispose()
