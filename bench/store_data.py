"""A store of its own with many quotes, for measuring: synthetic, seeded, made in SQL."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from bng_core.settings import PROJECT_ROOT, Settings, load_settings
from bng_core.store import connect

NOBODY = "http://127.0.0.1:9"
BNG = [sys.executable, "-m", "bng_core.cli"]

FILL = """
SELECT setseed(0.42);
ALTER TABLE quote_versions DISABLE TRIGGER USER;
ALTER TABLE quote_lines DISABLE TRIGGER USER;
INSERT INTO customers (customer_name)
SELECT 'Customer ' || n FROM generate_series(1, greatest(:quotes / 20, 1)) n;
INSERT INTO promoters (promoter, discount, percent)
SELECT 'Promoter ' || n, 'percentage', n FROM generate_series(1, 20) n;
INSERT INTO inputs (sha256, name, size, content) VALUES ('bench', 'bench.xlsx', 1, 'x');
INSERT INTO runs (run_id, run_key, kind, status, parameters, input_name, input_sha256,
    market_version, rulebook_version, code_version, result, created_at, finished_at)
SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, n::text, 'optimise', 'done',
    '{}', 'bench.xlsx', 'bench', (SELECT max(version) FROM market_versions), 'r', 'c', '{}',
    at, at + interval '2 seconds'
FROM (SELECT n, now() - random() * interval '720 days' AS at
      FROM generate_series(1, :quotes) n) made;
UPDATE runs SET answered_from_cache_of = '00000000-0000-0000-0000-000000000001'
WHERE random() < 0.3 AND run_id <> '00000000-0000-0000-0000-000000000001';
INSERT INTO quotes (number, customer_id, promoter, owner, site, lpa, nca, created_at)
SELECT n, 1 + floor(random() * greatest(:quotes / 20, 1)),
    CASE WHEN random() < 0.6 THEN 'Promoter ' || (1 + floor(random() * 20)) END,
    'handler ' || (n % 10), 'Site ' || n, b.lpa, b.nca, r.created_at
FROM generate_series(1, :quotes) n
JOIN (SELECT lpa, nca, row_number() OVER (ORDER BY bank_id) - 1 AS place FROM banks) b
    ON b.place = n % (SELECT count(*) FROM banks)
JOIN runs r ON r.run_key = n::text;
UPDATE quote_numbers SET last_number = :quotes;
INSERT INTO quote_versions (number, version, reference, state, run_id, market_version,
    rulebook_version, code_version, answer, contract_size, units_pence, fees_pence, total_pence,
    created_by, created_at, quoted_at, valid_until, accepted_at, allocated_at, closed_at,
    register_reference)
SELECT number, 0, 'BNG-' || lpad(number::text, 6, '0'), state, r.run_id, r.market_version, 'r',
    'c', jsonb_build_object('note', repeat(md5(number::text), 40)),
    (ARRAY['fractional', 'small', 'medium', 'large'])[1 + number % 4], pence, 50000,
    pence + 50000, owner, q.created_at, q.created_at, q.created_at + interval '30 days',
    CASE WHEN state IN ('accepted', 'allocated') THEN q.created_at + interval '9 days' END,
    CASE WHEN state = 'allocated' THEN q.created_at + interval '20 days' END,
    CASE WHEN state IN ('expired', 'withdrawn') THEN q.created_at + interval '30 days' END,
    CASE WHEN state = 'allocated' THEN 'BGS-' || number END
FROM (SELECT *, floor(random() * 9000000)::bigint + 10000 AS pence,
          (ARRAY['quoted', 'accepted', 'allocated', 'expired', 'withdrawn'])[
              1 + floor(random() * 5)] AS state FROM quotes) q
JOIN runs r ON r.run_key = q.number::text;
INSERT INTO quote_lines (version_id, line, module, habitat, bank_id, stock_id, units, srm,
    unit_price_pence, cost_pence, change)
SELECT version_id, line, module, habitat, bank_id, stock_id, units,
    (ARRAY[1, 0.75, 0.5])[1 + (version_id + line) % 3], 2500000, round(units * 2500000), 'computed'
FROM (SELECT v.version_id, line, s.stock_id, s.bank_id, s.habitat, h.module,
          (1 + floor(random() * 300)) / 100 AS units
      FROM quote_versions v
      CROSS JOIN generate_series(1, 3) line
      JOIN (SELECT *, row_number() OVER (ORDER BY stock_id) - 1 AS place FROM stock) s
          ON s.place = (v.number * 7 + line * 13) % (SELECT count(*) FROM stock)
      JOIN habitats h USING (habitat)) lines;
ALTER TABLE quote_versions ENABLE TRIGGER USER;
ALTER TABLE quote_lines ENABLE TRIGGER USER;
"""


@contextmanager
def store_with_quotes(quotes: int) -> Iterator[Settings]:
    """Postgres in a folder of its own with the sample market and so many quotes of three lines."""
    with tempfile.TemporaryDirectory(prefix="bng-bench-") as folder:
        os.environ |= {
            "BNG_DATA_DIR": folder,
            "PREFECT_API_URL": f"{NOBODY}/api",
            "BNG_VOILA_URL": NOBODY,
        }
        subprocess.run([*BNG, "up", "--json"], cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL)
        try:
            fill(load_settings(), quotes)
            yield load_settings()
        finally:
            subprocess.run([*BNG, "down"], cwd=PROJECT_ROOT, check=True)


def fill(settings: Settings, quotes: int) -> None:
    """Add so many quotes to a store that has a market and no quotes."""
    owner = connect(settings.owner_database_url)
    with owner.begin() as connection:
        for statement in FILL.split(";\n"):
            if statement.strip():
                connection.execute(text(statement), {"quotes": quotes})
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    owner.dispose()


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.iterdir())
