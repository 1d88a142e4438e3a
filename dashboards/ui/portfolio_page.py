"""The portfolio page: many developments on one stock."""

import asyncio
import uuid
from datetime import date

import ipywidgets as widgets

from bng_core.actor import Action, require
from bng_core.errors import BadInput
from bng_core.portfolio.question import PortfolioQuestion
from bng_core.runs import RunService, Upload
from bng_core.store import Run, load_bank_names, load_notebook
from dashboards.ui.fields import button, field, html
from dashboards.ui.following import Following, run_id_of_link
from dashboards.ui.guard import guarded
from dashboards.ui.jobs import ask
from dashboards.ui.page import Page
from dashboards.ui.portfolio_files import PortfolioFiles
from dashboards.ui.portfolio_result import PortfolioResult, portfolio_files, portfolio_result
from dashboards.ui.site import Site
from dashboards.ui.text import note, problem

LOTS = {"0.01 units": "0.01", "0.1 units": "0.1", "any size": "0"}


class PortfolioPage(Page):
    """The files, the question, and the answer, each in a cell of its own."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.files = PortfolioFiles()
        self.division = Division(site, self.files)

    def begin(self) -> None:
        """Open the run that the address names."""
        if run_id := self.site.query.get("run"):
            self.notices.value = note("You opened a stored run: its result is under step 2.")
            self.division.reopen(run_id)


class Division:
    """The question, the run that answers it, and the answer."""

    def __init__(self, site: Site, files: PortfolioFiles) -> None:
        self._site = site
        self._files = files
        self._day = widgets.DatePicker(
            description="Day, for developments without a date", value=date.today()
        )
        self._lot = widgets.Dropdown(description="Units are sold in steps of", options=LOTS)
        self._button = button("Divide the stock", primary=True)
        self._button.on_click(self._ask)
        self._problem = html("", "bng-urgent")
        self._following = Following(lambda: site.service, site.actor, self.show_problem)
        self._result = widgets.VBox()
        self.widget = widgets.VBox(
            [
                field(self._day, "The prices of this day hold for them, and it is their turn."),
                field(self._lot, "The smallest step in which banks sell units."),
                self._button,
                self._problem,
                self._following.widget,
                self._result,
            ]
        )

    def show_problem(self, text: str) -> None:
        """Say what went wrong and let the visitor go on."""
        self._following.end()
        self._problem.value = problem(text)
        self._enable(True)

    @guarded
    def reopen(self, run_id: str) -> None:
        """Show the run of a shared link, or follow it while it is computed."""
        known = run_id_of_link(run_id)
        self._begin("Opening the stored run")
        self._follow(known)

    @guarded
    def _ask(self, _button: widgets.Button) -> None:
        self._problem.value = ""
        portfolio = self._files.portfolio
        if portfolio is None:
            raise BadInput("There is no portfolio yet: choose its files in step 1.")
        if self._day.value is None:
            raise BadInput("The day for developments without a date is blank: choose a day.")
        question = PortfolioQuestion(self._day.value.isoformat(), lot=self._lot.value)
        self._begin("Sending the question")
        self._submit(portfolio.upload, question)

    @guarded
    async def _submit(self, upload: Upload, question: PortfolioQuestion) -> None:
        run = await asyncio.to_thread(_send, self._site, upload, question)
        await self._show_when_done(run.run_id)

    @guarded
    async def _follow(self, run_id: uuid.UUID) -> None:
        await self._show_when_done(run_id)

    async def _show_when_done(self, run_id: uuid.UUID) -> None:
        run = await self._following.follow(run_id)
        if run is not None:
            found = await asyncio.to_thread(_gather, self._site.service, run)
            files = html()
            self._result.children = [*portfolio_result(found), files]
            files.value = portfolio_files(found)  # the largest part comes last
            self._following.end("Done. The result is below.")
        self._enable(True)

    def _begin(self, stage: str) -> None:
        self._enable(False)
        self._result.children = ()
        self._following.begin(stage)

    def _enable(self, enabled: bool) -> None:
        for control in (self._button, self._day, self._lot):
            control.disabled = not enabled
        self._files.enable(enabled)


def _send(site: Site, upload: Upload, question: PortfolioQuestion) -> Run:
    require(site.actor(), Action.OPTIMISE)
    return ask(site.service, upload, question, site.login)


def _gather(service: RunService, run: Run) -> PortfolioResult:
    if run.kind != PortfolioQuestion.kind:
        raise BadInput(
            f"Run {run.run_id} answers one development, not a portfolio: open it on the page Quote."
        )
    names = load_bank_names(service.store, run.market_version)
    return PortfolioResult(run, names, load_notebook(service.store, run.run_id))
