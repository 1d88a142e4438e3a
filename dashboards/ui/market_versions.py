"""The versions of the market, and what differs between two of them."""

import asyncio
from collections.abc import Sequence
from html import escape

import ipywidgets as widgets

from bng_core.errors import BadInput
from bng_core.market_diff import MarketDiff, market_diff
from bng_core.store.market_exchange import MarketVersion, list_market_versions, market_of_version
from dashboards.ui.fields import button, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.market_difference import difference, difference_words
from dashboards.ui.paged_table import PagedTable
from dashboards.ui.site import Site
from dashboards.ui.tables import Column, table
from dashboards.ui.text import problem

MOST_VERSIONS = 50
SHOWN_VERSIONS = 10
COLUMNS = (Column("Version"), Column("Since (UTC)"), Column("By"), Column("Why"))


class Versions:
    """The latest versions as a table, and a comparison of any two of them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._table = html()
        self._before = widgets.Dropdown(description="Compare the version")
        self._after = widgets.Dropdown(description="With the version")
        compare = button("Compare the versions")
        compare.on_click(lambda _: self._start())
        self._problem = html("", "bng-urgent")
        self._words = html("", "bng-live")
        self._difference = widgets.VBox()
        self.widget = widgets.VBox(
            [
                html("<h3>Versions of the market</h3>"),
                self._table,
                field(self._before, "Each change of bank, price or free stock makes a version."),
                field(self._after),
                compare,
                self._problem,
                self._words,
                self._difference,
            ]
        )

    def show_problem(self, text: str) -> None:
        """Say why versions cannot be compared."""
        self._words.value = ""
        self._difference.children = ()
        self._problem.value = problem(text)

    @guarded
    async def load(self) -> None:
        """List the latest versions."""
        found = await asyncio.to_thread(
            lambda: list_market_versions(self._site.store, self._site.actor(), MOST_VERSIONS)
        )
        self._table.value = versions_table(found[:SHOWN_VERSIONS])
        options = [(f"{v.saved_at:%Y-%m-%d %H:%M:%S}, {v.version}", v.version) for v in found]
        for box, place in ((self._before, 1), (self._after, 0)):
            box.options = options
            box.index = min(place, len(options) - 1) if options else None

    @guarded
    def _start(self) -> None:
        before, after = self._before.value, self._after.value
        if before is None or before == after:
            raise BadInput("Choose two different versions to compare.")
        self._problem.value = ""
        self._compare(before, after)

    @guarded
    async def _compare(self, before: str, after: str) -> None:
        diff = await asyncio.to_thread(self._diff, before, after)
        self._words.value = f"<p>{escape(difference_words(diff))}</p>"
        self._difference.children = () if diff.is_empty else (PagedTable(difference(diff)).widget,)

    def _diff(self, before: str, after: str) -> MarketDiff:
        store, actor = self._site.store, self._site.actor()
        return market_diff(
            market_of_version(store, actor, before), market_of_version(store, actor, after)
        )


def versions_table(found: Sequence[MarketVersion]) -> str:
    """The versions, newest first; a change by a quote or a movement has no reason of its own."""
    rows = [
        [
            v.version,
            f"{v.saved_at:%Y-%m-%d %H:%M:%S}",
            v.who or "–",
            v.why or "units moved",
        ]
        for v in found
    ]
    return table("Latest versions", COLUMNS, rows)
