"""`bng analytics show | snapshot`: the figures, and a copy of what they are made of."""

import argparse
from pathlib import Path

from bng_core.commands.grouping import AddCommand, group, operator, show


def add_analytics_commands(command: AddCommand) -> None:
    """Add `bng analytics`."""
    add = group(command, "analytics", "Quotes, revenue, prices, stock and the cache in figures.")
    view = add("show", run_show, "The rows of a view; without a name, the names of the views.")
    view.add_argument("view", nargs="?", help="such as quotes_by_month")
    view.add_argument("--source", default="store", help="store, or the folder of a snapshot")
    copy = add("snapshot", run_snapshot, "Write what the views read to Parquet files.")
    copy.add_argument("folder", type=Path, help="a new folder")


def run_show(options: argparse.Namespace) -> int:
    """`bng analytics show`."""
    import json

    from bng_core.store.analytics import open_analytics

    analytics = open_analytics(options.source, operator())
    if options.view is None:
        return show(options, {"views": analytics.views()}, "\n".join(analytics.views()))
    frame = analytics.frame(options.view)
    rows = json.loads(frame.to_json(orient="records", date_format="iso"))
    return show(options, {"view": options.view, "rows": rows}, frame.to_string(index=False))


def run_snapshot(options: argparse.Namespace) -> int:
    """`bng analytics snapshot`."""
    from bng_core.store.analytics import write_snapshot

    rows = write_snapshot(options.folder, operator())
    content = {"folder": str(options.folder), "rows": rows}
    return show(options, content, f"Wrote {options.folder}: {rows:,} rows.")
