"""A table that is searched and turned page by page, for more rows than anyone scrolls through."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as widgets

from dashboards.ui.fields import button, field, html
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import Cell, counted

ROWS_A_PAGE = 10


@dataclass(frozen=True)
class Listing:
    """What a table shows; `one` and `many` are what a row is called."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    one: str
    many: str


class PagedTable:
    """A listing with a search field and buttons, which a short one does without."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._words = [_words(row) for row in listing.rows]
        self._found = list(listing.rows)
        self._page = 0
        self._search = widgets.Text(description=f"Search: {listing.caption}")
        self._search.observe(self._searched, "value")
        self._count = html("", "bng-live")
        self._table = html()
        self._earlier, self._later = button("Page before"), button("Next page")
        self._earlier.on_click(lambda _: self._turn(-1))
        self._later.on_click(lambda _: self._turn(1))
        tools = field(self._search, "Any part of a name; several words must all be found.")
        turns = widgets.HBox([self._earlier, self._later])
        turns.add_class("bng-buttons")
        short = len(listing.rows) <= ROWS_A_PAGE
        shown = [self._table] if short else [tools, self._count, self._table, turns]
        self.widget = widgets.VBox(shown)
        self._show()

    def _searched(self, change: dict[str, Any]) -> None:
        wanted = change["new"].casefold().split()
        pairs = zip(self._listing.rows, self._words, strict=True)
        self._found = [row for row, words in pairs if all(word in words for word in wanted)]
        self._page = 0
        self._show()

    def _turn(self, by: int) -> None:
        self._page += by
        self._show()

    def _show(self) -> None:
        first = self._page * ROWS_A_PAGE
        rows = self._found[first : first + ROWS_A_PAGE]
        listing, found = self._listing, len(self._found)
        which = f"{first + 1:,} to {first + len(rows):,}" if rows else "none"
        of = counted(found, listing.one, listing.many)
        self._count.value = f"<p>Shown: {escape(f'{which} of {of}')}.</p>"
        self._table.value = table(listing.caption, listing.columns, rows)
        self._earlier.disabled = self._page == 0
        self._later.disabled = first + ROWS_A_PAGE >= found


def _words(row: Row) -> str:
    texts = (cell.text if isinstance(cell, Cell) else cell for cell in row)
    return " ".join(texts).casefold()
