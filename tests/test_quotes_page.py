"""The page of the quotes without a browser: its sections on a real store, for each role."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bng_core.actor import SYSTEM, Actor, Role
from bng_core.errors import BngError
from bng_core.quote_steps import STEPS, QuoteStep, steps_of
from bng_core.quote_words import Discount, QuoteState
from bng_core.store import Store, save_market
from bng_core.store.parties import Promoter, add_customer, save_promoter
from bng_core.store.quote_life import (
    accept_quote,
    allocate_quote,
    extend_quote,
    hold_quote,
    issue_quote,
    release_hold,
    withdraw_quote,
)
from bng_core.store.quote_pages import Search
from bng_core.store.quote_rows import Quote, open_quote
from bng_core.store.quotes import NewQuote, save_quote
from bng_core.store.requotes import requote
from bng_core.store.users import NewUser, add_user
from dashboards.ui.customers import Customers
from dashboards.ui.opened_quote import OpenedQuote
from dashboards.ui.quote_finder import QuoteFinder, all_rows, as_file
from dashboards.ui.quote_view import stands
from tests.builders import ORCHARD, a_market, an_offer
from tests.page_parts import Visit, buttons, done, fill, press, text_of
from tests.quote_builders import HANDLER, a_draft, a_run

SCRIPT = "<script>alert('x')</script>"


@pytest.fixture
def site(store: Store) -> Callable[[str], Visit]:
    """Visits of a handler, an end user, and the promoters Green and Blue."""
    save_market(store, a_market(an_offer(ORCHARD, 40_000, 30, bank_id="near")))
    add_user(store, SYSTEM, NewUser("hannah", Role.HANDLER))
    add_user(store, SYSTEM, NewUser("eve", Role.END_USER))
    for name in ("green", "blue"):
        save_promoter(store, SYSTEM, Promoter(name, Discount.NONE), "new partner")
        add_user(store, SYSTEM, NewUser(name, Role.PROMOTER, promoter=name))
    return lambda login: Visit(store, login)


def opened(site: Visit, reference: str) -> OpenedQuote:
    section = OpenedQuote(site)
    done(lambda: section.open(reference))
    return section


def test_a_quote_opens_with_its_lines_its_hold_and_its_history(store, site):
    quote = issue_quote(store, HANDLER, a_draft(store, **{ORCHARD: 2}).reference)

    shown = text_of(opened(site("hannah"), quote.reference).widget)

    for words in (
        "BNG-00001: Field", "£80,000", "its price holds until", "Acorn Homes",
        "audited: a second program checked every line", "Sent out", "Draft made", "1: open",
        f"?run={quote.run_id}", quote.market_version, "No document of it is kept yet.",
    ):  # fmt: skip
        assert words in shown


def test_a_step_is_asked_once_more_and_then_taken(store, site):
    quote = a_draft(store, **{ORCHARD: 2})
    section = opened(site("hannah"), quote.reference)
    assert buttons(section.widget) == ["Send it out", "Withdraw it"]

    press(section.widget, "Send it out")
    assert "Send BNG-00001 out? Its units are held" in text_of(section.widget)
    assert open_quote(store, SYSTEM, quote.reference).state is QuoteState.DRAFT
    press(section.widget, "No, go back")
    assert "Yes: send it out" not in buttons(section.widget)
    press(section.widget, "Send it out")
    fill(section.widget, "Days that its price holds", 10)
    press(section.widget, "Yes: send it out")

    sent = open_quote(store, SYSTEM, quote.reference)
    assert (sent.state, sent.valid_until.date() - sent.quoted_at.date()) == (
        QuoteState.QUOTED,
        timedelta(days=10),
    )
    assert "BNG-00001 was sent out." in section.said.value
    assert buttons(section.widget) == [
        "Accept it", "Extend it", "Hold all its units", "Release what it holds",
        "Requote at today's prices", "Withdraw it",
    ]  # fmt: skip


def test_a_step_that_is_refused_says_why_and_keeps_what_was_typed(store, site):
    quote = issue_quote(store, HANDLER, a_draft(store, **{ORCHARD: 2}).reference)
    section = opened(site("hannah"), quote.reference)

    press(section.widget, "Withdraw it")
    press(section.widget, "Yes: withdraw it")

    assert "The reason is blank; fill it in." in section.problem.value
    assert "Yes: withdraw it" in buttons(section.widget)
    fill(section.widget, "Reason", "the client chose credits")
    press(section.widget, "Yes: withdraw it")
    assert open_quote(store, SYSTEM, quote.reference).state is QuoteState.WITHDRAWN
    assert "the client chose credits" in text_of(section.widget)


@pytest.mark.parametrize("reference", ["BNG-00001", "BNG-99999", SCRIPT])
def test_another_promoters_quote_is_no_other_than_one_that_does_not_exist(store, site, reference):
    a_draft(store, Actor("green", Role.PROMOTER, promoter="green"), **{ORCHARD: 2})

    section = opened(site("blue"), reference)

    shown = text_of(section.widget)
    assert "that you may see; look in the list of quotes." in shown
    assert "Field" not in shown
    assert "<script>" not in shown
    assert buttons(section.widget) == []


def test_who_may_see_no_quote_is_told_so(store, site):
    a_draft(store, **{ORCHARD: 2})

    section = opened(site("eve"), "BNG-00001")

    assert "eve may not see own quotes as end_user" in section.problem.value


def test_promoters_find_and_take_away_their_own_quotes_only(store, site):
    mine = a_draft(store, Actor("green", Role.PROMOTER, promoter="green"), **{ORCHARD: 2})
    a_draft(store, Actor("blue", Role.PROMOTER, promoter="blue"), **{ORCHARD: 2})
    finder = QuoteFinder(site("green"))

    done(finder.begin)
    press(finder.widget, "Make a CSV of this list")

    assert "1 quote found." in text_of(finder.widget)
    assert f'href="?quote={mine.reference}"' in text_of(finder.widget)
    assert "BNG-00002" not in text_of(finder.widget)
    assert "Quotes as CSV: 1 quote, all of them" in text_of(finder.widget)


def test_quotes_are_found_by_state_words_customer_and_day(store, site):
    first, second = (a_draft(store, **{ORCHARD: units}) for units in (1, 2))
    issue_quote(store, HANDLER, second.reference)
    finder = QuoteFinder(site("hannah"))

    def found(**fields: Any) -> list[str]:
        for label, value in fields.items():
            fill(finder.widget, LABELS[label], value)
        press(finder.widget, "Find quotes")
        shown = text_of(finder.widget)
        return [one for one in (first.reference, second.reference) if f"?quote={one}" in shown]

    assert found(state=QuoteState.QUOTED) == [second.reference]
    assert found(state="", words="bng-00001") == [first.reference]
    assert found(words="acorn") == [first.reference, second.reference]
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert found(words="", since=tomorrow) == []
    found(until=tomorrow - timedelta(days=2))
    assert "is before “Made from”" in finder.problem.value
    fill(finder.widget, LABELS["since"], None)
    fill(finder.widget, LABELS["until"], None)
    done(lambda: finder.of_customer(first.customer_id))
    assert "1 quote found." in text_of(finder.widget)
    assert f"?quote={first.reference}" in text_of(finder.widget)


LABELS = {
    "state": "State",
    "words": "Reference, site or customer",
    "since": "Made from",
    "until": "Made until",
}


def test_a_list_longer_than_a_page_is_turned_forward_and_back(store, site):
    run, customer = a_run(store, **{ORCHARD: 1}), add_customer(store, SYSTEM, "Acorn")
    for _ in range(27):
        save_quote(store, HANDLER, NewQuote(run, customer.customer_id, "Field"))
    finder = QuoteFinder(site("hannah"))
    done(finder.begin)

    press(finder.widget, "Next page")
    assert "2 quotes found on page 2." in text_of(finder.widget)
    assert "BNG-00001" in text_of(finder.widget)
    press(finder.widget, "Page before")

    assert "25 quotes found." in text_of(finder.widget)
    assert "BNG-00001" not in text_of(finder.widget)


def test_what_people_typed_is_text_on_the_page_and_in_the_file(store, site):
    customer = add_customer(store, SYSTEM, SCRIPT)
    run = a_run(store, **{ORCHARD: 1})
    quote = save_quote(store, HANDLER, NewQuote(run, customer.customer_id, "=cmd|'/c calc'!A0"))
    withdraw_quote(store, HANDLER, quote.reference, SCRIPT)
    finder, customers = QuoteFinder(site("hannah")), Customers(site("hannah"))

    done(finder.begin)
    done(customers.begin)
    shown = "".join(
        text_of(part.widget)
        for part in (finder, customers, opened(site("hannah"), quote.reference))
    )

    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    rows = all_rows(store, SYSTEM, Search())
    file = as_file(rows, "all").content.decode("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(file))
    assert (line["site"], line["customer_name"]) == ("'=cmd|'/c calc'!A0", SCRIPT)


def test_customers_are_added_and_changed_by_those_who_may(store, site):
    section = Customers(site("hannah"))
    done(section.begin)

    press(section.widget, "Add a customer")
    fill(section.widget, "Name", "Acorn")
    press(section.widget, "Yes: add a customer")
    press(section.widget, "Change a customer")
    fill(section.widget, "Name", "Acorn Homes")
    fill(section.widget, "E-mail address (optional)", "acorn")
    press(section.widget, "Yes: change a customer")
    assert "is no email address; expected one such as name@example.org." in section.problem.value
    fill(section.widget, "E-mail address (optional)", "office@acorn.example")
    press(section.widget, "Yes: change a customer")

    assert "Acorn Homes was changed." in section.said.value
    assert "office@acorn.example" in text_of(section.widget)
    assert "?customer=" in text_of(section.widget)


def test_promoters_are_shown_no_customers(site):
    section = Customers(site("green"))

    done(section.begin)

    assert text_of(section.widget) == "<p>Your role does not see the list of customers.</p>"
    assert buttons(section.widget) == []


def test_a_requote_shows_what_has_changed_before_it_is_sent_out(store, site):
    old = issue_quote(store, HANDLER, a_draft(store, **{ORCHARD: 2}).reference)
    save_market(store, a_market(an_offer(ORCHARD, 41_500, 28, bank_id="near")))
    new = requote(store, HANDLER, old.reference, a_run(store, **{ORCHARD: 2}))

    section = opened(site("hannah"), new.reference)

    shown = text_of(section.widget)
    assert "Compared with BNG-00001, the total is £3,000 more. The rules are the same." in shown
    assert "price £40,000.00 → £41,500.00" in shown
    assert buttons(section.widget) == ["Send it out", "Withdraw it"]
    issue_quote(store, HANDLER, new.reference)
    earlier = text_of(opened(site("hannah"), old.reference).widget)
    assert "a later version was sent out in its place; the latest is BNG-00001.1." in earlier


def test_a_quote_past_its_time_is_said_to_be_so_whether_it_was_swept_or_not(store, site):
    quote = issue_quote(store, HANDLER, a_draft(store, **{ORCHARD: 2}).reference, 1)
    later = datetime.now(UTC) + timedelta(days=2)

    assert stands(quote, later).startswith("Its time has passed: its price held until ")
    with store.begin() as connection:
        passed = "UPDATE quote_versions SET quoted_at = now() - interval '2 d', valid_until = now()"
        connection.execute(text(passed))
    finder = QuoteFinder(site("hannah"))
    done(finder.begin)
    assert "Quoted, its time has passed" in text_of(finder.widget)
    handler = Actor("hannah", Role.HANDLER)
    assert QuoteStep.ACCEPT not in steps_of(handler, quote, later)
    assert QuoteStep.ACCEPT in steps_of(handler, quote, datetime.now(UTC))


def quote_in(store: Store, state: QuoteState) -> Quote:
    """A quote that came to this state by the program's own steps."""
    reference = a_draft(store, **{ORCHARD: 1}).reference
    if state is QuoteState.DRAFT:
        return open_quote(store, SYSTEM, reference)
    if state is QuoteState.WITHDRAWN:
        return withdraw_quote(store, HANDLER, reference, "no")
    issue_quote(store, HANDLER, reference)
    if state is QuoteState.SUPERSEDED:
        again = requote(store, HANDLER, reference, a_run(store, **{ORCHARD: 1}))
        issue_quote(store, HANDLER, again.reference)
    if state in (QuoteState.ACCEPTED, QuoteState.ALLOCATED):
        accept_quote(store, HANDLER, reference)
    if state is QuoteState.ALLOCATED:
        allocate_quote(store, HANDLER, reference, "BGS-1")
    return open_quote(store, SYSTEM, reference)


@pytest.mark.parametrize(
    "state", [state for state in QuoteState if state is not QuoteState.EXPIRED]
)
def test_the_steps_that_are_offered_are_those_that_can_be_taken(store, site, state):
    takes: dict[QuoteStep, Callable[[str], object]] = {
        QuoteStep.ISSUE: lambda one: issue_quote(store, HANDLER, one),
        QuoteStep.ACCEPT: lambda one: accept_quote(store, HANDLER, one),
        QuoteStep.ALLOCATE: lambda one: allocate_quote(store, HANDLER, one, "BGS-1"),
        QuoteStep.EXTEND: lambda one: extend_quote(store, HANDLER, one, 30, "asked"),
        QuoteStep.HOLD: lambda one: hold_quote(store, HANDLER, one, 30),
        QuoteStep.RELEASE: lambda one: release_hold(store, HANDLER, one, "asked"),
        QuoteStep.REQUOTE: lambda one: requote(store, HANDLER, one, a_run(store, **{ORCHARD: 1})),
        QuoteStep.WITHDRAW: lambda one: withdraw_quote(store, HANDLER, one, "asked"),
    }

    def is_taken(step: QuoteStep) -> bool:
        quote = quote_in(store, state)
        try:
            takes[step](quote.reference)
        except BngError:
            return False
        return True

    offered = steps_of(HANDLER, quote_in(store, state), datetime.now(UTC))

    assert {step for step in STEPS if is_taken(step)} == set(offered)
