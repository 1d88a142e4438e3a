"""A market on a map: a point for each bank, as large as its stock; outlines where there are any."""

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from bng_core.boundaries import RIGHTS, Area, areas_in
from bng_core.errors import BadInput
from bng_core.market import Market
from bng_core.market_words import banks_and_stock
from bng_core.picture import COLOURS, as_image
from bng_core.places import place
from bng_core.reference import load_habitats
from bng_core.spatial import spatial_risk
from bng_core.terms import Relation, SpatialRoute

LARGEST_POINT = 600.0
"""Of the bank with the most units, in square points; others in proportion."""
NAMED = 10
"""Banks whose id is written beside their point: those with the most units."""
SIGNS = {Relation.LOCAL: "o", Relation.ADJACENT: "s", Relation.FAR: "^"}
SHOWN_AS = {relation: COLOURS[number] for number, relation in enumerate(SIGNS)}


def market_points(market: Market, lpa: str, nca: str, habitat: str = "") -> pd.DataFrame:
    """Each bank with a position: its units, and how near it is to a development in LPA and NCA.

    With a habitat, the units of it alone, and how near by its own route; else by LPA and NCA.
    Raises UnknownPlace, or BadInput for an unknown habitat, or where no bank with such stock has a
    position.
    """
    label, route = _label_and_route(habitat)
    site, places = place(lpa, nca), market.places()
    points = banks_and_stock(market, label).dropna(subset=["lat", "lon"])
    if points.empty:
        raise BadInput(f"No bank on the map sells {label or 'anything'}; leave the habitat blank.")
    near = [spatial_risk(site, places[bank_id], route) for bank_id in points["bank_id"]]
    return points.assign(
        near=[str(risk.relation) for risk in near], reason=[risk.reason for risk in near]
    )


def _label_and_route(habitat: str) -> tuple[str, SpatialRoute]:
    if not habitat:
        return "", SpatialRoute.PLANNING
    try:
        found = load_habitats().find(habitat)
    except KeyError:
        raise BadInput(
            f"“{habitat}” is not a habitat of the statutory metric; expected an official name, "
            "such as “Grassland - Other neutral grassland”."
        ) from None
    return found.label, found.route


def near_and_far(points: pd.DataFrame) -> pd.DataFrame:
    """How many banks and units are local, adjacent and far."""
    summed = points.groupby("near").agg(banks=("bank_id", "count"), units=("units", "sum"))
    return summed.reindex([str(relation) for relation in SIGNS]).fillna(0)


def outlines(folder: str, kind: str = "lpa") -> tuple[Area, ...]:
    """The outlines in a folder, none for an empty name. Raises BadInput."""
    return areas_in(Path(folder), kind) if folder else ()


def plot_market(points: pd.DataFrame, areas: Sequence[Area] = ()) -> Figure:
    """Draw the banks by position, in shape and colour by how near they are."""
    figure = Figure(figsize=(8.5, 9), layout="constrained")
    axes = figure.subplots()
    if areas:
        _outline(axes, areas)
        figure.supxlabel(textwrap.fill(RIGHTS, 100), fontsize=7)
    most = points["units"].max()
    for relation, sign in SIGNS.items():
        some = points[points["near"] == relation]
        axes.scatter(
            some["lon"], some["lat"], s=some["units"] / most * LARGEST_POINT, marker=sign,
            color=SHOWN_AS[relation], edgecolor="white", alpha=0.8,
        )  # fmt: skip
        axes.plot([], [], sign, color=SHOWN_AS[relation], label=f"{relation} ({len(some)})")
    for bank in points.nlargest(NAMED, "units").itertuples():
        axes.annotate(
            f"{bank.bank_id}: {bank.units:,.1f}", (bank.lon, bank.lat), xytext=(8, 5),
            textcoords="offset points", fontsize=8,
        )  # fmt: skip
    axes.set_aspect(1 / math.cos(math.radians(points["lat"].mean())))
    axes.set_xlabel("Longitude, degrees")
    axes.set_ylabel("Latitude, degrees")
    axes.grid(color="#eeeeee")
    axes.set_axisbelow(True)
    axes.legend(title="Banks, by how near", frameon=False, loc="upper right")
    return figure


def market_html(points: pd.DataFrame, areas: Sequence[Area] = ()) -> str:
    """Return the map as an image for HTML; its text alternative says how much is how near."""
    said = [
        f"{row.Index}: {row.banks:.0f} banks with {row.units:,.2f} units"
        for row in near_and_far(points).itertuples()
    ]
    return as_image(plot_market(points, areas), f"Banks on a map. {'; '.join(said)}.")


def _outline(axes: Axes, areas: Sequence[Area]) -> None:
    rings = [ring for area in areas for ring in area.rings]
    axes.add_collection(LineCollection(rings, colors="#bbbbbb", linewidths=0.5, zorder=0))
