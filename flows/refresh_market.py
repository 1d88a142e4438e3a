"""The flow behind the deployment `refresh-market`."""

from pathlib import Path

from prefect import flow
from prefect.artifacts import create_table_artifact

from bng_core.actor import SYSTEM
from bng_core.market import read_market
from bng_core.settings import load_settings
from bng_core.store import connect, load_market, market_version
from bng_core.store.market_exchange import import_market
from flows.steps import step

TIMEOUT_S = 600


@flow(name="refresh-market", timeout_seconds=TIMEOUT_S)
def refresh_market(folder: str = "") -> str:
    """Take the market from a folder, if one is named; keep a version of it and show its size."""
    if folder:
        take_market(folder)
    return show_market()


@step(name="take the market")
def take_market(folder: str) -> None:
    """Put the market of the folder in place of the present one, all or nothing."""
    store = connect(load_settings().database_url)
    import_market(store, SYSTEM, read_market(Path(folder)), "refreshed by the clock")


@step(name="show the market")
def show_market() -> str:
    """Keep a version of the market, and return its name."""
    store = connect(load_settings().database_url)
    version = market_version(store)
    tables = load_market(store, version).tables()
    rows = [{"table": name, "rows": len(frame)} for name, frame in tables.items()]
    create_table_artifact(rows, key="market", description=f"Market version `{version}`")
    return version
