"""Analytics in DuckDB: one view a file beside this module, over the store or a snapshot of it.

`thread.sql` comes first: the other views stand on it. Each says in its first lines what it counts;
those that count over time keep to the one row of the table `period`.
Snapshots are Parquet files of the same tables and columns, so that a view is written once.
"""

from bng_core.store.analytics.engine import (
    STORE,
    Analytics,
    Period,
    open_analytics,
    save_figures,
    write_snapshot,
)

__all__ = ["STORE", "Analytics", "Period", "open_analytics", "save_figures", "write_snapshot"]
