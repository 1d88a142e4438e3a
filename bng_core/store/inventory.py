"""What a database holds, table by table: rows and a checksum of their content, in any order."""

import re
from dataclasses import dataclass

from sqlalchemy import Connection, text

from bng_core.errors import StoreError

_TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name
"""
_SUM = "coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint), 0)::text"
_NAME = re.compile(r"[a-z_]{1,63}")
KEPT_BY_USERS = ("quotes", "users", "runs", "customers", "inputs")
"""Tables that are empty in a store that nobody has used yet."""


@dataclass(frozen=True)
class Content:
    """How many rows a table has, and the sum of their checksums."""

    rows: int
    checksum: str


def inventory(connection: Connection) -> dict[str, Content]:
    """The content of every table; times count as UTC."""
    return {
        name: Content(*connection.execute(text(f"SELECT count(*), {_SUM} FROM {name} t")).one())
        for name in map(_checked, connection.scalars(text(_TABLES)).all())
    }


def comparison(expected: dict[str, Content]) -> str:
    """SQL that fails, naming the table, where the database holds anything else."""
    checks = [
        f"IF (SELECT count(*) || ' ' || {_SUM} FROM {_checked(name)} t) "
        f"<> '{content.rows:d} {int(content.checksum):d}' THEN "
        f"RAISE EXCEPTION 'table {name} is not as it was backed up'; END IF;"
        for name, content in sorted(expected.items())
    ]
    return "\n".join(["DO $$ BEGIN", *checks, "END $$;"])


def used_rows(connection: Connection) -> dict[str, int]:
    """The rows that people have made; nothing in a store as it is after its first start."""
    present = set(connection.scalars(text(_TABLES)))
    counts = {
        name: int(connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0)
        for name in KEPT_BY_USERS
        if name in present
    }
    return {name: count for name, count in counts.items() if count}


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise StoreError(f"The table {name!r} is none of this program's.")
    return name
