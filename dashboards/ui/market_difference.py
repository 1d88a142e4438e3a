"""The difference of two markets as one table, searched and turned page by page."""

from collections.abc import Iterator

from bng_core.market_diff import KEYS, MarketDiff, TableDiff
from dashboards.ui.paged_table import Listing
from dashboards.ui.tables import Column, Row
from dashboards.ui.text import counted

COLUMNS = (Column("Row"), Column("Table"), Column("Change"), Column("What differs"))
_KINDS = ("added", "removed", "changed")


def difference(diff: MarketDiff) -> Listing:
    """Each row that differs, with its cells."""
    rows = [row for name, table in diff.tables.items() for row in _rows(name, table)]
    return Listing("What differs, row by row", COLUMNS, rows, "difference", "differences")


def difference_words(diff: MarketDiff) -> str:
    """How much differs, table by table."""
    if diff.is_empty:
        return "The two markets are the same."
    told = []
    for name, table in diff.tables.items():
        counts = [
            f"{len(rows):,} {kind}"
            for kind, rows in zip(_KINDS, (table.added, table.removed, table.changed), strict=True)
            if rows
        ]
        if counts:
            told.append(f"{name}: {', '.join(counts)}")
    rows = counted(sum(table.size for table in diff.tables.values()), "row")
    return f"{rows} of the market would differ; {'; '.join(told)}."


def _rows(name: str, table: TableDiff) -> Iterator[Row]:
    for kind, rows in (("added", table.added), ("removed", table.removed)):
        for key, row in rows.items():
            cells = [f"{column} {value}" for column, value in row.items()
                     if value and column not in KEYS[name]]  # fmt: skip
            yield [_key(key), name, kind, ", ".join(cells) or "–"]
    for key, changes in table.changed.items():
        told = [f"{column} from {old or 'blank'} to {new or 'blank'}"
                for column, (old, new) in changes.items()]  # fmt: skip
        yield [_key(key), name, "changed", "; ".join(told)]


def _key(key: tuple[str, ...]) -> str:
    return ", ".join(part for part in key if part)
