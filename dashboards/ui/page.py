"""The page as a whole: three steps, notices above them, facts about program and data below."""

import asyncio
from datetime import date
from functools import cached_property
from html import escape
from importlib.metadata import version
from urllib.parse import parse_qs

from voila.utils import get_query_string

from bng_core.reference import rulebook_version, table
from bng_core.runs import RunService
from bng_core.store import load_market, market_version
from dashboards.ui.fields import html
from dashboards.ui.guard import guarded, log_to_server
from dashboards.ui.jobs import open_service
from dashboards.ui.place_step import PlaceStep
from dashboards.ui.run_step import RunStep
from dashboards.ui.text import counted, day, note, problem
from dashboards.ui.workbook_step import Workbook, WorkbookStep

SAMPLE_STATUS = "synthetic sample"
"""What the banks of the sample market have as their status."""


class Page:
    """What the notebook shows, one attribute per cell."""

    def __init__(self) -> None:
        self.notices = html("", "bng-live")
        self.footer = html(_footer(["Market: not connected"]))
        self.workbook = WorkbookStep(self._workbook_read)
        self.place = PlaceStep()
        self.run = RunStep(lambda: self._service, self.workbook, self.place)

    @cached_property
    def _service(self) -> RunService:
        """Opened at first use; where that fails, the next use tries again."""
        return open_service()

    def show_problem(self, text: str) -> None:
        """Say above all steps what is wrong with the site itself."""
        self.notices.value = problem(text)

    @guarded
    async def connect(self) -> None:
        """Look whether the store answers and what market it holds."""
        found = await asyncio.to_thread(lambda: _market_facts(self._service))
        self.footer.value = _footer(found)

    def _workbook_read(self, workbook: Workbook | None) -> None:
        if workbook is not None:
            self.place.suggest(workbook.metric.planning_authority)


def open_page() -> Page:
    """Build the page for one visitor; a preheated kernel waits here until somebody comes."""
    log_to_server()
    page = Page()
    run_ids = parse_qs(get_query_string() or "").get("run", [])
    page.connect()
    if run_ids:
        page.notices.value = note("You opened a stored run: its result is under step 3.")
        page.run.reopen(run_ids[0])
    return page


def _market_facts(service: RunService) -> list[str]:
    version = market_version(service.store)
    banks = load_market(service.store, version).banks
    facts = [f"Market of {counted(len(banks), 'bank')} (version {version[:8]})"]
    if "status" in banks and banks["status"].str.contains(SAMPLE_STATUS).any():
        facts.append("Sample data: invented banks, illustrative prices")
    return facts


def _footer(market: list[str]) -> str:
    since = date.fromisoformat(max(row["valid_from"] for row in table("trading_rules.csv")))
    facts = [
        f"BNG Optimiser {version('bng-optimiser')}",
        f"Trading rules of {day(since)} (rulebook {rulebook_version()[:8]})",
        *market,
    ]
    return f"<ul>{''.join(f'<li>{escape(fact)}</li>' for fact in facts)}</ul>"
