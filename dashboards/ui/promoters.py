"""Promoters: the discount of their customers, the fees of their quotes, active or not."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import ipywidgets as widgets

from bng_core.errors import BadInput
from bng_core.quote_words import Discount
from bng_core.store.parties import Promoter, list_promoters, save_promoter
from bng_core.store.quotes import pence_of
from dashboards.ui.deed import Deed
from dashboards.ui.fields import choices, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.section import Section
from dashboards.ui.site import Site
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import pounds

COLUMNS = (
    Column("Promoter"), Column("Discount"), Column("Fee a quote", is_figure=True),
    Column("Fee a bank", is_figure=True), Column("State"),
)  # fmt: skip
DISCOUNTS = [
    ("No discount", Discount.NONE),
    ("A percentage off the units", Discount.PERCENTAGE),
    ("The prices of the next larger contract size", Discount.NEXT_SIZE),
]
_WORDS = {discount: words.lower() for words, discount in DISCOUNTS}
NEW = ""


class Promoters(Section):
    """The list, and one form that adds or changes."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._list = html()
        self._known: dict[str, Promoter] = {}
        self._chosen = widgets.Dropdown(description="Promoter", options=[("A new one", NEW)])
        self._chosen.observe(self._fill, "value")
        self._name = widgets.Text(description="Name of a new promoter")
        self._discount = widgets.Dropdown(description="Discount", options=DISCOUNTS)
        self._percent = widgets.Text("0", description="Percentage off")
        self._quote_fee = widgets.Text("0", description="Fee a quote (£)")
        self._bank_fee = widgets.Text("0", description="Fee a bank (£)")
        self._active = widgets.Checkbox(True, description="Active", indent=False)
        self._why = widgets.Text(description="Reason")
        fields = [
            field(self._chosen), field(self._name), field(self._discount),
            field(self._percent, "For a percentage only: 0.01 to 99."), field(self._quote_fee),
            field(self._bank_fee), field(self._active), field(self._why, "For the audit log."),
        ]  # fmt: skip
        self._save = Deed(self, "Add or change a promoter", self._do_save, fields)
        self._save.ask("Quotes that were made keep their terms; runs from now on have these.")
        parts = [self.problem, self.said, self._list, self._save.widget]
        self.widget = widgets.VBox([html("<h3>Promoters: discounts and fees</h3>"), *parts])

    @guarded
    async def begin(self) -> None:
        """Show all promoters."""
        await self._refresh()

    async def _refresh(self) -> None:
        found = await self.ask(list_promoters)
        self._known = {promoter.promoter: promoter for promoter in found}
        self._list.value = promoters_html(found)
        choices(self._chosen, [("A new one", NEW), *((name, name) for name in self._known)])

    def _fill(self, _change: object) -> None:
        promoter = self._known.get(self._chosen.value, Promoter("", Discount.NONE))
        self._name.disabled = bool(self._chosen.value)
        self._name.value = promoter.promoter
        self._discount.value = promoter.discount
        self._percent.value = f"{promoter.percent.normalize():f}"
        self._quote_fee.value = f"{Decimal(promoter.quote_fee_pence) / 100:f}"
        self._bank_fee.value = f"{Decimal(promoter.bank_fee_pence) / 100:f}"
        self._active.value = promoter.active

    async def _do_save(self) -> None:
        promoter = Promoter(
            promoter=self._name.value.strip(),
            discount=self._discount.value,
            percent=_number("percentage off", self._percent),
            active=self._active.value,
            quote_fee_pence=pence_of(_number("fee a quote", self._quote_fee)),
            bank_fee_pence=pence_of(_number("fee a bank", self._bank_fee)),
        )
        await self.ask(save_promoter, promoter, self._why.value)
        self._why.value = ""
        await self._refresh()
        self.say(f"The terms of {promoter.promoter} were saved.")


def promoters_html(found: Sequence[Promoter]) -> str:
    """All promoters as a table."""
    rows: list[Row] = [
        [
            one.promoter, _discount(one), pounds(Decimal(one.quote_fee_pence) / 100),
            pounds(Decimal(one.bank_fee_pence) / 100), "active" if one.active else "not active",
        ]
        for one in found
    ]  # fmt: skip
    return table("Promoters, by name", COLUMNS, rows) if rows else "<p>No promoter yet.</p>"


def _discount(promoter: Promoter) -> str:
    if promoter.discount is Discount.PERCENTAGE:
        return f"{promoter.percent.normalize():f} % off the units"
    return _WORDS[promoter.discount]


def _number(what: str, given: widgets.Text) -> Decimal:
    """A number as it was typed. Raises BadInput."""
    try:
        number = Decimal(given.value.replace(",", "").strip() or "0")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadInput(f"The {what} is “{given.value[:40]}”; give a number such as 12.50.")
    return number
