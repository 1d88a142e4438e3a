"""What quotes hold when they go out, and the rules in force on a day."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

import ipywidgets as widgets

from bng_core.actor import Actor
from bng_core.errors import BadInput
from bng_core.reference import rulebook_version
from bng_core.reference.in_force import Change, RulesOfDay, preview
from bng_core.reference.in_force import Row as Rule
from bng_core.stock_words import Policy
from bng_core.store import Store
from bng_core.store.holds import StockPolicy, load_stock_policy, set_stock_policy
from dashboards.ui.deed import Deed
from dashboards.ui.fields import button, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.section import Section
from dashboards.ui.site import Site
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import day, note, percent

POLICIES = [
    ("Quotes hold all of their units", Policy.HOLD_ALL),
    ("Quotes hold a share of their units", Policy.HOLD_SHARE),
    ("Quotes hold nothing: the first to accept gets the units", Policy.IGNORE_QUOTES),
]
RULES = (
    Column("Rules"), Column("In force", is_figure=True), Column("Last began"),
    Column("Announced, without a day", is_figure=True), Column("Differ from today", is_figure=True),
)  # fmt: skip
CHANGES = (Column("Rules"), Column("About"), Column("Today"), Column("On the chosen day"))
MOST_CHANGES = 100
PREVIEW = (
    "A preview, and no switch: quotes always use the rules that are in force on their day, since "
    "quoting by rules that are not in force would not be lawful. Rules change by an update of the "
    "program, whose rulebook version every run and quote names."
)


class StockRules(Section):
    """The stock policy, shown and set."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._shown = html()
        self._policy = widgets.Dropdown(description="Policy", options=POLICIES)
        self._share = widgets.Text("50", description="Share in per cent")
        self._days = widgets.BoundedIntText(30, min=1, max=3650, description="Days of a hold")
        self._why = widgets.Text(description="Reason")
        fields = [
            field(self._policy), field(self._share, "For a share only: above 0 and below 100."),
            field(self._days), field(self._why, "For the audit log."),
        ]  # fmt: skip
        self._set = Deed(self, "Change the stock policy", self._do_set, fields)
        self._set.ask("What is held already stays as it is; quotes from now on follow the new one.")
        parts = [self.problem, self.said, self._shown, self._set.widget]
        self.widget = widgets.VBox([html("<h3>Stock policy</h3>"), *parts])

    @guarded
    async def begin(self) -> None:
        """Show the policy in force."""
        await self._refresh()

    async def _refresh(self) -> None:
        def load(store: Store, _actor: Actor) -> StockPolicy:
            return load_stock_policy(store)

        policy = await self.ask(load)
        self._policy.value, self._days.value = policy.policy, policy.hold_days
        held = f"{percent(policy.share)} of their units" if policy.share else "nothing"
        self._shown.value = f"<p>Quotes that go out hold {held}, for {policy.hold_days} days.</p>"

    async def _do_set(self) -> None:
        wanted = StockPolicy(self._policy.value, _share(self._share.value), self._days.value)
        await self.ask(set_stock_policy, wanted, self._why.value)
        self._why.value = ""
        await self._refresh()
        self.say("The stock policy was changed.")


class Rulebook(Section):
    """The rules in force on a day, compared with today."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._day = widgets.DatePicker(description="Day to look at", value=date.today())
        look = button("Show the rules of this day")
        look.on_click(self._look)
        self._shown = html()
        version = html(f"<p>Rulebook {rulebook_version()[:8]}.</p>{note(PREVIEW)}")
        parts = [version, field(self._day), look, self.problem, self.said, self._shown]
        self.widget = widgets.VBox([html("<h3>Rulebook in force</h3>"), *parts])
        self._show(date.today())

    @guarded
    def _look(self, _button: widgets.Button) -> None:
        if self._day.value is None:
            raise BadInput("No day is given: choose one above.")
        self._show(self._day.value)
        self.problem.value = ""
        self.said.value = f"<p>The rules of {day(self._day.value)} are shown below.</p>"

    def _show(self, wanted: date) -> None:
        self._shown.value = rules_html(preview(wanted, date.today()), wanted)


def rules_html(found: Sequence[RulesOfDay], wanted: date) -> str:
    """The rules of a day: how many of each table, and every row that is not as today."""
    rows: list[Row] = [
        [
            rules.name, str(rules.in_force), day(rules.since) if rules.since else "–",
            str(rules.announced), str(len(rules.changes)),
        ]
        for rules in found
    ]  # fmt: skip
    changed: list[Row] = [
        [rules.name, change.about, *_sides(change)] for rules in found for change in rules.changes
    ]
    shown = table(f"Rules in force on {day(wanted)}", RULES, rows)
    if not changed:
        return shown + f"<p>On {day(wanted)} nothing differs from today.</p>"
    more = len(changed) - MOST_CHANGES
    rest = f"<p>And {more:,} more of the same kind.</p>" if more > 0 else ""
    caption = f"What differs on {day(wanted)}"
    return shown + table(caption, CHANGES, changed[:MOST_CHANGES]) + rest


def _sides(change: Change) -> tuple[str, str]:
    before, after = change.before or {}, change.after or {}
    names = [name for name in before or after if before.get(name) != after.get(name)]
    return _words(change.before, names), _words(change.after, names)


def _words(rule: Rule | None, names: Sequence[str]) -> str:
    if rule is None:
        return "not in force"
    return "; ".join(f"{name.replace('_', ' ')} {rule[name]}" for name in names if rule[name])


def _share(typed: str) -> Decimal:
    """A share of one from per cent. Raises BadInput."""
    try:
        return Decimal(typed.strip() or "0") / 100
    except InvalidOperation:
        raise BadInput(f"The share is “{typed[:40]}”; give per cent, such as 50.") from None
