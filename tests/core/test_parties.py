"""Customers are listed, searched and changed; promoters have discounts and fees."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bng_core.actor import SYSTEM, Actor, Role
from bng_core.errors import BadInput, NotAllowed, QuoteError
from bng_core.quote_words import Discount
from bng_core.store import Store
from bng_core.store.audit_log import entries
from bng_core.store.parties import (
    Customer,
    Promoter,
    add_customer,
    change_customer,
    find_customers,
    list_promoters,
    load_customer,
    save_promoter,
)
from tests.quote_builders import ADMIN, HANDLER


def test_customers_follow_each_other_by_name_a_page_at_a_time(store: Store):
    added = [add_customer(store, HANDLER, name) for name in ("Cedar", "Acorn", "Bramble", "Acorn")]

    first = find_customers(store, HANDLER, "", limit=2)
    second = find_customers(store, HANDLER, "", limit=2, after=first[-1])

    assert [c.customer_name for c in first + second] == ["Acorn", "Acorn", "Bramble", "Cedar"]
    assert {c.customer_id for c in first + second} == {c.customer_id for c in added}


def test_a_changed_customer_is_in_the_log_with_what_was_before(store: Store):
    known = add_customer(store, HANDLER, "Acorn", "office@acorn.example")

    change_customer(store, HANDLER, replace(known, customer_name="Acorn Homes", phone="01234"))

    changed = Customer(known.customer_id, "Acorn Homes", "office@acorn.example", "01234")
    assert load_customer(store, HANDLER, known.customer_id) == changed
    entry = entries(store, SYSTEM, f"customer {known.customer_id}")[0]
    assert (entry.action, entry.who) == ("customer.change", "hannah")
    assert entry.before == {"customer_name": "Acorn", "email": known.email, "phone": None}


def test_one_email_address_is_one_customer(store: Store):
    add_customer(store, HANDLER, "Acorn", "office@acorn.example")
    other = add_customer(store, HANDLER, "Bramble")

    with pytest.raises(BadInput) as fault:
        change_customer(store, HANDLER, replace(other, email="Office@Acorn.example"))
    with pytest.raises(QuoteError) as missing:
        change_customer(store, HANDLER, replace(other, customer_id=99))

    assert str(fault.value) == (
        "Office@Acorn.example is the email address of another customer already."
    )
    assert str(missing.value) == "There is no customer 99; add the customer first."


def test_two_customers_without_an_email_address_are_two(store: Store):
    first, second = (add_customer(store, HANDLER, name) for name in ("Acorn", "Bramble"))

    change_customer(store, HANDLER, replace(second, customer_name="Bramble Homes"))

    assert load_customer(store, HANDLER, first.customer_id) == first


def test_a_promoter_changes_no_customer_and_sees_none(store: Store):
    known = add_customer(store, HANDLER, "Acorn")
    save_promoter(store, ADMIN, Promoter("Green", Discount.NONE), "new partner")
    green = Actor("gerda", Role.PROMOTER, promoter="Green")

    with pytest.raises(NotAllowed):
        change_customer(store, green, replace(known, customer_name="Mine"))
    with pytest.raises(NotAllowed):
        load_customer(store, green, known.customer_id)
    with pytest.raises(NotAllowed):
        list_promoters(store, green)


def test_the_fees_of_a_promoter_are_asked_with_every_run(store: Store):
    green = Promoter(
        "Green", Discount.PERCENTAGE, Decimal("2.50"), quote_fee_pence=50_000, bank_fee_pence=12_550
    )

    save_promoter(store, ADMIN, green, "new partner")

    assert list_promoters(store, ADMIN) == [green]
    assert green.asked() == {
        "charges": {"quote_fee_gbp": 500.0, "bank_fee_gbp": 125.5, "discount_percent": 2.5}
    }


def test_a_fee_that_no_question_can_be_asked_with_is_refused(store: Store):
    greedy = Promoter("Green", Discount.NONE, bank_fee_pence=100_000_001)

    with pytest.raises(BadInput) as fault:
        save_promoter(store, ADMIN, greedy, "new partner")

    assert str(fault.value) == ("A fee of £1,000,000.01 cannot be charged; at most £1,000,000.00.")
