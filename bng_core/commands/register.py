"""`bng register check | import`: the gain-site register against the store; off by default."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bng_core.commands.grouping import AddCommand, group, open_store, operator, show

if TYPE_CHECKING:
    from bng_core.store.gain_sites import Reconciliation

DIFFERS = 1


def add_register_commands(command: AddCommand) -> None:
    """Add `bng register`."""
    add = group(command, "register", "The gain-site register, from a file; off by default.")
    check = add("check", run_check, "Compare a register file with banks and ledger.")
    take = add("import", run_import, "Keep the entries of our banks' gain sites, and compare.")
    take.add_argument("--why", default="", help="the reason, for the audit log")
    for one in (check, take):
        one.add_argument("file", type=Path, help="JSON in the shape of sample/register.json")


def run_check(options: argparse.Namespace) -> int:
    """`bng register check`: 0 where nothing disagrees, else 1."""
    from bng_core.register import read_register
    from bng_core.settings import load_settings
    from bng_core.store.gain_sites import reconcile

    register = read_register(options.file, load_settings())
    return _show(options, reconcile(open_store(), operator(), register))


def run_import(options: argparse.Namespace) -> int:
    """`bng register import`: the same, and the entries are kept."""
    from bng_core.register import read_register
    from bng_core.settings import load_settings
    from bng_core.store.gain_sites import import_register

    register = read_register(options.file, load_settings())
    why = options.why or f"register as at {register.as_at}"
    return _show(options, import_register(open_store(), operator(), register, why))


def _show(options: argparse.Namespace, found: "Reconciliation") -> int:
    lines = [
        f"{len(found.matched):,} gain sites belong to banks of the market.",
        f"{len(found.unknown):,} belong to none.",
        *(f"Not on the register: bank {bank}." for bank in found.unlisted),
        *found.differences,
    ]
    status = DIFFERS if found.unlisted or found.differences else 0
    return show(options, vars(found), "\n".join(lines), status)
