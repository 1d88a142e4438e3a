"""The tables come to be by migrations, and every migration leaves what it found."""

import subprocess
import sys
from decimal import Decimal
from io import StringIO

import pandas as pd
import pytest
from sqlalchemy import Connection, text

from bng_core.actor import SYSTEM
from bng_core.errors import StoreError
from bng_core.market import market_from_tables
from bng_core.settings import PROJECT_ROOT
from bng_core.store import connect, list_runs, load_market, save_market
from bng_core.store.faults import find_faults
from bng_core.store.ledger import entries
from bng_core.store.quote_life import issue_quote
from bng_core.store.schema import BASELINE, downgrade, heads, metadata, revision_of, upgrade
from tests.builders import ORCHARD, a_market, an_offer
from tests.conftest import empty
from tests.quote_builders import HANDLER, a_draft

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


def test_a_database_made_before_migrations_keeps_its_market_and_its_runs(owner):
    downgrade(owner, BASELINE)
    with owner.begin() as connection:
        connection.execute(text(OLD_DATA))
        connection.execute(text("DROP TABLE alembic_version"))

    upgrade(owner)

    assert list(load_market(owner).stock["units_available"]) == ["3.25"]
    assert list(load_market(owner, "0ld").stock["units_available"]) == ["9.5"]
    assert entries(owner, SYSTEM, "S")[0].why == "stock of the release before the ledger"
    assert [run.market_version for run in list_runs(owner)] == ["0ld"]
    with owner.begin() as connection:
        assert [revision_of(connection)] == heads()
    assert find_faults(owner) == []


OLD_DATA = """
INSERT INTO banks (bank_id, bank_name, lpa, nca)
VALUES ('B', 'Bank', 'Leeds LPA', 'Humber Estuary');
INSERT INTO stock VALUES ('S', 'B', 'Grassland - Traditional orchards', 3.25);
INSERT INTO prices (bank_id, habitat, contract_size, tier, unit_price)
VALUES ('B', 'Grassland - Traditional orchards', 'small', 'any', 40000);
INSERT INTO market_versions (version, tables) VALUES ('0ld', jsonb_build_object(
    'banks', E'bank_id,bank_name,lpa,nca\\nB,Bank,Leeds LPA,Humber Estuary\\n',
    'stock', E'stock_id,bank_id,habitat,units_available\\nS,B,Traditional orchards,9.5\\n',
    'prices', E'bank_id,habitat,contract_size,tier,unit_price\\n'));
INSERT INTO inputs (sha256, name, size, content) VALUES ('a', 'demand.csv', 1, 'x');
INSERT INTO runs (run_id, run_key, kind, status, parameters, input_name, input_sha256,
    market_version, rulebook_version, code_version, result)
VALUES (gen_random_uuid(), 'k', 'optimise', 'done', '{}', 'demand.csv', 'a', '0ld', 'r', 'c', '{}');
"""


def test_going_back_keeps_the_market_the_runs_and_the_versions_that_they_name(owner):
    market = a_market(an_offer(ORCHARD, 40_000, 3, bank_id='Bank "A", Ltd'))
    save_market(owner, market)
    quote = issue_quote(owner, HANDLER, a_draft(owner, **{ORCHARD: 1}).reference)
    save_market(owner, a_market(an_offer(ORCHARD, 45_000, 3, bank_id='Bank "A", Ltd')))

    downgrade(owner, BASELINE)

    with owner.begin() as connection:
        kept = connection.execute(text("SELECT version, tables FROM market_versions")).one()
        now = connection.execute(text("SELECT units_available FROM stock")).scalars().all()
    assert (kept.version, now) == (quote.market_version, [Decimal(3)])
    old = market_from_tables(
        {name: pd.read_csv(StringIO(csv), dtype=str, keep_default_na=False)
         for name, csv in kept.tables.items()}
    )  # fmt: skip
    assert old.prices["unit_price"].astype(float).unique() == [40_000]
    assert list(old.banks["bank_name"]) == list(market.banks["bank_name"])

    upgrade(owner)

    assert load_market(owner).stock["units_available"].astype(float).tolist() == [3]
    again = load_market(owner, quote.market_version)
    assert again.prices["unit_price"].astype(float).unique() == [40_000]
    assert list_runs(owner)[0].run_id == quote.run_id
    assert find_faults(owner) == []


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
