"""Maps without tiles, so that nothing is fetched from elsewhere: points, and outlines where loaded.

Every map comes with a sentence that says what it shows and a table of the same points. How near a
bank is shows by shape, colour and the word in the marker's name.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Any

import ipywidgets as widgets
from ipyleaflet import DivIcon, GeoJSON, LayerGroup, Map, Marker, ScaleControl

from bng_core.boundaries import (
    LAYERS,
    RIGHTS,
    PointPlace,
    boundaries,
    boundary_layers,
    place_of_point,
)
from dashboards.ui.fields import field, html
from dashboards.ui.guard import guarded
from dashboards.ui.tables import Column, table
from dashboards.ui.text import counted, problem

MOST_MARKERS = 60
"""A marker is two widgets and a stop of the Tab key; more points than these are gathered."""

ENGLAND = (49.9, -6.4, 55.8, 1.8)
"""South, west, north, east."""

SMALLEST_MAP_PX = (288, 400)
"""The room that a map has on the narrowest screen, width and height."""

NO_OUTLINES = "none"
WITHOUT_OUTLINES = (
    "The map has points and a scale only: no boundaries are loaded on this site. North is up."
)

CLICK_HINT = (
    '<p class="bng-hint">Click on the map to choose a place. With the keyboard, give the postcode '
    "or choose the authority by name instead.</p>"
)


class Sign(StrEnum):
    """What a point is; each has a shape and a colour of its own."""

    DEVELOPMENT = "development"
    LOCAL = "local"
    ADJACENT = "adjacent"
    FAR = "far"
    BANK = "bank"


WORDS = {
    Sign.DEVELOPMENT: "development",
    Sign.LOCAL: "local bank",
    Sign.ADJACENT: "adjacent bank",
    Sign.FAR: "far bank",
    Sign.BANK: "habitat bank",
}

SHAPES = {
    Sign.DEVELOPMENT: "M12 1l3.2 7.2 7.8.8-5.8 5.2 1.6 7.8L12 18l-6.8 4 1.6-7.8L1 9l7.8-.8z",
    Sign.LOCAL: "M12 2a10 10 0 1 1 0 20a10 10 0 1 1 0-20z",
    Sign.ADJACENT: "M12 2L23 21H1z",
    Sign.FAR: "M3 3h18v18H3z",
    Sign.BANK: "M12 1l11 11-11 11L1 12z",
}
"""Star, circle, triangle, square and diamond, in a box of 24 by 24."""


@dataclass(frozen=True)
class MapPoint:
    """A point: `key` is given back when it is picked, `detail` stands beside it in the table."""

    key: str
    name: str
    lat: float
    lon: float
    sign: Sign = Sign.BANK
    detail: str = ""


class MapView:
    """A map with its words, its table and, where boundaries are loaded, a choice of outlines.

    `on_pick` gets the keys of the points of a marker that was clicked, `on_place` what a click on
    the map itself means as a place.
    """

    def __init__(
        self,
        title: str,
        on_pick: Callable[[list[str]], None] | None = None,
        on_place: Callable[[PointPlace], None] | None = None,
    ) -> None:
        self.title = title
        self._on_pick = on_pick
        self._on_place = on_place
        self._markers = LayerGroup()
        self._lines = GeoJSON(data={"type": "FeatureCollection", "features": []})
        self._map = _empty_map(self._lines, self._markers)
        self._map.on_interaction(lambda **event: self._clicked(event))
        self._outlines = widgets.Dropdown(description="Outlines on the map")
        self._outlines.observe(self._outlines_chosen, "value")
        self._choice = field(self._outlines)
        self._choice.layout.display = "none"
        self._words = html()
        self._rights = html("", "bng-hint")
        self._said = html("", "bng-live")
        self._twin = html()
        children = [self._words, self._choice, self._map, self._rights, self._said, self._twin]
        self.widget = widgets.VBox(children)
        self.widget.add_class("bng-map")

    def show(self, points: Sequence[MapPoint]) -> None:
        """Show these points and fit the map to them. Raises BadInput for broken outlines."""
        self._offer_outlines()
        self._markers.layers = tuple(self._marker(group) for group in gather(points))
        self._map.center, self._map.zoom = view_of(points)
        self._words.value = in_words(self.title, points) + (CLICK_HINT if self._on_place else "")
        self._twin.value = twin(self.title, points)

    def show_problem(self, text: str) -> None:
        """Say below the map what could not be done."""
        self._said.value = problem(text)

    def _offer_outlines(self) -> None:
        """Once: ask what is loaded, and begin with the first kind."""
        if self._outlines.options:
            return
        kinds = boundary_layers()
        self._choice.layout.display = "" if kinds else "none"
        self._rights.value = escape(RIGHTS if kinds else WITHOUT_OUTLINES)
        options = [("None", NO_OUTLINES), *((LAYERS[kind].title, kind) for kind in kinds)]
        self._outlines.options = options
        self._outlines.value = kinds[0] if kinds else NO_OUTLINES

    @guarded
    def _outlines_chosen(self, change: dict[str, Any]) -> None:
        empty = {"type": "FeatureCollection", "features": []}
        kind = change["new"]
        self._lines.data = empty if kind in (None, NO_OUTLINES) else dict(boundaries(kind))

    def _marker(self, group: Sequence[MapPoint]) -> Marker:
        lat = sum(point.lat for point in group) / len(group)
        lon = sum(point.lon for point in group) / len(group)
        marker = Marker(
            location=(lat, lon),
            title=marker_name(group),
            draggable=False,
            icon=_icon(group),
            z_index_offset=1000 if group[0].sign is Sign.DEVELOPMENT else 0,
        )
        if self._on_pick:
            keys = [point.key for point in group]
            marker.on_click(lambda **_: self._picked(keys))
        return marker

    @guarded
    def _picked(self, keys: list[str]) -> None:
        if self._on_pick:
            self._on_pick(keys)

    @guarded
    def _clicked(self, event: dict[str, Any]) -> None:
        if self._on_place is None or event.get("type") != "click":
            return
        place = place_of_point(*event["coordinates"])
        self._said.value = escape(place.words)
        self._on_place(place)


def gather(points: Iterable[MapPoint]) -> list[list[MapPoint]]:
    """Points by marker: each alone while there are few, else those of a sign in the same square.

    The squares are the smallest that leave at most MOST_MARKERS markers.
    """
    listed = list(points)
    groups = [[point] for point in listed]
    degrees = 1 / 64
    while len(groups) > MOST_MARKERS:
        squares: dict[tuple[Sign, int, int], list[MapPoint]] = {}
        for point in listed:
            square = (point.sign, math.floor(point.lat / degrees), math.floor(point.lon / degrees))
            squares.setdefault(square, []).append(point)
        groups = list(squares.values())
        degrees *= 2
    return groups


def marker_name(group: Sequence[MapPoint]) -> str:
    """What a marker is called, for the pointer and for screen readers."""
    if len(group) == 1:
        detail = f": {group[0].detail}" if group[0].detail else ""
        return f"{group[0].name}, {WORDS[group[0].sign]}{detail}"
    named = ", ".join(point.name for point in group[:3])
    more = f" and {len(group) - 3} more" if len(group) > 3 else ""
    return f"{len(group)} {WORDS[group[0].sign]}s close together: {named}{more}"


def in_words(title: str, points: Sequence[MapPoint]) -> str:
    """The map as a sentence, for those who do not see it, with the signs for those who do."""
    counts = {sign: sum(point.sign is sign for point in points) for sign in Sign}
    shown = [sign for sign in Sign if counts[sign]]
    if not shown:
        return f"<p>{escape(title)}: there is nothing to show.</p>"
    signs = "".join(
        f"<li>{_sign(sign)} {escape(counted(counts[sign], WORDS[sign]))}</li>" for sign in shown
    )
    gathered = (
        " A sign with a number stands for so many banks close together."
        if len(points) > MOST_MARKERS
        else ""
    )
    return (
        f"<p>{escape(title)}.{gathered} The table below the map lists the same points.</p>"
        f'<ul class="bng-legend">{signs}</ul>'
    )


def twin(title: str, points: Sequence[MapPoint]) -> str:
    """The points as a table, behind a line that opens it."""
    if not points:
        return ""
    columns = [
        Column("Name"),
        Column("What it is"),
        Column("More"),
        Column("Latitude", is_figure=True),
        Column("Longitude", is_figure=True),
    ]
    rows = [
        [point.name, WORDS[point.sign], point.detail or "–", f"{point.lat:.4f}", f"{point.lon:.4f}"]
        for point in points
    ]
    summary = f"The map as a table ({counted(len(points), 'point')})"
    listed = table(title, columns, rows)
    return f"<details><summary>{escape(summary)}</summary>{listed}</details>"


def view_of(points: Sequence[MapPoint]) -> tuple[tuple[float, float], float]:
    """Centre and zoom that show all points on the narrowest screen; England without any."""
    south, west, north, east = ENGLAND
    if points:
        lats, lons = [point.lat for point in points], [point.lon for point in points]
        south, west, north, east = min(lats), min(lons), max(lats), max(lons)
    middle = ((south + north) / 2, (west + east) / 2)
    width, height = SMALLEST_MAP_PX
    shrink = math.cos(math.radians(middle[0]))  # Mercator draws a degree of latitude longer
    across = width * 360 / (256 * max(east - west, 0.1))
    up = height * 360 * shrink / (256 * max(north - south, 0.1))
    return middle, math.floor((math.log2(min(across, up)) - 0.3) * 4) / 4


def _empty_map(lines: GeoJSON, markers: LayerGroup) -> Map:
    middle, zoom = view_of([])
    made = Map(
        layers=(lines, markers),
        center=middle,
        zoom=zoom,
        zoom_snap=0.25,
        attribution_control=False,  # there are no tiles to attribute; outlines are, below the map
        scroll_wheel_zoom=False,  # the wheel scrolls the page
        layout=widgets.Layout(height="26rem", width="100%"),
    )
    made.add(ScaleControl(position="bottomleft", imperial=False))
    return made


def _icon(group: Sequence[MapPoint]) -> DivIcon:
    number = f"<b>{len(group)}</b>" if len(group) > 1 else ""
    return DivIcon(html=f"{_sign(group[0].sign)}{number}", icon_size=(28, 28))


def _sign(sign: Sign) -> str:
    """A shape whose name stands beside it or in the marker's title."""
    return (
        f'<svg class="bng-sign bng-sign-{sign}" viewBox="0 0 24 24" aria-hidden="true">'
        f'<path d="{SHAPES[sign]}"/></svg>'
    )
