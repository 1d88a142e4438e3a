"""A metric workbook: choose it, check it, read it, show what it requires and what was found."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import ipywidgets as widgets

from bng_core.errors import MetricError
from bng_core.metric import Metric, Source, read_metric
from dashboards.ui.fields import field, file_chooser, html
from dashboards.ui.guard import guarded
from dashboards.ui.quote.findings_list import FindingsList
from dashboards.ui.requirement import requirement
from dashboards.ui.text import problem

LARGEST_BYTES = 20 * 1024 * 1024
FILE_TYPES = (".xlsx", ".xlsm")
FIGURES = [
    ("Not decided", ""),
    ("Those saved in the workbook", str(Source.WORKBOOK)),
    ("Those recomputed from its rows", str(Source.RECOMPUTED)),
]


@dataclass(frozen=True)
class Workbook:
    """An uploaded file and what was read from it; `use` says whose figures count, if decided."""

    name: str
    content: bytes
    metric: Metric
    use: str = ""


def check_upload(name: str, size: int) -> None:
    """Refuse what cannot be a metric workbook, before it is opened. Raises MetricError."""
    if PurePath(name).suffix.lower() not in FILE_TYPES:
        raise MetricError(
            f"{name} is not a file that can be read here: expected a statutory metric workbook, "
            ".xlsx or .xlsm. Choose the workbook itself."
        )
    if size > LARGEST_BYTES:
        raise MetricError(
            f"{name} has {size / 1024**2:.1f} MB; the largest workbook that can be read is "
            f"{LARGEST_BYTES // 1024**2} MB. The official workbook has about 4 MB: remove pictures "
            "and added sheets, and save it again."
        )
    if size == 0:
        raise MetricError(f"{name} is empty. Choose the workbook again.")


class WorkbookStep:
    """The upload and the requirement under it."""

    def __init__(self, when_read: Callable[[Workbook | None], None]) -> None:
        self.workbook: Workbook | None = None
        self._when_read = when_read
        what = "Choose a metric workbook, .xlsx or .xlsm, up to 20 MB"
        self._upload = file_chooser("Choose a workbook", what, FILE_TYPES)
        self._upload.observe(self._chosen, "value")
        self._status = html("", "bng-live")
        self._problem = html("", "bng-urgent")
        self._requirement = html()
        self._findings = FindingsList()
        self._use = widgets.Dropdown(description="Whose figures count", options=FIGURES, value="")
        self._use.observe(self._use_chosen, "value")
        self._use_field = field(
            self._use,
            "The saved figures of this workbook are not what its rows give. A quote needs one of "
            "them; the findings below say which cells differ.",
        )
        self._use_field.add_class("bng-hidden")
        self.widget = widgets.VBox(
            [
                field(
                    self._upload,
                    "The statutory biodiversity metric as the ecologist saved it: .xlsx or .xlsm, "
                    "up to 20 MB. Macros are never run.",
                ),
                self._problem,
                self._status,
                self._use_field,
                self._findings.widget,
                self._requirement,
            ]
        )

    def show_problem(self, text: str) -> None:
        """Say why the file cannot be used; nothing of an earlier file stays."""
        self._clear("")
        self._problem.value = problem(text)
        self.workbook = None
        self._when_read(None)

    def enable(self, enabled: bool) -> None:
        """Whether another workbook may be chosen now."""
        self._upload.disabled = self._use.disabled = not enabled

    def put_back(self, workbook: Workbook) -> None:
        """Show a workbook that was uploaded before."""
        self._show(workbook)

    @guarded
    async def put_back_kept(self, load: Callable[[], Workbook]) -> None:
        """Show a workbook that is loaded and read first."""
        self._clear("<p>Reading the workbook of before …</p>")
        self._show(await asyncio.to_thread(load))

    @guarded
    def _chosen(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        upload = change["new"][0]
        name, content = PurePath(upload["name"]).name, bytes(upload["content"])
        check_upload(name, len(content))
        self._clear("<p>Reading the workbook …</p>")
        self._read(name, content, "")

    @guarded
    def _use_chosen(self, change: dict[str, Any]) -> None:
        if self.workbook is not None and self.workbook.use != change["new"]:
            self._read(self.workbook.name, self.workbook.content, change["new"])

    @guarded
    async def _read(self, name: str, content: bytes, use: str) -> None:
        metric = await asyncio.to_thread(read_workbook, name, content, use)
        self._show(Workbook(name, content, metric, use))
        self._when_read(self.workbook)

    def _show(self, workbook: Workbook) -> None:
        self.workbook = workbook
        metric = workbook.metric
        self._requirement.value = requirement(metric)
        self._findings.show(metric.findings)
        self._use.value = workbook.use
        differs = bool(metric.differences)
        (self._use_field.remove_class if differs else self._use_field.add_class)("bng-hidden")
        self._problem.value = ""
        self._status.value = "<p>The workbook was read.</p>"

    def _clear(self, status: str) -> None:
        self._status.value = status
        self._requirement.value = self._problem.value = ""
        self._findings.clear()
        self._use_field.add_class("bng-hidden")


def read_workbook(name: str, content: bytes, use: str) -> Metric:
    """Read a workbook, its figures settled where somebody said whose count. Raises MetricError."""
    return read_metric(content, name, Source(use) if use else None)
