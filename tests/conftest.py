"""No test sees the developer's own stack or services; those that need a stack get a real one."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, make_url, text

from bng_core.market import read_market
from bng_core.runs import RunService
from bng_core.settings import PROJECT_ROOT, STACK_NAMES, Settings, load_settings
from bng_core.store import Store, connect, save_market
from bng_core.store.rights import grant_rights
from bng_core.store.schema import heads, metadata, revision_of, upgrade
from flows.service import open_service

BNG = [sys.executable, "-m", "bng_core.cli"]


def bng(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would."""
    return subprocess.run(
        [*BNG, *arguments],
        capture_output=True,
        text=True,
        cwd=PROJECT_ROOT,
        check=False,
    )


@pytest.fixture(scope="session", autouse=True)
def data_dir() -> Iterator[Path]:
    """An empty data folder, with a space in its name, for the whole session."""
    with pytest.MonkeyPatch.context() as patch, temporary_data_dir() as folder:
        for name in STACK_NAMES:
            patch.delenv(name, raising=False)
        patch.setenv("BNG_DATA_DIR", str(folder))
        yield folder


class temporary_data_dir:  # noqa: N801
    """A data folder straight under the temporary folder, where a root user's services may enter."""

    def __enter__(self) -> Path:
        self.folder = Path(tempfile.mkdtemp(prefix="bng test "))
        return self.folder

    def __exit__(self, *error: object) -> None:
        pointer = self.folder / "service-home"
        if pointer.exists():
            shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stack(data_dir: Path) -> Iterator[Settings]:
    """One real local stack for all tests that ask for it; load_settings() finds it too."""
    started = bng("up", "--json", "--workers", "1")
    assert started.returncode == 0, started.stderr + started.stdout
    yield load_settings()
    stopped = bng("down")
    assert stopped.returncode == 0, stopped.stderr


@pytest.fixture(scope="session")
def services() -> Iterator[Settings]:
    """Real Postgres and Valkey alone: Prefect and pages are named, but nobody answers there."""
    with running_services() as settings:
        yield settings


@contextmanager
def running_services() -> Iterator[Settings]:
    """Services in a data folder of their own, for tests and for scripts that measure."""
    nobody = "http://127.0.0.1:9"
    with temporary_data_dir() as folder, pytest.MonkeyPatch.context() as patch:
        environment = {
            "BNG_DATA_DIR": str(folder),
            "PREFECT_API_URL": f"{nobody}/api",
            "BNG_API_URL": nobody,
            "BNG_VOILA_URL": nobody,
        }
        with pytest.MonkeyPatch.context() as starting:
            for name, value in environment.items():
                starting.setenv(name, value)
            started = bng("up", "--json")
            assert '"phase": "up"' in started.stdout, started.stderr
            settings = load_settings()
        yield settings
        patch.setenv("BNG_DATA_DIR", str(folder))
        stopped = bng("down")
        assert stopped.returncode == 0, stopped.stderr


@pytest.fixture
def in_services(services: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Let load_settings() and every child process find these services."""
    monkeypatch.setenv("BNG_DATA_DIR", str(services.data_dir))
    monkeypatch.setenv("PREFECT_API_URL", str(services.prefect_api_url))
    return services


@pytest.fixture
def owner(services: Settings) -> Iterator[Store]:
    """The store as the owner of its tables sees it: all tables and nothing in them."""
    owner = connect(services.owner_database_url)
    if not cleared(owner):
        empty(owner)
    make_tables(owner, str(services.database_url))
    yield owner
    owner.dispose()


@pytest.fixture
def store(services: Settings, owner: Store) -> Iterator[Store]:
    """The store with all tables and nothing in them, and the rights of the application."""
    store = connect(services.database_url)
    yield store
    store.dispose()


@pytest.fixture
def service(store: Store, in_services: Settings) -> RunService:
    """A run service over the sample market; Prefect does not answer it."""
    save_market(store, read_market(PROJECT_ROOT / "sample" / "market"))
    return open_service()


@pytest.fixture
def waiting(service: RunService) -> RunService:
    """Runs are stored and nobody is told: the test computes them itself."""
    return replace(service, dispatch=lambda run_id: "prefect")


@pytest.fixture
def whole(stack: Settings, monkeypatch: pytest.MonkeyPatch) -> RunService:
    """The run service of the whole stack."""
    monkeypatch.setenv("BNG_DATA_DIR", str(stack.data_dir))
    return open_service()


def empty(owner: Store) -> None:
    """Leave a database without tables, as it is before the first start."""
    with owner.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def cleared(owner: Store) -> bool:
    """Empty tables that are whole, much faster than making them; False where they are not."""
    with owner.begin() as connection:
        there = set(inspect(connection).get_table_names()) - {"alembic_version"}
        if SEEDS.keys() != there or [revision_of(connection)] != heads():
            return False
        guarded = list(connection.scalars(text(GUARDED)))
        for table in guarded:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        plant_seeds(connection)
        for table in guarded:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    return True


def plant_seeds(connection: Connection) -> None:
    """Leave in every table what the migrations put there, and number on from there."""
    tables = [table for table in metadata.sorted_tables if table.name != "habitats"]
    for table in reversed(tables):
        connection.execute(table.delete())
    for table in tables:
        if SEEDS[table.name]:
            connection.execute(table.insert(), SEEDS[table.name])
    for name, last in NUMBERED.items():
        restart = text("SELECT setval(:name, coalesce(:last, 1), :last IS NOT NULL)")
        connection.execute(restart, {"name": name, "last": last})


SEEDS: dict[str, list[dict[str, Any]]] = {}
"""What the migrations themselves put into each table."""
NUMBERED: dict[str, int | None] = {}
"""The last number that they drew from each sequence."""
GUARDED = "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"


def make_tables(owner: Store, database_url: str) -> None:
    """All tables, with the application's rights on them."""
    upgrade(owner)
    with owner.begin() as connection:
        if not SEEDS:
            for table in metadata.sorted_tables:
                rows = connection.execute(table.select()).mappings()
                SEEDS[table.name] = [dict(row) for row in rows]
            drawn = text("SELECT quote_ident(sequencename), last_value FROM pg_sequences")
            NUMBERED.update((name, last) for name, last in connection.execute(drawn))
    with owner.begin() as connection:
        grant_rights(connection, str(make_url(database_url).username))
