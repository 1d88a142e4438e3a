"""All tables of the store, and how a database gets them: by one chain of migrations.

A new table module is imported here, and its migration goes into migrations/versions with the
present head as its down_revision.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from bng_core.errors import StoreError
from bng_core.store import (  # noqa: F401 - each adds its tables to metadata
    audit_log,
    tables,
    tables_accounts,
    tables_market,
    tables_quotes,
    tables_stock,
)
from bng_core.store.columns import metadata  # noqa: F401 - the tables as the code has them
from bng_core.store.postgres import Store, lock_schema, transaction
from bng_core.store.reference_rows import write_habitats

BASELINE = "0001"
"""The tables of the releases before migrations, which made them without a version."""
BASELINE_TABLES = {"banks", "inputs", "market_versions", "prices", "runs", "stock"}

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(store: Store, revision: str = "head") -> None:
    """Bring the database to a revision, all or nothing; several processes may do so at once.

    Raises StoreError for a database that another program, or a later release, has made.
    """
    with transaction(store) as connection:
        lock_schema(connection)
        if _is_unversioned_baseline(connection):
            command.stamp(_config(connection), BASELINE)
        _refuse_later(connection)
        command.upgrade(_config(connection), revision)
        if [revision_of(connection)] == heads():
            write_habitats(connection)


def downgrade(store: Store, revision: str) -> None:
    """Go back to an earlier revision, all or nothing; "base" is a database without tables."""
    with transaction(store) as connection:
        lock_schema(connection)
        command.downgrade(_config(connection), revision)


def heads() -> list[str]:
    """The last revisions of the chain; one, unless two branches were written."""
    return list(_scripts().get_heads())


def revision_of(connection: Connection) -> str | None:
    """The revision of a database; None where it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Whether a revision is one of this release."""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_MIGRATIONS))


def _is_unversioned_baseline(connection: Connection) -> bool:
    if revision_of(connection) is not None:
        return False
    found = BASELINE_TABLES & set(inspect(connection).get_table_names())
    if found and found != BASELINE_TABLES:
        raise StoreError(
            f"The database holds tables named {', '.join(sorted(found))} but not those of any "
            "release of this program. Name an empty database in DATABASE_URL."
        )
    return bool(found)


def _refuse_later(connection: Connection) -> None:
    revision = revision_of(connection)
    if revision is not None and not is_known(revision):
        raise StoreError(
            f"The database has revision {revision}, which a later release made; this one knows "
            f"up to {heads()[0]}. Use the later release, or restore a backup made before it."
        )
