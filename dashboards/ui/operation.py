"""What the program does: its runs, with a way to stop one, and the answers that are kept."""

import uuid
from collections.abc import Sequence

import ipywidgets as widgets

from bng_core import cache
from bng_core.actor import Actor
from bng_core.errors import BadInput
from bng_core.runs import cancel
from bng_core.store import Run, RunStatus, Store
from bng_core.store.run_figures import run_figures
from bng_core.store.run_pages import RunRow, RunSearch, list_run_rows
from dashboards.ui.deed import Deed
from dashboards.ui.fields import button, choices, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.paging import A_PAGE, PagedSection, Paging
from dashboards.ui.quote_view import RUN_PAGE
from dashboards.ui.section import Section
from dashboards.ui.site import Site
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import Cell, counted, moment

MOST_ENTRIES = 200
RUNS = (
    Column("Run"), Column("Asked"), Column("By"), Column("Kind"), Column("State"),
    Column("File"), Column("Stage or reason"),
)  # fmt: skip
ENTRIES = (Column("Run key"), Column("Run that answers"), Column("Minutes left", is_figure=True))


class Runs(PagedSection):
    """The runs, the newest first, and stopping one."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._list = html()
        states = [("Any state", ""), *((state.capitalize(), state) for state in RunStatus)]
        self._status = widgets.Dropdown(description="State of the run", options=states)
        self._who = widgets.Text(description="Asked by (login)")
        show = button("Show runs")
        show.on_click(self._look)
        self._pages: Paging[RunRow] = Paging(self, self._load, self._show)
        self._chosen = widgets.Dropdown(description="Run that is under way")
        self._cancel = Deed(self, "Cancel a run", self._do_cancel, [field(self._chosen)])
        self._cancel.ask("The run is stopped for good, for everybody who waits for its answer.")
        self.widget = widgets.VBox(
            [
                html("<h3>Runs</h3>"), field(self._status), field(self._who), show, self.problem,
                self.said, self._list, self._pages.widget, self._cancel.widget,
            ]
        )  # fmt: skip

    async def _load(self, after: RunRow | None) -> Sequence[RunRow]:
        status = self._status.value or None
        search = RunSearch(status, self._who.value.strip(), after, A_PAGE + 1)
        return await self.ask(list_run_rows, search)

    def _show(self, found: Sequence[RunRow]) -> None:
        self._list.value = runs_html(found)
        under_way = [row for row in found if row.in_flight]
        names = [(f"{row.input_name}, {moment(row.created_at)}", row.run_id) for row in under_way]
        choices(self._chosen, names)
        self._cancel.offer(bool(under_way))

    async def _do_cancel(self) -> None:
        run_id: uuid.UUID | None = self._chosen.value
        if run_id is None:
            raise BadInput("No run is chosen: choose one above.")
        wanted = run_id

        def stop(_store: Store, actor: Actor) -> Run:
            return cancel(self.site.service, actor, wanted)

        run = await self.ask(stop)
        await self._pages.first()
        ended = run.status is RunStatus.CANCELLED
        self.say("The run was cancelled." if ended else f"The run had ended before: {run.status}.")


class CachedAnswers(Section):
    """The answers that are kept: how many, how often they served, and letting them go."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._list = html()
        self._chosen = widgets.Dropdown(description="Kept answer")
        self._forget = Deed(self, "Delete a kept answer", self._do_forget, [field(self._chosen)])
        self._forget.ask("The next one who asks this question has it computed anew.")
        self._clear = Deed(self, "Clear the whole cache", self._do_clear)
        self._clear.ask("Every question is computed anew; results of runs and quotes stay.")
        again = button("Look again")
        again.on_click(lambda _button: self.begin())
        self.widget = widgets.VBox(
            [
                html("<h3>Cache</h3>"), self.problem, self.said, self._list, again,
                self._forget.widget, self._clear.widget,
            ]
        )  # fmt: skip

    @guarded
    async def begin(self) -> None:
        """Show what is kept."""
        await self._refresh()

    async def _refresh(self) -> None:
        def look(store: Store, actor: Actor) -> tuple[list[cache.Entry], float | None]:
            return cache.entries(self.site.service.cache, actor), run_figures(store).hit_rate

        kept, rate = await self.ask(look)
        self._list.value = cache_html(kept, rate)
        names = [(f"{one.run_key[:12]} of run {one.run_id}", one.run_key) for one in kept]
        choices(self._chosen, names[:MOST_ENTRIES])
        self._forget.offer(bool(kept))

    async def _do_forget(self) -> None:
        key = self._chosen.value
        if key is None:
            raise BadInput("No answer is chosen: choose one above.")
        await self.ask(lambda _store, actor: cache.forget(self.site.service.cache, actor, key))
        await self._refresh()
        self.say("The answer was deleted.")

    async def _do_clear(self) -> None:
        gone = await self.ask(lambda _store, actor: cache.clear(self.site.service.cache, actor))
        await self._refresh()
        self.say(f"{counted(gone, 'answer')} deleted.")


def runs_html(found: Sequence[RunRow]) -> str:
    """Runs as a table; each leads to its page."""
    rows: list[Row] = [
        [
            Cell(str(row.run_id)[:8], address=f"{RUN_PAGE}?run={row.run_id}"),
            moment(row.created_at), row.asked_by or "–", row.kind,
            f"{row.status}, {row.progress} %" if row.in_flight else str(row.status),
            row.input_name, row.error or row.stage,
        ]
        for row in found
    ]  # fmt: skip
    return table("Runs, the newest first", RUNS, rows) if rows else "<p>No run found.</p>"


def cache_html(kept: Sequence[cache.Entry], rate: float | None) -> str:
    """The kept answers as a table, with how often they served."""
    served = "no answer was given yet" if rate is None else f"it gave {rate:.0%} of all answers"
    words = f"<p>{counted(len(kept), 'answer')} kept; {served}.</p>"
    rows: list[Row] = [
        [
            entry.run_key[:12],
            Cell(str(entry.run_id)[:8], address=f"{RUN_PAGE}?run={entry.run_id}"),
            str(entry.seconds_left // 60),
        ]
        for entry in kept[:MOST_ENTRIES]
    ]
    caption = f"Kept answers, the first {MOST_ENTRIES}" if len(kept) > MOST_ENTRIES else "Kept"
    return words + (table(caption, ENTRIES, rows) if rows else "")
