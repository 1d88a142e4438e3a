"""Each part of the stack has a role of its own in Postgres, and no right that it does not need."""

from collections.abc import Iterator

import psycopg2
import pytest

from bng_core.settings import PROJECT_ROOT
from bng_core.store import connect, load_market
from bng_core.store.prepare import prepare
from tests.postgres_server import Server, new_server

SAMPLE_MARKET = PROJECT_ROOT / "sample" / "market"


@pytest.fixture
def server() -> Iterator[Server]:
    with new_server() as server:
        yield server


def test_an_installation_with_one_role_is_parted_and_keeps_its_data(server: Server) -> None:
    password = server.passwords["postgres"]
    server.administer(
        f"CREATE ROLE bng LOGIN PASSWORD '{password}'",
        "CREATE DATABASE bng OWNER bng",
        "CREATE DATABASE prefect OWNER bng",
    )
    prepare(server.url("bng"), SAMPLE_MARKET)
    server.run(
        server.url("bng", "prefect"), "CREATE TYPE state AS ENUM ('a')", "CREATE TABLE f (s state)"
    )

    server.make_databases()
    prepare(server.url("bng"), SAMPLE_MARKET, server.url("bng_owner"))

    assert len(load_market(connect(server.url("bng"))).banks) == 60
    server.run(server.url("bng_prefect", "prefect"), "ALTER TYPE state ADD VALUE 'b'")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="must be owner of table banks"):
        server.run(server.url("bng"), "DROP TABLE banks")
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        server.run(server.url("bng", "prefect"), "SELECT 1")
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        server.run(server.url("bng_prefect", "bng"), "SELECT 1")


def test_roles_may_be_made_at_every_start(server: Server) -> None:
    server.make_databases()
    prepare(server.url("bng"), SAMPLE_MARKET, server.url("bng_owner"))

    server.make_databases()

    assert len(load_market(connect(server.url("bng"))).banks) == 60


def test_no_role_of_the_stack_is_a_superuser_or_makes_roles(server: Server) -> None:
    server.make_databases()

    asked = "SELECT rolname FROM pg_roles WHERE rolname ~ '^bng' AND (rolsuper OR rolcreaterole)"
    server.administer(f"DO $$ BEGIN ASSERT NOT EXISTS ({asked}); END $$")
