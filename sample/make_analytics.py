"""Writes sample/analytics: two years of invented quotes on the banks of sample/market.

    python sample/make_analytics.py [FOLDER]

A snapshot as `bng analytics snapshot` writes it, for notebooks/analytics.ipynb. Customers, prices
paid and runs are invented; the same rows come out on every run.
"""

import csv
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from bng_core.reference import load_habitats
from bng_core.store.analytics.engine import TABLES

SEED = "BNG Optimiser sample analytics"
SAMPLE = Path(__file__).parent
QUOTES, CUSTOMERS = 1_200, 90
END = datetime(2026, 11, 24, tzinfo=UTC)
SIZES = ("fractional", "small", "medium", "large")
PROMOTERS = ("Sample broker A", "Sample broker B", "Sample broker C", None, None)
TYPES = {
    "number": "BIGINT", "customer_id": "BIGINT", "version_id": "BIGINT", "latest": "BOOLEAN",
    "total_pence": "BIGINT", "cost_pence": "BIGINT", "unit_price_pence": "DECIMAL(16,4)",
    "units": "DECIMAL(14,4)", "srm": "DECIMAL(5,4)", "listed": "BOOLEAN",
    "received": "DECIMAL(14,4)", "held": "DECIMAL(14,4)", "sold": "DECIMAL(14,4)",
    "units_available": "DECIMAL(14,4)", "unit_price": "DECIMAL(12,2)", "valid_from": "DATE",
    "valid_to": "DATE", "created_at": "TIMESTAMPTZ", "quoted_at": "TIMESTAMPTZ",
    "accepted_at": "TIMESTAMPTZ", "finished_at": "TIMESTAMPTZ", "started_at": "TIMESTAMPTZ",
    "at": "TIMESTAMPTZ", "answered_from_cache_of": "UUID",
}  # fmt: skip
"""Columns that are no text; the store has the same types."""

Row = dict[str, object]


def main(folder: Path) -> None:
    """Write one Parquet file for each table."""
    rng = random.Random(SEED)
    market = {name: read(name) for name in ("banks", "stock", "prices")}
    tables = quotes(rng, market) | shelf(rng, market) | {"runs": runs(rng)}
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, columns in TABLES.items():
        kinds = ", ".join(f'"{column}" {TYPES.get(column, "TEXT")}' for column in columns)
        connection.execute(f"CREATE TABLE {name} ({kinds})")
        rows = [[row.get(column) for column in columns] for row in tables[name]]
        marks = ", ".join("?" for _ in columns)
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
        target = str(folder / f"{name}.parquet").replace("'", "''")
        connection.execute(f"COPY {name} TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def read(name: str) -> list[Row]:
    """A table of the sample market; blanks are absent."""
    with (SAMPLE / "market" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]


def quotes(rng: random.Random, market: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Quotes with one to four lines; demand grows and repeats each year."""
    made: dict[str, list[Row]] = {"quotes": [], "quote_versions": [], "quote_lines": []}
    for number in range(1, QUOTES + 1):
        day = END - timedelta(days=720 * (1 - (number / QUOTES) ** 0.8), hours=rng.randint(1, 9))
        quoted = day + timedelta(hours=rng.randint(1, 30))
        age = (END - quoted).days
        state = rng.choices(
            ("draft", "quoted", "accepted", "allocated", "expired", "withdrawn"),
            (1, 20, 15, 5, 0, 2) if age < 30 else (0, 0, 25, 25, 42, 8),
        )[0]
        bank = rng.choice(market["banks"])
        lots = rng.sample(market["stock"], rng.randint(1, 4))
        lines = [line(rng, number, lot) for lot in lots]
        accepted = quoted + timedelta(days=min(rng.expovariate(1 / 8), max(age, 0)))
        made["quotes"].append(
            {
                "number": number,
                "customer_id": rng.randint(1, CUSTOMERS),
                "promoter": rng.choice(PROMOTERS),
                "lpa": bank["lpa"],
                "created_at": day,
            }
        )
        made["quote_versions"].append(
            {
                "version_id": number,
                "number": number,
                "latest": True,
                "state": state,
                "contract_size": rng.choices(SIZES, (3, 5, 3, 1))[0],
                "total_pence": sum(int(str(each["cost_pence"])) for each in lines) + 50_000,
                "quoted_at": None if state == "draft" else quoted,
                "accepted_at": accepted if state in ("accepted", "allocated") else None,
            }
        )
        made["quote_lines"] += lines
    customers: list[Row] = [
        {"customer_id": n, "customer_name": f"Sample customer {n:02d}"}
        for n in range(1, CUSTOMERS + 1)
    ]
    return made | {"customers": customers}


def line(rng: random.Random, number: int, lot: Row) -> Row:
    """A purchase from a lot."""
    units, pence = rng.randint(1, 180), rng.randint(18_000, 60_000) * 100
    return {
        "version_id": number,
        "habitat": lot["habitat"],
        "bank_id": lot["bank_id"],
        "units": str(units / 100),
        "srm": rng.choice(("1", "0.75", "0.5")),
        "unit_price_pence": str(pence),
        "cost_pence": round(units * pence / 100),
        "change": rng.choices(("computed", "price_overridden"), (9, 1))[0],
    }


def shelf(rng: random.Random, market: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Banks, prices and lots of the sample market, part of each lot held or sold."""
    stock = []
    for lot in market["stock"]:
        free = float(str(lot["units_available"]))
        held, sold = (round(free * rng.random() * share, 2) for share in (0.2, 1.5))
        amounts = {"received": f"{free + held + sold:.2f}", "held": str(held), "sold": str(sold)}
        stock.append(lot | amounts | {"listed": True})
    used = sorted({str(lot["habitat"]) for lot in stock})
    known = [load_habitats().find(label) for label in used]
    habitats: list[Row] = [
        {"habitat": h.label, "module": h.module.value, "distinctiveness": h.distinctiveness.value}
        for h in known
    ]
    banks = [bank | {"listed": True} for bank in market["banks"]]
    ledger = [movement for lot in stock for movement in movements(lot)]
    return {
        "banks": banks, "prices": market["prices"], "stock": stock, "habitats": habitats,
        "stock_ledger": ledger,
    }  # fmt: skip


def movements(lot: Row) -> list[Row]:
    """The ledger of a lot: received at first, then held and in part sold."""
    rng = random.Random(f"{SEED} {lot['stock_id']}")
    held, sold = float(str(lot["held"])), float(str(lot["sold"]))
    first = END - timedelta(days=720)
    steps = (
        ("receive", lot["received"], first),
        ("hold", f"{held + sold:.2f}", first + timedelta(days=rng.uniform(1, 600))),
        ("convert", lot["sold"], first + timedelta(days=rng.uniform(600, 700))),
    )
    return [
        {"stock_id": lot["stock_id"], "kind": kind, "units": units, "at": at}
        for kind, units, at in steps
        if float(str(units))
    ]


def runs(rng: random.Random) -> list[Row]:
    """Sixty days of runs, every third answered from the cache."""
    made: list[Row] = []
    for _ in range(1_500):
        asked = END - timedelta(days=60 * rng.random())
        cached = rng.random() < 0.33
        seconds = 0.02 if cached else rng.uniform(0.4, 3)
        made.append(
            {
                "kind": rng.choices(("optimise", "portfolio"), (9, 1))[0],
                "status": "done" if cached else rng.choices(("done", "failed"), (40, 1))[0],
                "answered_from_cache_of": "00000000-0000-0000-0000-000000000001"
                if cached
                else None,
                "created_at": asked,
                "started_at": None if cached else asked + timedelta(seconds=seconds / 4),
                "finished_at": asked + timedelta(seconds=seconds),
            }
        )
    return made


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE / "analytics")
