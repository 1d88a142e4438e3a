"""How the price of a purchase is made up, and what it takes from each lot; nothing is solved."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bng_core.market import Market
from bng_core.picture import COLOURS, as_image
from bng_core.preferences import Charges

Answer = Mapping[str, Any]
PENNY = Decimal("0.01")


def price_build(answer: Answer, charges: Charges) -> pd.DataFrame:
    """Units at list price, less the discount, with the fees: what the customer pays, before VAT."""
    cost = {name: Decimal(str(gbp)) for name, gbp in answer["cost"].items()}
    listed = (cost["units_gbp"] / charges.price_factor).quantize(PENNY, ROUND_HALF_UP)
    steps = {
        "Units at list price": listed,
        f"Discount of {charges.discount_percent.normalize():f} %": cost["units_gbp"] - listed,
        "Fees": cost["fees_gbp"],
        "To pay": cost["total_gbp"],
    }
    return pd.DataFrame({"GBP": {step: float(gbp) for step, gbp in steps.items()}})


def stock_taken(answer: Answer, market: Market) -> pd.DataFrame:
    """Per lot what is free now, what the purchase takes, and what is left, in bought units."""
    columns = ["stock_id", "bank_id", "habitat", "units"]
    lines = pd.DataFrame(answer["purchases"], columns=columns)
    free = market.stock.set_index("stock_id")["units_available"].astype(float)
    before = lines["stock_id"].map(free)
    return pd.DataFrame(
        {
            "Stock": lines["stock_id"],
            "Bank": lines["bank_id"].map(market.bank_names()),
            "Habitat": lines["habitat"],
            "Units free": before,
            "Units taken": lines["units"],
            "Units left": (before - lines["units"]).round(6),
            "Share taken": lines["units"] / before,
        }
    )


def plot_price_build(steps: pd.DataFrame) -> Figure:
    """Draw the steps from the list price to what is paid, each from where the last one ended."""
    figure = Figure(figsize=(10, 0.7 + 0.45 * len(steps)), layout="constrained")
    axes = figure.subplots()
    *parts, total = steps["GBP"]
    ends = pd.Series(parts).cumsum()
    starts = [*(ends - pd.Series(parts)), 0.0]
    colours = [COLOURS[0] if gbp >= 0 else COLOURS[5] for gbp in parts] + [COLOURS[2]]
    axes.barh(range(len(steps)), [*parts, total], left=starts, color=colours, height=0.6)
    for place, (start, gbp) in enumerate(zip(starts, steps["GBP"], strict=True)):
        axes.annotate(
            _pounds(gbp), (max(start, start + gbp), place), xytext=(5, 0),
            textcoords="offset points", va="center", fontsize=9,
        )  # fmt: skip
    axes.set_yticks(range(len(steps)), steps.index)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda gbp, _: f"£{gbp:,.0f}"))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def price_build_html(steps: pd.DataFrame) -> str:
    """Return the drawing as an image for HTML, with the steps in words."""
    said = "; ".join(f"{step}: {_pounds(gbp)}" for step, gbp in steps["GBP"].items())
    return as_image(plot_price_build(steps), f"How the price is made up. {said}.")


def _pounds(gbp: float) -> str:
    return f"{'-' if gbp < 0 else ''}£{abs(gbp):,.2f}"
