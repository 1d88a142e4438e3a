"""Step 2: where the development lies; guessed from the workbook, confirmed by the visitor."""

from html import escape
from typing import Any

import ipywidgets as widgets

from bng_core import places
from bng_core.boundaries import PointPlace
from bng_core.errors import BadInput, UnknownPlace
from bng_core.postcodes import guess_place
from bng_core.spatial import planning_rule_in_words
from bng_core.terms import Place
from dashboards.ui.fields import button, field, html
from dashboards.ui.maps import MapView
from dashboards.ui.text import note

LPA_HINT = "The LPA whose area the development lies in. Type a few letters to search."
NCA_HINT = (
    "One of Natural England’s 159 landscape areas. Those that overlap the planning authority come "
    "first, the largest share at the top."
)


class PlaceStep:
    """Planning authority, character area, waterbody, and the tick that confirms them."""

    def __init__(self) -> None:
        self._postcode = widgets.Text(
            description="Postcode of the site (optional)", continuous_update=False
        )
        self._postcode.observe(self._postcode_given, "value")
        self._route = html()
        self._map_button = button("Choose on a map")
        self._map_button.on_click(lambda _button: self._open_map())
        self._map_place = widgets.VBox([])
        self._lpa = widgets.Combobox(
            description="Local planning authority (LPA)", options=places.lpa_names()
        )
        self._nca = widgets.Combobox(
            description="National character area (NCA)", options=places.nca_names()
        )
        self._waterbody = widgets.Text(description="Waterbody (optional)")
        self._confirmed = widgets.Checkbox(
            description="I confirm that the development lies in this LPA and this NCA",
            indent=False,
        )
        self._lpa_hint = html(escape(LPA_HINT))
        self._nca_hint = html(escape(NCA_HINT))
        self._guess = html("", "bng-live")
        self._lpa.observe(self._lpa_changed, "value")
        self._nca.observe(self._unconfirm, "value")
        self.widget = widgets.VBox(
            [
                field(self._postcode, "Such as OX10 8BA, or OX10: it fills in a first guess."),
                self._map_button,
                self._map_place,
                self._guess,
                field(self._lpa, self._lpa_hint),
                field(self._nca, self._nca_hint),
                self._route,
                field(
                    self._waterbody,
                    "WFD id such as GB106039023233, or its name; only needed where watercourse "
                    "units are missing.",
                ),
                field(self._confirmed),
            ]
        )

    def suggest(self, planning_authority: str | None) -> None:
        """Fill in a guess from the workbook, marked as one."""
        self._confirmed.value = False
        if not planning_authority:
            self._guess.value = note("The workbook names no planning authority: choose it here.")
            return
        try:
            lpa = places.find_lpa(planning_authority)
        except UnknownPlace as unknown:
            self._guess.value = note(
                f"The planning authority in the workbook is not an official name: choose it here.\n"
                f"{unknown}"
            )
            return
        self._lpa.value = lpa
        overlapping = places.ncas_of_lpa(lpa)
        self._nca.value = overlapping[0] if overlapping else ""
        self._guess.value = note(
            "A guess to be checked: the LPA is taken from the workbook (Start!F11), the NCA is the "
            "one that covers most of it."
        )

    def guess(self, lpa: str, nca: str, words: str) -> None:
        """Fill in a guess, which the visitor has to confirm."""
        self._lpa.value, self._nca.value = lpa, nca
        self._confirmed.value = False
        self._guess.value = note(words)

    def put_back(self, lpa: str, nca: str, waterbody: str, *, confirmed: bool = True) -> None:
        """Fill in a place as it was before."""
        self._lpa.value, self._nca.value, self._waterbody.value = lpa, nca, waterbody
        self._confirmed.value = confirmed
        self._guess.value = ""

    def filled(self) -> dict[str, Any]:
        """What is filled in, as `put_back` takes it."""
        return {
            "lpa": self._lpa.value,
            "nca": self._nca.value,
            "waterbody": self._waterbody.value,
            "confirmed": self._confirmed.value,
        }

    def place(self) -> Place:
        """What was confirmed, in official names.

        Raises BadInput where something is missing, UnknownPlace for a name that is not official.
        """
        if not self._lpa.value.strip():
            raise BadInput("The local planning authority (LPA) is missing: choose it in step 3.")
        if not self._nca.value.strip():
            raise BadInput("The national character area (NCA) is missing: choose it in step 3.")
        lpa, nca = places.find_lpa(self._lpa.value), places.find_nca(self._nca.value)
        waterbody, catchment = (
            places.find_waterbody(self._waterbody.value)
            if self._waterbody.value.strip()
            else (None, None)
        )
        if not self._confirmed.value:
            raise BadInput(
                "The place is not confirmed: check the LPA and the NCA in step 3 and tick the box "
                "below them."
            )
        return Place(lpa, nca, waterbody, catchment)

    def enable(self, enabled: bool) -> None:
        """Whether the place may be changed now."""
        for control in (
            self._postcode, self._lpa, self._nca, self._waterbody, self._confirmed,
        ):  # fmt: skip
            control.disabled = not enabled

    def _lpa_changed(self, change: dict[str, Any]) -> None:
        self._unconfirm(change)
        try:
            overlapping = places.ncas_of_lpa(places.find_lpa(change["new"]))
        except UnknownPlace:
            overlapping = []
        others = [name for name in places.nca_names() if name not in overlapping]
        self._nca.options = [*overlapping, *others]
        self._say_route()
        covers = f" Here: {', '.join(overlapping)}." if overlapping else ""
        self._nca_hint.value = escape(NCA_HINT + covers)

    def _open_map(self) -> None:
        """Draw the map at its first use: most visitors never open it."""
        view = MapView("England, from the Isles of Scilly to Berwick", on_place=self._point_chosen)
        view.show([])
        self._map_place.children = (view.widget,)
        self._map_button.disabled = True

    def _point_chosen(self, point: PointPlace) -> None:
        self.guess(point.lpa, point.nca, point.words)

    def _postcode_given(self, change: dict[str, Any]) -> None:
        if not change["new"].strip():
            return
        try:
            guess = guess_place(change["new"])
        except UnknownPlace as unknown:
            self._guess.value = note(str(unknown))
            return
        town = f" ({guess.town})" if guess.town else ""
        self.guess(
            guess.lpa,
            guess.nca,
            f"A guess to be checked: the middle of postcode district {guess.outcode}{town} lies in "
            f"{guess.lpa} and {guess.nca}; the site itself may lie next door.",
        )

    def _unconfirm(self, _change: dict[str, Any]) -> None:
        self._confirmed.value = False
        self._say_route()

    def _say_route(self) -> None:
        """What counts as near for this place, once both names are official ones."""
        try:
            place = places.place(self._lpa.value, self._nca.value)
        except UnknownPlace:
            self._route.value = ""
            return
        self._route.value = (
            f"<p><strong>How near is near?</strong> {escape(planning_rule_in_words(place))}</p>"
        )
