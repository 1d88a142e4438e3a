"""Step 1 of a portfolio: its files, checked before anything is run, every fault by its place."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

import ipywidgets as widgets

from bng_core.archive import pack
from bng_core.errors import BadInput, Fault, PortfolioError
from bng_core.portfolio.folder import SITES, Site, read_portfolio
from bng_core.portfolio.template import portfolio_template
from bng_core.runs import MAX_INPUT_BYTES, MEGABYTE, Upload
from dashboards.ui.downloads import Download
from dashboards.ui.fields import field, file_chooser, html
from dashboards.ui.guard import guarded
from dashboards.ui.paged_table import Listing, PagedTable
from dashboards.ui.tables import Column
from dashboards.ui.text import Cell, counted, day, problem, units

FILE_TYPES = (".zip", ".csv", ".xlsx", ".xlsm")
PACKED_NAME = "portfolio.zip"
HINT = (
    "One .zip with sites.csv, site_demand.csv and the metric workbooks that sites.csv names, or "
    "these files themselves, chosen together. Up to 20 MB. Macros are never run."
)

SITE_COLUMNS = (
    Column("Development"),
    Column("Local planning authority (LPA)"),
    Column("National character area (NCA)"),
    Column("Day"),
    Column("Contract size"),
    Column("Units required", is_figure=True),
)
FAULT_COLUMNS = (Column("File"), Column("Line", is_figure=True), Column("What is wrong"))


@dataclass(frozen=True)
class Portfolio:
    """The file as it is sent, and the developments that were read from it."""

    upload: Upload
    sites: list[Site]


def gathered(files: Mapping[str, bytes]) -> Upload:
    """One .zip of what was chosen: the .zip itself, or the files packed. Raises BadInput."""
    zips = [name for name in files if name.casefold().endswith(".zip")]
    unknown = [name for name in files if PurePath(name).suffix.casefold() not in FILE_TYPES]
    if unknown:
        raise BadInput(
            f"{unknown[0]} is not a file of a portfolio: expected a .zip, or sites.csv, "
            "site_demand.csv and workbooks (.xlsx or .xlsm)."
        )
    if zips and len(files) > 1:
        raise BadInput(f"Choose {zips[0]} alone, or the files without it: a .zip holds them all.")
    if zips:
        upload = Upload(zips[0], files[zips[0]])
    elif SITES in files:
        upload = Upload(PACKED_NAME, pack(files))
    else:
        raise BadInput(f"{SITES} is missing: choose all files of the portfolio together.")
    if len(upload.content) > MAX_INPUT_BYTES:
        raise BadInput(
            f"The portfolio has {len(upload.content) / MEGABYTE:.1f} MB; at most "
            f"{MAX_INPUT_BYTES // MEGABYTE} MB can be read. Give site_demand.csv instead of the "
            "largest workbooks, or save them without pictures."
        )
    return upload


def read_upload(upload: Upload, today: date) -> list[Site]:
    """The developments of a .zip. Raises BadInput, or PortfolioError with every fault."""
    with TemporaryDirectory(prefix="bng-portfolio-") as folder:
        path = Path(folder) / "portfolio.zip"
        path.write_bytes(upload.content)
        return read_portfolio(path, today)


class PortfolioFiles:
    """The upload, the template, and below them the faults or the developments."""

    def __init__(self) -> None:
        self.portfolio: Portfolio | None = None
        what = "Choose the files of the portfolio"
        self._upload = file_chooser("Choose the files", what, FILE_TYPES, multiple=True)
        self._upload.observe(self._chosen, "value")
        self._status = html("", "bng-live")
        self._problem = html("", "bng-urgent")
        self._shown = widgets.VBox()
        self.widget = widgets.VBox(
            [
                html(f"<p>{_template().html}</p>"),
                field(self._upload, HINT),
                self._problem,
                self._status,
                self._shown,
            ]
        )

    def show_problem(self, text: str) -> None:
        """Say why the files cannot be used; nothing of earlier ones stays."""
        self._status.value = ""
        self._shown.children = ()
        self._problem.value = problem(text)
        self.portfolio = None

    def enable(self, enabled: bool) -> None:
        """Whether other files may be chosen now."""
        self._upload.disabled = not enabled

    @guarded
    def _chosen(self, change: dict[str, Any]) -> None:
        chosen = change["new"]
        if not chosen:
            return
        files = {PurePath(one["name"]).name: bytes(one["content"]) for one in chosen}
        upload = gathered(files)
        self._problem.value = ""
        self._shown.children = ()
        self._status.value = "<p>Checking the files …</p>"
        self._read(upload)

    @guarded
    async def _read(self, upload: Upload) -> None:
        try:
            sites = await asyncio.to_thread(read_upload, upload, date.today())
        except PortfolioError as error:
            self._show_faults(error.faults)
            return
        self.portfolio = Portfolio(upload, sites)
        self._status.value = f"<p>{counted(len(sites), 'development')}, no faults.</p>"
        self._shown.children = (PagedTable(developments(sites)).widget,)

    def _show_faults(self, faults: list[Fault]) -> None:
        number = counted(len(faults), "fault")
        self.show_problem(f"The portfolio has {number}. Mend the files and choose them again.")
        self._shown.children = (PagedTable(listed_faults(faults)).widget,)


def developments(sites: list[Site]) -> Listing:
    """What was read, one line a development."""
    rows = [
        [
            site.site_id,
            site.place.lpa,
            site.place.nca,
            day(site.on_date),
            str(site.contract_size),
            units(site.demand.units_required),
        ]
        for site in sites
    ]
    return Listing(
        "The developments as they were read", SITE_COLUMNS, rows, "development", "developments"
    )


def listed_faults(faults: list[Fault]) -> Listing:
    """Every fault by file and line, as an editor counts them."""
    rows = [
        [fault.file, Cell("" if fault.line is None else str(fault.line)), fault.message]
        for fault in faults
    ]
    return Listing("What to mend", FAULT_COLUMNS, rows, "fault", "faults")


def _template() -> Download:
    return Download(
        "Template to fill in", "portfolio-template.zip", "application/zip", portfolio_template()
    )
