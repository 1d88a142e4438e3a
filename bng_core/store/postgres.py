"""The connection to Postgres: one transaction per function, faults as one clear sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import sqlalchemy
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from bng_core.errors import StoreError, StoreUnreachable

Store = Engine
"""A connected store; the callers of this package need no other word for it."""

CONNECT_TIMEOUT_S = 5
SESSION = "-c timezone=UTC -c random_page_cost=1.1 -c jit=off"
"""UTC; and plans for tables that lie in memory or on solid-state disks, for short queries."""
SCHEMA_LOCK = 7_402_611
"""Any number will do: it names the advisory lock that lets one process at a time make tables."""


def connect(database_url: str | None) -> Store:
    """Return the store at this address (DATABASE_URL), checked to answer.

    Raises StoreError when there is no address, it is not Postgres, or nobody answers there.
    """
    if not database_url:
        raise StoreError(
            "No Postgres is known: DATABASE_URL is not set and the local stack is not running. "
            "Start it with `bng up`."
        )
    store = _engine(database_url)
    ping(store)
    return store


@lru_cache(maxsize=8)
def _engine(database_url: str) -> Store:
    """One pool of connections for each address, with the statements that it has prepared."""
    return sqlalchemy.create_engine(
        _address(database_url),
        pool_pre_ping=True,
        pool_size=3,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "options": SESSION,
            "application_name": "bng",
        },
    )


def ping(store: Store) -> None:
    """Raise StoreError when Postgres does not answer."""
    with transaction(store) as connection:
        connection.execute(text("SELECT 1"))


def pool_use(store: Store) -> int:
    """How many connections of this process are in use."""
    pool = store.pool
    return pool.checkedout() if isinstance(pool, QueuePool) else 0


def lock_schema(connection: Connection) -> None:
    """Let one process at a time make or fill tables; released when the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SCHEMA_LOCK})


@contextmanager
def transaction(store: Store, isolation: str | None = None) -> Iterator[Connection]:
    """One transaction: all of it is stored, or nothing.

    Raises StoreError, without traceback text or password, for whatever Postgres refuses, and
    StoreUnreachable when it does not answer.
    """
    options = {"isolation_level": isolation} if isolation else {}
    try:
        with store.execution_options(**options).begin() as connection:
            yield connection
    except (DataError, IntegrityError) as fault:
        raise StoreError(f"Postgres refused the data: {_reason(fault)}.") from fault
    except ProgrammingError as fault:
        if isinstance(fault.orig, InsufficientPrivilege):
            raise StoreError(
                f"Postgres does not let {store.url.username!r} do this ({_reason(fault)}); the "
                "owner of the tables may: give its address as BNG_OWNER_DATABASE_URL."
            ) from fault
        raise StoreError(
            f"The store does not have the expected tables ({_reason(fault)}); "
            "start it with `bng up`, which makes them."
        ) from fault
    except (DBAPIError, PoolTimeout) as fault:
        raise StoreUnreachable(_unreachable(store, fault)) from fault


def _address(database_url: str) -> sqlalchemy.URL:
    expected = "DATABASE_URL must read postgresql://user:password@host:port/database"
    try:
        address = make_url(database_url)
    except (ArgumentError, ValueError) as fault:
        raise StoreError(f"{expected}; what was given is no database address.") from fault
    if address.get_backend_name() != "postgresql":
        raise StoreError(f"{expected}; found {address.get_backend_name()!r} as its first word.")
    return address


def _unreachable(store: Store, fault: Exception) -> str:
    at = f"{store.url.host or 'the local socket'}:{store.url.port or 5432}"
    who = f"database {store.url.database!r}, user {store.url.username!r}"
    refused = str(fault).split("FATAL: ")
    if len(refused) > 1:
        reason = refused[-1].split("\n")[0].strip()
        return f"Postgres at {at} ({who}) refuses: {reason}. Check DATABASE_URL."
    return (
        f"Postgres does not answer at {at} ({who}). "
        "Start the stack with `bng up`, or check DATABASE_URL."
    )


def _reason(fault: DBAPIError) -> str:
    """Postgres' own first line; never the statement or its parameters."""
    diagnosis = getattr(fault.orig, "diag", None)
    first = getattr(diagnosis, "message_primary", None) or str(fault.orig).split("\n")[0]
    return first.rstrip(".")
