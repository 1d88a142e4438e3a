"""Each part of the stack has a role of its own in Postgres, and no right that it does not need."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg2
import pytest

from bng_core.local_stack import postgres
from bng_core.local_stack.files import load_secrets
from bng_core.local_stack.homes import Home, find_home
from bng_core.local_stack.ports import find_port
from bng_core.settings import PROJECT_ROOT
from bng_core.store import connect, load_market
from bng_core.store.prepare import prepare
from tests.conftest import temporary_data_dir

SAMPLE_MARKET = PROJECT_ROOT / "sample" / "market"


@dataclass
class Server:
    """A Postgres with nothing but its administrator."""

    home: Home
    port: int
    passwords: dict[str, str]

    def url(self, role: str, database: str = "bng") -> str:
        secret = {
            "bng": "postgres",
            "bng_owner": "postgres_owner",
            "bng_prefect": "postgres_prefect",
        }
        return postgres.url(self.port, role, self.passwords[secret[role]], database)

    def run(self, address: str, *statements: str) -> None:
        connection = psycopg2.connect(address)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()

    def administer(self, *statements: str) -> None:
        admin = self.passwords["postgres_admin"]
        self.run(postgres.url(self.port, "postgres", admin, "postgres"), *statements)


@pytest.fixture
def server() -> Iterator[Server]:
    with temporary_data_dir() as folder:
        home = find_home(folder)
        passwords = load_secrets(folder)
        data = postgres.initialise(home, passwords["postgres_admin"])
        port = find_port(45432)
        process = subprocess.Popen(
            postgres.command(home, data, port),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **home.run_as,  # type: ignore[call-overload]
        )
        while not postgres.is_ready(home, port, passwords["postgres_admin"]):
            assert process.poll() is None
            time.sleep(0.1)
        yield Server(home, port, passwords)
        process.send_signal(2)
        process.wait()


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

    postgres.make_databases(server.home, server.port, server.passwords)
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
    postgres.make_databases(server.home, server.port, server.passwords)
    prepare(server.url("bng"), SAMPLE_MARKET, server.url("bng_owner"))

    postgres.make_databases(server.home, server.port, server.passwords)

    assert len(load_market(connect(server.url("bng"))).banks) == 60


def test_no_role_of_the_stack_is_a_superuser_or_makes_roles(server: Server) -> None:
    postgres.make_databases(server.home, server.port, server.passwords)

    asked = "SELECT rolname FROM pg_roles WHERE rolname ~ '^bng' AND (rolsuper OR rolcreaterole)"
    server.administer(f"DO $$ BEGIN ASSERT NOT EXISTS ({asked}); END $$")
