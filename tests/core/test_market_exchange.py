"""Imports into the store: checked and compared first, then all or nothing, whoever is killed."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from bng_core.actor import SYSTEM, Actor, Role
from bng_core.cli import main
from bng_core.errors import NotAllowed, StoreError
from bng_core.market import Market, market_from_tables, read_market
from bng_core.market_diff import market_diff
from bng_core.market_files import write_market_file
from bng_core.settings import PROJECT_ROOT
from bng_core.store import connect, load_market, market_version, save_market
from bng_core.store.audit_log import verify
from bng_core.store.market_exchange import import_market, list_market_versions, market_of_version
from bng_core.store.prepare import prepare
from tests.builders import MEADOW, ORCHARD, a_market, an_offer
from tests.conftest import BNG
from tests.postgres_server import new_server

SAMPLE_MARKET = PROJECT_ROOT / "sample" / "market"
KILLS = int(os.environ.get("KILLS", "4"))


def two_offers(price: float = 40_000, units: float = 3.25) -> Market:
    return a_market(an_offer(ORCHARD, price, units), an_offer(MEADOW, 52_000.5, bank_id="M"))


def dearer(market: Market) -> Market:
    """The same market with every price and every lot changed."""
    tables = market.tables()
    prices, stock = tables["prices"].copy(), tables["stock"].copy()
    prices["unit_price"] = (pd.to_numeric(prices["unit_price"]) + 1).astype(str)
    stock["units_available"] = (pd.to_numeric(stock["units_available"]) + 1).round(2).astype(str)
    return market_from_tables(tables | {"prices": prices, "stock": stock})


def test_an_import_says_what_changed_and_leaves_a_version_with_who_and_why(store):
    save_market(store, two_offers())

    done = import_market(store, SYSTEM, two_offers(price=41_000), "prices of May")

    assert done.version == market_version(store)
    assert [t.size for t in done.diff.tables.values()] == [0, 0, 4]
    newest = list_market_versions(store, SYSTEM)[0]
    assert (newest.version, newest.who, newest.why) == (done.version, "system", "prices of May")


def test_a_dry_run_says_the_same_and_writes_nothing(store):
    before = save_market(store, two_offers())
    logged = verify(store, SYSTEM).entries

    dry = import_market(store, SYSTEM, two_offers(price=41_000), "prices of May", dry_run=True)

    assert dry.version is None
    assert market_version(store) == before
    assert verify(store, SYSTEM).entries == logged
    assert dry.diff == import_market(store, SYSTEM, two_offers(41_000), "prices of May").diff


def test_a_dry_run_refuses_what_the_store_cannot_keep(store):
    save_market(store, two_offers())

    with pytest.raises(StoreError, match="at most 4 decimals"):
        import_market(store, SYSTEM, two_offers(units=1.00005), "x", dry_run=True)


def test_only_admins_import(store):
    with pytest.raises(NotAllowed) as refused:
        import_market(store, Actor("ann", Role.ANALYST), two_offers(), "x")

    assert str(refused.value) == (
        "ann may not change the market as analyst; that takes the role admin."
    )


@pytest.mark.parametrize("name", ["market", "market.xlsx"])
def test_what_the_command_line_exports_it_imports_without_a_difference(
    store, in_services, tmp_path, capsys, name
):
    save_market(store, read_market(SAMPLE_MARKET))
    before = market_version(store)

    assert main(["market", "export", str(tmp_path / name)]) == 0
    assert main(["market", "diff", "store", str(tmp_path / name), "--json"]) == 0
    differences = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert main(["market", "import", str(tmp_path / name)]) == 0

    assert [rows for table in differences.values() for rows in table.values()] == [[]] * 9
    assert market_version(store) == before


def test_the_command_line_shows_versions_and_exports_earlier_ones(
    store, in_services, tmp_path, capsys
):
    first = save_market(store, two_offers())
    write_market_file(two_offers(price=41_000), tmp_path / "new")
    assert main(["market", "import", str(tmp_path / "new"), "--why", "prices of May"]) == 0
    capsys.readouterr()

    assert main(["market", "versions", "--json"]) == 0
    versions = json.loads(capsys.readouterr().out)["versions"]
    assert versions[0]["why"] == "prices of May"
    assert versions[1]["version"] == first
    assert main(["market", "export", str(tmp_path / "old"), "--version", first]) == 0

    assert market_diff(read_market(tmp_path / "old"), two_offers()).is_empty


def test_the_market_as_it_stood_at_the_end_of_a_day_can_be_asked_for(store, owner):
    save_market(store, two_offers())
    with owner.begin() as connection:
        connection.execute(text("UPDATE market_versions SET saved_at = '2026-05-01 12:00+00'"))
    import_market(store, SYSTEM, two_offers(price=41_000), "prices of June")

    assert market_diff(market_of_version(store, SYSTEM, "2026-05-01"), two_offers()).is_empty
    with pytest.raises(StoreError) as refused:
        market_of_version(store, SYSTEM, "2026-04-30")
    assert str(refused.value) == "The store held no market on 2026-04-30 at 23:59 yet."


def test_a_faulty_folder_is_refused_before_anything_is_written(
    store, in_services, tmp_path, capsys
):
    before = save_market(store, two_offers())
    write_market_file(two_offers(price=41_000), tmp_path / "new")
    stock = tmp_path / "new" / "stock.csv"
    stock.write_text(stock.read_text().replace("3.25", "NaN"))

    assert main(["market", "import", str(tmp_path / "new"), "--json"]) == 2

    (fault,) = json.loads(capsys.readouterr().out)["error"]["faults"]
    assert (fault["file"], fault["row"], fault["column"]) == ("stock.csv", 2, "units_available")
    assert market_version(store) == before


def test_an_import_that_is_killed_at_any_moment_is_there_whole_or_not_at_all(
    store, in_services, tmp_path
):
    market = read_market(SAMPLE_MARKET)
    choices = [market, dearer(market)]
    save_market(store, market)
    for number, choice in enumerate(choices):
        write_market_file(choice, tmp_path / str(number))
    moments = random.Random(5)
    for kill in range(KILLS):
        importer = start_import(tmp_path / str((kill + 1) % 2))
        wait_for_import(store, importer)
        time.sleep(moments.uniform(0, 0.3))
        importer.send_signal(signal.SIGKILL)
        importer.wait()

        now = load_market(store)
        same = [market_diff(choice, now).is_empty for choice in choices]
        assert sum(same) == 1
    assert verify(store, SYSTEM).faults == []
    assert import_market(store, SYSTEM, choices[1], "after the kills").version
    assert market_diff(choices[1], load_market(store)).is_empty


def start_import(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*BNG, "market", "import", str(folder)],
        cwd=PROJECT_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for_import(store, importer: subprocess.Popen[bytes]) -> None:
    """Until the process is writing, or has ended."""
    writing = (
        "SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND pid <> pg_backend_pid()"
    )
    while importer.poll() is None:
        with store.begin() as connection:
            if connection.exec_driver_sql(writing).scalar():
                return
        time.sleep(0.01)


def test_an_import_is_there_whole_or_not_at_all_after_postgres_was_killed(tmp_path, monkeypatch):
    market = read_market(SAMPLE_MARKET)
    choices = [market, dearer(market)]
    write_market_file(choices[1], tmp_path / "new")
    with new_server() as server:
        server.make_databases()
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        prepare(server.url("bng"), SAMPLE_MARKET, server.url("bng_owner"))
        store = connect(server.url("bng"))
        importer = start_import(tmp_path / "new")
        wait_for_import(store, importer)
        time.sleep(random.Random(7).uniform(0, 0.1))
        server.stop(signal.SIGKILL)
        importer.wait()
        server.start()
        store.dispose()

        now = load_market(store)
        assert sum(market_diff(choice, now).is_empty for choice in choices) == 1
        assert verify(store, SYSTEM).faults == []
        assert main(["market", "import", str(tmp_path / "new")]) == 0
        assert market_diff(choices[1], load_market(store)).is_empty
        store.dispose()
