"""Pictures of a portfolio: what is scarce, and which habitat is worth creating."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bng_core.picture import COLOURS, as_image

MOST_BARS = 12
_BAR_INCHES = 0.34


def plot_scarcity(answer: Mapping[str, Any]) -> Figure:
    """Draw the prices of scarcity, and beside the worth of a new unit its usual price.

    The scarcest stock and the habitats most worth creating, at most 12 of each.
    """
    stock, create = scarcest(answer), answer["scarcity"]["create_next"][:MOST_BARS]
    bars = max(len(stock), len(create), 1)
    figure = Figure(figsize=(11, 1.3 + _BAR_INCHES * bars), layout="constrained")
    left, right = figure.subplots(1, 2)
    _bars(
        left,
        [f"{_short(row['habitat'])}, {row['bank_id']}" for row in stock],
        [row["price_of_scarcity_gbp"] for row in stock],
    )
    left.set_title("Price of scarcity, GBP for one more unit", loc="left", fontsize=10)
    _bars(right, [_short(row["habitat"]) for row in create], [row["worth_gbp"] for row in create])
    usual = [(place, row["usual_price_gbp"]) for place, row in enumerate(create)]
    marks = [(place, gbp) for place, gbp in usual if gbp is not None]
    right.plot(
        [gbp for _, gbp in marks], [place for place, _ in marks], "D",
        color=COLOURS[7], markeredgecolor="white",
    )  # fmt: skip
    right.set_title("Worth of a new unit nearby; diamond: usual price", loc="left", fontsize=10)
    return figure


def scarcest(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The stock rows with the highest prices of scarcity over all modules."""
    stock = sorted(
        answer["scarcity"]["stock"],
        key=lambda row: (-row["price_of_scarcity_gbp"], row["stock_id"]),
    )
    return stock[:MOST_BARS]


def scarcity_words(answer: Mapping[str, Any]) -> str:
    """What the picture shows, in words."""
    said = [row["message"] for row in (*scarcest(answer), *answer["scarcity"]["create_next"][:3])]
    return f"What is scarce. {' '.join(said) or 'Nothing is scarce: something is left of all.'}"


def scarcity_html(answer: Mapping[str, Any]) -> str:
    """Return the drawing as an image for HTML; its text alternative says the same in words."""
    return as_image(plot_scarcity(answer), scarcity_words(answer))


def _short(label: str) -> str:
    """The habitat type without its broad habitat."""
    return label.split(" - ", 1)[-1]


def _bars(axes: Axes, names: Sequence[str], gbp: Sequence[float]) -> None:
    axes.barh(range(len(names)), gbp, color=COLOURS[0], height=0.6)
    for place, amount in enumerate(gbp):
        axes.annotate(
            f"£{amount:,.0f}", (amount, place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=8,
        )  # fmt: skip
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, max(gbp, default=1.0) * 1.2)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda amount, _: f"£{amount:,.0f}"))
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
