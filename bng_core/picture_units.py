"""Pictures of a workbook: units before and after the development, and what answers each loss."""

import textwrap
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from bng_core.metric import Metric
from bng_core.metric.requirement import requirement_lines
from bng_core.picture import COLOURS, as_image


def before_and_after(metric: Metric) -> pd.DataFrame:
    """Units by habitat on and off site before and after the development, the largest loss first.

    Units are before the spatial risk multiplier, as the trading sheets count them: the change is
    theirs, the units before are those of the baseline rows.
    """
    if metric.recomputed is None:
        return pd.DataFrame(columns=["Habitat", "Before", "After", "Change"])
    before: dict[str, float] = {}
    for (_, table), rows in metric.recomputed.units.items():
        if table.endswith("_baseline"):
            for row in rows:
                label = str(row.result["label"])
                before[label] = before.get(label, 0.0) + _number(row.result["units"])
    changes = {change.label: change.project for change in metric.changes if change.project}
    labels = sorted({*before, *changes}, key=lambda label: (changes.get(label, 0.0), label))
    return pd.DataFrame(
        [
            {
                "Habitat": label,
                "Before": before.get(label, 0.0),
                "After": before.get(label, 0.0) + changes.get(label, 0.0),
                "Change": changes.get(label, 0.0),
            }
            for label in labels
        ]
    )


def _number(value: Any) -> float:
    """A result cell; a text of the tool counts no units."""
    return float(value) if isinstance(value, float | int) else 0.0


def plot_before_and_after(table: pd.DataFrame) -> Figure:
    """Draw for each habitat the units before and after."""
    figure = Figure(figsize=(10, 1.0 + 0.5 * max(len(table), 1)), layout="constrained")
    axes = figure.subplots()
    places = pd.Series(range(len(table)), dtype=float)
    axes.barh(places - 0.19, table["Before"], height=0.36, color=COLOURS[9], label="before")
    axes.barh(
        places + 0.19, table["After"], height=0.36, color=COLOURS[2], label="after", hatch="//",
        edgecolor="white",
    )  # fmt: skip
    for place, before, after in zip(places, table["Before"], table["After"], strict=True):
        for offset, units in ((-0.19, before), (0.19, after)):
            axes.annotate(
                f"{units:,.2f}", (units, place + offset), xytext=(4, 0),
                textcoords="offset points", va="center", fontsize=8,
            )  # fmt: skip
    axes.set_yticks(places, table["Habitat"])
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.set_xlabel("Biodiversity units")
    axes.legend(frameon=False, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def before_and_after_html(table: pd.DataFrame) -> str:
    """Return the drawing as an image for HTML, with every change in words."""
    said = [
        f"{row['Habitat']}: {row['Before']:,.2f} before, {row['After']:,.2f} after"
        for _, row in table.iterrows()
    ]
    return as_image(plot_before_and_after(table), f"Units by habitat. {'; '.join(said)}.")


def plot_losses(metric: Metric) -> Figure:
    """Draw for each loss under its rule what surplus answers, and what must be bought."""
    losses = requirement_lines(metric)
    figure = Figure(figsize=(10, 1.0 + 0.42 * max(len(losses), 1)), layout="constrained")
    axes = figure.subplots()
    places = range(len(losses))
    answered = [loss.lost_units - loss.remaining_units for loss in losses]
    bought = [loss.remaining_units for loss in losses]
    axes.barh(places, answered, height=0.6, color=COLOURS[2], label="answered by a surplus")
    axes.barh(
        places, bought, left=answered, height=0.6, color=COLOURS[5], hatch="//",
        edgecolor="white", label="required off site",
    )  # fmt: skip
    for place, loss in enumerate(losses):
        axes.annotate(
            f"{loss.remaining_units:,.2f} of {loss.lost_units:,.2f}", (loss.lost_units, place),
            xytext=(4, 0), textcoords="offset points", va="center", fontsize=8,
        )  # fmt: skip
    axes.set_yticks(places, [f"{loss.band}: {textwrap.shorten(loss.lost, 60)}" for loss in losses])
    axes.invert_yaxis()
    axes.margins(x=0.18)
    axes.set_xlabel("Units lost, before the spatial risk multiplier")
    axes.legend(frameon=False, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def losses_html(metric: Metric) -> str:
    """Return the drawing as an image for HTML, with every loss in words."""
    said = [
        f"{loss.lost}: {loss.remaining_units:,.2f} of {loss.lost_units:,.2f} units to buy"
        for loss in requirement_lines(metric)
    ]
    return as_image(plot_losses(metric), f"Losses and what answers them. {'; '.join(said)}.")
