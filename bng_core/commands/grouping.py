"""What the store's commands share: groups of commands, who asks, and how an answer is printed."""

import argparse
import json
import os
import pwd
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from bng_core.actor import Actor, Role

if TYPE_CHECKING:
    from bng_core.store import Store

Run = Callable[[argparse.Namespace], int]
AddCommand = Callable[[str, Run, str], argparse.ArgumentParser]
"""Adds a command by its name, what runs it and its words for --help."""


def group(command: AddCommand, name: str, words: str) -> AddCommand:
    """A command that has commands of its own, such as `bng market import`."""
    parent = command(name, lambda options: 0, words)
    commands = parent.add_subparsers(required=True, metavar="COMMAND", parser_class=type(parent))

    def add(name: str, run: Run, words: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = commands.add_parser(
            name, help=words, description=words, allow_abbrev=False
        )
        added.set_defaults(run=run)
        # Suppressed, or it would undo a --json that stands before the name.
        added.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object"
        )
        return added

    return add


def operator() -> Actor:
    """Whoever holds the address of the database: an admin, by the name of their system account."""
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        name = f"user {os.geteuid()}"
    return Actor(f"{name} (command line)", Role.ADMIN)


def open_store() -> "Store":
    """The store with the application's rights. Raises StoreError."""
    from bng_core.settings import load_settings
    from bng_core.store import connect

    return connect(load_settings().database_url)


def show(options: argparse.Namespace, content: dict[str, Any], text: str, status: int = 0) -> int:
    """Print an answer as one JSON object or for people, and return the exit status."""
    written = json.dumps(content, ensure_ascii=False, default=str) if options.json else text
    sys.stdout.write(f"{written}\n")
    return status


def note(text: str) -> None:
    """A message beside the answer, to stderr."""
    sys.stderr.write(f"{text}\n")


def columns(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table for people."""
    lines = [[str(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headings))]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)
