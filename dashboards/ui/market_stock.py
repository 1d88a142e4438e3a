"""Section 2 of the market page: units left and held, the ledger of a lot, and the price lists."""

import asyncio
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from html import escape

import ipywidgets as widgets

from bng_core.errors import BadInput
from bng_core.store.ledger import Entry, Lot, entries, load_lot
from dashboards.ui.fields import button, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.market_facts import (
    MOST_PRICES,
    MarketFacts,
    listed_habitats,
    listed_lots,
    listed_prices,
    size_words,
)
from dashboards.ui.paged_table import PagedTable
from dashboards.ui.site import Site
from dashboards.ui.tables import Column, table
from dashboards.ui.text import Cell, note, problem

MOST_MOVEMENTS = 50
LEDGER_COLUMNS = (
    Column("When (UTC)"),
    Column("Movement"),
    Column("Units", is_figure=True),
    Column("By"),
    Column("Why"),
)


class StockSection:
    """Tables of what matches the search of section 1, and the ledger of one lot."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._stock = widgets.VBox()
        self._prices = widgets.VBox()
        self._lot = widgets.Combobox(description="Lot")
        show = button("Show its ledger")
        show.on_click(lambda _: self._show_ledger())
        self._problem = html("", "bng-urgent")
        self._ledger = html("", "bng-live")
        self.widget = widgets.VBox(
            [
                html("<h3>What is left and what is held</h3>"),
                self._stock,
                html("<h3>The ledger of a lot</h3>"),
                field(self._lot, "The name of a lot, from the table above."),
                show,
                self._problem,
                self._ledger,
                html("<h3>Price lists</h3>"),
                self._prices,
            ]
        )

    def show_problem(self, text: str) -> None:
        """Say why no ledger can be shown."""
        self._ledger.value = ""
        self._problem.value = problem(text)

    def show(self, part: MarketFacts) -> None:
        """Show the stock and the prices that match."""
        self._stock.children = tuple(
            PagedTable(listing).widget for listing in (listed_habitats(part), listed_lots(part))
        )
        self._lot.options = [lot.stock_id for lot in part.lots]
        count = len(part.market.prices)
        words = html(f"<p>{escape(size_words())}</p>")
        if count > MOST_PRICES:
            told = (
                f"There are {count:,} prices, more than anybody turns through. Choose a habitat, a "
                "place or a bank in section 1 to see the price lists."
            )
            self._prices.children = (words, html(note(told)))
        else:
            listing = listed_prices(part, date.today())
            self._prices.children = (words, PagedTable(listing).widget)

    @guarded
    def _show_ledger(self) -> None:
        wanted = self._lot.value.strip()
        if not wanted:
            raise BadInput("The lot is blank: choose one of the table of lots.")
        self._load(wanted)

    @guarded
    async def _load(self, stock_id: str) -> None:
        lot, found = await asyncio.to_thread(self._read, stock_id)
        self._problem.value = ""
        self._ledger.value = ledger(lot, found)

    def _read(self, stock_id: str) -> tuple[Lot, list[Entry]]:
        store, actor = self._site.store, self._site.actor()
        return load_lot(store, actor, stock_id), entries(store, actor, stock_id, MOST_MOVEMENTS)


def ledger(lot: Lot, found: Sequence[Entry]) -> str:
    """A lot in words, and its latest movements, newest first."""
    rows = [
        [
            f"{entry.at:%Y-%m-%d %H:%M}",
            entry.kind.value,
            _plain(entry.units),
            entry.who,
            entry.why,
        ]
        for entry in found
    ]
    return f"<p>{escape(lot_words(lot))}</p>" + table(
        f"Latest movements of lot {lot.stock_id}", LEDGER_COLUMNS, rows
    )


def lot_words(lot: Lot) -> str:
    """What a lot has, in a sentence."""
    return (
        f"Lot {lot.stock_id}, {lot.habitat} of {lot.bank_name}: {_plain(lot.received).text} units "
        f"received, {_plain(lot.held).text} held by quotes, {_plain(lot.sold).text} sold (of which "
        f"{_plain(lot.allocated).text} allocated on the register), "
        f"{_plain(lot.units_available).text} free."
    )


def _plain(value: Decimal) -> Cell:
    """Units with all their decimals, and no zeros beyond."""
    return Cell(f"{value.normalize():f}")
