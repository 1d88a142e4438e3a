"""Putting another market in place of the present one: the difference first, then all or nothing."""

import asyncio
from collections.abc import Callable
from html import escape
from pathlib import PurePath
from typing import Any

import ipywidgets as widgets

from bng_core.errors import BadInput, MarketError
from bng_core.market import Market
from bng_core.market_files import UPLOADS, read_market_upload
from bng_core.plain_text import plain_text
from bng_core.store import checks, market_version
from bng_core.store.market_exchange import Imported, import_market
from dashboards.ui.fields import button, field, file_chooser, html
from dashboards.ui.guard import guarded
from dashboards.ui.market_difference import difference, difference_words
from dashboards.ui.paged_table import PagedTable
from dashboards.ui.portfolio_files import listed_faults
from dashboards.ui.site import Site
from dashboards.ui.text import counted, note, paragraphs, problem

HINT = (
    "A .zip of a market folder (banks.csv, stock.csv, prices.csv) or a broker's workbook with the "
    "sheets Banks, Pricing and Stock; up to 20 MB. Nothing is written before you apply it."
)


class MarketImport:
    """The upload, what it would change, the reason, and the button that does it."""

    def __init__(self, site: Site, changed: Callable[[], None]) -> None:
        self._site = site
        self._changed = changed
        self._checked: tuple[Market, str] | None = None
        what = "Choose a .zip of a market folder, or a market workbook"
        self._upload = file_chooser("Choose a market", what, UPLOADS)
        self._upload.observe(self._chosen, "value")
        self._problem = html("", "bng-urgent")
        self._status = html("", "bng-live")
        self._difference = widgets.VBox()
        self._why = widgets.Text(description="Reason for the new market")
        self._apply = button("Apply the new market", primary=True)
        self._apply.on_click(lambda _: self._start())
        self._step = widgets.VBox([field(self._why, "It is kept in the audit log."), self._apply])
        self._step.layout.display = "none"
        self.widget = widgets.VBox(
            [
                html("<h3>Import a market</h3>"),
                field(self._upload, HINT),
                self._problem,
                self._status,
                self._difference,
                self._step,
            ]
        )

    def show_problem(self, text: str) -> None:
        """Say why it cannot be imported; what was checked before counts no more."""
        self._clear()
        self._problem.value = problem(text)

    def _clear(self) -> None:
        self._checked = None
        self._step.layout.display = "none"
        self._status.value = self._problem.value = ""
        self._difference.children = ()

    @guarded
    def _chosen(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        self._clear()
        self._status.value = "<p>Checking the market …</p>"
        upload = change["new"][0]
        self._check(PurePath(upload["name"]).name, bytes(upload["content"]))

    @guarded
    async def _check(self, name: str, content: bytes) -> None:
        try:
            read = await asyncio.to_thread(read_market_upload, name, content)
        except MarketError as error:
            count = counted(len(error.faults), "fault")
            self.show_problem(f"{name} has {count}. Nothing was written; mend it and try again.")
            self._difference.children = (PagedTable(listed_faults(error.faults)).widget,)
            return
        tried, version = await asyncio.to_thread(self._dry_run, read.market)
        self._checked = (read.market, version)
        told = f"{name}: {difference_words(tried.diff)} Nothing has been written yet."
        notes = paragraphs("\n".join(["The workbook and the law:", *read.notes]))
        self._status.value = f"<p>{escape(told)}</p>{notes if read.notes else ''}"
        if not tried.diff.is_empty:
            self._difference.children = (PagedTable(difference(tried.diff)).widget,)
            self._step.layout.display = ""

    @guarded
    def _start(self) -> None:
        if self._checked is None:
            raise BadInput("There is no market to apply: choose its file first.")
        try:
            why = plain_text("The reason for the new market", self._why.value, checks.LONGEST_TEXT)
        except BadInput as error:
            self._problem.value = problem(str(error))  # what was checked still counts
            return
        self._apply.disabled = True
        self._write(*self._checked, why)

    @guarded
    async def _write(self, market: Market, version: str, why: str) -> None:
        try:
            done = await asyncio.to_thread(self._import, market, version, why)
        finally:
            self._apply.disabled = False
        self._clear()
        self._why.value = ""
        self._status.value = note(f"Applied. The market is now version {done.version}.")
        self._changed()

    def _dry_run(self, market: Market) -> tuple[Imported, str]:
        store, actor = self._site.store, self._site.actor()
        version = market_version(store)
        return import_market(store, actor, market, "dry run", dry_run=True), version

    def _import(self, market: Market, version: str, why: str) -> Imported:
        store = self._site.store
        if market_version(store) != version:
            raise BadInput(
                "The market changed since the difference was shown. Nothing was written: choose "
                "the file again and look at the difference as it is now."
            )
        return import_market(store, self._site.actor(), market, why)
