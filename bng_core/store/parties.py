"""Customers, who buy, and promoters, who bring them and whose discount is asked with the run."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select
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
from bng_core.terms import NEXT


@dataclass(frozen=True)
class Customer:
    """Who buys. One email address is one customer."""

    customer_id: int
    customer_name: str
    email: str | None
    phone: str | None


@dataclass(frozen=True)
class Promoter:
    """Who brings customers; `percent` is off the units, never off the fees."""

    promoter: str
    discount: Discount
    percent: Decimal = Decimal(0)
    active: bool = True

    def asked(self) -> dict[str, Any]:
        """What a run must be asked with, as fields of Question, to have the discount.

        >>> Promoter("Green", Discount.PERCENTAGE, Decimal(5)).asked()
        {'charges': {'discount_percent': 5.0}}
        """
        if self.discount is Discount.PERCENTAGE:
            return {"charges": {"discount_percent": float(self.percent)}}
        return {"contract_size": NEXT} if self.discount is Discount.NEXT_SIZE else {}


def add_customer(
    store: Store, actor: Actor, name: str, email: str | None = None, phone: str | None = None
) -> Customer:
    """Add a customer, or return the one that has this email address already.

    Raises BadInput or NotAllowed.
    """
    require(actor, Action.MAKE_QUOTE)
    row = {
        "customer_name": plain_text("The name of the customer", name, checks.LONGEST_NAME),
        "email": None if email is None else _email(email),
        "phone": None if phone is None else plain_text("The phone number", phone, 40),
    }
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


def find_customers(store: Store, actor: Actor, words: str, limit: int = 50) -> list[Customer]:
    """Customers whose name contains these words, by name. Raises NotAllowed or BadInput."""
    require(actor, Action.SEE_CUSTOMERS)
    found = select(customers).where(contains(func.lower(customers.c.customer_name), words))
    with transaction(store) as connection:
        rows = connection.execute(found.order_by(customers.c.customer_name).limit(limit))
        return [_customer(row) for row in rows]


def save_promoter(store: Store, actor: Actor, promoter: Promoter, why: str) -> None:
    """Add a promoter or change the discount; quotes that were made keep theirs.

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
    }
    with transaction(store) as connection:
        known = select(promoters).where(promoters.c.promoter == name).with_for_update()
        before = connection.execute(known).mappings().first()
        new = postgresql.insert(promoters).values(promoter=name, **row)
        connection.execute(new.on_conflict_do_update(index_elements=["promoter"], set_=row))
        states = (_state(dict(before)) if before else None, _state(row))
        record(connection, actor, "promoter.save", f"promoter {name}", *states, why)


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
    return Promoter(row.promoter, Discount(row.discount), row.percent, row.active)


def _customer(row: Row) -> Customer:
    return Customer(row.customer_id, row.customer_name, row.email, row.phone)


def _as_said(known: Customer, name: str, phone: str | None) -> Customer:
    return replace(known, customer_name=name, phone=phone)


def _state(row: dict[str, object]) -> dict[str, str]:
    return {name: str(row[name]) for name in ("discount", "percent", "active")}


def _email(text: str) -> str:
    email = plain_text("The email address", text, checks.LONGEST_NAME)
    name, at, host = email.partition("@")
    if not (name and at and "." in host) or " " in email or "@" in host:
        raise BadInput(f"{email!r} is no email address; expected one such as name@example.org.")
    return email
