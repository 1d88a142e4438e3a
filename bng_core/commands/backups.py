"""`bng backup FILE` and `bng restore FILE`."""

import argparse
from pathlib import Path

from bng_core.commands.grouping import AddCommand, operator, show


def add_backup_commands(command: AddCommand) -> None:
    """Add both."""
    save = command("backup", run_backup, "Write the whole store to one file.")
    save.add_argument("file", type=Path, help="a new file")
    load = command("restore", run_restore, "Put a backup in place of the store, all or nothing.")
    load.add_argument("file", type=Path, help="a file of bng backup, from a source you trust")
    load.add_argument("--replace", action="store_true", help="give up what the store holds")


def run_backup(options: argparse.Namespace) -> int:
    """`bng backup`."""
    from bng_core.backup import back_up
    from bng_core.settings import load_settings

    made = back_up(load_settings(), operator(), options.file)
    content = {"file": str(options.file), "revision": made.revision, "rows": made.rows}
    text = f"Wrote {options.file}: {made.rows:,} rows in {len(made.tables)} tables."
    return show(options, content, text)


def run_restore(options: argparse.Namespace) -> int:
    """`bng restore`."""
    from bng_core.backup import restore
    from bng_core.settings import load_settings

    done = restore(load_settings(), operator(), options.file, replace=options.replace)
    content = {"file": str(options.file), "made_at": done.made_at, "rows": done.rows}
    text = (
        f"The store is as it was on {done.made_at}: {done.rows:,} rows in {len(done.tables)} "
        "tables, compared one by one."
    )
    return show(options, content, text)
