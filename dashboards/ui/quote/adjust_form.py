"""Changes of a draft by hand: each with its reason, which the quote keeps (store.quote_lines)."""

from decimal import Decimal, InvalidOperation
from typing import Any

import ipywidgets as widgets

from bng_core.actor import Actor
from bng_core.errors import BadInput
from bng_core.reference import load_spatial_risk
from bng_core.store import Store
from bng_core.store.quote_lines import (
    NewLine,
    add_line,
    override_price,
    pair_line,
    remove_line,
)
from bng_core.store.quote_rows import Quote
from bng_core.store.quotes import pence_of
from dashboards.ui.fields import field

REMOVE, PRICE, ADD, PAIR = "remove", "price", "add", "pair"
CHANGES = [
    ("Remove a line", REMOVE),
    ("Give a line another price", PRICE),
    ("Add a purchase", ADD),
    ("Pair a line with a companion of the same bank", PAIR),
]


class AdjustForm:
    """What to change, by how much, and why."""

    def __init__(self) -> None:
        self._kind = widgets.Dropdown(description="Change", options=CHANGES)
        self._line = widgets.Dropdown(description="Line")
        self._lot = widgets.Text(description="Stock id of the lot")
        self._units = widgets.Text(description="Units to buy")
        multipliers = sorted(set(load_spatial_risk().values()), reverse=True)
        self._srm = widgets.Dropdown(
            description="Spatial risk multiplier (SRM)",
            options=[(f"× {value.normalize():f}", value) for value in multipliers],
        )
        self._price = widgets.Text(description="Price per unit in GBP")
        self._why = widgets.Text(description="Reason")
        of_line = field(self._line, "As numbered in the table of the quote.")
        of_lot = field(self._lot, "As in the table of purchases, such as S001-0003.")
        of_units = field(self._units, "Units at the bank, before the SRM.")
        of_srm = field(self._srm, "As the place of the bank gives it (§2.3).")
        of_price = field(self._price, "Such as 22000 or 22000.50.")
        self._shown = {
            REMOVE: [of_line],
            PRICE: [of_line, of_price],
            ADD: [of_lot, of_units, of_srm, of_price],
            PAIR: [of_line, of_lot, of_units, of_srm, of_price],
        }
        self._fields = widgets.VBox()
        self._kind.observe(self._kind_chosen, "value")
        self.widget = widgets.VBox(
            [
                field(self._kind, "A changed quote says that it is not what the audit checked."),
                self._fields,
                field(self._why, "It stays with the line and goes into the audit log."),
            ]
        )
        self._kind_chosen({"new": REMOVE})

    def show(self, quote: Quote) -> None:
        """Offer the lines of a quote."""
        self._line.options = [
            (f"{line.line}: {line.habitat}, {line.bank_id}", line.line)
            for line in quote.lines
            if line.counts
        ]
        if self._line.options:
            self._line.index = 0
        self._why.value = self._price.value = self._units.value = self._lot.value = ""

    def apply(self, store: Store, actor: Actor, reference: str) -> Quote:
        """Make the change. Raises BadInput, QuoteError or NotAllowed."""
        why, line = self._why.value, self._line.value
        kind = self._kind.value
        if kind in (REMOVE, PRICE, PAIR) and line is None:
            raise BadInput("The quote has no line to change.")
        if kind == REMOVE:
            return remove_line(store, actor, reference, line, why)
        if kind == PRICE:
            return override_price(store, actor, reference, (line, self._pence()), why)
        new = NewLine(
            self._lot.value.strip(),
            number("The units", self._units.value),
            self._srm.value,
            self._pence(),
        )
        if kind == PAIR:
            return pair_line(store, actor, reference, (line, new), why)
        return add_line(store, actor, reference, new, why)

    def _pence(self) -> int:
        return pence_of(number("The price", self._price.value))

    def _kind_chosen(self, change: dict[str, Any]) -> None:
        self._fields.children = tuple(self._shown[change["new"]])


def number(what: str, text: str) -> Decimal:
    """A number that was typed; commas between thousands do not matter. Raises BadInput."""
    try:
        found = Decimal(text.replace(",", "").replace("£", "").strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise BadInput(f"{what}: “{text[:40]}” is not a number; expected one such as 1250.50.")
    return found
