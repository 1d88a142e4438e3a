"""What if: fewer banks, nearer units, another price of a bank; looked up, not solved.

The worker solves every point ahead (bng_core.explore), so that a slider answers at once, whatever
the size of the market.
"""

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from dashboards.ui.fields import field, html
from dashboards.ui.text import counted, percent, pounds, units

Json = Mapping[str, Any]


class WhatIf:
    """Three sliders over an exploration, each with a sentence that answers it."""

    def __init__(self) -> None:
        self._found: Json = {}
        self._banks = widgets.SelectionSlider(description="Banks at most", options=[1])
        self._share = widgets.SelectionSlider(description="Share of local units", options=[0])
        self._bank = widgets.Dropdown(description="Bank whose prices change")
        self._price = widgets.SelectionSlider(description="Change of its prices", options=[0])
        self._answers = {
            control: html("", "bng-live") for control in (self._banks, self._share, self._price)
        }
        for control, tell in (
            (self._banks, self._tell_banks),
            (self._share, self._tell_share),
            (self._price, self._tell_price),
            (self._bank, self._tell_price),
        ):
            control.observe(lambda _change, tell=tell: self._answer(tell), "value")
        self.widget = widgets.VBox(
            [
                html("<h3>What if</h3>"),
                field(self._banks, self._answers[self._banks]),
                field(self._share, self._answers[self._share]),
                field(self._bank, "One of the banks that the answer buys from."),
                field(self._price, self._answers[self._price]),
            ]
        )

    @property
    def preferences(self) -> dict[str, Any]:
        """What the first two sliders ask for, where it is not what the answer has already."""
        most = self._found["fewer_banks"][-1]["banks"]
        least = self._found["nearer_units"][0]["local_share"]
        asked: dict[str, Any] = {}
        if self._banks.value < most:
            asked["max_banks"] = self._banks.value
        if self._share.value > least:
            asked["local_share"] = self._share.value
        return asked

    def show(self, found: Json, names: Mapping[str, str]) -> None:
        """Set the sliders to the points of an exploration; bank names by id."""
        self._found = {}  # while the sliders change one by one, none of them answers
        points = found["fewer_banks"]
        self._banks.options = list(range(points[0]["banks"], points[-1]["banks"] + 1))
        self._banks.value = points[-1]["banks"]
        shares = [point["local_share"] for point in found["nearer_units"]]
        self._share.options = [(percent(round(share, 2)), share) for share in dict.fromkeys(shares)]
        self._share.value = shares[0]
        changes = found["price_changes"]
        self._bank.options = [
            (names.get(c["bank_id"], c["bank_id"]), c["bank_id"]) for c in changes
        ]
        self._bank.index = 0
        steps = [point["percent"] for point in changes[0]["points"]]
        self._price.options = [(f"{step:+d} %" if step else "as listed", step) for step in steps]
        self._price.value = 0
        self._found = found
        for tell in (self._tell_banks, self._tell_share, self._tell_price):
            tell()

    def _answer(self, tell: Callable[[], None]) -> None:
        if self._found:
            tell()

    def _tell_banks(self) -> None:
        point = [p for p in self._found["fewer_banks"] if p["banks"] <= self._banks.value][-1]
        self._say(self._banks, f"{counted(point['banks'], 'bank')}: {self._cost(point)}")

    def _tell_share(self) -> None:
        point = next(
            p for p in self._found["nearer_units"] if p["local_share"] >= self._share.value
        )
        local = percent(round(point["local_share"], 2))
        self._say(self._share, f"{local} of the units local: {self._cost(point)}")

    def _tell_price(self) -> None:
        points = next(
            change["points"]
            for change in self._found["price_changes"]
            if change["bank_id"] == self._bank.value
        )
        point = next(p for p in points if p["percent"] == self._price.value)
        bought = units(point["units"]).text
        self._say(
            self._price,
            f"{self._cost(point)}; {bought} units from this bank, "
            f"{counted(point['banks'], 'bank')} in all",
        )

    def _cost(self, point: Json) -> str:
        more = round(point["total_gbp"] - self._found["total_gbp"], 2)
        sign = "+" if more >= 0 else "-"
        return f"{pounds(point['total_gbp']).text} ({sign} {pounds(abs(more)).text})"

    def _say(self, control: widgets.SelectionSlider, words: str) -> None:
        self._answers[control].value = f"<p>{words}.</p>"
