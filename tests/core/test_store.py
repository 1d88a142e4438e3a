from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pandas as pd
import pytest
from sqlalchemy import make_url, text

from bng_core.errors import StoreError
from bng_core.market import read_market
from bng_core.settings import PROJECT_ROOT
from bng_core.store import (
    connect,
    load_bank_names,
    load_input,
    load_market,
    market_version,
    open_market,
    save_input,
    save_market,
)
from bng_core.store.market_tables import market_version_at
from bng_core.store.prepare import prepare
from bng_core.store.schema import upgrade
from tests.builders import MEADOW, ORCHARD, SCRUB, a_market, an_offer
from tests.conftest import empty

SAMPLE_MARKET = PROJECT_ROOT / "sample" / "market"


def two_offers(price: float = 40_000, units: float = 3.25):
    return a_market(
        an_offer(ORCHARD, price, units), an_offer(MEADOW, 52_000.5, where="far", bank_id="F")
    )


def change(store, statement: str) -> None:
    with store.begin() as connection:
        connection.execute(text(statement))


def same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> bool:
    """Equal rows in any order, numbers as numbers (3.50 is 3.5)."""

    def rows(frame: pd.DataFrame) -> list[list[object]]:
        numbers = {"units_available", "unit_price"} & set(frame.columns)
        return sorted(frame.astype(dict.fromkeys(numbers, float)).values.tolist(), key=str)

    return all(rows(one[name]) == rows(other[name]) for name in one)


def test_a_saved_market_comes_back_as_it_was(store):
    market = two_offers()

    save_market(store, market)

    assert same(load_market(store).tables(), market.tables())


def test_the_sample_market_comes_back_as_it_was(store):
    market = read_market(SAMPLE_MARKET)

    save_market(store, market)

    assert same(load_market(store).tables(), market.tables())


def test_a_market_saved_again_makes_no_version_and_a_changed_one_does(store):
    first = save_market(store, two_offers())
    again = save_market(store, two_offers())
    dearer = save_market(store, two_offers(price=40_000.01))
    less = save_market(store, two_offers(units=3.24))

    assert first == again
    assert less == market_version(store)
    assert len({first, dearer, less}) == 3


def test_an_earlier_version_can_still_be_loaded(store):
    first = save_market(store, two_offers(price=40_000))

    save_market(store, two_offers(price=99_000))

    assert same(load_market(store, first).tables(), two_offers(price=40_000).tables())


def test_every_version_and_every_moment_is_the_market_as_it_was(store):
    chance = Random(20261124)
    known = {}
    for _ in range(12):
        offers = [
            an_offer(
                habitat, chance.choice([40_000, 41_000]), chance.choice([1, 2.5]), bank_id=bank
            )
            for bank in chance.sample(["A", "B", "C"], chance.randint(1, 3))
            for habitat in chance.sample([ORCHARD, MEADOW, SCRUB], chance.randint(1, 3))
        ]
        version = save_market(store, a_market(*offers))
        known[version] = (load_market(store), datetime.now(UTC))

    for version, (market, moment) in known.items():
        assert same(load_market(store, version).tables(), market.tables())
        assert load_bank_names(store, version) == market.bank_names()
        assert market_version_at(store, moment) == version
    with pytest.raises(StoreError) as fault:
        market_version_at(store, datetime(2020, 2, 29, 12, tzinfo=UTC))
    assert str(fault.value) == "The store held no market on 2020-02-29 at 12:00 yet."


def test_the_history_ends_with_the_rows_as_they_stand(store):
    save_market(store, two_offers())
    change(store, "UPDATE prices SET valid_to = '2030-01-01' WHERE contract_size = 'small'")
    change(store, "UPDATE stock SET listed = false WHERE bank_id = 'F'")

    now = load_market(store)

    assert set(now.prices["valid_to"]) == {"", "2030-01-01"}
    assert list(now.stock["bank_id"]) == [two_offers().stock["bank_id"][0]]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO stock_ledger (stock_id, kind, units, who) "
        "SELECT stock_id, 'correct', -0.01, 'psql' FROM stock WHERE habitat LIKE '%orchards'",
        "UPDATE prices SET unit_price = unit_price + 0.01 WHERE contract_size = 'small'",
        "UPDATE prices SET valid_to = '2030-01-01' WHERE contract_size = 'small'",
        "UPDATE banks SET lpa = 'Leeds LPA' WHERE bank_id = 'F'",
        "UPDATE stock SET listed = false WHERE bank_id = 'F'",
        "DELETE FROM prices WHERE bank_id = 'F'",
        "INSERT INTO banks (bank_id, bank_name, lpa, nca) VALUES ('N', 'New', 'Leeds LPA', 'x')",
    ],
)
def test_a_change_by_any_hand_makes_a_new_version(store, statement):
    before = save_market(store, two_offers())

    change(store, statement)

    assert market_version(store) != before


def test_prepare_loads_the_sample_market_once_and_never_over_another(services, store):
    prepare(services.database_url, SAMPLE_MARKET)
    assert same(load_market(store).tables(), read_market(SAMPLE_MARKET).tables())

    save_market(store, two_offers())
    prepare(services.database_url, SAMPLE_MARKET)

    assert same(load_market(store).tables(), two_offers().tables())


def test_making_the_tables_twice_changes_nothing(store, owner):
    version = save_market(store, two_offers())

    upgrade(owner)

    assert market_version(store) == version


def test_the_store_is_opened_by_its_name_and_a_folder_by_its_path(store, in_services):
    save_market(store, two_offers())

    assert same(open_market("store").tables(), two_offers().tables())
    assert len(open_market(str(SAMPLE_MARKET)).banks) == 60


def test_more_decimals_than_the_store_keeps_are_refused_and_nothing_is_written(store):
    before = save_market(store, two_offers())

    with pytest.raises(StoreError) as fault:
        save_market(store, two_offers(units=1.00005))

    assert str(fault.value) == (
        "stock.csv has 1.00005 as units_available; the store keeps at most 4 decimals. "
        "Round it in the file."
    )
    assert market_version(store) == before


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (
            "INSERT INTO stock_ledger (stock_id, kind, units, who) "
            "SELECT stock_id, 'correct', -100, 'psql' FROM stock",
            "units_available_not_negative",
        ),
        ("UPDATE stock SET bank_id = 'nobody'", "stock_bank_id_fkey"),
        ("UPDATE prices SET unit_price = 0", "unit_price_above_0"),
        ("UPDATE prices SET tier = 'next door'", "tier_known"),
        ("UPDATE prices SET valid_from = '2026-02-01', valid_to = '2026-01-01'", "validity"),
        ("UPDATE prices SET unit_price = 'NaN'", "unit_price_is_a_number"),
        (
            "INSERT INTO prices (bank_id, habitat, contract_size, tier, unit_price, valid_from) "
            "SELECT bank_id, habitat, contract_size, tier, unit_price, '2030-01-01' FROM prices",
            "one_price_a_day",
        ),
        ("DELETE FROM banks", "permission denied for table banks"),
        ("UPDATE banks SET lat = 91", "lat_on_earth"),
    ],
)
def test_constraints_guard_the_market(store, statement, constraint):
    save_market(store, two_offers())

    with pytest.raises(Exception, match=constraint):
        change(store, statement)


def test_an_input_is_kept_once_and_byte_for_byte(store):
    first = save_input(store, "one.xlsx", b"PK\x00\xff")
    second = save_input(store, "two.xlsx", b"PK\x00\xff")

    assert first == second
    assert load_input(store, first) == b"PK\x00\xff"


def test_times_are_utc(store):
    save_market(store, two_offers())

    with store.begin() as connection:
        saved_at = connection.execute(text("SELECT saved_at FROM market_versions")).scalar_one()

    assert saved_at.utcoffset() == UTC.utcoffset(None)


def test_an_empty_store_says_what_to_do(store):
    with pytest.raises(StoreError) as fault:
        load_market(store)

    assert str(fault.value) == (
        "The store holds no market yet. Start it with `bng up`, which loads the sample market, "
        "or save one with bng_core.store.save_market."
    )


def test_a_store_without_tables_says_what_to_do(store, owner):
    empty(owner)

    with pytest.raises(StoreError) as fault:
        market_version(store)

    assert str(fault.value) == (
        'The store does not have the expected tables (relation "holds" does not exist); '
        "start it with `bng up`, which makes them."
    )


def test_a_store_that_does_not_answer_is_one_sentence_without_the_password():
    with pytest.raises(StoreError) as fault:
        connect("postgresql://bng:secret@127.0.0.1:9/bng")

    assert str(fault.value) == (
        "Postgres does not answer at 127.0.0.1:9 (database 'bng', user 'bng'). "
        "Start the stack with `bng up`, or check DATABASE_URL."
    )


def test_a_wrong_password_is_refused_without_being_repeated(services):
    address = replace_password(services.database_url, "not-the-password")

    with pytest.raises(StoreError) as fault:
        connect(address)

    url = make_url(address)
    assert str(fault.value) == (
        f"Postgres at 127.0.0.1:{url.port} (database 'bng', user 'bng') refuses: password "
        'authentication failed for user "bng". Check DATABASE_URL.'
    )


def replace_password(address: str, password: str) -> str:
    return make_url(address).set(password=password).render_as_string(hide_password=False)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (
            None,
            "No Postgres is known: DATABASE_URL is not set and the local stack is not running. "
            "Start it with `bng up`.",
        ),
        (
            "localhost",
            "DATABASE_URL must read postgresql://user:password@host:port/database; what was given "
            "is no database address.",
        ),
        (
            "sqlite:///bng.db",
            "DATABASE_URL must read postgresql://user:password@host:port/database; found 'sqlite' "
            "as its first word.",
        ),
    ],
)
def test_what_is_no_address_of_postgres_is_refused(address, message):
    with pytest.raises(StoreError) as fault:
        connect(address)

    assert str(fault.value) == message


def test_a_market_with_a_changed_bank_is_another_market(store):
    market = two_offers()
    first = save_market(store, market)

    renamed = market.banks.assign(bank_name="Another name")

    assert save_market(store, replace(market, banks=renamed)) != first
