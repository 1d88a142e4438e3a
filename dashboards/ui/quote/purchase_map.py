"""Where the banks of a purchase lie, on a map that is drawn when somebody asks for it."""

from collections.abc import Mapping, Sequence

import ipywidgets as widgets

from bng_core.market import Market, rows
from bng_core.reference import table
from bng_core.terms import Relation
from dashboards.ui.fields import button, html
from dashboards.ui.guard import guarded
from dashboards.ui.maps import MapPoint, MapView, Sign
from dashboards.ui.quote.found import Json, Result
from dashboards.ui.text import problem, units

SIGNS = {
    Relation.LOCAL: Sign.LOCAL,
    Relation.ADJACENT: Sign.ADJACENT,
    Relation.FAR: Sign.FAR,
}


class PurchaseMap:
    """A button, and the map behind it."""

    def __init__(self) -> None:
        self._points: Sequence[MapPoint] = ()
        self._view: MapView | None = None
        self._button = button("Show the purchase on a map")
        self._button.on_click(lambda _button: self._show())
        self._said = html("", "bng-urgent")
        self._place = widgets.VBox([])
        self.widget = widgets.VBox([self._button, self._said, self._place])
        self.clear()

    def clear(self) -> None:
        """Offer nothing."""
        self._place.children = ()
        self.widget.add_class("bng-hidden")

    def offer(self, found: Result) -> None:
        """Offer to show the banks of this answer."""
        self._points = found.points
        self._place.children = ()
        if self._points:
            self.widget.remove_class("bng-hidden")

    def show_problem(self, text: str) -> None:
        """Say why there is no map."""
        self._said.value = problem(text)

    @guarded
    def _show(self) -> None:
        if self._view is None:
            self._view = MapView("The banks of the purchase and the planning authority of the site")
        self._view.show(self._points)
        self._place.children = (self._view.widget,)


def points_of(
    market: Market, lpa: str, answer: Json, relations: Mapping[str, Relation]
) -> list[MapPoint]:
    """The banks bought from that have coordinates, and the middle of the site's authority."""
    bought = {line["bank_id"] for line in answer["purchases"]}
    found = [
        MapPoint(
            bank_id,
            name,
            float(lat),
            float(lon),
            SIGNS[relations[bank_id]] if bank_id in relations else Sign.BANK,
            _detail(bank_id, answer),
        )
        for bank_id, name, lat, lon in rows(market.banks, "bank_id", "bank_name", "lat", "lon")
        if bank_id in bought and lat and lon
    ]
    middle = next((row for row in table("geography/lpa.csv") if row["name"] == lpa), None)
    if middle is not None and found:
        name = f"Middle of {lpa}"
        place = (float(middle["lat"]), float(middle["lon"]))
        found.append(MapPoint("site", name, *place, Sign.DEVELOPMENT, "the site lies in it"))
    return found


def _detail(bank_id: str, answer: Json) -> str:
    bought = [line for line in answer["purchases"] if line["bank_id"] == bank_id]
    return "; ".join(f"{units(line['units']).text} units of {line['habitat']}" for line in bought)
