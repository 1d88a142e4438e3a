"""What every start does first: tables up to date, and a market in a store that never had one."""

from pathlib import Path

from sqlalchemy import exists, select

from bng_core.market import read_market
from bng_core.store.market_tables import replace_market
from bng_core.store.postgres import connect, lock_schema, transaction
from bng_core.store.schema import upgrade
from bng_core.store.tables import market_versions


def prepare(database_url: str, sample_market_dir: Path) -> None:
    """Bring the tables up to date and, in a store that never held a market, load the sample market.

    Safe to call at every start. Raises StoreError or MarketError.
    """
    store = connect(database_url)
    upgrade(store)
    with transaction(store) as connection:
        lock_schema(connection)
        if not connection.scalar(select(exists().select_from(market_versions))):
            replace_market(connection, read_market(sample_market_dir))
    store.dispose()
