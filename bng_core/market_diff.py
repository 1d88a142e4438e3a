"""What differs between two markets, row by row and column by column."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pandas as pd

from bng_core.market import Market
from bng_core.terms import Basis

KEYS = {
    "banks": ("bank_id",),
    "stock": ("stock_id",),
    "prices": ("bank_id", "habitat", "contract_size", "tier", "valid_from"),
}
"""What tells the rows of a table apart."""

NUMBERS = {"lat", "lon", "units_available", "unit_price"}
MOST_LINES = 20
Key = tuple[str, ...]
Row = dict[str, str]


@dataclass(frozen=True)
class TableDiff:
    """Rows that one table has and the other has not, and cells that differ: (before, after)."""

    added: dict[Key, Row] = field(default_factory=dict)
    removed: dict[Key, Row] = field(default_factory=dict)
    changed: dict[Key, dict[str, tuple[str, str]]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many rows differ."""
        return len(self.added) + len(self.removed) + len(self.changed)


@dataclass(frozen=True)
class MarketDiff:
    """The differences of two markets, table by table."""

    tables: dict[str, TableDiff]

    @property
    def is_empty(self) -> bool:
        """Whether the markets are the same."""
        return not any(table.size for table in self.tables.values())

    def to_json(self) -> dict[str, Any]:
        """Tables to lists of rows added, removed and changed."""
        return {name: _table_json(name, table) for name, table in self.tables.items()}

    def text(self) -> str:
        """A line for each row that differs, the first ones of each table."""
        if self.is_empty:
            return "The markets are the same."
        lines = []
        for name, table in self.tables.items():
            if table.size:
                lines.append(
                    f"{name}: {len(table.added):,} added, {len(table.removed):,} removed, "
                    f"{len(table.changed):,} changed"
                )
                shown = list(_lines(table))
                lines += [f"  {line}" for line in shown[:MOST_LINES]]
                if len(shown) > MOST_LINES:
                    lines.append(f"  and {len(shown) - MOST_LINES:,} more")
        return "\n".join(lines)


def market_diff(before: Market | None, after: Market) -> MarketDiff:
    """What changes when `after` takes the place of `before`; None is an empty market.

    Numbers are compared as numbers, a blank basis counts as `bought` (§4.1).
    """
    old = {} if before is None else before.tables()
    new = after.tables()
    return MarketDiff({name: _table_diff(name, old.get(name), new[name]) for name in new})


def _table_diff(name: str, before: pd.DataFrame | None, after: pd.DataFrame) -> TableDiff:
    old = {} if before is None else _rows(name, before)
    new = _rows(name, after)
    changed = {}
    for key in old.keys() & new.keys():
        cells = {
            column: (old[key][column], new[key][column])
            for column in new[key]
            if _value(column, old[key][column]) != _value(column, new[key][column])
        }
        if cells:
            changed[key] = cells
    return TableDiff(
        added={key: new[key] for key in sorted(new.keys() - old.keys())},
        removed={key: old[key] for key in sorted(old.keys() - new.keys())},
        changed=dict(sorted(changed.items())),
    )


def _rows(name: str, frame: pd.DataFrame) -> dict[Key, Row]:
    columns = [str(column) for column in frame.columns]
    records = (dict(zip(columns, row, strict=True)) for row in frame.itertuples(index=False))
    return {tuple(row[column] for column in KEYS[name]): row for row in records}


def _value(column: str, text: str) -> Decimal | str:
    if column in NUMBERS and text:
        return Decimal(text)
    return (text or Basis.BOUGHT.value) if column == "basis" else text


def _table_json(name: str, table: TableDiff) -> dict[str, list[dict[str, Any]]]:
    return {
        "added": list(table.added.values()),
        "removed": list(table.removed.values()),
        "changed": [
            {
                "row": dict(zip(KEYS[name], key, strict=True)),
                "cells": {column: list(pair) for column, pair in cells.items()},
            }
            for key, cells in table.changed.items()
        ],
    }


def _lines(table: TableDiff) -> Iterable[str]:
    for key in table.added:
        yield f"+ {_name(key)}"
    for key in table.removed:
        yield f"- {_name(key)}"
    for key, cells in table.changed.items():
        told = ", ".join(f"{column} {old or 'blank'} → {new or 'blank'}"
                         for column, (old, new) in cells.items())  # fmt: skip
        yield f"~ {_name(key)}: {told}"


def _name(key: Key) -> str:
    return ", ".join(part for part in key if part)
