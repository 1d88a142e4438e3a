"""The analytics count what the store holds, and the same from a snapshot as from Postgres."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from sqlalchemy import text

from bng_core.actor import SYSTEM, Actor, Role
from bng_core.cli import main
from bng_core.errors import BadInput, NotAllowed, StoreError
from bng_core.market import read_market
from bng_core.settings import PROJECT_ROOT
from bng_core.store import save_market
from bng_core.store.analytics import Period, open_analytics, write_snapshot
from bng_core.store.analytics.engine import TABLES, _libpq
from bng_core.store.postgres import make_url
from tests.builders import MEADOW, ORCHARD, a_market, an_offer

SAMPLE = PROJECT_ROOT / "sample"

QUOTES = """
INSERT INTO customers (customer_name) VALUES ('Ash Homes'), ('O''Brien "& Sons"');
INSERT INTO promoters (promoter, discount) VALUES ('Meadow Brokers', 'none');
INSERT INTO inputs (sha256, name, size, content) VALUES ('i', 'i.xlsx', 1, 'x');
INSERT INTO runs (run_id, run_key, kind, status, parameters, input_name, input_sha256,
    market_version, rulebook_version, code_version, result, created_at, finished_at)
SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, 'k' || n, 'optimise', 'done', '{}',
    'i.xlsx', 'i', (SELECT max(version) FROM market_versions), 'r', 'c', '{}',
    '2026-05-31 23:30+00', '2026-05-31 23:30:02+00'
FROM generate_series(1, 4) n;
UPDATE runs SET answered_from_cache_of = '00000000-0000-0000-0000-000000000001'
WHERE run_key = 'k4';
INSERT INTO quotes (number, customer_id, promoter, owner, site, lpa, nca, created_at) VALUES
    (1, 1, 'Meadow Brokers', 'ann', 'Mill', 'Leeds LPA', 'x', '2026-05-31 23:30+00'),
    (2, 2, NULL, 'ann', 'Hill', 'Leeds LPA', 'x', '2026-06-01 00:30+00'),
    (3, 1, NULL, 'ann', 'Vale', 'Reading LPA', 'x', '2026-06-02 00:30+00');
INSERT INTO quote_versions (number, version, reference, latest, state, run_id, market_version,
    rulebook_version, code_version, answer, contract_size, units_pence, fees_pence, total_pence,
    created_by, created_at)
SELECT n, v, n || '.' || v, latest, 'draft', '00000000-0000-0000-0000-000000000001',
    (SELECT max(version) FROM market_versions), 'r', 'c', '{}', 'small', pence, 1, pence + 1, 'ann',
    '2026-06-01 00:30+00'
FROM (VALUES (1, 0, false, 99), (1, 1, true, 4000000), (2, 0, true, 1000050), (3, 0, true, 5))
    AS made (n, v, latest, pence);
INSERT INTO quote_lines (version_id, line, module, habitat, bank_id, stock_id, units, srm,
    unit_price_pence, cost_pence, change, who, why)
SELECT version_id, line, 'area', habitat, bank_id, stock_id, units, srm, 4000000, cost,
    change, 'ann', 'w'
FROM quote_versions
JOIN (VALUES (1, 1, 0.5, 1, 2000000, 'computed'), (1, 2, 0.25, 0.75, 1000000, 'computed'),
             (1, 3, 0.25, 0.75, 1000000, 'removed'), (2, 1, 0.1, 0.5, 400000, 'computed'))
    AS l (of, line, units, srm, cost, change) ON of = number AND latest
CROSS JOIN (SELECT * FROM stock WHERE habitat LIKE '%orchards') s;
UPDATE quote_versions SET state = 'quoted', quoted_at = '2026-06-01 12:00+00',
    valid_until = '2026-07-01 12:00+00' WHERE number < 3;
UPDATE quote_versions SET state = 'superseded', closed_at = '2026-06-01 13:00+00'
WHERE NOT latest;
UPDATE quote_versions SET state = 'accepted', accepted_at = '2026-06-04 00:00+00'
WHERE number = 1 AND latest
"""


@pytest.fixture
def quoted(store, owner, in_services):
    """Three threads: one requoted and accepted, one open, one still a draft."""
    save_market(
        store, a_market(an_offer(ORCHARD, 40_000, 3), an_offer(MEADOW, 52_000, bank_id="M"))
    )
    with owner.begin() as connection:
        for statement in QUOTES.split(";\n"):
            connection.execute(text(statement))


@pytest.fixture(params=["store", "snapshot"])
def analytics(quoted, request, tmp_path):
    source = "store"
    if request.param == "snapshot":
        source = str(tmp_path / "snapshot")
        write_snapshot(Path(source), SYSTEM)
    analytics = open_analytics(source, SYSTEM)
    yield analytics
    analytics.close()


def rows(analytics, view: str) -> list[dict[str, object]]:
    frame = analytics.frame(view)
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def test_quotes_and_revenue_by_month_count_each_thread_once_by_its_day_in_utc(analytics):
    may, june = rows(analytics, "quotes_by_month")

    assert (may["month"].date(), may["quotes"], may["sold"]) == (date(2026, 5, 1), 1, 1)
    assert (may["revenue_gbp"], may["quoted_gbp"]) == (40_000.01, 40_000.01)
    assert (june["month"].date(), june["quotes"], june["sold"]) == (date(2026, 6, 1), 2, 0)
    assert june["revenue_gbp"] == 0


def test_quotes_by_place_customer_and_promoter(analytics):
    assert [(r["lpa"], r["quotes"]) for r in rows(analytics, "quotes_by_lpa")] == [
        ("Leeds LPA", 2),
        ("Reading LPA", 1),
    ]
    customers = rows(analytics, "quotes_by_customer")
    assert [(r["customer"], r["revenue_gbp"]) for r in customers] == [
        ("Ash Homes", 40_000.01),
        ('O\'Brien "& Sons"', 0),
    ]
    promoters = rows(analytics, "quotes_by_promoter")
    assert [(r["promoter"], r["quotes"], r["sold"]) for r in promoters] == [
        ("Meadow Brokers", 1, 1),
        ("(none)", 2, 0),
    ]


def test_conversion_is_of_quotes_that_went_out(analytics):
    may, june = rows(analytics, "conversion")

    assert (may["went_out"], may["sold"], may["conversion"]) == (1, 1, 1.0)
    assert may["days_to_accept"] == 2.5
    assert (june["went_out"], june["still_open"], june["conversion"]) == (1, 1, 0.0)


def test_prices_quoted_leave_out_drafts_and_removed_lines(analytics):
    prices = rows(analytics, "quoted_prices")

    assert [(r["tier"], r["lines"], r["units"], r["mean_gbp"]) for r in prices] == [
        ("adjacent", 1, 0.25, 40_000),
        ("far", 1, 0.1, 40_000),
        ("local", 1, 0.5, 40_000),
    ]


def test_list_prices_are_by_habitat_tier_and_size(analytics):
    prices = rows(analytics, "list_prices")

    assert len(prices) == 8
    assert {(r["habitat"], r["median_gbp"]) for r in prices} == {
        (ORCHARD, 40_000),
        (MEADOW, 52_000),
    }


def test_stock_left_and_the_weeks_it_lasts(analytics):
    stock = {r["habitat"]: r for r in rows(analytics, "stock_left")}
    assert (stock[ORCHARD]["free"], stock[ORCHARD]["sold"]) == (3, 0)
    first, second = rows(analytics, "scarcity")
    assert (first["habitat"], first["sold_in_90_days"]) == (ORCHARD, 0.75)
    assert first["weeks_left"] == pytest.approx(3 / 0.75 * 90 / 7, abs=0.1)
    assert (second["habitat"], second["weeks_left"]) == (MEADOW, None)


def test_the_cache_hit_rate_is_by_day(analytics):
    (day,) = rows(analytics, "cache_hit_rate")

    assert (day["requests"], day["from_cache"], day["hit_rate"]) == (4, 1, 0.25)
    assert (day["day"].date(), day["median_s"]) == (date(2026, 5, 31), 2.0)


def test_stock_is_what_the_ledger_says_at_the_end_of_each_month(analytics):
    (month,) = rows(analytics, "stock_by_month")

    assert (month["received"], month["held"], month["sold"], month["free"]) == (103, 0, 0, 103)


def test_scarcity_by_area_is_of_the_area_of_the_bank(analytics):
    first, second = rows(analytics, "scarcity_by_area")

    assert (first["habitat"], first["free"], first["sold_in_90_days"]) == (ORCHARD, 3, 0.75)
    assert (second["habitat"], second["weeks_left"]) == (MEADOW, None)


def test_prices_quoted_by_month_go_by_the_day_on_which_the_quote_went_out(analytics):
    (june,) = rows(analytics, "quoted_prices_by_month")

    assert (june["month"].date(), june["module"], june["lines"]) == (date(2026, 6, 1), "area", 3)
    assert june["mean_gbp"] == 40_000


def test_what_the_cache_answered_never_queued(analytics):
    (day,) = rows(analytics, "queue_by_day")

    assert (day["computed"], day["failed"], day["median_wait_s"]) == (3, 0, None)


def test_a_period_leaves_out_what_came_before_and_after_it(quoted):
    june = Period(date(2026, 6, 1), date(2026, 6, 1))
    analytics = open_analytics("store", SYSTEM, june)

    assert [r["quotes"] for r in rows(analytics, "quotes_by_month")] == [1]
    assert rows(analytics, "cache_hit_rate") == []
    assert [r["lines"] for r in rows(analytics, "quoted_prices_by_month")] == [3]
    assert len(rows(analytics, "stock_left")) == 2  # as it stands, whatever the period


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(BadInput) as refused:
        open_analytics("store", SYSTEM, Period(date(2026, 6, 2), date(2026, 6, 1)))

    assert str(refused.value) == (
        "The period ends on 2026-06-01 and begins on 2026-06-02; swap the days."
    )


def test_units_and_money_arrive_exactly(quoted):
    analytics = open_analytics("store", SYSTEM)

    found = analytics._connection.execute("SELECT total_gbp FROM thread WHERE number = 2")
    assert found.fetchone() == (Decimal("10000.51"),)
    kinds = analytics._connection.execute("DESCRIBE store.stock").fetchall()
    assert {kind for name, kind, *_ in kinds if name == "received"} == {"DECIMAL(14,4)"}


def test_the_store_cannot_be_written_through_the_analytics(quoted):
    analytics = open_analytics("store", SYSTEM)

    with pytest.raises(duckdb.Error, match="read-only"):
        analytics._connection.execute("DELETE FROM pg.public.quote_lines")


def test_no_secret_and_no_address_of_a_customer_is_read():
    assert {"users", "api_keys", "password_links", "inputs"} & set(TABLES) == set()
    assert "email" not in TABLES["customers"]


def test_a_handler_sees_no_analytics():
    with pytest.raises(NotAllowed):
        open_analytics(str(SAMPLE / "analytics"), Actor("ann", Role.HANDLER))


def test_a_folder_that_is_no_snapshot_is_refused(tmp_path):
    with pytest.raises(BadInput) as refused:
        open_analytics(str(tmp_path), SYSTEM)

    assert str(refused.value) == (
        f"{tmp_path} is no snapshot: it has no quotes.parquet. Write one with "
        "`bng analytics snapshot`, or give “store”."
    )


def test_an_unknown_view_is_refused_by_name(capsys):
    source = str(SAMPLE / "analytics")

    assert main(["analytics", "show", "secrets; DROP", "--source", source]) == 2

    assert "There is no view “secrets; DROP”; there are thread, " in capsys.readouterr().err


def test_a_store_that_does_not_answer_is_one_sentence(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://bng:secret@127.0.0.1:9/bng")

    with pytest.raises(StoreError, match=r"does not answer at 127\.0\.0\.1:9"):
        open_analytics("store", SYSTEM)


def test_a_password_cannot_break_out_of_the_address():
    address = make_url("postgresql://bng@h/bng").set(password="x' host='evil\\")

    assert _libpq(address).count("host=") == 2
    assert "password='x\\' host=\\'evil\\\\'" in _libpq(address)


def test_the_command_line_shows_a_view_and_writes_a_snapshot(quoted, tmp_path, capsys):
    assert main(["analytics", "snapshot", str(tmp_path / "copy")]) == 0
    capsys.readouterr()
    assert (
        main(["analytics", "show", "stock_left", "--source", str(tmp_path / "copy"), "--json"]) == 0
    )

    found = json.loads(capsys.readouterr().out)["rows"]
    assert {row["habitat"]: row["free"] for row in found} == {ORCHARD: 3, MEADOW: 100}
    assert main(["analytics", "snapshot", str(tmp_path / "copy")]) == 2


def test_the_sample_stands_on_the_sample_market():
    analytics = open_analytics(str(SAMPLE / "analytics"), SYSTEM)

    stock = analytics.frame("stock_left")
    market = read_market(SAMPLE / "market").stock
    listed = pd.to_numeric(market["units_available"]).groupby(market["habitat"]).sum()
    assert stock.set_index("habitat")["free"].to_dict() == pytest.approx(listed.to_dict())
