"""Many processes move stock at random while some are killed; then every figure is checked.

python -m tests.ledger_load 20000
"""

import multiprocessing
import os
import random
import signal
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, text

from bng_core.actor import Actor, Role
from bng_core.errors import BadInput, StoreError
from bng_core.stock_words import HoldState, Movement
from bng_core.store import Store, connect, save_market
from bng_core.store import holds as holding
from bng_core.store.faults import find_faults
from bng_core.store.ledger import Deed, lock_lots, move
from bng_core.store.postgres import transaction
from bng_core.store.quotes import days_from_now
from tests.builders import MEADOW, ORCHARD, a_market, an_offer
from tests.conftest import running_services

FORK = multiprocessing.get_context("fork")
"""Children begin with everything imported; each connects on its own."""
PROCESSES = 8
LOTS = [
    f"{bank}/{habitat}" for bank in ("load1", "load2", "load3") for habitat in (ORCHARD, MEADOW)
]


@dataclass(frozen=True)
class Outcome:
    """What a load did: operations acknowledged and refused, processes killed, what was found."""

    acknowledged: int
    refused: int
    killed: int
    lost: int
    faults: list[str]
    wrong_lots: list[str]


def run_load(url: str, operations: int, seed: int) -> Outcome:
    """Share out so many operations, kill now and then, and check all lots at the end."""
    store = connect(url)
    offers = [an_offer(lot.split("/")[1], 1_000, 5, bank_id=lot.split("/")[0]) for lot in LOTS]
    save_market(store, a_market(*offers))
    store.dispose()
    chance = random.Random(seed)
    with TemporaryDirectory() as folder:
        killed = _work(url, Path(folder), operations, chance)
        said = [line for file in Path(folder).iterdir() for line in file.read_text().splitlines()]
    done = [line.removeprefix("done ") for line in said if line.startswith("done ")]
    store = connect(url)
    try:
        return Outcome(
            acknowledged=len(done),
            refused=len(said) - len(done),
            killed=killed,
            lost=_lost(store, done),
            faults=[fault.words for fault in find_faults(store) if fault.grave],
            wrong_lots=_wrong_lots(store),
        )
    finally:
        store.dispose()


def _work(url: str, folder: Path, operations: int, chance: random.Random) -> int:
    """Keep eight processes at work until all operations were tried; return how many were killed."""
    killed = started = 0
    workers: list[BaseProcess] = []
    share = operations // PROCESSES
    next_kill = time.monotonic() + 1
    left = [share] * PROCESSES
    while True:
        for place in range(PROCESSES):
            if len(workers) <= place or not workers[place].is_alive():
                file = folder / f"{place}-{started}"
                tried = sum(len(one.read_text().splitlines()) for one in folder.glob(f"{place}-*"))
                left[place] = share - tried
                if left[place] <= 0:
                    continue
                arguments = (url, file, left[place], chance.randrange(10**9))
                worker = FORK.Process(target=_operate, args=arguments)
                worker.start()
                started += 1
                workers[place : place + 1] = [worker]
        if all(count <= 0 for count in left):
            return killed
        if time.monotonic() > next_kill:
            victim = chance.choice(workers)
            if victim.is_alive() and victim.pid is not None:
                os.kill(victim.pid, signal.SIGKILL)
                victim.join()
                killed += 1
            next_kill = time.monotonic() + chance.uniform(0.2, 1)
        time.sleep(0.02)


def _operate(url: str, said: Path, operations: int, seed: int) -> None:
    """One process: say of every operation whether it was done or refused, after it was."""
    chance = random.Random(seed)
    store = connect(url)
    with said.open("a", buffering=1) as file:
        for number in range(operations):
            token = f"{said.name}-{number}"
            try:
                with transaction(store) as connection:
                    chance.choice(OPERATIONS)(connection, Deed(ACTOR, token), chance)
                    _require_movement(connection, token)
            except (BadInput, StoreError):
                file.write(f"refused {token}\n")
            else:
                file.write(f"done {token}\n")


ACTOR = Actor("load", Role.ADMIN)
Operation = Callable[[Connection, Deed, random.Random], None]


def _units(chance: random.Random) -> Decimal:
    return Decimal(chance.randint(1, 20_000)) / 10_000


def _receive(connection: Connection, deed: Deed, chance: random.Random) -> None:
    lot = chance.choice(LOTS)
    lock_lots(connection, [lot])
    move(connection, deed, Movement.RECEIVE, {lot: _units(chance)})


def _correct(connection: Connection, deed: Deed, chance: random.Random) -> None:
    """Written without looking whether so much is free: the database must refuse it."""
    lot = chance.choice(LOTS)
    lock_lots(connection, [lot])
    move(connection, deed, Movement.CORRECT, {lot: -_units(chance) / 4})


def _hold(connection: Connection, deed: Deed, chance: random.Random) -> None:
    units = {lot: _units(chance) / 4 for lot in chance.sample(LOTS, chance.randint(1, 3))}
    holding.place(connection, deed, units, days_from_now(connection, chance.randint(1, 9)))


def _require_movement(connection: Connection, token: str) -> None:
    moved = text("SELECT count(*) FROM stock_ledger WHERE why = :token")
    if not connection.scalar(moved, {"token": token}):
        raise BadInput("there was nothing to move")


def _any_hold(connection: Connection, state: HoldState, chance: random.Random) -> uuid.UUID:
    found = connection.scalars(
        text(
            "SELECT hold_id FROM holds WHERE state = :state AND why <> '' "
            "ORDER BY created_at DESC LIMIT 20"
        ),
        {"state": state},
    ).all()
    if not found:
        raise BadInput("no such hold")
    return chance.choice(found)


def _convert(connection: Connection, deed: Deed, chance: random.Random) -> None:
    hold = _any_hold(connection, HoldState.OPEN, chance)
    holding.sell(connection, deed, hold, holding.held_units(connection, hold))


def _release(connection: Connection, deed: Deed, chance: random.Random) -> None:
    hold = _any_hold(connection, HoldState.OPEN, chance)
    state = chance.choice([HoldState.RELEASED, HoldState.EXPIRED])
    holding.release(connection, deed, hold, state)


def _return(connection: Connection, deed: Deed, chance: random.Random) -> None:
    hold = _any_hold(connection, HoldState.CONVERTED, chance)
    holding.take_back(connection, deed, hold)


def _allocate(connection: Connection, deed: Deed, chance: random.Random) -> None:
    hold = _any_hold(connection, HoldState.CONVERTED, chance)
    holding.allocate(connection, deed, hold)


OPERATIONS: list[Operation] = [
    *[_hold] * 4, *[_release] * 2, *[_convert] * 2, _receive, _correct, _return, _allocate,
]  # fmt: skip


def _lost(store: Store, done: list[str]) -> int:
    """Acknowledged operations that left no movement."""
    with store.begin() as connection:
        kept = set(connection.scalars(text("SELECT why FROM stock_ledger WHERE who = 'load'")))
    return len(set(done) - kept)


WRONG_LOTS = """
    SELECT stock_id FROM stock JOIN (
        SELECT stock_id, sum(received_change) AS received, min(balance) AS least FROM (
            SELECT *, sum(received_change - held_change - sold_change)
                OVER (PARTITION BY stock_id ORDER BY entry_id) AS balance
            FROM stock_ledger
        ) entries GROUP BY stock_id
    ) ledger USING (stock_id)
    WHERE least < 0 OR ledger.received <> units_available + held + sold
"""


def _wrong_lots(store: Store) -> list[str]:
    """Lots that once fell below 0, or whose ledger is not free + held + sold."""
    with store.begin() as connection:
        return list(connection.scalars(text(WRONG_LOTS)))


def main() -> int:
    """Run a load on a Postgres of its own; 1 where anything is lost or wrong."""
    operations = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with running_services() as settings:
        started = time.perf_counter()
        outcome = run_load(str(settings.database_url), operations, seed=1)
        seconds = time.perf_counter() - started
    sys.stdout.write(f"{outcome}\n{operations / seconds:.0f} operations a second\n")
    return 1 if outcome.lost or outcome.faults or outcome.wrong_lots else 0


if __name__ == "__main__":
    sys.exit(main())
