"""A store of national size: banks, prices and stock everywhere, many customers and quotes.

PAGES are the queries of the pages; `plans` tells how Postgres would answer each.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import event, text

from bng_core import places
from bng_core.actor import SYSTEM, Actor, Role
from bng_core.market import Market, market_from_tables
from bng_core.quote_words import QuoteState
from bng_core.reference import load_habitats
from bng_core.store import Store, market_version, save_market
from bng_core.store.audit_log import LogSearch, search_entries
from bng_core.store.ledger import entries
from bng_core.store.parties import find_customers
from bng_core.store.quote_pages import Search, list_quotes
from bng_core.store.quote_rows import open_quote, quote_history
from bng_core.terms import ContractSize
from tests.builders import ORCHARD
from tests.quote_builders import a_run

LOTS_A_BANK = 7
QUOTES_A_CUSTOMER = 20
PROMOTER = Actor("g", Role.PROMOTER, promoter="Green")
DATA_TABLES = "customers, quotes, quote_versions, quote_lines, stock_ledger, market_rows, stock"


def national_market(banks: int, seed: int = 1) -> Market:
    """Banks all over England, each with some habitats at four contract sizes; synthetic."""
    chance = random.Random(seed)
    lpas, ncas = (sorted(names) for names in (places.lpa_names(), places.nca_names()))
    labels = [label for label, h in load_habitats().by_label.items() if h.score]
    bank_rows, stock, prices = [], [], []
    for number in range(banks):
        bank = f"N{number:05}"
        bank_rows.append(
            (bank, f"Bank {bank} (synthetic)", chance.choice(lpas), chance.choice(ncas))
        )
        for habitat in dict.fromkeys([ORCHARD, *chance.sample(labels, LOTS_A_BANK - 1)]):
            stock.append(
                (f"{bank}-{len(stock)}", bank, habitat, str(chance.randint(1, 3000) / 100))
            )
            price = chance.randint(9_000, 90_000)
            for size in ContractSize:
                prices.append((bank, habitat, size.value, "any", str(price)))
    return market_from_tables(
        {
            "banks": pd.DataFrame(bank_rows, columns=["bank_id", "bank_name", "lpa", "nca"]),
            "stock": pd.DataFrame(
                stock, columns=["stock_id", "bank_id", "habitat", "units_available"]
            ),
            "prices": pd.DataFrame(
                prices, columns=["bank_id", "habitat", "contract_size", "tier", "unit_price"]
            ),
        }
    )


def fill_store(store: Store, owner: Store, banks: int, count: int) -> None:
    """Fill an empty store: one real run, whose answer every quote carries; lines of two lots."""
    save_market(store, national_market(banks))
    values = {"run_id": a_run(store, **{ORCHARD: 1}), "market": market_version(store)}
    values |= {"count": count, "customers": max(1, count // QUOTES_A_CUSTOMER)}
    with store.begin() as connection:
        for statement in _FILL:
            connection.execute(text(statement), values)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM ANALYZE {DATA_TABLES}"))


_FILL = (
    "INSERT INTO promoters (promoter, discount) VALUES ('Green', 'none'), ('Blue', 'none')",
    """INSERT INTO customers (customer_name, email)
       SELECT initcap(w1 || ' ' || w2) || ' ' || n, 'c' || n || '@example.org'
       FROM generate_series(1, :customers) n,
            LATERAL (SELECT (ARRAY['acorn', 'bramble', 'cedar', 'downs', 'elder'])[1 + n % 5] w1,
                            (ARRAY['homes', 'land', 'rail', 'solar', 'estates', 'water', 'schools'])
                            [1 + n % 7] w2) words""",
    """INSERT INTO quotes (number, customer_id, promoter, owner, site, lpa, nca, created_at)
       SELECT n, 1 + (n * 7) % :customers, CASE WHEN n % 10 = 0 THEN 'Green'
                  WHEN n % 10 = 1 THEN 'Blue' END,
              'handler' || n % 12, 'Plot ' || n || ' ' || (ARRAY['Mill Lane', 'Station Road',
                  'Church Farm', 'Long Meadow', 'High Street'])[1 + n % 5], bank.lpa, bank.nca,
              now() - (:count - n) * interval '15 min'
       FROM generate_series(1, :count) n
       JOIN (SELECT lpa, nca, row_number() OVER (ORDER BY bank_id) AS r, count(*) OVER () AS total
             FROM banks) bank ON bank.r = 1 + n % bank.total""",
    """INSERT INTO quote_versions (number, version, reference, state, run_id, market_version,
           rulebook_version, code_version, answer, contract_size, units_pence, fees_pence,
           total_pence, created_by, created_at)
       SELECT number, 0, 'BNG-' || lpad(number::text, greatest(5, length(number::text)), '0'),
              'draft', run_id, market_version, rulebook_version, code_version, result, 'small',
              300000, 50000, 350000, owner, quotes.created_at
       FROM quotes, runs WHERE run_id = :run_id""",
    """INSERT INTO quote_lines (version_id, line, module, habitat, bank_id, stock_id, units, srm,
           unit_price_pence, cost_pence, change)
       SELECT version_id, 1, 'area', lot.habitat, bank_id, stock_id, 0.1, 1, 3000000, 300000,
              'computed'
       FROM quote_versions
       JOIN (SELECT stock_id, bank_id, habitat, row_number() OVER (ORDER BY stock_id) AS r,
                    count(*) OVER () AS total FROM stock JOIN habitats USING (habitat)
             WHERE module = 'area') lot ON lot.r = 1 + number % lot.total""",
    """UPDATE quote_versions SET state = 'quoted', quoted_at = created_at,
              valid_until = created_at + interval '30 d' WHERE number % 10 > 0""",
    """UPDATE quote_versions SET state = 'expired', closed_at = valid_until
       WHERE state = 'quoted' AND valid_until < now() AND number % 3 = 0""",
    """UPDATE quote_versions SET state = 'accepted', accepted_at = quoted_at
       WHERE state = 'quoted' AND number % 3 = 1""",
    """UPDATE quote_numbers SET last_number = :count""",
)


def pages(store: Store) -> dict[str, Callable[[], object]]:
    """The queries of the pages, by what a reader does; each call asks another question."""
    chance = random.Random(3)
    with store.begin() as connection:
        number, customers = connection.execute(
            text(
                "SELECT (SELECT max(number) FROM quotes), (SELECT max(customer_id) FROM customers)"
            )
        ).one()
        lpas = list(connection.scalars(text("SELECT DISTINCT lpa FROM banks")))
        lots = list(connection.scalars(text("SELECT stock_id FROM stock LIMIT 500")))
    days = timedelta(minutes=15 * number)

    def listed(actor: Actor = SYSTEM, **search: Any) -> object:
        return list_quotes(store, actor, Search(**search))

    def any_day() -> datetime:
        return datetime.now(UTC) - days * chance.random()

    first = list_quotes(store, SYSTEM, Search(limit=500))
    buyers = find_customers(store, SYSTEM, "", 500)
    return {
        "list, first page": lambda: listed(),
        "list, a later page": lambda: listed(after=chance.choice(first)),
        "list of a state": lambda: listed(state=chance.choice(list(QuoteState))),
        "list of an LPA": lambda: listed(lpa=chance.choice(lpas)),
        "list of a customer": lambda: listed(customer_id=chance.randint(1, customers)),
        "list of days": lambda: listed(since=(day := any_day()), until=day + timedelta(days=7)),
        "list of a promoter": lambda: listed(PROMOTER),
        "search a reference": lambda: listed(words=f"bng-{chance.randint(1, number):05}"),
        "search a site": lambda: listed(words=f"plot {chance.randint(1, number)} "),
        "search a common word": lambda: listed(words=chance.choice(["mill lane", "church farm"])),
        "search a customer": lambda: listed(words=chance.choice(["acorn homes", "cedar", "rail"])),
        "find customers": lambda: find_customers(
            store, SYSTEM, chance.choice(["elder", "solar 1"])
        ),
        "customers, later page": lambda: find_customers(
            store, SYSTEM, "", 26, after=chance.choice(buyers)
        ),
        "history of a quote": lambda: quote_history(
            store, SYSTEM, f"BNG-{chance.randint(1, number):05}"
        ),
        "log of a person": lambda: search_entries(
            store, SYSTEM, LogSearch(who=f"handler{chance.randint(0, 11)}", limit=26)
        ),
        "one quote": lambda: open_quote(store, SYSTEM, f"BNG-{chance.randint(1, number):05}"),
        "ledger of a lot": lambda: entries(store, SYSTEM, chance.choice(lots)),
        "market version": lambda: market_version(store),
    }


def scans(store: Store, page: Callable[[], object], settings: str = "") -> set[tuple[str, str]]:
    """How the statements of a page read their tables: (kind of scan, table)."""
    asked: list[tuple[str, Any]] = []

    def remember(*call: Any) -> None:
        asked.append((call[2], call[3]))

    event.listen(store, "before_cursor_execute", remember)
    try:
        page()
    finally:
        event.remove(store, "before_cursor_execute", remember)
    found: set[tuple[str, str]] = set()
    with store.begin() as connection:
        if settings:
            connection.execute(text(settings))
        for statement, values in asked:
            if statement.lstrip().upper().startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
                found |= _scans(plan.scalar_one()[0]["Plan"])
    return found


def _scans(plan: dict[str, Any]) -> set[tuple[str, str]]:
    found = {(plan["Node Type"], plan["Relation Name"])} if "Relation Name" in plan else set()
    for part in plan.get("Plans", []):
        found |= _scans(part)
    return found
