"""The tables come to be by migrations, and every migration leaves what it found."""

import subprocess
import sys

import pytest
from sqlalchemy import Connection, text

from bng_core.errors import StoreError
from bng_core.settings import PROJECT_ROOT
from bng_core.store import connect, load_market, save_market
from bng_core.store.schema import BASELINE, downgrade, heads, metadata, revision_of, upgrade
from tests.builders import ORCHARD, a_market, an_offer
from tests.conftest import empty

SHAPE = """
SELECT 'column', table_name, column_name, data_type, is_nullable,
       coalesce(numeric_precision, 0) || '.' || coalesce(numeric_scale, 0),
       coalesce(column_default, '') || is_identity || coalesce(identity_generation, '')
       || coalesce(generation_expression, '')
FROM information_schema.columns WHERE table_schema = current_schema()
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', ''
FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND contype NOT IN ('n', 't')
UNION ALL
SELECT 'index', tablename, indexname, replace(indexdef, current_schema() || '.', ''), '', '', ''
FROM pg_indexes WHERE schemaname = current_schema()
"""


def shape(connection: Connection) -> set[tuple[str, ...]]:
    rows = connection.execute(text(SHAPE))
    return {tuple(row) for row in rows if row[1] != "alembic_version"}


def test_there_is_one_last_migration():
    assert len(heads()) == 1


def test_the_migrated_tables_are_those_of_the_code(owner):
    with owner.begin() as connection:
        migrated = shape(connection)
    empty(owner)
    with owner.begin() as connection:
        connection.execute(text("CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm"))
    metadata.create_all(owner)
    with owner.begin() as connection:
        written = shape(connection)

    assert migrated - written == set()
    assert written - migrated == set()


def test_all_migrations_go_back_to_an_empty_database_and_forward_again(owner):
    with owner.begin() as connection:
        before = shape(connection)

    downgrade(owner, "base")
    with owner.begin() as connection:
        assert shape(connection) == set()
    upgrade(owner)

    with owner.begin() as connection:
        assert shape(connection) == before


def test_a_database_made_before_migrations_keeps_its_market(owner):
    downgrade(owner, BASELINE)
    with owner.begin() as connection:
        connection.execute(text(OLD_MARKET))
        connection.execute(text("DROP TABLE alembic_version"))

    upgrade(owner)

    assert list(load_market(owner).stock["units_available"]) == ["3.25"]
    with owner.begin() as connection:
        assert [revision_of(connection)] == heads()


OLD_MARKET = """
INSERT INTO banks (bank_id, bank_name, lpa, nca) VALUES ('B', 'Bank', 'Leeds', 'Humber Estuary');
INSERT INTO stock VALUES ('S', 'B', 'Grassland - Traditional orchards', 3.25);
INSERT INTO prices (bank_id, habitat, contract_size, tier, unit_price)
VALUES ('B', 'Grassland - Traditional orchards', 'small', 'any', 40000);
"""


def test_tables_of_another_program_are_refused_and_left_alone(owner):
    empty(owner)
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE banks (iban text)"))

    with pytest.raises(StoreError) as fault:
        upgrade(owner)

    assert str(fault.value) == (
        "The database holds tables named banks but not those of any release of this program. "
        "Name an empty database in DATABASE_URL."
    )
    with owner.begin() as connection:
        assert {row[1] for row in shape(connection)} == {"banks"}


def test_a_database_of_a_later_release_is_refused(owner):
    with owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError) as fault:
        upgrade(owner)

    assert str(fault.value) == (
        "The database has revision 9999, which a later release made; this one knows up to "
        f"{heads()[0]}. Use the later release, or restore a backup made before it."
    )


def test_many_processes_that_start_at_once_make_the_tables_once(services, owner):
    empty(owner)
    code = (
        "import sys; from bng_core.store import connect; from bng_core.store.schema import upgrade;"
        "upgrade(connect(sys.argv[1]))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(services.owner_database_url)],
            cwd=PROJECT_ROOT,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    outcomes = [process.communicate()[1] for process in started]

    assert outcomes == [b""] * 4
    save_market(connect(services.owner_database_url), a_market(an_offer(ORCHARD, 40_000)))
