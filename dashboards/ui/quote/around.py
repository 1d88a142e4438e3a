"""What stands around an answer: other answers with their price, what if, why each purchase.

Dozens of variants are solved, on the worker, when somebody asks for them: for most quotes nobody
does, and seconds of solving would hold up the next visitor's run.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from bng_core.question import ExploreQuestion
from bng_core.runs import Upload
from dashboards.ui.fields import button, field, html
from dashboards.ui.following import Following
from dashboards.ui.guard import guarded
from dashboards.ui.jobs import ask
from dashboards.ui.preferences_form import PreferencesForm
from dashboards.ui.quote.found import Result
from dashboards.ui.quote.what_if import WhatIf
from dashboards.ui.site import Site
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import counted, percent, pounds, problem, units

Json = Mapping[str, Any]
Again = Callable[[], None]

OTHER_COLUMNS = (
    Column("Banks"),
    Column("Total", is_figure=True),
    Column("More", is_figure=True),
    Column("Local units", is_figure=True),
    Column("In words"),
)
FRONT_COLUMNS = (
    Column("Cheapest with"),
    Column("Total", is_figure=True),
    Column("More", is_figure=True),
    Column("Bound on"),
)
WHY_COLUMNS = (
    Column("Purchase"),
    Column("Habitat bank"),
    Column("Without it, more", is_figure=True),
    Column("Why"),
)
PRICE_COLUMNS = (
    Column("Offer not bought"),
    Column("Habitat bank"),
    Column("Price per unit", is_figure=True),
    Column("Would be bought below", is_figure=True),
)


class Around:
    """A button, the run behind it, and what it found."""

    def __init__(self, site: Site, preferences: PreferencesForm, again: Again) -> None:
        self._site, self._preferences, self._again = site, preferences, again
        self._asked: tuple[Upload, Result] | None = None
        self._button = button("Show alternatives and what-if")
        self._button.on_click(self._clicked)
        self._problem = html("", "bng-urgent")
        self._following = Following(
            lambda: site.service, site.actor, self.show_problem, is_linked=False
        )
        self._tables = html()
        self._other = widgets.Dropdown(description="An alternative to ask for")
        self._take_other = button("Ask for this alternative")
        self._take_other.on_click(self._other_taken)
        self._what_if = WhatIf()
        self._take = button("Ask with these sliders")
        self._take.on_click(self._sliders_taken)
        choice = field(
            self._other, "The purchase is asked again with the banks of the alternative."
        )
        self._details = widgets.VBox(
            [self._tables, choice, self._take_other, self._what_if.widget, self._take]
        )
        self.widget = widgets.VBox(
            [
                html('<h3 id="what-else" tabindex="-1">What else there is</h3>'),
                self._button,
                self._problem,
                self._following.widget,
                self._details,
            ]
        )
        self.clear()

    def clear(self) -> None:
        """Offer nothing."""
        self._asked = None
        self.widget.add_class("bng-hidden")

    def offer(self, upload: Upload, found: Result) -> None:
        """Offer to look around this answer."""
        self._asked = upload, found
        self._problem.value = ""
        self._button.disabled = False
        self._details.add_class("bng-hidden")
        self.widget.remove_class("bng-hidden")

    def show_problem(self, text: str) -> None:
        """Say what went wrong and let the visitor try again."""
        self._following.end()
        self._button.disabled = False
        self._problem.value = problem(text)

    @guarded
    async def _clicked(self, _button: widgets.Button) -> None:
        if self._asked is None:
            return
        asked = self._asked
        self._button.disabled = True
        self._problem.value = ""
        self._following.begin("Looking around the answer")
        question = ExploreQuestion(**asked[1].run.parameters)
        run = await asyncio.to_thread(ask, self._site.service, asked[0], question, self._site.login)
        done = await self._following.follow(run.run_id)
        self._button.disabled = False
        if done is not None and done.result is not None and asked is self._asked:
            self._show(done.result, asked[1].bank_names)
            self._following.end("Done. The alternatives are below.")

    def _show(self, found: Json, names: Mapping[str, str]) -> None:
        self._tables.value = around_html(found, names)
        others = found["alternatives"]
        self._other.options = [
            (f"{number}. {other['message']}", tuple(other["bank_ids"]))
            for number, other in enumerate(others, 1)
        ]
        if others:
            self._other.index = 0
        for part in (self._other, self._take_other):
            part.disabled = not others
        self._what_if.show(found, names)
        self._details.remove_class("bng-hidden")

    @guarded
    def _other_taken(self, _button: widgets.Button) -> None:
        self._preferences.add(only_banks=list(self._other.value))
        self._again()

    @guarded
    def _sliders_taken(self, _button: widgets.Button) -> None:
        self._preferences.add(**self._what_if.preferences)
        self._again()


def around_html(found: Json, names: Mapping[str, str]) -> str:
    """The tables of an exploration; bank names by id."""
    parts = [
        _others(found, names),
        _fewer(found),
        _why(found, names),
        _prices(found, names),
    ]
    return "".join(parts)


def _others(found: Json, names: Mapping[str, str]) -> str:
    rows: list[Row] = [
        [
            ", ".join(names.get(bank, bank) for bank in other["bank_ids"]),
            pounds(other["total_gbp"]),
            pounds(other["more_gbp"]),
            percent(round(other["local_share"], 2)),
            other["message"],
        ]
        for other in found["alternatives"]
    ]
    if not rows:
        return "<p>No other set of banks has a lawful answer.</p>"
    return table("The next best purchases, from other banks", OTHER_COLUMNS, rows)


def _fewer(found: Json) -> str:
    points = {
        "Number of banks": found["fewer_banks"],
        "Share of local units": found["nearer_units"],
    }
    rows: list[Row] = [
        [
            f"{counted(point['banks'], 'bank')}, {percent(round(point['local_share'], 2))} local",
            pounds(point["total_gbp"]),
            pounds(round(point["total_gbp"] - found["total_gbp"], 2)),
            axis,
        ]
        for axis, front in points.items()
        for point in front
    ]
    return table("What fewer banks and nearer units cost", FRONT_COLUMNS, rows)


def _why(found: Json, names: Mapping[str, str]) -> str:
    rows: list[Row] = [
        [
            line["habitat"],
            names.get(line["bank_id"], line["bank_id"]),
            "no lawful answer" if line["more_gbp"] is None else pounds(line["more_gbp"]),
            f"{line['spatial_reason']}. {with_names(line['message'], line, names)}",
        ]
        for line in found["next_best"]
    ]
    return table("Why each purchase: what the next best would cost", WHY_COLUMNS, rows)


def _prices(found: Json, names: Mapping[str, str]) -> str:
    rows: list[Row] = [
        [
            line["habitat"],
            names.get(line["bank_id"], line["bank_id"]),
            pounds(line["unit_price_gbp"]),
            "at no price" if line["wins_below_gbp"] is None else pounds(line["wins_below_gbp"]),
        ]
        for line in found["winning_prices"]
    ]
    return table("Which prices would win", PRICE_COLUMNS, rows) if rows else ""


def with_names(message: str, line: Json, names: Mapping[str, str]) -> str:
    """What is bought instead, with the names of the banks where there is such a purchase."""
    instead = ", ".join(
        f"{units(i['units']).text} {i['habitat']} of {names.get(i['bank_id'], i['bank_id'])}"
        for i in line["instead"]
    )
    return f"Instead it would buy {instead}." if instead else message
