"""Who the quote is for: a known customer or a new one, the site, and the promoter."""

import asyncio
from typing import Any

import ipywidgets as widgets

from bng_core.actor import Action, Actor
from bng_core.errors import BadInput
from bng_core.store import Store
from bng_core.store.parties import Customer, add_customer, find_customers, load_promoter
from dashboards.ui.fields import field, html
from dashboards.ui.guard import guarded
from dashboards.ui.site import Site
from dashboards.ui.text import note, problem

MOST_CUSTOMERS = 200
NO_QUOTES = (
    "You may look for the cheapest purchase; making a quote of it takes another role. Leave this "
    "step out."
)
CUSTOMER_HINT = "Type a few letters and choose one, or type the name of a new customer."


class ClientStep:
    """Customer, email, site and promoter; nothing is stored before a quote is saved."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known: dict[str, Customer] = {}
        self._customer = widgets.Combobox(description="Customer")
        self._email = widgets.Text(description="Email of a new customer (optional)")
        self._site_name = widgets.Text(description="Site name or reference")
        self._promoter = widgets.Text(description="Promoter (optional)")
        self._customer.observe(self._typed, "value")
        self._said = html("", "bng-urgent")
        self._fields = widgets.VBox(
            [
                field(self._customer, CUSTOMER_HINT),
                field(self._email, "Tells customers of the same name apart."),
                field(
                    self._site_name, "As it will stand on the quote, such as Long Field, phase 2."
                ),
            ]
        )
        self._of_promoter = field(self._promoter, "Who brought the customer; decides the discount.")
        self.widget = widgets.VBox([self._said, self._fields, self._of_promoter])

    def show_problem(self, text: str) -> None:
        """Say what could not be looked up."""
        self._said.value = problem(text)

    @guarded
    async def begin(self) -> None:
        """Show what this visitor may fill in."""
        actor = await asyncio.to_thread(self._site.actor)
        if not actor.may(Action.MAKE_QUOTE):
            self._said.value = note(NO_QUOTES)
            self._fields.add_class("bng-hidden")
        if actor.promoter is not None or not actor.may(Action.SEE_CUSTOMERS):
            self._of_promoter.add_class("bng-hidden")
        if actor.may(Action.SEE_CUSTOMERS):
            await self._look_up("")

    async def asked(self, actor: Actor) -> dict[str, Any]:
        """What the promoter's discount asks of the run, as fields of Question.

        Raises QuoteError for a promoter who is not known.
        """
        name = actor.promoter or self._promoter.value.strip()
        if not name or not actor.may(Action.MAKE_QUOTE):
            return {}
        return (await asyncio.to_thread(load_promoter, self._site.store, actor, name)).asked()

    def promoter(self) -> str | None:
        """The promoter that was named, if any."""
        return self._promoter.value.strip() or None

    def site_name(self) -> str:
        """The name of the site. Raises BadInput."""
        if not self._site_name.value.strip():
            raise BadInput("The site has no name yet: give it in step 1.")
        return str(self._site_name.value)

    def suggest_site(self, name: str | None) -> None:
        """Fill in the project's own name where nothing was typed yet."""
        if name and not self._site_name.value:
            self._site_name.value = name[:200]

    def customer(self, store: Store, actor: Actor) -> Customer:
        """The chosen customer, added where it is new. Raises BadInput or NotAllowed."""
        name = self._customer.value.strip()
        if not name:
            raise BadInput("The quote has no customer yet: choose or add one in step 1.")
        if name in self._known:
            return self._known[name]
        return add_customer(store, actor, name, self._email.value.strip() or None)

    def fill(self, customer: str, site: str, promoter: str) -> None:
        """Put back what was typed before."""
        self._customer.value, self._site_name.value = customer, site
        self._promoter.value = promoter

    def filled(self) -> dict[str, str]:
        """What is filled in, as `fill` takes it."""
        return {
            "customer": self._customer.value,
            "site": self._site_name.value,
            "promoter": self._promoter.value,
        }

    @guarded
    async def _typed(self, change: dict[str, Any]) -> None:
        if len(self._known) >= MOST_CUSTOMERS:  # fewer are all there already
            await self._look_up(change["new"])

    async def _look_up(self, words: str) -> None:
        actor = await asyncio.to_thread(self._site.actor)
        store = self._site.store
        found = await asyncio.to_thread(find_customers, store, actor, words, MOST_CUSTOMERS)
        self._known |= {_label(customer, found): customer for customer in found}
        self._customer.options = sorted(self._known)


def _label(customer: Customer, others: list[Customer]) -> str:
    """The name; with the email, or the number, where several have it."""
    if sum(other.customer_name == customer.customer_name for other in others) == 1:
        return customer.customer_name
    return f"{customer.customer_name} ({customer.email or f'no. {customer.customer_id}'})"
