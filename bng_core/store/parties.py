"""Customers, who buy, and promoters, who bring them and whose discount is asked with the run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql

from bng_core.actor import Action, Actor, require
from bng_core.errors import BadInput, QuoteError
from bng_core.plain_text import plain_text
from bng_core.quote_words import Discount
from bng_core.store import checks
from bng_core.store.audit_log import record
from bng_core.store.postgres import Store, transaction
from bng_core.store.search_words import contains
from bng_core.store.tables_quotes import customers, promoters
from bng_core.terms import AUTO, NEXT

MOST_FEE_PENCE = 10**8
"""As many GBP as a question may be asked with (CHARGES_SCHEMA)."""


@dataclass(frozen=True)
class Customer:
    """Who buys. One email address is one customer."""

    customer_id: int
    customer_name: str
    email: str | None
    phone: str | None


@dataclass(frozen=True)
class Promoter:
    """Who brings customers; `percent` is off the units, never off the fees, which are pence."""

    promoter: str
    discount: Discount
    percent: Decimal = Decimal(0)
    active: bool = True
    quote_fee_pence: int = 0
    bank_fee_pence: int = 0

    def fees(self) -> dict[str, float]:
        """The fees that every quote of the promoter carries, as `charges` of Question has them."""
        fees = {"quote_fee_gbp": self.quote_fee_pence, "bank_fee_gbp": self.bank_fee_pence}
        return {name: pence / 100 for name, pence in fees.items() if pence}

    def asked(self) -> dict[str, Any]:
        """What a run must be asked with, as fields of Question, to have discount and fees.

        >>> Promoter("Green", Discount.PERCENTAGE, Decimal(5)).asked()
        {'charges': {'discount_percent': 5.0}}
        """
        charges = self.fees()
        if self.discount is Discount.PERCENTAGE:
            charges["discount_percent"] = float(self.percent)
        asked: dict[str, Any] = {"charges": charges} if charges else {}
        return asked | ({"contract_size": NEXT} if self.discount is Discount.NEXT_SIZE else {})

    def asked_instead(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What an earlier question is to be asked with now, in place of an earlier discount."""
        mine = self.asked()
        charges = {k: v for k, v in asked["charges"].items() if k != "discount_percent"}
        size = AUTO if asked["contract_size"] == NEXT else asked["contract_size"]
        return {
            "charges": charges | mine.get("charges", {}),
            "contract_size": mine.get("contract_size", size),
        }


def add_customer(
    store: Store, actor: Actor, name: str, email: str | None = None, phone: str | None = None
) -> Customer:
    """Add a customer, or return the one that has this email address already.

    Raises BadInput or NotAllowed.
    """
    require(actor, Action.MAKE_QUOTE)
    row = _customer_row(name, email, phone)
    with transaction(store) as connection:
        if row["email"] is not None:
            same = func.lower(customers.c.email) == row["email"].lower()
            found = connection.execute(select(customers).where(same)).first()
            if found is not None:
                known = _customer(found)
                # Who may not see customers learns nothing that they did not say themselves.
                return known if actor.may(Action.SEE_CUSTOMERS) else _as_said(known, name, phone)
        added = connection.execute(insert(customers).values(**row).returning(customers)).one()
        subject = f"customer {added.customer_id}"
        record(connection, actor, "customer.add", subject, None, dict(row), "")
        return _customer(added)


def change_customer(store: Store, actor: Actor, changed: Customer) -> Customer:
    """Give a customer another name, address or number; quotes show the new name.

    Raises NotAllowed; BadInput where the email address is another customer's; QuoteError where
    there is no such customer.
    """
    require(actor, Action.CHANGE_CUSTOMERS)
    row = _customer_row(changed.customer_name, changed.email, changed.phone)
    name = str(row["customer_name"])
    this = customers.c.customer_id == changed.customer_id
    with transaction(store) as connection:
        before = connection.execute(select(customers).where(this).with_for_update()).first()
        if before is None:
            raise _no_customer(changed.customer_id)
        same = func.lower(customers.c.email) == (row["email"] or "").lower()
        if connection.execute(select(customers.c.customer_id).where(same, ~this)).first():
            raise BadInput(f"{row['email']} is the email address of another customer already.")
        connection.execute(update(customers).where(this).values(**row))
        states = ({name: before._mapping[name] for name in row}, dict(row))
        subject = f"customer {changed.customer_id}"
        record(connection, actor, "customer.change", subject, *states, "")
    return Customer(changed.customer_id, name, row["email"], row["phone"])


def find_customers(
    store: Store, actor: Actor, words: str, limit: int = 50, after: Customer | None = None
) -> list[Customer]:
    """Customers whose name contains these words, by name; all where there are no words.

    `after` is the last one of the page before. Raises NotAllowed or BadInput.
    """
    require(actor, Action.SEE_CUSTOMERS)
    order = (customers.c.customer_name, customers.c.customer_id)
    found = select(customers).order_by(*order).limit(limit)
    if words:
        found = found.where(contains(func.lower(customers.c.customer_name), words))
    if after is not None:
        found = found.where(tuple_(*order) > (after.customer_name, after.customer_id))
    with transaction(store) as connection:
        return [_customer(row) for row in connection.execute(found)]


def load_customer(store: Store, actor: Actor, customer_id: int) -> Customer:
    """Return one customer. Raises NotAllowed or QuoteError."""
    require(actor, Action.SEE_CUSTOMERS)
    found = select(customers).where(customers.c.customer_id == customer_id)
    with transaction(store) as connection:
        row = connection.execute(found).first()
    if row is None:
        raise _no_customer(customer_id)
    return _customer(row)


def save_promoter(store: Store, actor: Actor, promoter: Promoter, why: str) -> None:
    """Add a promoter or change discount and fees; quotes that were made keep theirs.

    Raises BadInput or NotAllowed.
    """
    require(actor, Action.CHANGE_PROMOTERS)
    why = plain_text("The reason", why, checks.LONGEST_TEXT)
    name = plain_text("The name of the promoter", promoter.promoter, checks.LONGEST_NAME)
    percent = Decimal(promoter.percent)
    wanted = percent.is_finite() and 0 < percent < 100 and percent == round(percent, 2)
    if promoter.discount is Discount.PERCENTAGE and not wanted:
        raise BadInput(
            f"A discount of {str(percent)[:40]} % cannot be used; expected 0.01 to 99.99."
        )
    row = {
        "discount": promoter.discount,
        "percent": percent if promoter.discount is Discount.PERCENTAGE else Decimal(0),
        "active": promoter.active,
        "quote_fee_pence": _fee(promoter.quote_fee_pence),
        "bank_fee_pence": _fee(promoter.bank_fee_pence),
    }
    with transaction(store) as connection:
        known = select(promoters).where(promoters.c.promoter == name).with_for_update()
        before = connection.execute(known).mappings().first()
        new = postgresql.insert(promoters).values(promoter=name, **row)
        connection.execute(new.on_conflict_do_update(index_elements=["promoter"], set_=row))
        states = (_state(dict(before)) if before else None, _state(row))
        record(connection, actor, "promoter.save", f"promoter {name}", *states, why)


def list_promoters(store: Store, actor: Actor) -> list[Promoter]:
    """All promoters, by name. Raises NotAllowed."""
    require(actor, Action.CHANGE_PROMOTERS)
    with transaction(store) as connection:
        found = connection.execute(select(promoters).order_by(promoters.c.promoter))
        return [_promoter(row) for row in found]


def load_promoter(store: Store, actor: Actor, name: str) -> Promoter:
    """Return a promoter; promoters see themselves only. Raises QuoteError or NotAllowed."""
    require(actor, Action.MAKE_QUOTE)
    with transaction(store) as connection:
        return known_promoter(connection, actor, name)


def known_promoter(connection: Connection, actor: Actor, name: str) -> Promoter:
    """Return a promoter within a transaction. Raises QuoteError."""
    row = connection.execute(select(promoters).where(promoters.c.promoter == name)).first()
    if row is None or actor.promoter not in (None, name):
        raise QuoteError(f"There is no promoter {str(name)[:200]!r}; add the promoter first.")
    return _promoter(row)


def _customer_row(name: str, email: str | None, phone: str | None) -> dict[str, str | None]:
    return {
        "customer_name": plain_text("The name of the customer", name, checks.LONGEST_NAME),
        "email": None if email is None else _email(email),
        "phone": None if phone is None else plain_text("The phone number", phone, 40),
    }


def _no_customer(customer_id: int) -> QuoteError:
    return QuoteError(f"There is no customer {str(customer_id)[:40]}; add the customer first.")


def _customer(row: Row) -> Customer:
    return Customer(row.customer_id, row.customer_name, row.email, row.phone)


def _promoter(row: Row) -> Promoter:
    return Promoter(**{**row._mapping, "discount": Discount(row.discount)})


def _fee(pence: int) -> int:
    if checks.pence(pence) > MOST_FEE_PENCE:
        raise BadInput(f"A fee of £{pence / 100:,.2f} cannot be charged; at most £1,000,000.00.")
    return pence


def _as_said(known: Customer, name: str, phone: str | None) -> Customer:
    return replace(known, customer_name=name, phone=phone)


def _state(row: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in row.items() if name != "promoter"}


def _email(text: str) -> str:
    email = plain_text("The email address", text, checks.LONGEST_NAME)
    name, at, host = email.partition("@")
    if not (name and at and "." in host) or " " in email or "@" in host:
        raise BadInput(f"{email!r} is no email address; expected one such as name@example.org.")
    return email
