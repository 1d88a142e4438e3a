"""Which habitats run out first, and where; for those who may see analytics."""

import asyncio
from typing import Any

import ipywidgets as widgets

from bng_core.store.analytics import STORE, open_analytics
from dashboards.ui.charts import Chart, bars
from dashboards.ui.fields import html
from dashboards.ui.guard import guarded
from dashboards.ui.paged_table import Listing, PagedTable
from dashboards.ui.site import Site
from dashboards.ui.tables import Column
from dashboards.ui.text import Cell, problem, units

EXPLAINS = (
    "Weeks that the free units last at the pace of the last 90 days with a sale; the scarcest "
    "first. A habitat without sales has no pace and is left out."
)
AREA_COLUMNS = (
    Column("Habitat"),
    Column("Area of the banks (NCA)"),
    Column("Banks with free units", is_figure=True),
    Column("Free units", is_figure=True),
    Column("Sold in 90 days", is_figure=True),
    Column("Weeks left", is_figure=True),
)
Figures = list[dict[str, Any]]


class Scarcity:
    """A chart by habitat and a table by habitat and area."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._problem = html("", "bng-urgent")
        self._chart = html()
        self._areas = widgets.VBox()
        self.widget = widgets.VBox(
            [html("<h3>What is scarce</h3>"), self._problem, self._chart, self._areas]
        )

    def show_problem(self, text: str) -> None:
        """Say why there are no figures."""
        self._problem.value = problem(text)

    @guarded
    async def load(self) -> None:
        """Count anew."""
        habitats, areas = await asyncio.to_thread(self._count)
        self._chart.value = await asyncio.to_thread(scarcity_chart, habitats)
        self._areas.children = (PagedTable(listed_areas(areas)).widget,)

    def _count(self) -> tuple[Figures, Figures]:
        analytics = open_analytics(STORE, self._site.actor())
        try:
            return analytics.rows("scarcity"), analytics.rows("scarcity_by_area")
        finally:
            analytics.close()


def scarcity_chart(habitats: Figures) -> str:
    """Weeks left by habitat."""
    known = [row for row in habitats if row["weeks_left"] is not None]
    return bars(
        Chart(
            title="Weeks that free units last",
            heading="Habitat",
            labels=[str(row["habitat"]) for row in known],
            series={"Weeks": [float(row["weeks_left"]) for row in known]},
            shown=lambda weeks: f"{weeks:,.1f} weeks",
            explains=EXPLAINS,
        )
    )


def listed_areas(areas: Figures) -> Listing:
    """Each habitat in each character area, scarcest first."""
    rows = [
        [
            str(row["habitat"]),
            str(row["nca"]),
            Cell(str(row["banks_with_stock"])),
            units(row["free"]),
            units(row["sold_in_90_days"]),
            "no sales" if row["weeks_left"] is None else f"{row['weeks_left']:,.1f}",
        ]
        for row in areas
    ]
    caption = "Scarcity by habitat and area"
    return Listing(caption, AREA_COLUMNS, rows, "row", "rows")
