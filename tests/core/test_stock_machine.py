"""Whatever is done in whatever order, lots and quotes are where a plain model says they are."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from bng_core.actor import SYSTEM
from bng_core.errors import BadInput
from bng_core.stock_words import Policy
from bng_core.store import Store, save_market
from bng_core.store.faults import find_faults
from bng_core.store.holds import StockPolicy, set_stock_policy
from bng_core.store.ledger import correct, load_lot, receive
from bng_core.store.parties import add_customer
from bng_core.store.quote_life import (
    accept_quote,
    allocate_quote,
    expire_quotes,
    hold_quote,
    issue_quote,
    release_hold,
    withdraw_quote,
)
from bng_core.store.quote_rows import open_quote
from bng_core.store.quotes import NewQuote, save_quote
from bng_core.store.requotes import requote
from tests.builders import ORCHARD, a_market, an_offer
from tests.quote_builders import ADMIN, HANDLER, a_run

SIZES = ("0.5", "1", "1.37")
SHARES = {"ignore_quotes": Decimal(0), "hold_all": Decimal(1), "hold_share": Decimal("0.3333")}
STEP = Decimal("0.0001")
numbers = count()


@dataclass
class ModelQuote:
    units: Decimal
    thread: list["ModelQuote"] = field(default_factory=list)
    state: str = "draft"
    held: Decimal = Decimal(0)
    holds: bool = False
    latest: bool = True


@dataclass
class Model:
    """One lot and its quotes; every step says whether it is allowed, and if so does it."""

    free: Decimal
    share: Decimal = Decimal(1)
    sold: Decimal = Decimal(0)
    allocated: Decimal = Decimal(0)
    quotes: dict[str, ModelQuote] = field(default_factory=dict)

    def held(self) -> Decimal:
        return sum((quote.held for quote in self.quotes.values()), Decimal(0))

    def add(self, units: Decimal) -> bool:
        allowed = self.free + units >= 0
        self.free += units if allowed else 0
        return allowed

    def let_go(self, quote: ModelQuote) -> None:
        self.free += quote.held
        quote.held, quote.holds = Decimal(0), False

    def hold(self, quote: ModelQuote, units: Decimal) -> None:
        self.free -= units
        quote.held, quote.holds = units, units > 0

    def issue(self, quote: ModelQuote) -> bool:
        earlier = quote.thread[: quote.thread.index(quote)]
        freed = sum((one.held for one in earlier if one.state == "quoted"), Decimal(0))
        replaceable = all(one.state not in ("accepted", "allocated") for one in earlier)
        if quote.state != "draft" or not replaceable or self.free + freed < quote.units:
            return False
        for one in earlier:
            if one.state in ("quoted", "expired"):
                self.let_go(one)
                one.state = "superseded"
        self.hold(quote, (quote.units * self.share).quantize(STEP, ROUND_CEILING))
        quote.state = "quoted"
        return True

    def accept(self, quote: ModelQuote) -> bool:
        if quote.state != "quoted" or self.free + quote.held < quote.units:
            return False
        self.let_go(quote)
        self.free -= quote.units
        self.sold += quote.units
        quote.state = "accepted"
        return True

    def withdraw(self, quote: ModelQuote) -> bool:
        if quote.state not in ("draft", "quoted", "accepted"):
            return False
        if quote.state == "accepted":
            self.sold -= quote.units
            self.free += quote.units
        elif quote.state == "draft" and len(quote.thread) > 1:
            quote.latest = False
            quote.thread[quote.thread.index(quote) - 1].latest = True
        self.let_go(quote)
        quote.state = "withdrawn"
        return True

    def allocate(self, quote: ModelQuote) -> bool:
        if quote.state != "accepted":
            return False
        self.allocated += quote.units
        quote.state = "allocated"
        return True

    def hold_all(self, quote: ModelQuote) -> bool:
        if quote.state != "quoted" or self.free + quote.held < quote.units:
            return False
        self.let_go(quote)
        self.hold(quote, quote.units)
        return True

    def release(self, quote: ModelQuote) -> bool:
        allowed = quote.holds
        self.let_go(quote)
        return allowed

    def expire(self, quote: ModelQuote) -> None:
        if quote.state == "quoted":
            self.let_go(quote)
            quote.state = "expired"


class StockMachine(RuleBasedStateMachine):
    """The store and the model, step by step."""

    quotes = Bundle("quotes")

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        bank = f"bank{next(numbers)}"
        self.lot = f"{bank}/{ORCHARD}"
        save_market(store, a_market(an_offer(ORCHARD, 40_000, 3, bank_id=bank)))
        self.customer = add_customer(store, SYSTEM, "Acorn Homes", "a@acorn.example").customer_id
        self.runs = {size: a_run(store, **{ORCHARD: float(size)}) for size in SIZES}
        self.model = Model(free=Decimal(3))
        self.set_policy("hold_all")

    def agree(self, allowed: bool, deed: Callable[[], object]) -> None:
        """Both allow the step, or both refuse it."""
        if allowed:
            deed()
        else:
            with pytest.raises(BadInput):
                deed()

    @rule(policy=st.sampled_from(sorted(SHARES)))
    def set_policy(self, policy: str) -> None:
        self.model.share = SHARES[policy]
        wanted = StockPolicy(Policy(policy), SHARES[policy], 30)
        set_stock_policy(self.store, ADMIN, wanted, "the model")

    @rule(steps=st.integers(1, 20_000))
    def receive(self, steps: int) -> None:
        self.model.free += steps * STEP
        receive(self.store, ADMIN, self.lot, steps * STEP, "delivery")

    @rule(steps=st.integers(-30_000, 10_000).filter(bool))
    def correct(self, steps: int) -> None:
        allowed = self.model.add(steps * STEP)
        self.agree(allowed, lambda: correct(self.store, ADMIN, self.lot, steps * STEP, "count"))

    @rule(target=quotes, size=st.sampled_from(SIZES))
    def save(self, size: str) -> str:
        new = NewQuote(self.runs[size], self.customer, "Field")
        reference = save_quote(self.store, HANDLER, new).reference
        quote = self.model.quotes[reference] = ModelQuote(Decimal(size))
        quote.thread.append(quote)
        return reference

    @rule(target=quotes, reference=quotes, size=st.sampled_from(SIZES))
    def requote(self, reference: str, size: str) -> object:
        before = self.model.quotes[reference]
        allowed = before.latest and before.state in ("quoted", "expired", "withdrawn")
        made: list[str] = []
        self.agree(
            allowed,
            lambda: made.append(requote(self.store, HANDLER, reference, self.runs[size]).reference),
        )
        for new in made:
            before.latest = False
            after = self.model.quotes[new] = ModelQuote(Decimal(size), before.thread)
            before.thread.append(after)
        return multiple(*made)

    @rule(reference=quotes)
    def issue(self, reference: str) -> None:
        allowed = self.model.issue(self.model.quotes[reference])
        self.agree(allowed, lambda: issue_quote(self.store, HANDLER, reference))

    @rule(reference=quotes)
    def accept(self, reference: str) -> None:
        allowed = self.model.accept(self.model.quotes[reference])
        self.agree(allowed, lambda: accept_quote(self.store, HANDLER, reference))

    @rule(reference=quotes)
    def withdraw(self, reference: str) -> None:
        allowed = self.model.withdraw(self.model.quotes[reference])
        self.agree(allowed, lambda: withdraw_quote(self.store, HANDLER, reference, "why"))

    @rule(reference=quotes)
    def allocate(self, reference: str) -> None:
        allowed = self.model.allocate(self.model.quotes[reference])
        self.agree(allowed, lambda: allocate_quote(self.store, HANDLER, reference, "BGS-1"))

    @rule(reference=quotes)
    def hold(self, reference: str) -> None:
        allowed = self.model.hold_all(self.model.quotes[reference])
        self.agree(allowed, lambda: hold_quote(self.store, HANDLER, reference, 30))

    @rule(reference=quotes)
    def release(self, reference: str) -> None:
        allowed = self.model.release(self.model.quotes[reference])
        self.agree(allowed, lambda: release_hold(self.store, HANDLER, reference, "why"))

    @rule(reference=quotes)
    def expire(self, reference: str) -> None:
        self.model.expire(self.model.quotes[reference])
        with self.store.begin() as connection:
            connection.execute(
                text(
                    "UPDATE quote_versions SET valid_until = now() - interval '1 s' "
                    "WHERE reference = :reference AND state = 'quoted'"
                ),
                {"reference": reference},
            )
        expire_quotes(self.store)

    @invariant()
    def store_and_model_agree(self) -> None:
        lot = load_lot(self.store, SYSTEM, self.lot)
        model = self.model
        assert (lot.units_available, lot.held, lot.sold, lot.allocated) == (
            model.free, model.held(), model.sold, model.allocated,
        )  # fmt: skip
        for reference, quote in self.model.quotes.items():
            stored = open_quote(self.store, HANDLER, reference)
            assert (stored.state, stored.latest) == (quote.state, quote.latest), reference

    def teardown(self) -> None:
        assert find_faults(self.store) == []


def test_lots_and_quotes_agree_with_a_plain_model(store):
    run_state_machine_as_test(
        lambda: StockMachine(store),
        settings=settings(
            max_examples=int(os.environ.get("BNG_STORE_EXAMPLES", "8")),
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
