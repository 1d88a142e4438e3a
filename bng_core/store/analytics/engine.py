"""DuckDB over Postgres, read-only, or over Parquet files; the views are the same."""

import json
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from itertools import takewhile
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from sqlalchemy import URL

from bng_core.actor import Action, Actor, require
from bng_core.errors import BadInput, StoreError
from bng_core.settings import load_settings
from bng_core.store.postgres import connect

TABLES = {
    "quotes": ("number", "customer_id", "promoter", "lpa", "created_at"),
    "quote_versions": (
        *("version_id", "number", "latest", "state", "contract_size", "total_pence"),
        *("quoted_at", "accepted_at"),
    ),
    "quote_lines": (
        *("version_id", "habitat", "bank_id", "units", "srm", "unit_price_pence"),
        *("cost_pence", "change"),
    ),
    "customers": ("customer_id", "customer_name"),
    "banks": ("bank_id", "bank_name", "lpa", "nca", "listed"),
    "prices": (
        *("bank_id", "habitat", "contract_size", "tier", "unit_price", "basis"),
        *("valid_from", "valid_to"),
    ),
    "stock": (
        *("stock_id", "bank_id", "habitat", "listed", "received", "held", "sold"),
        "units_available",
    ),
    "habitats": ("habitat", "module", "distinctiveness"),
    "stock_ledger": ("stock_id", "kind", "units", "at"),
    "runs": (
        *("kind", "status", "answered_from_cache_of"),
        *("created_at", "started_at", "finished_at"),
    ),
}
"""What the views read: no passwords, no workbooks, no addresses of customers."""

STORE = "store"
_FIRST = "thread"
_EXTENSION = "duckdb_extension_postgres_scanner"


@dataclass(frozen=True)
class Period:
    """The days that count, first and last, in UTC; what stands today does not depend on them."""

    since: date = date.min
    until: date = date.max


class Analytics:
    """The views of one source, as data frames."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, period: Period) -> None:
        self._connection = connection
        self._connection.execute(
            "CREATE TABLE period AS SELECT ?::date AS since, ?::date AS until",
            [period.since, period.until],
        )
        for name in view_names():
            self._connection.execute(f"CREATE VIEW {name} AS {_sql(name)}")

    def views(self) -> list[str]:
        """The names of the views."""
        return view_names()

    def frame(self, view: str) -> pd.DataFrame:
        """The rows of a view. Raises BadInput where there is no such view."""
        _known(view)
        return self._connection.execute(f"SELECT * FROM {view}").df()

    def explains(self, view: str) -> str:
        """What a view counts: the first lines of its file. Raises BadInput."""
        _known(view)
        said = takewhile(lambda line: line.startswith("--"), _sql(view).splitlines())
        return " ".join(line.removeprefix("--").strip() for line in said)

    def rows(self, view: str) -> list[dict[str, Any]]:
        """The rows of a view as they are kept, None where there is nothing. Raises BadInput."""
        _known(view)
        found = self._connection.execute(f"SELECT * FROM {view}")
        columns = [column[0] for column in found.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    def close(self) -> None:
        """Let go of the source."""
        self._connection.close()


def open_analytics(source: str, actor: Actor, period: Period = Period()) -> Analytics:
    """The analytics of the store ("store"), or of a folder that `write_snapshot` wrote.

    Raises NotAllowed; StoreError where Postgres does not answer; BadInput for another folder or a
    period that ends before it begins.
    """
    require(actor, Action.SEE_ANALYTICS)
    if period.until < period.since:
        raise BadInput(
            f"The period ends on {period.until} and begins on {period.since}; swap the days."
        )
    connection = _duckdb()
    if source == STORE:
        _attach(connection)
    else:
        _open_snapshot(connection, Path(source))
    return Analytics(connection, period)


def write_snapshot(folder: Path, actor: Actor) -> int:
    """Write the tables of the store to Parquet files in a new folder; returns how many rows.

    Raises NotAllowed; StoreError; BadInput where the folder exists.
    """
    require(actor, Action.SEE_ANALYTICS)
    if folder.exists():
        raise BadInput(f"{folder} exists already; name a new folder.")
    connection = _duckdb()
    _attach(connection)
    part = folder.with_name(f".{folder.name}.part")
    part.mkdir(parents=True)
    connection.execute("BEGIN")  # one moment for all tables
    rows = 0
    for name in TABLES:
        target = _quoted(str(part / f"{name}.parquet"))
        done = connection.execute(f"COPY store.{name} TO {target} (FORMAT parquet)").fetchone()
        rows += int(done[0]) if done else 0
    connection.close()
    part.replace(folder)
    return rows


def save_figures(analytics: Analytics, path: Path) -> int:
    """Write every view as JSON, a list of rows each, and return how many views there are."""
    content = {
        view: json.loads(analytics.frame(view).to_json(orient="records", date_format="iso"))
        for view in analytics.views()
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    return len(content)


def view_names() -> list[str]:
    """The views, the one that others stand on first."""
    found = sorted(
        path.name.removesuffix(".sql")
        for path in files("bng_core.store.analytics").iterdir()
        if path.name.endswith(".sql")
    )
    return [_FIRST, *(name for name in found if name != _FIRST)]


def _known(view: str) -> None:
    if view not in view_names():
        raise BadInput(f"There is no view “{view}”; there are {', '.join(view_names())}.")


def _sql(name: str) -> str:
    return files("bng_core.store.analytics").joinpath(f"{name}.sql").read_text(encoding="utf-8")


def _duckdb() -> duckdb.DuckDBPyConnection:
    """A database in memory that fetches nothing from the network; times are UTC."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE SCHEMA store")
    return connection


def _attach(connection: duckdb.DuckDBPyConnection) -> None:
    store = connect(load_settings().database_url)  # refuses in clear words
    address = store.url
    store.dispose()
    folder = files(_EXTENSION).joinpath("extensions", f"v{version('duckdb')}")
    extension = next(iter(sorted(str(path) for path in folder.iterdir())))
    try:
        connection.execute(f"LOAD {_quoted(extension)}")
        connection.execute(f"ATTACH {_quoted(_libpq(address))} AS pg (TYPE postgres, READ_ONLY)")
    except duckdb.Error as error:
        raise StoreError(
            "DuckDB cannot read Postgres; see the versions in pyproject.toml."
        ) from error
    for name, columns in TABLES.items():
        wanted = ", ".join(f'"{column}"' for column in columns)
        connection.execute(f"CREATE VIEW store.{name} AS SELECT {wanted} FROM pg.public.{name}")


def _open_snapshot(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    missing = [name for name in TABLES if not (folder / f"{name}.parquet").is_file()]
    if missing:
        raise BadInput(
            f"{folder} is no snapshot: it has no {missing[0]}.parquet. Write one with "
            "`bng analytics snapshot`, or give “store”."
        )
    for name, columns in TABLES.items():
        source = _quoted(str(folder / f"{name}.parquet"))
        wanted = ", ".join(f'"{column}"' for column in columns)
        connection.execute(
            f"CREATE VIEW store.{name} AS SELECT {wanted} FROM read_parquet({source})"
        )


def _libpq(address: URL) -> str:
    """A libpq address; each value quoted, so that no password breaks out of its place."""
    values = {
        "host": address.host or "",
        "port": str(address.port or 5432),
        "dbname": address.database or "",
        "user": address.username or "",
        "password": str(address.password or ""),
        "connect_timeout": "5",
    }
    escaped = {
        name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in values.items()
    }
    return " ".join(f"{name}='{value}'" for name, value in escaped.items())


def _quoted(text: str) -> str:
    """A text of SQL."""
    return "'" + text.replace("'", "''") + "'"
