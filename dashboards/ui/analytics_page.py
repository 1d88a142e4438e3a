"""The analytics page: a period, and its figures, counted by DuckDB when they are asked for."""

import asyncio
from datetime import date, timedelta
from html import escape

import ipywidgets as widgets

from bng_core.store.analytics import STORE, Period, open_analytics
from dashboards.ui.analytics_charts import TOPICS, Rows
from dashboards.ui.fields import button, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.page import Page
from dashboards.ui.site import Site
from dashboards.ui.text import day, problem

SHOWN_AT_FIRST = timedelta(days=365)
Views = dict[str, tuple[Rows, str]]
"""The rows of each view, and what it counts."""


class PeriodForm:
    """The first and the last day that count; blank has no end."""

    def __init__(self) -> None:
        today = date.today()
        self._since = widgets.DatePicker(description="From", value=today - SHOWN_AT_FIRST)
        self._until = widgets.DatePicker(description="Until", value=today)
        self.show = button("Show the figures", primary=True)
        self.problem = html("", "bng-urgent")
        self.status = html("<p>Counting …</p>", "bng-live")
        self.widget = widgets.VBox(
            [
                field(self._since, "Blank: from the first day on."),
                field(self._until, "Blank: until today. Days are those of UTC."),
                self.show,
                self.problem,
                self.status,
            ]
        )

    def period(self) -> Period:
        """The period as it stands in the form."""
        return Period(self._since.value or date.min, self._until.value or date.max)


class AnalyticsPage(Page):
    """The form, and under it each topic with its charts."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.period = PeriodForm()
        self.period.show.on_click(lambda _: self._count())
        self._topics = {title: html() for title in TOPICS}
        self.figures = widgets.VBox(list(self._topics.values()))

    def begin(self) -> None:
        """Count the last twelve months."""
        self._count()

    def show_problem(self, text: str) -> None:
        """Say below the form why there are no figures."""
        self.period.status.value = ""
        self.period.problem.value = problem(text)
        self.period.show.disabled = False

    @guarded
    async def _count(self) -> None:
        period = self.period.period()
        self.period.problem.value = ""
        self.period.status.value = "<p>Counting …</p>"
        self.period.show.disabled = True
        views = await asyncio.to_thread(self._views, period)
        for title, shown in self._topics.items():
            shown.value = await asyncio.to_thread(topic, title, views)
        self.period.status.value = f"<p>{escape(period_words(period))}</p>"
        self.period.show.disabled = False

    def _views(self, period: Period) -> Views:
        analytics = open_analytics(STORE, self.site.actor(), period)
        try:
            wanted = {drawing.view for drawings in TOPICS.values() for drawing in drawings}
            return {view: (analytics.rows(view), analytics.explains(view)) for view in wanted}
        finally:
            analytics.close()


def topic(title: str, views: Views) -> str:
    """The charts of one topic under its heading."""
    return f"<h3>{escape(title)}</h3>" + "".join(
        drawing.html(*views[drawing.view]) for drawing in TOPICS[title]
    )


def period_words(period: Period) -> str:
    """The period in a sentence."""
    since = "the first day" if period.since == date.min else day(period.since)
    until = "today" if period.until == date.max else day(period.until)
    return f"Figures from {since} until {until}. Stock by habitat is as it stands now."
