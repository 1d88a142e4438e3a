"""`bng market import | export | diff | versions`: the store's market in files and back."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bng_core.commands.grouping import (
    AddCommand,
    columns,
    group,
    note,
    open_store,
    operator,
    show,
)

if TYPE_CHECKING:
    from bng_core.market import Market

STORE = "store"


def add_market_commands(command: AddCommand) -> None:
    """Add `bng market`."""
    add = group(command, "market", "Banks, stock and prices: import, export, compare.")

    take = add("import", run_import, "Put a market in place of the store's, all or nothing.")
    take.add_argument("source", type=Path, help="a market folder or a market workbook (.xlsx)")
    take.add_argument("--dry-run", action="store_true", help="check and compare, write nothing")
    take.add_argument("--why", default="", help="the reason, for the audit log")

    give = add("export", run_export, "Write the store's market as a folder or a workbook.")
    give.add_argument("target", type=Path, help="a new folder, or a new file ending in .xlsx")
    give.add_argument("--version", help="an earlier version, or a day such as 2026-11-24")

    compare = add("diff", run_diff, "What differs between two markets, row by row.")
    places = "a folder, a workbook, store, store:VERSION or store:DAY"
    compare.add_argument("before", help=places)
    compare.add_argument("after", nargs="?", default=STORE, help=f"{places}; default: store")

    listed = add("versions", run_versions, "The versions of the store's market, newest first.")
    listed.add_argument("--limit", type=int, default=20, metavar="N", help="how many (20)")


def run_import(options: argparse.Namespace) -> int:
    """`bng market import`: validate, compare, write."""
    from bng_core.market_files import read_market_file
    from bng_core.store.market_exchange import import_market

    read = read_market_file(options.source)
    for line in read.notes:
        note(line)
    why = options.why or f"imported from {options.source.name}"
    store = open_store()
    done = import_market(store, operator(), read.market, why, dry_run=options.dry_run)
    content = {"version": done.version, "notes": read.notes, "diff": done.diff.to_json()}
    if done.version is None:
        ending = "Nothing was written (dry run)."
    else:
        ending = f"The market is now version {done.version}."
    return show(options, content, f"{done.diff.text()}\n{ending}")


def run_export(options: argparse.Namespace) -> int:
    """`bng market export`: the market of a version as files."""
    from bng_core.market_files import write_market_file
    from bng_core.store.market_exchange import market_of_version

    market = market_of_version(open_store(), operator(), options.version)
    write_market_file(market, options.target)
    content = {
        "target": str(options.target),
        **{name: len(frame) for name, frame in market.tables().items()},
    }
    counts = ", ".join(f"{len(frame):,} {name}" for name, frame in market.tables().items())
    return show(options, content, f"Wrote {options.target}: {counts}.")


def run_diff(options: argparse.Namespace) -> int:
    """`bng market diff`: one market against another."""
    from bng_core.market_diff import market_diff

    diff = market_diff(_market(options.before), _market(options.after))
    return show(options, diff.to_json(), diff.text())


def run_versions(options: argparse.Namespace) -> int:
    """`bng market versions`: when it changed, and who replaced it why."""
    from bng_core.store.market_exchange import list_market_versions

    found = list_market_versions(open_store(), operator(), options.limit)
    content = {"versions": [vars(version) for version in found]}
    rows = [(v.version, f"{v.saved_at:%Y-%m-%d %H:%M:%S} UTC", v.who, v.why) for v in found]
    return show(options, content, columns(("Version", "Since", "By", "Why"), rows))


def _market(source: str) -> "Market":
    name, _, version = source.partition(":")
    if name == STORE:
        from bng_core.store.market_exchange import market_of_version

        return market_of_version(open_store(), operator(), version or None)
    from bng_core.market_files import read_market_file

    return read_market_file(Path(source)).market
