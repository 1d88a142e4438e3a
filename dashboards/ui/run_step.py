"""Step 3: ask for the cheapest purchase, follow the run, show its result."""

import asyncio
import itertools
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from html import escape
from typing import Any

import ipywidgets as widgets

from bng_core.errors import BadInput
from bng_core.question import Question
from bng_core.runs import RunService, Upload, look, submit, where_it_stands
from bng_core.store import Run, RunStatus, load_market, load_notebook
from dashboards.ui.downloads import downloads_of
from dashboards.ui.fields import button, html
from dashboards.ui.guard import guarded
from dashboards.ui.place_step import PlaceStep
from dashboards.ui.preferences_form import PreferencesForm
from dashboards.ui.result import Result, result
from dashboards.ui.text import problem
from dashboards.ui.workbook_step import WorkbookStep

POLL_SECONDS = 0.2
ENDED_WITHOUT_RESULT = (RunStatus.FAILED, RunStatus.CANCELLED)

OpenService = Callable[[], RunService]


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
        self._stage = html("", "bng-live")
        self._progress = html()
        self._result = html()
        self.widget = widgets.VBox(
            [
                self._preferences.widget,
                self._button,
                self._problem,
                self._stage,
                self._progress,
                self._result,
            ]
        )

    def show_problem(self, text: str) -> None:
        """Say what went wrong and let the visitor go on."""
        self._stage.value = self._progress.value = ""
        self._problem.value = problem(text)
        self._enable(True)

    @guarded
    def reopen(self, run_id: str) -> None:
        """Show the run of a shared link, or follow it while it is computed."""
        try:
            known = uuid.UUID(run_id)
        except ValueError:
            raise BadInput(
                "The link does not name a run. Copy it again from the page of the result."
            ) from None
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
        run = await asyncio.to_thread(submit, self._open_service(), upload, question)
        self._follow(run.run_id)

    @guarded
    async def _follow(self, run_id: uuid.UUID) -> None:
        service = self._open_service()
        for number in itertools.count():
            run = await asyncio.to_thread(look, service, run_id, number)
            if not run.in_flight:
                break
            self._show_progress(run)
            await asyncio.sleep(POLL_SECONDS)
        if run.status in ENDED_WITHOUT_RESULT or run.result is None:
            raise BadInput(run.error or f"The run ended without a result; reference {run_id}.")
        self._result.value = result(await asyncio.to_thread(_gather, service, run))
        self._stage.value = "<p>Done. The result is below.</p>"
        self._progress.value = ""
        self._enable(True)

    def _begin(self, stage: str) -> None:
        self._enable(False)
        self._result.value = ""
        self._stage.value = f"<p>{escape(stage)} …</p>"

    def _show_progress(self, run: Run) -> None:
        elapsed = max(0, round((datetime.now(UTC) - run.created_at).total_seconds()))
        link = f'<a class="bng-run-link" href="?run={run.run_id}">link to this run</a>'
        stage = f"<p>{escape(run.stage)} …</p>"
        if self._stage.value != stage:  # so that a screen reader says each stage once
            self._stage.value = stage
        self._progress.value = (
            f'<label>Progress <progress max="100" value="{run.progress}">{run.progress} %'
            f"</progress></label><p>{where_it_stands(run)} {run.progress} %, {elapsed} s so far. "
            f"You may close the page and come back by the {link}.</p>"
        )

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
