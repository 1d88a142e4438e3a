"""From an answer to a quote on the page's own parts, over a real store: who may do what."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from bng_core.actor import SYSTEM, Actor, Role
from bng_core.market import read_market
from bng_core.quote_words import Discount, QuoteState
from bng_core.settings import PROJECT_ROOT
from bng_core.store import Store, load_run, save_market
from bng_core.store.parties import Promoter, add_customer, save_promoter
from bng_core.store.quote_rows import open_quote
from dashboards.ui.quote.adjust_form import PRICE
from dashboards.ui.quote.client_step import NO_QUOTES, ClientStep
from dashboards.ui.quote.draft_panel import DraftPanel
from dashboards.ui.site import Site
from tests.builders import MODIFIED
from tests.quote_builders import HANDLER, a_run
from tests.test_dashboard_ui import SCRIPT

NAMES: dict[str, str] = {}
PROMOTER = Actor("pat", Role.PROMOTER, promoter="Green")
END_USER = Actor("eve", Role.END_USER)


class Visit(Site):
    """A visit of somebody who is signed in."""

    def __init__(self, store: Store, actor: Actor) -> None:
        super().__init__()
        self._store, self._actor = store, actor

    @property
    def store(self) -> Store:
        return self._store

    def actor(self) -> Actor:
        return self._actor


@pytest.fixture
def market(store: Store) -> Store:
    save_market(store, read_market(PROJECT_ROOT / "sample" / "market"))
    return store


def settle(*deeds: Any) -> None:
    """Do what a visitor does, one after the other, each to its end."""

    async def run() -> None:
        for deed in deeds:
            deed()
            while others := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.wait(others)

    asyncio.run(run())


def hidden(part: Any) -> bool:
    return "bng-hidden" in part._dom_classes


def opened(store: Store, actor: Actor, **asked: Any) -> tuple[ClientStep, DraftPanel]:
    site = Visit(store, actor)
    client = ClientStep(site)
    panel = DraftPanel(site, client)
    run = load_run(store, a_run(store, asked, **{MODIFIED: 0.5}))
    settle(client.begin, lambda: panel.offer(run, NAMES))
    return client, panel


def test_a_handler_saves_changes_and_sends_out_a_quote(market: Store) -> None:
    client, panel = opened(market, HANDLER)
    settle(lambda: client.fill(SCRIPT, "Long Field", ""))

    settle(panel._save.click)
    reference = panel._reference()
    assert open_quote(market, HANDLER, reference).customer_name == SCRIPT
    assert "<script>" not in panel._shown.value

    panel._adjust._kind.value = PRICE
    panel._adjust._price.value = "12,345.50"
    settle(panel._apply.click)
    assert "The reason is blank; fill it in." in panel._problem.value
    panel._adjust._why.value = "agreed by telephone"
    settle(panel._apply.click)
    changed = open_quote(market, HANDLER, reference)
    assert changed.lines[0].unit_price_pence == 1_234_550
    assert "agreed by telephone" in panel._shown.value
    assert "changed by hand: not what the audit checked" in panel._shown.value

    settle(panel._issue.click)
    out = open_quote(market, HANDLER, reference)
    assert out.state is QuoteState.QUOTED
    assert out.open_hold() is not None
    assert hidden(panel._adjusting)
    assert not hidden(panel._hold)
    panel._days.value = 90
    settle(panel._hold.click)
    held = open_quote(market, HANDLER, reference).open_hold()
    assert held is not None
    assert held.hold_id != out.open_hold().hold_id  # type: ignore[union-attr]


def test_a_quote_without_customer_or_site_is_refused_in_words(market: Store) -> None:
    client, panel = opened(market, HANDLER)

    settle(panel._save.click)
    assert "The site has no name yet: give it in step 1." in panel._problem.value
    settle(lambda: client.fill("", "Long Field", ""))
    settle(panel._save.click)
    assert "The quote has no customer yet: choose or add one in step 1." in panel._problem.value


def test_a_customer_who_is_known_is_chosen_not_added_again(market: Store) -> None:
    known = add_customer(market, SYSTEM, "Acorn Homes", "a@example.org")
    client, panel = opened(market, HANDLER)
    settle(lambda: client.fill("Acorn Homes", "Long Field", ""))

    settle(panel._save.click)

    quote = open_quote(market, HANDLER, panel._reference())
    assert quote.customer_id == known.customer_id


def test_a_promoter_makes_quotes_but_sees_no_customers_and_changes_nothing(market: Store) -> None:
    save_promoter(market, SYSTEM, Promoter("Green", Discount.NONE), "for the test")
    add_customer(market, SYSTEM, "Somebody else's customer")
    client, panel = opened(market, PROMOTER)
    settle(lambda: client.fill("New Homes", "Long Field", ""))

    settle(panel._save.click)

    assert client._customer.options == ()
    assert hidden(client._of_promoter)
    assert hidden(panel._adjusting)
    assert not hidden(panel._issue)
    assert open_quote(market, PROMOTER, panel._reference()).promoter == "Green"


def test_a_named_promoters_discount_is_asked_with_the_run(market: Store) -> None:
    save_promoter(
        market, SYSTEM, Promoter("Green", Discount.PERCENTAGE, Decimal(5)), "for the test"
    )
    client, _ = opened(market, HANDLER)
    settle(lambda: client.fill("New Homes", "Long Field", "Green"))

    assert asyncio.run(client.asked(HANDLER)) == {"charges": {"discount_percent": 5.0}}


def test_an_end_user_is_told_that_quotes_take_another_role(market: Store) -> None:
    client, panel = opened(market, END_USER)

    assert NO_QUOTES in client._said.value
    assert hidden(client._fields)
    assert hidden(panel.widget)
