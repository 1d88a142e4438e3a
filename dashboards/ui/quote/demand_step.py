"""What is lost: a metric workbook, or losses typed in."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from bng_core.demand import Demand, DemandLine, demand_of_file, demand_of_metric
from bng_core.errors import BadInput, StoreError
from bng_core.metric import Source
from bng_core.runs import Upload, file_name
from bng_core.store import load_input, save_input
from dashboards.ui.fields import field
from dashboards.ui.guard import guarded
from dashboards.ui.quote.losses_form import FILE_NAME, LossesForm
from dashboards.ui.site import Site
from dashboards.ui.workbook_step import Workbook, WorkbookStep, read_workbook

WORKBOOK, TYPED = "workbook", "typed"
ORIGINS = [("A metric workbook", WORKBOOK), ("Losses typed in", TYPED)]


@dataclass(frozen=True)
class Lost:
    """The file that a run is asked with, whose figures count, and the demand in it."""

    upload: Upload
    use: str
    demand: Demand


class DemandStep:
    """The choice between workbook and typed losses, and the one that was chosen."""

    def __init__(self, site: Site, when_read: Callable[[Workbook | None], None]) -> None:
        self._site, self._when_read = site, when_read
        self._kept: dict[str, str] = {}
        self.workbook = WorkbookStep(self._read)
        self.losses = LossesForm()
        self._origin = widgets.Dropdown(description="Where the losses come from", options=ORIGINS)
        self._origin.observe(self._chosen, "value")
        self.losses.widget.add_class("bng-hidden")
        self.widget = widgets.VBox(
            [
                field(
                    self._origin, "A workbook gives every figure; typed losses give a first price."
                ),
                self.workbook.widget,
                self.losses.widget,
            ]
        )

    @property
    def is_typed(self) -> bool:
        """Whether the losses are typed in."""
        return bool(self._origin.value == TYPED)

    def lost(self) -> Lost:
        """What a run is asked with. Raises BadInput, or MetricError where a finding stops it."""
        if self.is_typed:
            demand = self.losses.demand()
            return Lost(Upload(FILE_NAME, self.losses.as_csv()), "", demand)
        workbook = self.workbook.workbook
        if workbook is None:
            raise BadInput("There is no workbook yet: choose one in step 2, or type the losses.")
        upload = Upload(workbook.name, workbook.content)
        return Lost(upload, workbook.use, demand_of_metric(workbook.metric))

    def put_back(self, workbook: Workbook) -> None:
        """Show a workbook that was uploaded before."""
        self._origin.value = WORKBOOK
        self.workbook.put_back(workbook)

    def type_in(self, lines: list[DemandLine]) -> None:
        """Show these losses as typed in."""
        self._origin.value = TYPED
        self.losses.fill(lines)

    def filled(self) -> dict[str, Any]:
        """What is filled in, as `remember` takes it; of a workbook, where the store keeps it."""
        return {
            "origin": self._origin.value,
            "lines": [list(line) for line in self.losses.filled()],
            "workbook": self._kept,
        }

    def remember(self, filled: dict[str, Any]) -> None:
        """Fill in what was there before."""
        self._origin.value = filled["origin"]
        self.losses.put_back(filled["lines"])
        if filled["workbook"] and self.workbook.workbook is None:
            self.workbook.put_back_kept(lambda: self._load(**filled["workbook"]))
            self._kept = filled["workbook"]

    def enable(self, enabled: bool) -> None:
        """Whether anything may be changed now."""
        self._origin.disabled = not enabled
        self.workbook.enable(enabled)
        self.losses.enable(enabled)

    def _read(self, workbook: Workbook | None) -> None:
        self._when_read(workbook)
        self._kept = {}
        if workbook is not None:
            self._keep(workbook)

    def show_problem(self, text: str) -> None:
        """Say what is wrong with the file."""
        self.workbook.show_problem(text)

    @guarded
    async def _keep(self, workbook: Workbook) -> None:
        """Keep the file as a run would, so that a reload need not ask for it again."""
        try:
            sha256 = await asyncio.to_thread(
                lambda: save_input(self._site.store, file_name(workbook.name), workbook.content)
            )
        except StoreError:  # not remembered then; whoever asks is told that the store is away
            return
        self._kept = {"name": workbook.name, "sha256": sha256, "use": workbook.use}

    def _load(self, name: str, sha256: str, use: str) -> Workbook:
        content = load_input(self._site.store, sha256)
        return Workbook(name, content, read_workbook(name, content, use), use)

    def _chosen(self, change: dict[str, Any]) -> None:
        shown, hidden = self.workbook.widget, self.losses.widget
        if change["new"] == TYPED:
            shown, hidden = hidden, shown
        shown.remove_class("bng-hidden")
        hidden.add_class("bng-hidden")


def demand_of_upload(upload: Upload, use: str) -> Demand:
    """The demand of a file as it was uploaded. Raises MetricError or DemandError."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / upload.name
        path.write_bytes(upload.content)
        return demand_of_file(path, Source(use) if use else None)
