"""What is lost or half done in the store, in words; `bng status` shows them.

Transactions leave nothing half written, so that a fault here means that somebody wrote past the
program, or that what falls due by the clock was not done.
"""

from dataclasses import dataclass

from sqlalchemy import text

from bng_core.store.postgres import Store, transaction


@dataclass(frozen=True)
class StoreFault:
    """Something amiss: how many, in words; `grave` where figures disagree."""

    count: int
    words: str
    grave: bool


_CHECKS = (
    (
        True,
        "lots whose ledger does not add up to what they received, hold and sold",
        """SELECT count(*) FROM stock LEFT JOIN (
               SELECT stock_id, sum(received_change) AS r, sum(held_change) AS h,
                      sum(sold_change) AS s, sum(allocated_change) AS a
               FROM stock_ledger GROUP BY stock_id
           ) sums USING (stock_id)
           WHERE (received, held, sold, allocated)
               <> (coalesce(r, 0), coalesce(h, 0), coalesce(s, 0), coalesce(a, 0))""",
    ),
    (
        True,
        "lots whose held or sold units are not those of their holds",
        """SELECT count(*) FROM stock LEFT JOIN (
               SELECT stock_id, sum(held) AS h, sum(sold) AS s FROM hold_lines GROUP BY stock_id
           ) lines USING (stock_id)
           WHERE (stock.held, stock.sold) <> (coalesce(h, 0), coalesce(s, 0))""",
    ),
    (
        True,
        "holds that ended and still hold units",
        """SELECT count(DISTINCT hold_id) FROM holds JOIN hold_lines USING (hold_id)
           WHERE state <> 'open' AND held > 0""",
    ),
    (
        True,
        "quotes whose lines do not add up to their total",
        """SELECT count(*) FROM quote_versions v LEFT JOIN (
               SELECT version_id, sum(cost_pence) AS cost FROM quote_lines
               WHERE change <> 'removed' GROUP BY version_id
           ) lines USING (version_id)
           WHERE units_pence <> coalesce(cost, 0)""",
    ),
    (
        True,
        "accepted quotes whose units are not sold",
        """SELECT count(*) FROM quote_versions v WHERE state IN ('accepted', 'allocated') AND (
               SELECT coalesce(sum(units), 0) FROM quote_lines l
               WHERE l.version_id = v.version_id AND change <> 'removed'
           ) <> (
               SELECT coalesce(sum(sold), 0) FROM holds JOIN hold_lines USING (hold_id)
               WHERE holds.version_id = v.version_id
           )""",
    ),
    (
        True,
        "numbers of quotes that are missing",
        """SELECT last_number - (SELECT count(*) FROM quotes) FROM quote_numbers""",
    ),
    (
        False,
        "holds past their time, which are freed when stock is next held or a run is asked",
        """SELECT count(*) FROM holds WHERE state = 'open' AND expires_at <= now()""",
    ),
    (
        False,
        "quotes past their time, which `bng quote expire` ends",
        """SELECT count(*) FROM quote_versions WHERE state = 'quoted' AND valid_until <= now()""",
    ),
    (
        False,
        "runs whose worker has gone silent, which are offered again when next looked at",
        """SELECT count(*) FROM runs
           WHERE status IN ('queued', 'running') AND lease_until <= now()""",
    ),
)


def find_faults(store: Store) -> list[StoreFault]:
    """Everything that is amiss; empty where all is well. Raises StoreError."""
    found = []
    with transaction(store, "REPEATABLE READ") as connection:
        for grave, words, statement in _CHECKS:
            count = int(connection.execute(text(statement)).scalar_one())
            if count:
                found.append(StoreFault(count, words, grave))
    return found
