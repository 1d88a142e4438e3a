"""The ways out of a demand without a lawful answer, as buttons that ask again with them."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import ipywidgets as widgets

from bng_core.demand import Demand, DemandLine, lines_of_demand
from bng_core.terms import Module
from dashboards.ui.fields import button, html
from dashboards.ui.preferences_form import PreferencesForm
from dashboards.ui.quote.demand_step import DemandStep
from dashboards.ui.text import note, pounds

Json = Mapping[str, Any]
Apply = Callable[[Json, Json], None]
"""Gets the reason and its remedy."""


class Remedies:
    """Buttons under a refusal; each changes the form as it says and asks again."""

    def __init__(
        self, preferences: PreferencesForm, demand: DemandStep, ask: Callable[[], None]
    ) -> None:
        self._preferences, self._demand, self._ask = preferences, demand, ask
        self._needed: Demand | None = None
        self._said = html("", "bng-live")
        self._buttons = widgets.VBox([])
        self.widget = widgets.VBox([self._buttons, self._said])

    def clear(self) -> None:
        """Offer nothing; what was applied stays said."""
        self._buttons.children = ()

    def show(self, answer: Json, needed: Demand | None) -> None:
        """Offer every way out of this answer that the form can take."""
        self._needed = needed
        apply = self._appliers()
        found = [
            self._button(reason, remedy, apply[remedy["remedy"]])
            for reason in answer["reasons"]
            for remedy in reason["remedies"]
            if remedy["remedy"] in apply
        ]
        heading = [html("<h3>Ask again with a way out</h3>")] if found else []
        self._buttons.children = (*heading, *found)

    def _appliers(self) -> dict[str, Apply]:
        return {
            "give up a preference": lambda _, way: self._preferences.give_up(way["preferences"]),
            "more banks": lambda _, way: self._preferences.add(max_banks=way["banks"]),
            **({"statutory credits": self._with_credits} if self._needed else {}),
        }

    def _button(self, reason: Json, remedy: Json, apply: Apply) -> widgets.Button:
        made = button(label_of(reason, remedy))
        made.on_click(partial(self._clicked, reason, remedy, apply))
        return made

    def _clicked(self, reason: Json, remedy: Json, apply: Apply, _button: widgets.Button) -> None:
        self._said.value = ""
        apply(reason, remedy)
        self._ask()

    def _with_credits(self, reason: Json, remedy: Json) -> None:
        assert self._needed is not None, "the button is offered only where the demand is known"
        left = without_units(lines_of_demand(self._needed), reason)
        self._demand.type_in(left)
        self._said.value = note(
            f"The losses are typed in step 2 now, less {remedy['units']:.2f} units for "
            f"{reason['lost']} that statutory credits answer. The credits, "
            f"{pounds(remedy['price_gbp']).text} before VAT at prices of {remedy['valid_from']}, "
            "are not part of the purchase: add them."
        )


def label_of(reason: Json, remedy: Json) -> str:
    """What the button says, with its price.

    >>> label_of({"lost": "Orchard"}, {"remedy": "more banks", "message": "Allow 3 banks: £9."})
    'Allow 3 banks: £9.'
    """
    if remedy["remedy"] != "statutory credits":
        return str(remedy["message"])
    price = pounds(remedy["price_gbp"]).text
    return (
        f"Use credits for {remedy['units']:.2f} units of {reason['lost']} ({price}), buy the rest"
    )


def without_units(lines: list[DemandLine], reason: Json) -> list[DemandLine]:
    """The lines less the units that are short of one loss."""
    left, short = [], Decimal(str(reason["units_short"]))
    for module, label, units in lines:
        if (module, label) == (Module(reason["module"]), reason["lost"]):
            part = min(units, short)
            units, short = units - part, short - part
        if units > 0:
            left.append((module, label, units))
    return left
