"""The last step: ask for the cheapest purchase, follow the run, show its result, make a quote."""

import asyncio
import uuid
from datetime import date
from pathlib import PurePath

import ipywidgets as widgets

from bng_core.actor import Action, require
from bng_core.demand import Demand
from bng_core.errors import BadInput
from bng_core.question import Question
from bng_core.runs import Upload
from bng_core.store import Run
from bng_core.terms import Place
from dashboards.ui.fields import button, html
from dashboards.ui.following import Following, run_id_of_link
from dashboards.ui.guard import guarded
from dashboards.ui.jobs import ask
from dashboards.ui.outage import patiently
from dashboards.ui.place_step import PlaceStep
from dashboards.ui.preferences_form import PreferencesForm
from dashboards.ui.quote.around import Around
from dashboards.ui.quote.client_step import ClientStep
from dashboards.ui.quote.demand_step import DemandStep, Lost
from dashboards.ui.quote.draft_panel import DraftPanel
from dashboards.ui.quote.found import Result
from dashboards.ui.quote.gather import gather, upload_of
from dashboards.ui.quote.losses_form import lines_of_csv
from dashboards.ui.quote.purchase_map import PurchaseMap
from dashboards.ui.quote.remedies import Remedies
from dashboards.ui.result import result
from dashboards.ui.site import Site
from dashboards.ui.text import problem
from dashboards.ui.workbook_step import Workbook, read_workbook


class RunStep:
    """The button, the progress, the result, and what can be done with it."""

    def __init__(
        self, site: Site, client: ClientStep, demand: DemandStep, place: PlaceStep
    ) -> None:
        self._site, self._client, self._demand, self._place = site, client, demand, place
        self.preferences = PreferencesForm()
        self._button = button("Find cheapest purchase", primary=True)
        self._button.on_click(lambda _button: self._ask())
        self._problem = html("", "bng-urgent")
        self._following = Following(lambda: site.service, site.actor, self.show_problem)
        self._result = html()
        self._map = PurchaseMap()
        self._remedies = Remedies(self.preferences, demand, self._ask)
        self._around = Around(site, self.preferences, self._ask)
        self._draft = DraftPanel(site, client)
        self.widget = widgets.VBox(
            [
                self.preferences.widget,
                self._button,
                self._problem,
                self._following.widget,
                self._result,
                self._map.widget,
                self._remedies.widget,
                self._draft.widget,
                self._around.widget,
            ]
        )

    def show_problem(self, text: str) -> None:
        """Say what went wrong and let the visitor go on."""
        self._following.end()
        self._problem.value = problem(text)
        self._enable(True)

    @guarded
    def reopen(self, run_id: str, reference: str = "") -> None:
        """Show the run of a shared link, or follow it while it is computed; the form as then."""
        known = run_id_of_link(run_id)
        self._begin("Opening the stored run")
        self._follow_again(known, reference)

    @guarded
    def _ask(self) -> None:
        self._problem.value = ""
        lost, place = self._demand.lost(), self._place.place()
        self._begin("Sending the question")
        self._submit(lost, place)

    @guarded
    async def _submit(self, lost: Lost, place: Place) -> None:
        actor = await asyncio.to_thread(self._site.actor)
        require(actor, Action.OPTIMISE)
        discount = await self._client.asked(actor)
        terms = {"contract_size": self.preferences.contract_size} | discount
        question = Question(
            lpa=place.lpa,
            nca=place.nca,
            on_date=date.today().isoformat(),
            waterbody=place.waterbody_id or "",
            preferences=self.preferences.preferences,
            use=lost.use,
            **terms,
        )
        run = await patiently(
            lambda: ask(self._site.service, lost.upload, question, self._site.login),
            self._following.say,
        )
        await self._follow(run.run_id, lost.upload, lost.demand)

    @guarded
    async def _follow_again(self, run_id: uuid.UUID, reference: str) -> None:
        found = await self._follow(run_id, None, None, reference)
        if found is not None:
            upload = await asyncio.to_thread(upload_of, self._site.service, found.run)
            await self._put_back(found.run, upload)

    async def _follow(
        self,
        run_id: uuid.UUID,
        upload: Upload | None,
        demand: Demand | None,
        reference: str = "",
    ) -> Result | None:
        run = await self._following.follow(run_id)
        if run is None:
            self._enable(True)
            return None
        if run.kind != Question.kind:
            raise BadInput(f"Run {run_id} is not of this page: it is one of {run.kind}.")
        service = self._site.service
        found = await asyncio.to_thread(gather, service, run, demand)
        self._result.value = result(found)
        self._following.end("Done. The result is below.")
        self._enable(True)
        if found.answer["status"] == "infeasible":
            self._remedies.show(found.answer, found.demand)
        else:
            self._map.offer(found)
            self._draft.offer(run, found.bank_names, reference)
            if upload is None:
                upload = await asyncio.to_thread(upload_of, service, run)
            self._around.offer(upload, found)
        return found

    async def _put_back(self, run: Run, upload: Upload) -> None:
        """Fill the form with what the run was asked."""
        asked = run.parameters
        self._place.put_back(asked["lpa"], asked["nca"], asked.get("waterbody", ""))
        self.preferences.put_back(asked["preferences"], asked["contract_size"])
        if PurePath(upload.name).suffix.casefold() == ".csv":
            self._demand.type_in(lines_of_csv(upload.content))
            return
        use = asked.get("use", "")
        metric = await asyncio.to_thread(read_workbook, upload.name, upload.content, use)
        self._demand.put_back(Workbook(upload.name, upload.content, metric, use))

    def _begin(self, stage: str) -> None:
        self._enable(False)
        self._result.value = ""
        self._map.clear()
        self._remedies.clear()
        self._around.clear()
        self._draft.clear()
        self._following.begin(stage)

    def _enable(self, enabled: bool) -> None:
        self._button.disabled = not enabled
        self.preferences.enable(enabled)
        self._demand.enable(enabled)
        self._place.enable(enabled)
