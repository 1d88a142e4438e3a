"""The quote page: for whom, what is lost, where, the cheapest purchase and the quote made of it."""

from dashboards.ui.page import Page
from dashboards.ui.place_step import PlaceStep
from dashboards.ui.quote.client_step import ClientStep
from dashboards.ui.quote.demand_step import DemandStep
from dashboards.ui.run_step import RunStep
from dashboards.ui.site import Site
from dashboards.ui.text import note
from dashboards.ui.workbook_step import Workbook


class QuotePage(Page):
    """Four steps, each in a cell of its own."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.client = ClientStep(site)
        self.demand = DemandStep(self._workbook_read)
        self.place = PlaceStep()
        self.run = RunStep(site, self.client, self.demand, self.place)

    def begin(self) -> None:
        """Open the run that the address names."""
        self.client.begin()
        if run_id := self.site.query.get("run"):
            self.notices.value = note("You opened a stored run: its result is under step 4.")
            self.run.reopen(run_id, self.site.query.get("quote", ""))

    def _workbook_read(self, workbook: Workbook | None) -> None:
        if workbook is not None:
            self.place.suggest(workbook.metric.planning_authority)
            self.client.suggest_site(workbook.metric.project_name)
