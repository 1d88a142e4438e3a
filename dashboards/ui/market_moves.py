"""Receiving and correcting units of a lot, with a reason, for who may change the market."""

import asyncio
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from bng_core.store import checks
from bng_core.store.ledger import Lot, correct, receive
from dashboards.ui.fields import button, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.market_facts import MarketFacts
from dashboards.ui.market_stock import lot_words
from dashboards.ui.site import Site
from dashboards.ui.text import note, problem


class StockMoves:
    """A lot, units, a reason, and the two ways to change what it received."""

    def __init__(self, site: Site, changed: Callable[[], None]) -> None:
        self._site = site
        self._changed = changed
        self._lot = widgets.Combobox(description="Lot to change")
        self._units = widgets.Text(description="Units")
        self._why = widgets.Text(description="Reason for the change of stock")
        self._receive = button("Receive these units", primary=True)
        self._correct = button("Correct by these units")
        self._receive.on_click(lambda _: self._move(receive))
        self._correct.on_click(lambda _: self._move(correct))
        self._problem = html("", "bng-urgent")
        self._done = html("", "bng-live")
        buttons = widgets.HBox([self._receive, self._correct])
        buttons.add_class("bng-buttons")
        self.widget = widgets.VBox(
            [
                html("<h3>Receive or correct stock</h3>"),
                field(self._lot, "The name of a lot, from the table of section 2."),
                field(self._units, "Such as 1.25; to correct downwards, such as -0.5."),
                field(self._why, "It is kept in the ledger and the audit log."),
                buttons,
                self._problem,
                self._done,
            ]
        )

    def show_problem(self, text: str) -> None:
        """Say why nothing was changed."""
        self._done.value = ""
        self._problem.value = problem(text)
        self._enable(True)

    def offer(self, facts: MarketFacts) -> None:
        """Offer the lots of the market."""
        self._lot.options = [lot.stock_id for lot in facts.lots]

    @guarded
    def _move(self, how: Callable[..., Lot]) -> None:
        least = checks.STEP if how is receive else -checks.MOST_UNITS
        units = checks.units(self._units.value.strip(), least=least)
        self._enable(False)
        self._write(how, self._lot.value.strip(), units, self._why.value)

    @guarded
    async def _write(self, how: Callable[..., Lot], *change: Any) -> None:
        lot = await asyncio.to_thread(lambda: how(self._site.store, self._site.actor(), *change))
        self._problem.value = ""
        self._done.value = note(f"Done. {lot_words(lot)}")
        self._units.value = self._why.value = ""
        self._enable(True)
        self._changed()

    def _enable(self, enabled: bool) -> None:
        self._receive.disabled = self._correct.disabled = not enabled
