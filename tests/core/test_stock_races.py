"""Stock under many hands: nobody sells what another has, and who is killed leaves nothing."""

import json
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier

import psutil
import pytest
from sqlalchemy import text

from bng_core.actor import SYSTEM
from bng_core.errors import BngError, OutOfStock, StoreError
from bng_core.settings import Settings
from bng_core.store import Store, connect, market_version, save_market
from bng_core.store.faults import find_faults
from bng_core.store.ledger import entries, load_lot
from bng_core.store.parties import add_customer
from bng_core.store.quote_life import accept_quote, issue_quote
from bng_core.store.quote_pages import Search, list_quotes
from bng_core.store.quote_rows import open_quote
from bng_core.store.quotes import NewQuote, save_quote
from tests.builders import ORCHARD, a_market, an_offer
from tests.conftest import bng
from tests.ledger_load import run_load
from tests.quote_builders import HANDLER, a_draft, a_run

FORK = multiprocessing.get_context("fork")
LOT = f"near/{ORCHARD}"
HANDLERS = 50
PATIENCE_S = 60


@pytest.fixture
def last_unit(store: Store) -> Store:
    save_market(store, a_market(an_offer(ORCHARD, 40_000, 1, bank_id="near")))
    return store


def quote_at_once(
    url: str, new: NewQuote, start: Barrier, said: multiprocessing.SimpleQueue
) -> None:
    store = connect(url)
    start.wait(PATIENCE_S)
    try:
        issue_quote(store, HANDLER, save_quote(store, HANDLER, new).reference)
    except OutOfStock:
        said.put("out of stock")
    except BngError as fault:
        said.put(str(fault))
    else:
        said.put("quoted")


def test_of_fifty_who_quote_the_last_unit_at_once_one_gets_it(services, last_unit):
    customer = add_customer(last_unit, SYSTEM, "Acorn Homes").customer_id
    new = NewQuote(a_run(last_unit, **{ORCHARD: 1}), customer, "Field")
    last_unit.dispose()
    start, said = FORK.Barrier(HANDLERS), FORK.SimpleQueue()
    handlers = [
        FORK.Process(target=quote_at_once, args=(services.database_url, new, start, said))
        for _ in range(HANDLERS)
    ]

    for handler in handlers:
        handler.start()
    outcomes = Counter(said.get() for _ in handlers)
    for handler in handlers:
        handler.join(PATIENCE_S)

    assert outcomes == {"quoted": 1, "out of stock": HANDLERS - 1}
    lot = load_lot(last_unit, SYSTEM, LOT)
    assert (lot.units_available, lot.held) == (0, 1)
    references = [row.reference for row in list_quotes(last_unit, HANDLER, Search(limit=500))]
    assert sorted(references) == [f"BNG-{number:05}" for number in range(1, HANDLERS + 1)]
    assert find_faults(last_unit) == []


def test_eight_processes_that_are_killed_lose_nothing_that_they_acknowledged(services, store):
    outcome = run_load(str(services.database_url), operations=240, seed=20261124)

    assert outcome.acknowledged + outcome.refused == 240
    assert outcome.acknowledged > 60
    assert outcome.killed > 0
    assert (outcome.lost, outcome.faults, outcome.wrong_lots) == (0, [], [])


Deed = Callable[[Store, str], object]


def issue(store: Store, reference: str) -> None:
    issue_quote(store, HANDLER, reference)


def accept(store: Store, reference: str) -> None:
    accept_quote(store, HANDLER, reference)


def load_dearer(store: Store, reference: str) -> None:
    market = a_market(an_offer(ORCHARD, 41_000, 2, bank_id="near"))
    renamed = market.banks.assign(bank_name=f"{reference} bank")
    save_market(store, replace(market, banks=renamed))


LOCKED = {
    issue: "SELECT 1 FROM quote_versions FOR NO KEY UPDATE",
    accept: "SELECT 1 FROM quote_versions FOR NO KEY UPDATE",
    load_dearer: "SELECT 1 FROM prices FOR UPDATE",
}
"""What we lock, so that the deed waits after it has written a part of what it writes."""


def do(url: str, deed: Deed, reference: str) -> None:
    try:
        deed(connect(url), reference)
    except StoreError:
        os._exit(3)


@contextmanager
def stuck_halfway(store: Store, url: str, deed: Deed, reference: str) -> Iterator[BaseProcess]:
    """A process that has written a part and now waits for what we lock."""
    lock = store.connect()
    try:
        lock.execute(text(LOCKED[deed]))
        process = FORK.Process(target=do, args=(url, deed, reference))
        process.start()
        wait_until(lambda: waiting(store) == 1)
        yield process
    finally:
        lock.invalidate()
        lock.close()


def waiting(store: Store) -> int:
    """How many wait for our lock; asked in a new transaction, as Postgres looks once in each."""
    statement = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    with store.begin() as connection:
        return connection.execute(statement).scalar_one()


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def state(store: Store, reference: str) -> tuple[object, ...]:
    quote = open_quote(store, HANDLER, reference)
    lot = load_lot(store, SYSTEM, LOT)
    movements = [entry.kind.value for entry in entries(store, SYSTEM, LOT)]
    with store.begin() as connection:
        log = connection.scalar(text("SELECT count(*) FROM audit_log"))
    return quote, lot, movements, log, market_version(store)


@pytest.fixture(params=["import", "quote", "conversion"])
def halfway(request, last_unit: Store) -> tuple[str, Deed]:
    """A quote and a deed: import another market, send the draft out, or accept it once out."""
    reference = a_draft(last_unit, **{ORCHARD: 1}).reference
    if request.param == "import":
        return reference, load_dearer
    if request.param == "quote":
        return reference, issue
    issue_quote(last_unit, HANDLER, reference)
    return reference, accept


def test_a_program_killed_halfway_leaves_all_as_it_was(services, last_unit, halfway):
    reference, deed = halfway
    before = state(last_unit, reference)

    with stuck_halfway(last_unit, services.database_url, deed, reference) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    wait_until(lambda: waiting(last_unit) == 0)

    assert state(last_unit, reference) == before
    assert find_faults(last_unit) == []
    deed(last_unit, reference)


def test_postgres_killed_halfway_leaves_all_as_it_was_and_status_says_so(
    in_services: Settings, last_unit, halfway
):
    reference, deed = halfway
    before = state(last_unit, reference)
    url = str(in_services.database_url)

    with stuck_halfway(last_unit, url, deed, reference) as process:
        kill_postgres(in_services)
        process.join(PATIENCE_S)
        assert process.exitcode == 3
    last_unit.dispose()
    wait_until(lambda: answers(url))

    assert state(last_unit, reference) == before
    status = json.loads(bng("status", "--json").stdout)
    assert status["store"] == {"grave": [], "due": []}
    deed(last_unit, reference)


def kill_postgres(settings: Settings) -> None:
    """Kill the server and all that it started, as a power cut would."""
    found = json.loads((settings.data_dir / "state.json").read_text())["services"]
    server = psutil.Process(next(one["pid"] for one in found if one["name"] == "postgres"))
    for process in [server, *server.children(recursive=True)]:
        process.kill()


def answers(url: str) -> bool:
    try:
        connect(url).dispose()
    except StoreError:
        return False
    return True
