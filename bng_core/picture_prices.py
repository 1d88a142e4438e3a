"""Pictures of prices: what changed prices do to a purchase, and what the market asks."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from bng_core.picture import COLOURS, as_image

MARKERS = "osD^vP*Xh"
"""A second sign beside the colour."""
MOST_HABITATS = 15


def plot_sensitivity(found: Mapping[str, Any]) -> Figure:
    """Draw what changed prices do: left to the total cost, right to the units each bank sells."""
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for number, bank in enumerate(found["banks"]):
        _curve(left, bank, "total_gbp", number)
        _curve(right, bank, "units", number)
    market = found["market"]["points"]
    left.plot(
        [point["percent"] for point in market], [point["total_gbp"] for point in market],
        "--", color="#000000", label="all banks",
    )  # fmt: skip
    left.set_ylabel("Total cost, GBP")
    left.yaxis.set_major_formatter(FuncFormatter(lambda gbp, _: f"£{gbp:,.0f}"))
    right.set_ylabel("Units bought from the bank")
    for axes in (left, right):
        axes.set_xlabel("Change of the bank’s prices")
        axes.xaxis.set_major_formatter(PercentFormatter(decimals=0))
        axes.axvline(0, color="#999999", linewidth=0.8)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=9)
    return figure


def sensitivity_html(found: Mapping[str, Any]) -> str:
    """Return the drawing of the curves as an image for HTML, with the limits in words."""
    points = found["market"]["points"]
    market = (
        f"All prices {point['percent']:+d} %: £{point['total_gbp']:,.2f}"
        for point in (points[0], points[-1])
    )
    limits = " ".join(bank["message"] for bank in found["banks"])
    words = f"What changed prices do. {limits} {'; '.join(market)}."
    return as_image(plot_sensitivity(found), words)


def _curve(axes: Axes, bank: Mapping[str, Any], what: str, number: int) -> None:
    axes.plot(
        [point["percent"] for point in bank["points"]],
        [point[what] for point in bank["points"]],
        color=COLOURS[number],
        marker=MARKERS[number],
        markersize=5,
        label=bank["bank_id"],
    )


def plot_price_ranges(habitats: pd.DataFrame) -> Figure:
    """Draw for each habitat its lowest, median and highest price, and the units on sale.

    `habitats` is the table of `bng_core.market_words.habitats_on_sale`; at most 15 are drawn.
    """
    drawn = habitats.head(MOST_HABITATS).reset_index(drop=True)
    figure = Figure(figsize=(11, 1.3 + 0.34 * len(drawn)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    places = range(len(drawn))
    left.hlines(places, drawn["Lowest, GBP"], drawn["Highest, GBP"], color=COLOURS[0], linewidth=4)
    left.plot(drawn["Median, GBP"], places, "D", color="#000000", markeredgecolor="white")
    left.set_xlabel("Lowest, median and highest price, GBP per unit")
    left.xaxis.set_major_formatter(FuncFormatter(lambda gbp, _: f"£{gbp:,.0f}"))
    left.xaxis.set_major_locator(MaxNLocator(5))
    right.barh(places, drawn["Units"], color=COLOURS[2], height=0.6)
    for place, units in enumerate(drawn["Units"]):
        right.annotate(
            f"{units:,.1f}", (units, place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=8,
        )  # fmt: skip
    right.set_xlabel("Units on sale")
    right.margins(x=0.15)
    left.set_yticks(places, [label.split(" - ", 1)[-1] for label in drawn["Habitat"]], fontsize=8)
    left.invert_yaxis()
    left.grid(axis="x", color="#dddddd")
    for axes in (left, right):
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def price_ranges_html(habitats: pd.DataFrame) -> str:
    """Return the drawing of the price ranges as an image for HTML; in words the dearest first."""
    said = [
        f"{row['Habitat']}: £{row['Lowest, GBP']:,.0f} to £{row['Highest, GBP']:,.0f}"
        for row in _records(habitats.head(MOST_HABITATS))
    ]
    return as_image(plot_price_ranges(habitats), f"Prices per unit. {'; '.join(said)}.")


def _records(frame: pd.DataFrame) -> Sequence[Mapping[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
