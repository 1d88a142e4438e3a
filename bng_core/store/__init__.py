"""The store: Postgres as the only shared truth of market, inputs and runs (§5)."""

from bng_core.store.inputs import load_input, save_input
from bng_core.store.market_tables import (
    load_bank_names,
    load_banks,
    load_market,
    market_version,
    open_market,
    save_market,
)
from bng_core.store.postgres import Store, connect, ping, pool_use
from bng_core.store.run_rows import (
    NewRun,
    Queue,
    Run,
    RunStatus,
    add_answered,
    answer_waiting,
    enqueue,
    find_run,
    list_runs,
    load_notebook,
    load_run,
    run_answers,
)

__all__ = [
    "NewRun",
    "Queue",
    "Run",
    "RunStatus",
    "Store",
    "add_answered",
    "answer_waiting",
    "connect",
    "enqueue",
    "find_run",
    "list_runs",
    "load_bank_names",
    "load_banks",
    "load_input",
    "load_market",
    "load_notebook",
    "load_run",
    "market_version",
    "open_market",
    "ping",
    "pool_use",
    "run_answers",
    "save_input",
    "save_market",
]
