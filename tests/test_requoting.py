"""A quote asked again: today's prices, and what it holds itself is free to it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bng_core.actor import SYSTEM, Actor, Role
from bng_core.errors import QuoteError
from bng_core.quote_words import Discount, QuoteState
from bng_core.requoting import ask_requote
from bng_core.runs import RunService, Upload, submit
from bng_core.store import RunStatus, load_run, save_market
from bng_core.store.ledger import load_lot
from bng_core.store.parties import Promoter, add_customer, save_promoter
from bng_core.store.quote_life import issue_quote, release_hold
from bng_core.store.quote_rows import Quote, open_quote
from bng_core.store.quotes import NewQuote, save_quote
from bng_core.store.requotes import difference, requote
from bng_core.terms import NEXT
from flows.run_notebook import execute_run
from tests.asking import QUESTION
from tests.builders import ORCHARD, a_market, an_offer
from tests.quote_builders import ADMIN, HANDLER

LOT = f"near/{ORCHARD}"
TODAY = date(2026, 11, 24)
TWO_UNITS = Upload("demand.csv", f"module,habitat,units\narea,{ORCHARD},2\n".encode())


@pytest.fixture
def orchards(waiting: RunService) -> RunService:
    """Three units of orchard for sale, all at one bank."""
    save_market(waiting.store, a_market(an_offer(ORCHARD, 40_000, 3, bank_id="near")))
    return waiting


def a_quote_that_is_out(service: RunService) -> Quote:
    run = submit(service, TWO_UNITS, QUESTION, asked_by=HANDLER.who)
    done = execute_run(run.run_id, executor="local")
    assert (done.status, done.error) == (RunStatus.DONE, None)
    customer = add_customer(service.store, HANDLER, "Acorn Homes").customer_id
    draft = save_quote(service.store, HANDLER, NewQuote(run.run_id, customer, "Long Field"))
    return issue_quote(service.store, HANDLER, draft.reference)


def test_a_requote_sees_as_free_the_units_that_its_own_quote_holds(orchards):
    old = a_quote_that_is_out(orchards)
    assert load_lot(orchards.store, SYSTEM, LOT).units_available == 1  # fewer than the two needed

    asked = ask_requote(orchards, HANDLER, old.reference, TODAY)
    done = execute_run(asked.run_id, executor="local")

    assert (asked.asked_by, asked.parameters["own_units"]) == ("hannah", {LOT: "2.0000"})
    assert done.result is not None
    assert (done.result["status"], done.result["audit"]["passed"]) == ("optimal", True)
    new = requote(orchards.store, HANDLER, old.reference, asked.run_id)
    changed = difference(orchards.store, HANDLER, old.reference, new.reference)
    assert [line.words for line in changed.lines] == [()]
    issued = issue_quote(orchards.store, HANDLER, new.reference)
    assert [hold.held for hold in issued.holds] == [2]
    assert open_quote(orchards.store, HANDLER, old.reference).state is QuoteState.SUPERSEDED


def test_what_a_quote_has_given_back_is_not_counted_as_its_own(orchards):
    old = a_quote_that_is_out(orchards)
    release_hold(orchards.store, HANDLER, old.reference, "the client waits")

    asked = ask_requote(orchards, HANDLER, old.reference, TODAY)

    assert asked.parameters["own_units"] == {}
    assert load_run(orchards.store, asked.run_id).parameters["on_date"] == "2026-11-24"


def test_nobody_asks_a_quote_again_that_they_may_not_see(orchards):
    old = a_quote_that_is_out(orchards)
    stranger = Actor("gerda", Role.PROMOTER, promoter="Green")

    with pytest.raises(QuoteError) as fault:
        ask_requote(orchards, stranger, old.reference, TODAY)

    assert (
        str(fault.value)
        == "There is no quote 'BNG-00001' that you may see; look in the list of quotes."
    )


def test_a_requote_has_the_discount_and_the_fees_of_today(orchards):
    green = Actor("gerda", Role.PROMOTER, promoter="Green")
    promoter = Promoter("Green", Discount.PERCENTAGE, Decimal(5))
    save_promoter(orchards.store, ADMIN, promoter, "new partner")
    question = replace(QUESTION, **promoter.asked())
    run = submit(orchards, TWO_UNITS, question, asked_by=green.who)
    execute_run(run.run_id, executor="local")
    customer = add_customer(orchards.store, HANDLER, "Acorn Homes").customer_id
    quote = save_quote(orchards.store, green, NewQuote(run.run_id, customer, "Long Field"))
    now = replace(promoter, discount=Discount.NEXT_SIZE, bank_fee_pence=25_000)
    save_promoter(orchards.store, ADMIN, now, "renewed")

    asked = ask_requote(orchards, green, quote.reference, TODAY)

    assert asked.parameters["charges"] == {"bank_fee_gbp": 250.0}
    assert asked.parameters["contract_size"] == NEXT
    with pytest.raises(QuoteError) as fault:
        save_quote(orchards.store, green, NewQuote(run.run_id, customer, "Long Field"))
    assert "Promoter Green has the next size's prices" in str(fault.value)
