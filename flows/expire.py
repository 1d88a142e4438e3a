"""The flow behind the deployment `expire`."""

from datetime import date

from prefect import flow
from prefect.artifacts import create_table_artifact

from bng_core.settings import load_settings
from bng_core.store import connect
from bng_core.store.quote_life import expire_quotes
from bng_core.store.upkeep import ended_prices
from flows.steps import step

TIMEOUT_S = 300


@flow(name="expire", timeout_seconds=TIMEOUT_S)
def expire() -> list[str]:
    """End the holds and quotes whose time has passed; show them and the prices that ended."""
    ended = end_quotes()
    show_prices()
    return ended


@step(name="end quotes and holds")
def end_quotes() -> list[str]:
    """Free what overdue quotes and holds had; return the quotes."""
    ended = expire_quotes(connect(load_settings().database_url))
    rows = [{"quote": reference} for reference in ended]
    create_table_artifact(rows, key="expired-quotes", description="Quotes ended now")
    return ended


@step(name="show ended prices")
def show_prices() -> None:
    """Prices past their last day are used by no offer; somebody should renew them."""
    ended = ended_prices(connect(load_settings().database_url), date.today())
    rows = [{"bank": bank, "prices ended": number} for bank, number in ended.items()]
    create_table_artifact(rows, key="ended-prices", description="Prices past their last day")
