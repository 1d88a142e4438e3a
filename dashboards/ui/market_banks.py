"""Section 1 of the market page: which banks to look at, on the map and in a table."""

from collections.abc import Callable
from html import escape

import ipywidgets as widgets

from bng_core.places import lpa_names, nca_names
from dashboards.ui.fields import button, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.maps import MapView
from dashboards.ui.market_facts import (
    MarketFacts,
    Wanted,
    habitats_for_sale,
    listed_banks,
    points,
    summary,
)
from dashboards.ui.paged_table import PagedTable
from dashboards.ui.text import problem


class BanksSection:
    """The search, the map and the table of the banks that match; `look` shows what is wanted."""

    def __init__(self, look: Callable[[Wanted], None]) -> None:
        self._look = look
        self._habitat = widgets.Combobox(description="Habitat")
        self._lpa = widgets.Combobox(
            description="Banks in the local planning authority (LPA)", options=lpa_names()
        )
        self._nca = widgets.Combobox(
            description="Banks in the national character area (NCA)", options=nca_names()
        )
        search, every = button("Show these banks", primary=True), button("Show all banks")
        search.on_click(lambda _: self._search())
        every.on_click(lambda _: self._all())
        self._problem = html("", "bng-urgent")
        self._summary = html("<p>Loading the market …</p>", "bng-live")
        self._map = MapView("Habitat banks", on_pick=self._pick)
        self._table = widgets.VBox()
        buttons = widgets.HBox([search, every])
        buttons.add_class("bng-buttons")
        typing = "Type a part of the name and choose; blank is all."
        self.widget = widgets.VBox(
            [
                field(self._habitat, "A habitat of the statutory metric of which there are lots."),
                field(self._lpa, typing),
                field(self._nca, typing),
                buttons,
                self._problem,
                self._summary,
                self._map.widget,
                self._table,
            ]
        )

    def show_problem(self, text: str) -> None:
        """Say above the map what cannot be looked for."""
        self._problem.value = problem(text)

    def offer(self, facts: MarketFacts) -> None:
        """Offer the habitats of the market."""
        self._habitat.options = habitats_for_sale(facts)

    def show(self, part: MarketFacts, wanted: Wanted) -> None:
        """Show the banks that match."""
        self._problem.value = ""
        self._summary.value = f"<p>{escape(summary(part, wanted))}</p>"
        self._map.show(points(part))
        self._table.children = (PagedTable(listed_banks(part)).widget,)

    @guarded
    def _search(self) -> None:
        self._look(Wanted(*(box.value.strip() for box in (self._habitat, self._lpa, self._nca))))

    @guarded
    def _all(self) -> None:
        for box in (self._habitat, self._lpa, self._nca):
            box.value = ""
        self._look(Wanted())

    @guarded
    def _pick(self, bank_ids: list[str]) -> None:
        self._look(Wanted(self._habitat.value.strip(), bank_ids=frozenset(bank_ids)))
