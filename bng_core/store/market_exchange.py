"""Markets into the store and out of it: the difference first, then all of it or nothing."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import select

from bng_core.actor import Action, Actor, require
from bng_core.errors import StoreError
from bng_core.market import Market
from bng_core.market_diff import MarketDiff, market_diff
from bng_core.store.audit_log import audit_log
from bng_core.store.market_tables import load_market, market_version_at, replace_market
from bng_core.store.postgres import Store, transaction
from bng_core.store.tables_market import market_versions


@dataclass(frozen=True)
class Imported:
    """What an import changed, or would change; `version` is None where nothing was written."""

    version: str | None
    diff: MarketDiff


@dataclass(frozen=True)
class MarketVersion:
    """One version of the market: since when; by whom and why, where somebody replaced the whole."""

    version: str
    saved_at: datetime
    who: str
    why: str


def import_market(
    store: Store, actor: Actor, market: Market, why: str, *, dry_run: bool = False
) -> Imported:
    """Put a market in place of the present one, all or nothing.

    A dry run does the same and takes it back, so that what Postgres would refuse is refused.
    Raises NotAllowed; StoreError for what the store cannot keep.
    """
    require(actor, Action.CHANGE_MARKET)
    diff = market_diff(_present(store), market)
    with transaction(store) as connection, connection.begin_nested() as savepoint:
        version = replace_market(connection, market, actor, why)
        if dry_run:
            savepoint.rollback()
    return Imported(None if dry_run else version, diff)


def market_of_version(store: Store, actor: Actor, version: str | None = None) -> Market:
    """The market as it stands, as it was under a version, or at the end of a day (UTC).

    Raises NotAllowed, and StoreError where there was no such market.
    """
    require(actor, Action.SEE_MARKET)
    return load_market(store, version and _named(store, version))


def _named(store: Store, version: str) -> str:
    """A version as it is, or the one in force at the end of a day such as 2026-11-24."""
    try:
        day = date.fromisoformat(version)
    except ValueError:
        return version
    return market_version_at(store, datetime.combine(day, time.max, UTC))


def list_market_versions(store: Store, actor: Actor, limit: int = 20) -> list[MarketVersion]:
    """The last versions, newest first. Raises NotAllowed."""
    require(actor, Action.SEE_MARKET)
    versions = select(market_versions.c.version, market_versions.c.saved_at)
    saves = select(audit_log.c.after, audit_log.c.who, audit_log.c.why).where(
        audit_log.c.subject == "market", audit_log.c.action == "market.save"
    )
    with transaction(store) as connection:
        found = connection.execute(versions.order_by(market_versions.c.seq.desc()).limit(limit))
        logged = connection.execute(saves.order_by(audit_log.c.entry_id.desc()).limit(limit))
        said = {entry.after["version"]: (entry.who, entry.why) for entry in logged}
        return [
            MarketVersion(row.version, row.saved_at, *said.get(row.version, ("", "")))
            for row in found
        ]


def _present(store: Store) -> Market | None:
    """The market to compare with; none where there is none yet."""
    with transaction(store) as connection:
        if connection.scalar(select(market_versions.c.version).limit(1)) is None:
            return None
    try:
        return load_market(store)
    except StoreError:
        return None  # all banks were taken out of the market
