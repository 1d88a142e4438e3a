"""What all pages have: notices above, facts about program and data below, a visitor."""

from datetime import date
from html import escape
from importlib.metadata import version
from typing import TypeVar

from bng_core.reference import rulebook_version, table
from bng_core.store import Store, load_banks, market_version
from dashboards.ui.fields import html
from dashboards.ui.guard import guarded, log_to_server
from dashboards.ui.outage import patiently
from dashboards.ui.site import Site
from dashboards.ui.text import counted, day, note, problem

SAMPLE_STATUS = "synthetic sample"
"""What the banks of the sample market have as their status."""


class Page:
    """What a notebook shows, one attribute per cell; each page is a subclass."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.notices = html("", "bng-live")
        self.footer = html(_footer(["Market: not connected"]))

    def show_problem(self, text: str) -> None:
        """Say at the top of the page what is wrong with the page or the site itself."""
        self.notices.value = problem(text)

    def _say(self, words: str) -> None:
        self.notices.value = note(words) if words else ""

    def begin(self) -> None:
        """Do what the address asks for; called once, when the visitor is known."""

    @guarded
    async def connect(self) -> None:
        """Look whether the store answers and what market it holds."""
        found = await patiently(lambda: _market_facts(self.site.store), self._say)
        self.footer.value = _footer(found)


P = TypeVar("P", bound=Page)


def open_page(kind: type[P]) -> P:
    """Build a page for one visitor; a preheated kernel waits here until somebody comes."""
    log_to_server()
    site = Site()
    page = kind(site)
    site.wait_for_visitor()
    page.connect()
    page.begin()
    return page


def _market_facts(store: Store) -> list[str]:
    version = market_version(store)
    banks = load_banks(store, version)
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
    items = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return f'<ul>{items}<li><a href="/accessibility">Accessibility</a></li></ul>'
