"""The market page: banks, stock and prices for all; changes and figures for those who may."""

import asyncio

import ipywidgets as widgets

from bng_core.actor import Action, Actor
from dashboards.ui.fields import html
from dashboards.ui.guard import guarded
from dashboards.ui.market_banks import BanksSection
from dashboards.ui.market_facts import MarketFacts, Wanted, load_facts, narrowed
from dashboards.ui.market_import import MarketImport
from dashboards.ui.market_moves import StockMoves
from dashboards.ui.market_scarcity import Scarcity
from dashboards.ui.market_stock import StockSection
from dashboards.ui.market_versions import Versions
from dashboards.ui.page import Page
from dashboards.ui.site import Site

ONLY_SEES = "<p>Your role sees the market; changing it takes the role admin.</p>"


class MarketPage(Page):
    """Sections for searching, stock, and what changed or is to change."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._facts: MarketFacts | None = None
        self._wanted = Wanted()
        self.banks = BanksSection(self._look)
        self.stock = StockSection(site)
        self._versions = Versions(site)
        self._scarcity = Scarcity(site)
        self._moves = StockMoves(site, self._changed)
        self._import = MarketImport(site, self._changed)
        self.changes = widgets.VBox()

    def begin(self) -> None:
        """Show the market, or the bank that the address names (`?bank=ID`)."""
        if bank_id := self.site.query.get("bank"):
            self._wanted = Wanted(bank_ids=frozenset([bank_id]))
        self._show_what_the_role_may()
        self.load()

    @guarded
    async def load(self) -> None:
        """Read the market as it stands now and show what was looked for."""
        facts = await asyncio.to_thread(lambda: load_facts(self.site.store, self.site.actor()))
        self._facts = facts
        self.banks.offer(facts)
        self._moves.offer(facts)
        self._look(self._wanted)
        self._versions.load()

    @guarded
    async def _show_what_the_role_may(self) -> None:
        actor = await asyncio.to_thread(self.site.actor)
        self.changes.children = self._parts(actor)
        if actor.may(Action.SEE_ANALYTICS):
            self._scarcity.load()

    def _parts(self, actor: Actor) -> tuple[widgets.Widget, ...]:
        parts = [self._versions.widget]
        if actor.may(Action.SEE_ANALYTICS):
            parts.insert(0, self._scarcity.widget)
        if actor.may(Action.CHANGE_MARKET):
            return (*parts, self._moves.widget, self._import.widget)
        return (*parts, html(ONLY_SEES))

    def _changed(self) -> None:
        """Show the new market, in the footer too."""
        self.load()
        self.connect()

    def _look(self, wanted: Wanted) -> None:
        """Show what is wanted in all sections. Raises UnknownPlace."""
        if self._facts is None:
            return  # still being read; what the form says is asked for again by its button
        part = narrowed(self._facts, wanted)
        self._wanted = wanted
        self.banks.show(part, wanted)
        self.stock.show(part)
