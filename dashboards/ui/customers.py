"""Customers: listed, searched, added, changed; and from each the way to their quotes."""

from collections.abc import Sequence
from dataclasses import replace

import ipywidgets as widgets

from bng_core.actor import Action, Actor
from bng_core.errors import BadInput
from bng_core.store import Store
from bng_core.store.parties import Customer, add_customer, change_customer, find_customers
from dashboards.ui.deed import Deed
from dashboards.ui.fields import button, choices, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.paging import A_PAGE, Paging
from dashboards.ui.section import Section
from dashboards.ui.site import Site
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import Cell

COLUMNS = (Column("Customer"), Column("E-mail"), Column("Telephone"), Column("Quotes"))
NOT_SHOWN = "<p>Your role does not see the list of customers.</p>"


class Customers(Section):
    """The list with its search, and the two forms."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._words = widgets.Text(description="Name of the customer")
        find = button("Find customers")
        find.on_click(self._find)
        self._list = html()
        self._found: dict[int, Customer] = {}
        self._pages: Paging[Customer] = Paging(self, self._load, self._show)
        self._chosen = widgets.Dropdown(description="Customer to change")
        self._chosen.observe(self._fill, "value")
        self._new, self._known = _Form(), _Form()
        self._add = Deed(self, "Add a customer", self._do_add, self._new.fields)
        chosen = field(self._chosen, "Those on the page above.")
        fields = [chosen, *self._known.fields]
        self._change = Deed(self, "Change a customer", self._do_change, fields)
        self._add.ask("An e-mail address tells the customer from others; it can be left blank.")
        self._change.ask("The new name shows on all quotes of the customer.")
        self._forms = widgets.VBox([self._add.widget, self._change.widget])
        search = field(self._words, "Three letters or more; blank for all.")
        parts = [search, find, self.problem, self.said, self._list, self._pages.widget, self._forms]
        self.widget = widgets.VBox(parts)

    @guarded
    async def begin(self) -> None:
        """Show the first customers to those who may see them."""
        actor = await self.ask(who)
        if not actor.may(Action.SEE_CUSTOMERS):
            self.widget.children = [html(NOT_SHOWN)]
            return
        changes = actor.may(Action.CHANGE_CUSTOMERS)
        self._add.offer(changes)
        self._change.offer(changes)
        await self._pages.first()

    @guarded
    async def _find(self, _button: widgets.Button) -> None:
        await self._pages.first()

    async def _load(self, after: Customer | None) -> Sequence[Customer]:
        return await self.ask(find_customers, self._words.value.strip(), A_PAGE + 1, after)

    def _show(self, found: Sequence[Customer]) -> None:
        rows: list[Row] = [
            [
                one.customer_name, one.email or "–", one.phone or "–",
                Cell(f"Quotes of {one.customer_name}", address=f"?customer={one.customer_id}"),
            ]
            for one in found
        ]  # fmt: skip
        self.problem.value = ""
        self._list.value = (
            table("Customers, by name", COLUMNS, rows) if rows else "<p>No customer found.</p>"
        )
        self._found = {one.customer_id: one for one in found}
        names = [(f"{one.customer_name} ({one.customer_id})", one.customer_id) for one in found]
        choices(self._chosen, names)

    def _fill(self, _change: object) -> None:
        if self._chosen.value in self._found:
            self._known.show(self._found[self._chosen.value])

    async def _do_add(self) -> None:
        form = self._new
        added = await self.ask(add_customer, form.name, form.email, form.phone)
        form.show(Customer(0, "", None, None))
        await self._pages.first()
        self.say(f"{added.customer_name} is a customer.")

    async def _do_change(self) -> None:
        known, form = self._found.get(self._chosen.value), self._known
        if known is None:
            raise BadInput("No customer is chosen: find one above first.")
        wanted = replace(known, customer_name=form.name, email=form.email, phone=form.phone)
        changed = await self.ask(change_customer, wanted)
        await self._pages.first()
        self.say(f"{changed.customer_name} was changed.")


class _Form:
    """The three fields of a customer."""

    def __init__(self) -> None:
        self._name = widgets.Text(description="Name")
        self._email = widgets.Text(description="E-mail address (optional)")
        self._phone = widgets.Text(description="Telephone (optional)")
        self.fields = [field(self._name), field(self._email), field(self._phone)]

    def show(self, customer: Customer) -> None:
        """Fill the fields."""
        self._name.value = customer.customer_name
        self._email.value = customer.email or ""
        self._phone.value = customer.phone or ""

    @property
    def name(self) -> str:
        return self._name.value

    @property
    def email(self) -> str | None:
        return self._email.value.strip() or None

    @property
    def phone(self) -> str | None:
        return self._phone.value.strip() or None


def who(_store: Store, actor: Actor) -> Actor:
    """The visitor, as they are now."""
    return actor
