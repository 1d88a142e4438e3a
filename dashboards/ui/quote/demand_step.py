"""What is lost: a metric workbook, or losses typed in."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from bng_core.demand import Demand, DemandLine, demand_of_file, demand_of_metric
from bng_core.errors import BadInput
from bng_core.metric import Source
from bng_core.runs import Upload
from dashboards.ui.fields import field
from dashboards.ui.quote.losses_form import FILE_NAME, LossesForm
from dashboards.ui.workbook_step import Workbook, WorkbookStep

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

    def __init__(self, when_read: Callable[[Workbook | None], None]) -> None:
        self.workbook = WorkbookStep(when_read)
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

    def enable(self, enabled: bool) -> None:
        """Whether anything may be changed now."""
        self._origin.disabled = not enabled
        self.workbook.enable(enabled)
        self.losses.enable(enabled)

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
