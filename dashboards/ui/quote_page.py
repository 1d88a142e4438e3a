"""The quote page: the workbook, the place, the cheapest purchase."""

from dashboards.ui.page import Page
from dashboards.ui.place_step import PlaceStep
from dashboards.ui.run_step import RunStep
from dashboards.ui.site import Site
from dashboards.ui.text import note
from dashboards.ui.workbook_step import Workbook, WorkbookStep


class QuotePage(Page):
    """Three steps, each in a cell of its own."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.workbook = WorkbookStep(self._workbook_read)
        self.place = PlaceStep()
        self.run = RunStep(lambda: site.service, self.workbook, self.place)

    def begin(self) -> None:
        """Open the run that the address names."""
        if run_id := self.site.query.get("run"):
            self.notices.value = note("You opened a stored run: its result is under step 3.")
            self.run.reopen(run_id)

    def _workbook_read(self, workbook: Workbook | None) -> None:
        if workbook is not None:
            self.place.suggest(workbook.metric.planning_authority)
