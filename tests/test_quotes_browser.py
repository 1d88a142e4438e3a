"""Quotes and administration in a real browser on the whole stack, for each role."""

import csv
import io
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from bng_core.actor import SYSTEM, Actor, Role
from bng_core.runs import RunService, submit
from bng_core.settings import Settings
from bng_core.store import RunStatus
from bng_core.store.parties import add_customer
from bng_core.store.quote_life import issue_quote
from bng_core.store.quote_rows import Quote, open_quote
from bng_core.store.quotes import NewQuote, save_quote
from bng_core.store.users import actor_of
from tests.asking import QUESTION, SAMPLE_UPLOAD, wait_for
from tests.page_driver import NARROW, Visit, launch, visiting
from tests.people import PASSWORD, person

pytestmark = [pytest.mark.browser, pytest.mark.stack]

SCRIPT = "<script>alert('x')</script>"
HANDLER = Actor("hannah", Role.HANDLER)

Visiting = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def visitor(browser: Browser, stack: Settings, whole: RunService) -> Visiting:
    """Opens a page of the running stack as a user of a role."""

    @contextmanager
    def visit(page: str, role: Role, query: str = "", **options: Any) -> Iterator[Visit]:
        with visiting(browser, str(stack.voila_url).rstrip("/"), **options) as found:
            found.sign_in(whole.store, person(whole.store, role))
            found.open(query, page=page)
            yield found

    return visit


def a_quote_that_is_out(service: RunService, who: Actor, customer: str, site: str) -> Quote:
    """A quote of the sample development, computed by the stack's own worker."""
    run = wait_for(service, submit(service, SAMPLE_UPLOAD, QUESTION, asked_by=who.who))
    assert run.status is RunStatus.DONE
    known = add_customer(service.store, HANDLER, customer).customer_id
    draft = save_quote(service.store, who, NewQuote(run.run_id, known, site))
    return issue_quote(service.store, who, draft.reference)


def press(visit: Visit, name: str) -> None:
    visit.page.get_by_role("button", name=name, exact=True).click()


def test_a_handler_finds_requotes_compares_and_withdraws_by_keyboard(visitor, whole):
    quote = a_quote_that_is_out(whole, HANDLER, f"Acorn {SCRIPT}", f"Long Field {SCRIPT}")

    with visitor("quotes", Role.HANDLER) as visit:
        visit.page.get_by_label("Reference, site or customer").fill(quote.reference.lower())
        press(visit, "Find quotes")
        visit.sees("1 quote found.")
        press(visit, "Make a CSV of this list")
        name, content = visit.download("Quotes as CSV: 1 quote, all of them")
        (line,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        assert (name, line["reference"]) == ("bng-quotes.csv", quote.reference)
        visit.page.get_by_role("link", name=quote.reference, exact=True).first.click()
        visit.sees("its price holds until")
        visit.sees(f"Long Field {SCRIPT}")
        visit.is_accessible()

        press(visit, "Requote at today's prices")
        press(visit, "Yes: requote at today's prices")
        visit.sees(f"{quote.reference}.1 was saved as a draft.")
        visit.sees(f"Compared with {quote.reference}, the total is the same.")
        assert visit.page.url.endswith(f"?quote={quote.reference}.1")
        visit.page.reload()
        visit.sees("Draft: not sent out yet")

        opener = visit.page.get_by_role("button", name="Withdraw it", exact=True)
        opener.focus()
        visit.page.keyboard.press("Enter")
        expect(visit.page.get_by_role("textbox", name="Reason")).to_be_focused()
        visit.page.keyboard.type(f"the price stays {SCRIPT}")
        visit.tab_to("Yes: withdraw it")
        visit.page.keyboard.press("Enter")
        visit.sees(f"{quote.reference}.1 was withdrawn.")
        focused = visit.page.evaluate("document.activeElement.textContent")
        assert f"{quote.reference}.1 was withdrawn." in focused
        visit.sees(f"the price stays {SCRIPT}")
    assert open_quote(whole.store, SYSTEM, quote.reference).latest


def test_a_promoter_opens_their_own_quotes_on_a_phone_and_no_other(visitor, whole):
    theirs = a_quote_that_is_out(whole, HANDLER, "Bramble", "Other Field")
    green = actor_of(whole.store, person(whole.store, Role.PROMOTER))
    mine = a_quote_that_is_out(whole, green, "Acorn", "Own Field")

    with visitor("quotes", Role.PROMOTER, f"?quote={theirs.reference}", viewport=NARROW) as visit:
        foreign = visit.told()
        visit.open("?quote=BNG-99999", page="quotes")
        missing = visit.told()
        assert foreign.replace(theirs.reference, "X") == missing.replace("BNG-99999", "X")
        assert not visit.page.get_by_text("Other Field").is_visible()

        visit.open(f"?quote={mine.reference}", page="quotes")
        visit.sees(f"{mine.reference}: Own Field")
        assert visit.page.get_by_role("button", name="Withdraw it").count() == 0
        visit.is_accessible()
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        press(visit, "Accept it")
        press(visit, "Yes: accept it")
        visit.sees("its units are sold.")
    with visitor("quotes", Role.END_USER) as visit:
        visit.complaints_allowed = True  # the browser itself notes the refusal
        visit.sees("Not for your role")
        assert visit.page.get_by_label("Reference, site or customer").count() == 0


def test_an_admin_adds_a_user_who_sets_their_password_and_clears_the_cache(visitor, browser):
    login = f"new{time.time_ns()}@example.org"

    with visitor("admin", Role.ADMIN) as visit:
        visit.sees("Users, by login")
        visit.sees("Entries, the newest first")
        visit.is_accessible()
        press(visit, "Make a key")
        visit.is_accessible()
        press(visit, "No, go back")
        expect(visit.page.get_by_role("button", name="Make a key", exact=True)).to_be_focused()
        press(visit, "Add a user")
        visit.page.get_by_role("textbox", name="Login", exact=True).fill(login)
        visit.page.get_by_role("textbox", name="Name (optional)").fill(SCRIPT)
        press(visit, "Yes: add a user")
        visit.sees(f"{login} can set a password")
        link = visit.page.get_by_role("link", name="link to set the password")
        address = link.get_attribute("href")
        press(visit, "Verify the chain")
        visit.sees("The log is whole:")
        press(visit, "Clear the whole cache")
        visit.sees("Every question is computed anew")
        press(visit, "Yes: clear the whole cache")
        visit.sees("deleted.")
    with visiting(browser, visit.address) as newcomer:
        newcomer.page.goto(f"{visit.address}{address}")
        newcomer.page.get_by_label("New password").first.fill(PASSWORD)
        newcomer.page.get_by_label("The new password again").fill(PASSWORD)
        newcomer.page.get_by_role("button", name="Set the password and sign in").click()
        newcomer.sees("Find the cheapest")
