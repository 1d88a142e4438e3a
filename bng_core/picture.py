"""A picture of an answer: what is bought at each bank, in units and in money."""

import base64
import io
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bng_core.report import verdict

MOST_BANKS = 15
MOST_HABITATS = 9
WIDTH = 10
"""Of the picture, in inches."""
LETTER = 0.1
"""Of the names of banks, in inches; wide enough for capitals."""
COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9",
    "#D55E00", "#F0E442", "#000000", "#882255", "#999999",
)  # fmt: skip
"""Okabe and Ito's palette, told apart by colour-blind readers, and two more of the kind."""
HATCHES = ("", "//", "..", "xx", "\\\\", "--", "oo", "", "++", "")
"""A second sign beside the colour, for print in black and white."""


def plot_allocation(answer: Mapping[str, Any]) -> Figure:
    """Draw stacked bars: per bank the habitats bought, left in units, right in GBP.

    Beyond 15 banks or 9 habitats the smaller ones are drawn together and said to be.
    """
    purchases = pd.DataFrame(answer["purchases"])
    if purchases.empty:
        return _empty_figure(verdict(answer))
    bars = _gathered(purchases)
    habitats = list(dict.fromkeys(bars.sort_values(["habitat_rest", "habitat"])["habitat"]))
    banks = list(dict.fromkeys(bars["bank"]))
    height = 1.2 + 0.42 * len(banks) + 0.2 * len(habitats)
    figure = Figure(figsize=(WIDTH, height))
    figure.subplots_adjust(  # by hand, since measuring every text takes as long as drawing
        left=(0.25 + LETTER * max(map(len, banks))) / WIDTH,
        right=0.99,
        top=1 - 0.4 / height,
        bottom=(0.65 + 0.2 * len(habitats)) / height,
        wspace=0.04,
    )
    left, right = figure.subplots(1, 2, sharey=True)
    _stack(left, bars.pivot_table("units", "bank", "habitat", "sum", 0), banks, habitats)
    _stack(right, bars.pivot_table("cost_gbp", "bank", "habitat", "sum", 0), banks, habitats)
    left.set_xlabel("Units bought, before the spatial risk multiplier")
    right.set_xlabel("Cost, GBP")
    right.xaxis.set_major_formatter(FuncFormatter(lambda gbp, _: f"£{gbp:,.0f}"))
    right.xaxis.set_major_locator(MaxNLocator(5))
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower left", fontsize=9, frameon=False, ncols=1)
    figure.suptitle("What is bought at each bank", x=0.01, ha="left", fontsize=12)
    return figure


def plot_fronts(found: Mapping[str, Any]) -> Figure:
    """Draw what fewer banks and nearer units cost, from the fronts of `explore`."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _front(left, found["fewer_banks"], "banks", "Banks bought from")
    _front(right, found["nearer_units"], "local_share", "Share of the units that is local")
    left.set_ylabel("Total cost, GBP")
    left.yaxis.set_major_formatter(FuncFormatter(lambda gbp, _: f"£{gbp:,.0f}"))
    left.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0%}"))
    return figure


def _front(axes: Axes, points: list[Mapping[str, Any]], key: str, title: str) -> None:
    """Costs by what is asked for; each point carries its cost, so that no figure is in colour."""
    ordered = sorted(points, key=lambda point: float(point[key]))
    costs = [float(point["total_gbp"]) for point in ordered]
    axes.plot([float(point[key]) for point in ordered], costs, "o-", color=COLOURS[0])
    for point, cost in zip(ordered, costs, strict=True):
        axes.annotate(
            f"£{cost:,.0f}", (float(point[key]), cost), xytext=(0, 7),
            textcoords="offset points", ha="center", fontsize=8,
        )  # fmt: skip
    axes.set_xlabel(title)
    axes.margins(0.12, 0.2)


def picture_html(answer: Mapping[str, Any]) -> str:
    """Return the drawing as an image for HTML; its text alternative says the same in words."""
    return as_image(plot_allocation(answer), _in_words(answer))


def fronts_html(found: Mapping[str, Any]) -> str:
    """Return the drawing of the fronts as an image for HTML, with the points in words."""
    points = (
        f"{point['banks']} banks, {point['local_share']:.0%} local: £{point['total_gbp']:,.2f}"
        for point in (*found["fewer_banks"], *found["nearer_units"])
    )
    return as_image(
        plot_fronts(found), f"What fewer banks and nearer units cost. {'; '.join(points)}."
    )


def as_image(figure: Figure, words: str) -> str:
    """Return a drawing as an image for HTML, with what it shows in words."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    text = escape(words, quote=True)
    return f'<img alt="{text}" src="data:image/png;base64,{encoded}" style="max-width:100%">'


def _in_words(answer: Mapping[str, Any]) -> str:
    lines = [
        f"{p['bank_id']}: {float(p['units']):,.2f} units of {p['habitat']} "
        f"for £{float(p['cost_gbp']):,.2f}"
        for p in answer["purchases"]
    ]
    return "What is bought at each bank. " + ("; ".join(lines) or "Nothing is bought") + "."


def _gathered(purchases: pd.DataFrame) -> pd.DataFrame:
    """Return bank, habitat, units, cost_gbp: dearest bank first, what is gathered last."""
    bars = purchases.assign(
        units=purchases["units"].astype(float),
        cost_gbp=purchases["cost_gbp"].astype(float),
        bank=_largest(purchases, "bank_id", MOST_BANKS, "banks"),
        habitat=_largest(purchases, "habitat", MOST_HABITATS, "habitats"),
    )
    bars["bank_rest"] = bars["bank"] != bars["bank_id"]
    bars["habitat_rest"] = bars["habitat"] != purchases["habitat"]
    bars["bank_cost"] = bars.groupby("bank")["cost_gbp"].transform("sum")
    return bars.sort_values(["bank_rest", "bank_cost", "bank"], ascending=[True, False, True])


def _largest(purchases: pd.DataFrame, column: str, most: int, plural: str) -> "pd.Series[str]":
    """Keep the names that cost most; the rest get one name that says how many they are."""
    cost = purchases.assign(cost=purchases["cost_gbp"].astype(float)).groupby(column)["cost"].sum()
    if len(cost) <= most:
        return purchases[column].astype(str)
    kept = set(cost.nlargest(most - 1).index)
    other = f"{len(cost) - len(kept)} other {plural}"
    return purchases[column].map(lambda name: name if name in kept else other)


def _stack(axes: Axes, table: pd.DataFrame, banks: list[str], habitats: list[str]) -> None:
    start = pd.Series(0.0, index=banks)
    for number, habitat in enumerate(habitats):
        width = table[habitat].reindex(banks)
        bought = width > 0  # bars of no width would take most of the time to draw
        style = number % len(COLOURS)
        axes.barh(
            [place for place, drawn in enumerate(bought) if drawn],
            width[bought],
            left=start[bought],
            label=habitat,
            color=COLOURS[style],
            hatch=HATCHES[style],
            edgecolor="white",
            linewidth=0.8,
        )
        start = start + width
    axes.set_yticks(range(len(banks)), banks)
    axes.set_ylim(-0.6, len(banks) - 0.4)
    axes.set_xlim(0, start.max() * 1.05)
    if not axes.yaxis_inverted():
        axes.invert_yaxis()
    axes.grid(axis="x", color="#dddddd")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _empty_figure(text: str) -> Figure:
    figure = Figure(figsize=(10, 1.2), layout="constrained")
    figure.text(0.01, 0.5, text.split("\n")[0], va="center", fontsize=12)
    return figure
