"""The figures of the analytics page: which view is drawn how; each says itself what it counts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bng_core.terms import Module
from dashboards.ui.charts import Chart, bars, lines
from dashboards.ui.text import module_name, percent, pounds

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Drawing:
    """A chart of one view: `columns` by the names that readers see, over the column `label`.

    Where `by` names a column, each of its values is a series of the first of the columns.
    """

    view: str
    title: str
    heading: str
    label: str
    columns: dict[str, str]
    shown: Callable[[float], str]
    draw: Callable[[Chart], str] = lines
    by: str = ""

    def html(self, rows: Rows, explains: str) -> str:
        """The chart with its table and file."""
        labels = list(dict.fromkeys(row[self.label] for row in rows))
        series = {
            name: [_figure(values.get(label)) for label in labels]
            for name, values in self._series(rows)
        }
        written = [_written(self.label, label) for label in labels]
        return self.draw(Chart(self.title, self.heading, written, series, self.shown, explains))

    def _series(self, rows: Rows) -> Iterator[tuple[str, dict[Any, Any]]]:
        if not self.by:
            for name, column in self.columns.items():
                yield name, {row[self.label]: row[column] for row in rows}
            return
        (column,) = self.columns.values()
        for value in dict.fromkeys(row[self.by] for row in rows):
            of_value = {row[self.label]: row[column] for row in rows if row[self.by] == value}
            yield SERIES_NAMES.get(value, str(value)), of_value


def whole(value: float) -> str:
    """A count.

    >>> whole(1234.0)
    '1,234'
    """
    return f"{value:,.0f}"


def money(value: float) -> str:
    """Money in whole pounds: what is beyond them is in the file."""
    return pounds(round(value)).text


def share(value: float) -> str:
    """A share of one in per cent.

    >>> share(0.4444)
    '44.4 %'
    """
    return percent(round(value, 3))


def some_units(value: float) -> str:
    """Units to two places."""
    return f"{value:,.2f}"


def seconds(value: float) -> str:
    """Seconds to two places."""
    return f"{value:,.2f} s"


def pace(value: float) -> str:
    """Days or weeks to one place."""
    return f"{value:,.1f}"


MONTH, DAY = ("Month", "month"), ("Day", "day")
LPA, CUSTOMER, PROMOTER = ("LPA", "lpa"), ("Customer", "customer"), ("Promoter", "promoter")
HABITAT = ("Habitat", "habitat")
COUNTS = {"Quotes made": "quotes", "Sold": "sold"}
MONEY = {"Quoted": "quoted_gbp", "Revenue": "revenue_gbp"}
EARNED = {"Revenue": "revenue_gbp"}
STOCK = {"Free": "free", "Held by quotes": "held", "Sold": "sold"}
WAITS = {"Median wait": "median_wait_s", "Longest wait": "longest_wait_s"}
TROUBLE = {"Failed or lost": "failed", "Not ended": "not_ended"}

SERIES_NAMES = {
    **{module.value: module_name(module) for module in Module},
    "optimise": "Quotes",
    "portfolio": "Portfolios",
    "explore": "What stands around an answer",
    None: "Other",
}
"""What readers call the values that views have as series."""

TOPICS: dict[str, tuple[Drawing, ...]] = {
    "Revenue": (
        Drawing("quotes_by_month", "Quoted and revenue by month", *MONTH, MONEY, money),
        Drawing("quotes_by_month", "Quotes by month", *MONTH, COUNTS, whole),
    ),
    "Conversion": (
        Drawing("conversion", "Share of quotes sold", *MONTH, {"Sold": "conversion"}, share),
        Drawing("conversion", "Days until accepted", *MONTH, {"Days": "days_to_accept"}, pace),
    ),
    "Where, and for whom": (
        Drawing("quotes_by_lpa", "Revenue by authority (LPA)", *LPA, EARNED, money, bars),
        Drawing("quotes_by_customer", "Revenue by customer", *CUSTOMER, EARNED, money, bars),
        Drawing("quotes_by_promoter", "Revenue by promoter", *PROMOTER, EARNED, money, bars),
    ),
    "Prices": (
        Drawing(
            "quoted_prices_by_month",
            "Mean price quoted per unit",
            *MONTH,
            {"Mean": "mean_gbp"},
            money,
            by="module",
        ),
    ),
    "Stock": (
        Drawing("stock_by_month", "Units of all banks by month", *MONTH, STOCK, some_units),
        Drawing("stock_left", "Units by habitat", *HABITAT, STOCK, some_units, bars),
    ),
    "Cache and queue": (
        Drawing(
            "cache_hit_rate",
            "Share of requests that the cache answered",
            *DAY,
            {"From the cache": "hit_rate"},
            share,
            by="kind",
        ),
        Drawing("queue_by_day", "Seconds until a run began", *DAY, WAITS, seconds),
        Drawing("queue_by_day", "Seconds of work", *DAY, {"Median": "median_work_s"}, seconds),
        Drawing("queue_by_day", "Runs that failed or have not ended", *DAY, TROUBLE, whole),
    ),
}
"""What the page shows, in order."""


def _written(column: str, value: Any) -> str:
    """A month, a day or a name."""
    if column == "month":
        return f"{value:%b %Y}"
    return f"{value.day} {value:%b %Y}" if column == "day" else str(value)


def _figure(value: Any) -> float | None:
    return None if value is None else float(value)
