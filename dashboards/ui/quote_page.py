"""The quote page: for whom, what is lost, where, the cheapest purchase and the quote made of it."""

from typing import Any

import ipywidgets as widgets

from dashboards.ui.guard import guarded
from dashboards.ui.memory import Form, Memory
from dashboards.ui.page import Page
from dashboards.ui.place_step import PlaceStep
from dashboards.ui.quote.client_step import ClientStep
from dashboards.ui.quote.demand_step import DemandStep
from dashboards.ui.run_step import RunStep
from dashboards.ui.site import Site
from dashboards.ui.text import note
from dashboards.ui.workbook_step import Workbook


class QuotePage(Page):
    """Four steps, each in a cell of its own; what is filled in outlives a reload."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._client = ClientStep(site)
        self._memory = Memory(self._filled, self._put_back, self._shown)
        self.client = widgets.VBox([self._client.widget, self._memory.widget])
        self.demand = DemandStep(site, self._workbook_read)
        self.place = PlaceStep()
        self.run = RunStep(site, self._client, self.demand, self.place)

    def begin(self) -> None:
        """Show what the visitor may fill in, and keep it from now on."""
        self._client.begin()
        self._watch()

    def _shown(self) -> None:
        """Open the run that the address names."""
        if run_id := self.site.query.get("run"):
            self.notices.value = note("You opened a stored run: its result is under step 4.")
            self.run.reopen(run_id, self.site.query.get("quote", ""))

    @guarded
    async def _watch(self) -> None:
        await self._memory.watch()

    def _filled(self) -> Form:
        return {
            "client": self._client.filled(),
            "demand": self.demand.filled(),
            "place": self.place.filled(),
            "preferences": self.run.preferences.filled(),
        }

    @guarded
    def _put_back(self, form: dict[str, Any]) -> None:
        """Fill in what was there before; of an opened run all but the client is the run's own."""
        self._client.fill(**form["client"])
        if "run" not in self.site.query:
            self.place.put_back(**form["place"])
            self.run.preferences.put_back(**form["preferences"])
            self.demand.remember(form["demand"])

    def _workbook_read(self, workbook: Workbook | None) -> None:
        if workbook is not None:
            self.place.suggest(workbook.metric.planning_authority)
            self._client.suggest_site(workbook.metric.project_name)
