"""Step 3: ask for the cheapest purchase, follow the run, show its result."""

import asyncio
import uuid
from datetime import date
from typing import Any

import ipywidgets as widgets

from bng_core.actor import Actor, Role
from bng_core.errors import BadInput
from bng_core.question import Question
from bng_core.runs import RunService, Upload
from bng_core.store import Run, load_market, load_notebook
from dashboards.ui.downloads import downloads_of
from dashboards.ui.fields import button, html
from dashboards.ui.following import Following, OpenService, run_id_of_link
from dashboards.ui.guard import guarded
from dashboards.ui.jobs import ask
from dashboards.ui.place_step import PlaceStep
from dashboards.ui.preferences_form import PreferencesForm
from dashboards.ui.result import Result, result
from dashboards.ui.text import problem
from dashboards.ui.workbook_step import WorkbookStep

VISITOR = Actor("the visitor", Role.END_USER)
"""Whoever holds the access token."""


class RunStep:
    """The button, the progress, and the result."""

    def __init__(self, open_service: OpenService, workbook: WorkbookStep, place: PlaceStep) -> None:
        self._open_service = open_service
        self._workbook = workbook
        self._place = place
        self._preferences = PreferencesForm()
        self._button = button("Find cheapest purchase", primary=True)
        self._button.on_click(self._ask)
        self._problem = html("", "bng-urgent")
        self._following = Following(open_service, lambda: VISITOR, self.show_problem)
        self._result = html()
        self.widget = widgets.VBox(
            [
                self._preferences.widget,
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
        workbook = self._workbook.workbook
        if workbook is None:
            raise BadInput("There is no workbook yet: choose one in step 1.")
        place = self._place.place()
        question = Question(
            lpa=place.lpa,
            nca=place.nca,
            on_date=date.today().isoformat(),
            waterbody=place.waterbody_id or "",
            contract_size=self._preferences.contract_size,
            preferences=self._preferences.preferences,
        )
        self._begin("Sending the question")
        self._submit(Upload(workbook.name, workbook.content), question)

    @guarded
    async def _submit(self, upload: Upload, question: Question) -> None:
        run = await asyncio.to_thread(ask, self._open_service(), upload, question)
        self._follow(run.run_id)

    @guarded
    async def _follow(self, run_id: uuid.UUID) -> None:
        run = await self._following.follow(run_id)
        if run is not None:
            self._result.value = result(await asyncio.to_thread(_gather, self._open_service(), run))
            self._following.end("Done. The result is below.")
        self._enable(True)

    def _begin(self, stage: str) -> None:
        self._enable(False)
        self._result.value = ""
        self._following.begin(stage)

    def _enable(self, enabled: bool) -> None:
        self._button.disabled = not enabled
        self._preferences.enable(enabled)
        self._workbook.enable(enabled)
        self._place.enable(enabled)


def _gather(service: RunService, run: Run) -> Result:
    market = load_market(service.store, run.market_version)
    notebook = load_notebook(service.store, run.run_id)
    answer: dict[str, Any] = run.result or {}
    return Result(run, market.bank_names(), downloads_of(str(run.run_id), answer, notebook))
