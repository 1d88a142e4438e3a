"""A quote is made from an audited run, holds stock while it is out, and then never changes."""

import uuid
from decimal import Decimal

import pytest
from sqlalchemy import text

from bng_core.actor import SYSTEM, Actor, Role
from bng_core.errors import BadInput, NotAllowed, OutOfStock, QuoteError, StoreError
from bng_core.quote_words import Discount, LineChange, QuoteState
from bng_core.stock_words import HoldState, Policy
from bng_core.store import Store, load_market, market_version, save_market
from bng_core.store.documents import NewDocument, load_document, save_document
from bng_core.store.faults import find_faults
from bng_core.store.holds import StockPolicy, set_stock_policy
from bng_core.store.ledger import correct, entries, load_lot
from bng_core.store.parties import Promoter, add_customer, find_customers, save_promoter
from bng_core.store.quote_life import (
    accept_quote,
    allocate_quote,
    expire_quotes,
    extend_quote,
    hold_quote,
    issue_quote,
    release_hold,
    withdraw_quote,
)
from bng_core.store.quote_lines import NewLine, add_line, override_price, pair_line, remove_line
from bng_core.store.quote_pages import Search, list_quotes
from bng_core.store.quote_rows import open_quote, quote_history
from bng_core.store.quotes import NewQuote, save_quote
from bng_core.store.requotes import difference, requote
from tests.builders import MEADOW, MODIFIED, ORCHARD, a_market, an_offer
from tests.quote_builders import ADMIN, HANDLER, OTHER_HANDLER, a_draft, a_run

LOT = f"near/{ORCHARD}"
ORCHARD_LOSS = {ORCHARD: 2}


@pytest.fixture
def market(store: Store) -> Store:
    """Three units of orchard and ten of modified grassland nearby, more of both far away."""
    save_market(
        store,
        a_market(
            an_offer(ORCHARD, 40_000, 3, bank_id="near"),
            an_offer(MODIFIED, 10_000, 10, bank_id="near"),
            an_offer(MEADOW, 90_000, 5, bank_id="near"),
        ),
    )
    return store


def set_policy(store: Store, policy: Policy, share: str = "0") -> None:
    set_stock_policy(store, ADMIN, StockPolicy(policy, Decimal(share), 30), "for the test")


def free(store: Store, lot: str = LOT) -> Decimal:
    return load_lot(store, SYSTEM, lot).units_available


def run_sql(store: Store, statement: str, **values: object) -> None:
    with store.begin() as connection:
        connection.execute(text(statement), values)


def let_time_pass(store: Store, reference: str) -> None:
    """Move the end of a quote and of its hold into the past; nobody waits thirty days."""
    run_sql(
        store,
        "UPDATE quote_versions SET valid_until = now() - interval '1 s', "
        "quoted_at = now() - interval '30 d' WHERE reference = :reference",
        reference=reference,
    )
    run_sql(store, "UPDATE holds SET expires_at = now() - interval '1 s' WHERE state = 'open'")


def test_a_draft_carries_everything_that_its_answer_depends_on(market):
    run_id = a_run(market, **ORCHARD_LOSS)
    customer = add_customer(market, HANDLER, "Acorn Homes", "office@acorn.example")

    quote = save_quote(market, HANDLER, NewQuote(run_id, customer.customer_id, "Long Field"))

    assert (quote.reference, quote.state, quote.site) == ("BNG-00001", "draft", "Long Field")
    assert (quote.run_id, quote.market_version) == (run_id, market_version(market))
    assert len(quote.rulebook_version) == len(quote.code_version) == 64
    assert quote.total_pence == 200 * 40_000
    assert quote.answer["cost"]["total_gbp"] == 80_000
    assert [(line.stock_id, line.units, line.cost_pence) for line in quote.lines] == [
        (LOT, 2, 8_000_000)
    ]
    assert free(market) == 3


def test_a_quote_that_goes_out_holds_its_units_and_an_accepted_one_sells_them(market):
    quote = issue_quote(market, HANDLER, a_draft(market, **ORCHARD_LOSS).reference)

    assert (quote.state, free(market)) == ("quoted", 1)
    lot = load_lot(market, SYSTEM, LOT)
    assert (lot.held, lot.sold) == (2, 0)

    accepted = accept_quote(market, HANDLER, quote.reference)

    lot = load_lot(market, SYSTEM, LOT)
    assert (accepted.state, lot.held, lot.sold, lot.units_available) == ("accepted", 0, 2, 1)

    allocated = allocate_quote(market, HANDLER, quote.reference, "BGS-1")

    assert (allocated.state, allocated.register_reference) == ("allocated", "BGS-1")
    assert load_lot(market, SYSTEM, LOT).allocated == 2
    kinds = [entry.kind for entry in entries(market, SYSTEM, LOT)]
    assert kinds == ["allocate", "convert", "hold", "receive"]
    assert find_faults(market) == []


def test_who_did_what_is_in_the_audit_log_with_the_state_before_and_after(market):
    quote = issue_quote(market, HANDLER, a_draft(market, **ORCHARD_LOSS).reference)
    withdraw_quote(market, OTHER_HANDLER, quote.reference, "the client chose credits")

    with market.begin() as connection:
        log = connection.execute(
            text(
                "SELECT who, action, before ->> 'state', after ->> 'state', why FROM audit_log "
                "WHERE subject = 'quote BNG-00001' ORDER BY entry_id"
            )
        ).all()

    assert [tuple(row) for row in log] == [
        ("hannah", "quote.save", None, "draft", ""),
        ("hannah", "quote.issue", "draft", "quoted", ""),
        ("otto", "quote.withdraw", "quoted", "withdrawn", "the client chose credits"),
    ]


def test_a_second_quote_for_the_same_units_is_refused_and_holds_nothing(market):
    first, second = (a_draft(market, **ORCHARD_LOSS) for _ in range(2))
    issue_quote(market, HANDLER, first.reference)

    with pytest.raises(OutOfStock) as fault:
        issue_quote(market, OTHER_HANDLER, second.reference)

    assert str(fault.value) == (
        f"Bank near has 1.0000 free units of {ORCHARD} (lot {LOT}, with 2.0000 held by quotes), "
        "and 2.0000 are asked. Nothing was held; compute the purchase again."
    )
    assert open_quote(market, HANDLER, second.reference).state is QuoteState.DRAFT


def test_quotes_that_are_ignored_hold_nothing_and_the_first_to_accept_gets_the_units(market):
    set_policy(market, Policy.IGNORE_QUOTES)
    first, second = (
        issue_quote(market, HANDLER, a_draft(market, **ORCHARD_LOSS).reference) for _ in range(2)
    )
    assert free(market) == 3

    accept_quote(market, HANDLER, second.reference)

    with pytest.raises(OutOfStock):
        accept_quote(market, HANDLER, first.reference)
    assert open_quote(market, HANDLER, first.reference).state is QuoteState.QUOTED


def test_a_share_is_held_rounded_up_and_the_rest_is_taken_when_the_quote_is_accepted(market):
    set_policy(market, Policy.HOLD_SHARE, "0.3333")
    quote = issue_quote(market, HANDLER, a_draft(market, **{ORCHARD: 1.01}).reference)

    assert load_lot(market, SYSTEM, LOT).held == Decimal("0.3367")

    accept_quote(market, HANDLER, quote.reference)

    assert load_lot(market, SYSTEM, LOT).sold == Decimal("1.01")
    assert find_faults(market) == []


def test_the_optimiser_sees_what_the_policy_leaves_free(market):
    set_policy(market, Policy.HOLD_SHARE, "0.5")
    before = market_version(market)
    issue_quote(market, HANDLER, a_draft(market, **ORCHARD_LOSS).reference)

    seen = load_market(market).stock.set_index("stock_id")["units_available"]

    assert seen[LOT] == "2"
    assert market_version(market) != before


def test_a_hold_that_is_over_is_free_for_the_next_quote_without_anybody_sweeping(market):
    first = issue_quote(market, HANDLER, a_draft(market, **ORCHARD_LOSS).reference)
    second = a_draft(market, **{ORCHARD: 1})
    let_time_pass(market, first.reference)
    assert [fault.words.split(",")[0] for fault in find_faults(market)] == [
        "holds past their time",
        "quotes past their time",
    ]

    issue_quote(market, HANDLER, second.reference)

    assert load_lot(market, SYSTEM, LOT).held == 1
    assert expire_quotes(market) == [first.reference]
    assert find_faults(market) == []
    with pytest.raises(QuoteError) as fault:
        accept_quote(market, HANDLER, first.reference)
    assert str(fault.value) == (
        "Quote BNG-00001 is expired; only one that is quoted can be accepted."
    )


def test_a_quote_past_its_time_cannot_be_accepted_even_before_it_is_swept(market):
    quote = issue_quote(market, HANDLER, a_draft(market, **ORCHARD_LOSS).reference)
    let_time_pass(market, quote.reference)

    with pytest.raises(QuoteError, match=r"was valid until .* UTC; requote it\."):
        accept_quote(market, HANDLER, quote.reference)


def test_an_extended_quote_keeps_its_units(market):
    quote = issue_quote(market, HANDLER, a_draft(market, **ORCHARD_LOSS).reference, valid_days=1)

    longer = extend_quote(market, HANDLER, quote.reference, 60, "the client asked")

    assert (longer.valid_until - quote.valid_until).days == 59
    assert longer.open_hold().expires_at == longer.valid_until
    assert expire_quotes(market) == []


def test_a_released_quote_stays_out_and_can_hold_again(market):
    quote = issue_quote(market, HANDLER, a_draft(market, **ORCHARD_LOSS).reference)

    released = release_hold(market, HANDLER, quote.reference, "nobody waits for it")
    assert (released.state, free(market)) == ("quoted", 3)
    held = hold_quote(market, HANDLER, quote.reference, 5)

    assert free(market) == 1
    assert [hold.state for hold in held.holds] == [HoldState.RELEASED, HoldState.OPEN]


def test_a_withdrawn_sale_returns_its_units_and_an_allocated_one_cannot_be_withdrawn(market):
    first, second = (a_draft(market, **{ORCHARD: 1}).reference for _ in range(2))
    for reference in (first, second):
        issue_quote(market, HANDLER, reference)
        accept_quote(market, HANDLER, reference)
    allocate_quote(market, HANDLER, second, "BGS-2")

    withdraw_quote(market, HANDLER, first, "planning was refused")

    assert free(market) == 2
    with pytest.raises(QuoteError) as fault:
        withdraw_quote(market, HANDLER, second, "too late")
    assert str(fault.value) == (
        "Quote BNG-00002 is allocated; only one that is draft or quoted or accepted can be "
        "withdrawn."
    )


def test_a_requote_keeps_the_thread_and_says_line_by_line_what_changed(market):
    old = issue_quote(market, HANDLER, a_draft(market, **ORCHARD_LOSS).reference)
    save_market(
        market,
        a_market(
            an_offer(ORCHARD, 41_500, 3, bank_id="near"),
            an_offer(MODIFIED, 10_000, 10, bank_id="near"),
            an_offer(MEADOW, 90_000, 5, bank_id="near"),
        ),
    )

    new = requote(market, HANDLER, old.reference, a_run(market, **{ORCHARD: 1}, area_net_gain=0.5))

    assert (new.reference, new.thread) == ("BNG-00001.1", ("BNG-00001", "BNG-00001.1"))
    assert open_quote(market, HANDLER, old.reference).state is QuoteState.QUOTED
    changed = difference(market, HANDLER, old.reference, new.reference)
    assert (changed.total_before_pence, changed.rules_changed) == (8_000_000, False)
    assert [(line.stock_id, line.words) for line in changed.lines] == [
        (LOT, ("units 2.0000 -> 1.0000", "price GBP 40,000.00 -> GBP 41,500.00")),
        (f"near/{MODIFIED}", ("not bought before",)),
    ]

    issue_quote(market, HANDLER, new.reference)

    assert open_quote(market, HANDLER, old.reference).state is QuoteState.SUPERSEDED
    assert load_lot(market, SYSTEM, LOT).held == 1
    assert [row.reference for row in list_quotes(market, HANDLER)] == ["BNG-00001.1"]


def test_a_withdrawn_requote_leaves_the_version_before_as_the_one_in_force(market):
    old = issue_quote(market, HANDLER, a_draft(market, **{ORCHARD: 1}).reference)
    new = requote(market, HANDLER, old.reference, a_run(market, **{ORCHARD: 1}))

    withdraw_quote(market, HANDLER, new.reference, "the price stays")

    assert [row.reference for row in list_quotes(market, HANDLER)] == [old.reference]
    accept_quote(market, HANDLER, old.reference)


def test_lines_changed_by_hand_say_who_and_why_and_the_total_follows(market):
    draft = a_draft(market, **ORCHARD_LOSS)
    added = NewLine(f"near/{MODIFIED}", Decimal("0.5"), Decimal(1), 900_050)
    companion = NewLine(f"near/{MEADOW}", Decimal("0.0001"), Decimal("0.75"), 9_000_000)

    add_line(market, HANDLER, draft.reference, added, "the planning officer asked")
    override_price(market, HANDLER, draft.reference, (1, 3_900_000), "agreed by telephone")
    quote = pair_line(market, HANDLER, draft.reference, (2, companion), "make-up at the bank")

    assert quote.total_pence == 2 * 3_900_000 + 450_025 + 900
    assert quote.is_manual
    assert [(line.line, line.change, line.pair, line.why) for line in quote.lines] == [
        (1, LineChange.PRICE_OVERRIDDEN, None, "agreed by telephone"),
        (2, LineChange.PAIRED, 2, "make-up at the bank"),
        (3, LineChange.PAIRED, 2, "make-up at the bank"),
    ]
    with market.begin() as connection:
        before, after = connection.execute(
            text(
                "SELECT before -> 'lines' -> 0, after -> 'lines' -> 0 FROM audit_log "
                "WHERE action = 'quote.override_price'"
            )
        ).one()
    assert before == [1, LOT, "2.0000", "4000000.0000", "computed"]
    assert after == [1, LOT, "2.0000", "3900000.0000", "price_overridden"]
    quote = remove_line(market, OTHER_HANDLER, draft.reference, 3, "not needed")
    assert quote.total_pence == 2 * 3_900_000 + 450_025
    assert (quote.lines[2].change, quote.lines[2].who) == (LineChange.REMOVED, "otto")
    assert find_faults(market) == []


def test_a_pair_is_bought_at_one_bank(market):
    save_market(
        market,
        a_market(
            an_offer(ORCHARD, 40_000, 3, bank_id="near"),
            an_offer(MODIFIED, 10_000, 3, bank_id="other", where="far"),
        ),
    )
    draft = a_draft(market, **ORCHARD_LOSS)
    companion = NewLine(f"other/{MODIFIED}", Decimal(1), Decimal("0.5"), 100)

    with pytest.raises(QuoteError) as fault:
        pair_line(market, HANDLER, draft.reference, (1, companion), "make-up")

    assert str(fault.value) == (
        f"Lot other/{MODIFIED} is of bank other, line 1 of bank near; a pair is bought at one bank."
    )


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "UPDATE quote_versions SET units_pence = 1, total_pence = 1 + fees_pence",
            "a quote that went out does not change",
        ),
        (
            "UPDATE quote_versions SET answer = '{}'",
            "a quote that went out does not change",
        ),
        ("UPDATE quote_lines SET units = 1", "the lines of a quote that went out do not change"),
        ("DELETE FROM quote_lines", "the lines of a quote that went out do not change"),
        ("UPDATE quote_versions SET state = 'draft'", "a quote that is quoted cannot become draft"),
        (
            "UPDATE quote_versions SET state = 'allocated', accepted_at = now(), "
            "allocated_at = now(), register_reference = 'x'",
            "a quote that is quoted cannot become allocated",
        ),
        ("DELETE FROM quote_versions", "permission denied"),
        ("UPDATE stock SET held = 0", "units move by the stock ledger only"),
        ("UPDATE hold_lines SET held = 0", "permission denied"),
        ("DELETE FROM stock_ledger", "permission denied"),
        ("UPDATE stock_ledger SET units = 1", "permission denied"),
        (
            "INSERT INTO stock_ledger (stock_id, hold_id, kind, units, who) "
            "SELECT stock_id, hold_id, 'release', 2.0001, 'psql' FROM hold_lines",
            "held_not_negative",
        ),
        (
            "INSERT INTO stock_ledger (stock_id, hold_id, kind, units, who) "
            "SELECT stock_id, hold_id, 'hold', 1.0001, 'psql' FROM hold_lines",
            "units_available_not_negative",
        ),
        (
            "INSERT INTO stock_ledger (stock_id, kind, units, who) "
            "SELECT stock_id, 'receive', 'NaN', 'psql' FROM stock",
            "units_are_moved",
        ),
        (
            "INSERT INTO stock_ledger (stock_id, kind, units, who) "
            "SELECT stock_id, 'receive', 'Infinity', 'psql' FROM stock",
            "numeric field overflow",
        ),
    ],
)
def test_the_database_itself_guards_quotes_and_stock(market, statement, message):
    issue_quote(market, HANDLER, a_draft(market, **ORCHARD_LOSS).reference)

    with pytest.raises(Exception, match=message):
        run_sql(market, statement)


def test_the_owner_of_the_tables_cannot_rewrite_the_ledger_either(market, owner):
    with pytest.raises(Exception, match="the stock ledger only grows"):
        run_sql(owner, "UPDATE stock_ledger SET who = 'nobody'")
    with pytest.raises(Exception, match="the stock ledger only grows"):
        run_sql(owner, "TRUNCATE stock_ledger CASCADE")


def test_figures_that_disagree_are_reported(market, owner):
    issue_quote(market, HANDLER, a_draft(market, **ORCHARD_LOSS).reference)
    run_sql(
        owner,
        "ALTER TABLE stock DISABLE TRIGGER moved_by_ledger_only; UPDATE stock SET held = 1.5 "
        "WHERE held = 2; ALTER TABLE stock ENABLE TRIGGER moved_by_ledger_only; "
        "UPDATE quote_numbers SET last_number = 3",
    )

    found = [(fault.count, fault.words, fault.grave) for fault in find_faults(market)]

    assert found == [
        (1, "lots whose ledger does not add up to what they received, hold and sold", True),
        (1, "lots whose held or sold units are not those of their holds", True),
        (2, "numbers of quotes that are missing", True),
    ]


def test_promoters_see_their_own_quotes_only(market):
    save_promoter(market, ADMIN, Promoter("Green", Discount.PERCENTAGE, Decimal(5)), "new partner")
    save_promoter(market, ADMIN, Promoter("Blue", Discount.NONE), "new partner")
    green, blue = (
        Actor(name, Role.PROMOTER, promoter=firm) for name, firm in (("g", "Green"), ("b", "Blue"))
    )
    mine = a_draft(market, green, **{ORCHARD: 1})
    theirs = a_draft(market, blue, **{ORCHARD: 1})

    assert (mine.promoter, theirs.promoter) == ("Green", "Blue")
    assert [row.reference for row in list_quotes(market, green)] == [mine.reference]
    assert len(list_quotes(market, HANDLER)) == 2
    with pytest.raises(QuoteError) as fault:
        open_quote(market, green, theirs.reference)
    assert (
        str(fault.value)
        == "There is no quote 'BNG-00002' that you may see; look in the list of quotes."
    )
    with pytest.raises(QuoteError):
        issue_quote(market, green, theirs.reference)
    with pytest.raises(NotAllowed):
        withdraw_quote(market, green, mine.reference, "no")
    with pytest.raises(NotAllowed):
        find_customers(market, green, "acorn")


@pytest.mark.parametrize(
    ("discount", "percent", "total", "words"),
    [
        (Discount.PERCENTAGE, 5, 76_000, "a discount of 5 %"),
        (Discount.NEXT_SIZE, 0, 60_000, "the next size's prices"),
    ],
)
def test_a_promoters_discount_is_in_the_run_and_so_in_the_quote(
    market, discount, percent, total, words
):
    run_sql(market, "UPDATE prices SET unit_price = 30000 WHERE contract_size = 'medium'")
    promoter = Promoter("Green", discount, Decimal(percent))
    save_promoter(market, ADMIN, promoter, "new partner")
    customer = add_customer(market, HANDLER, "Acorn Homes").customer_id
    plain = a_run(market, **ORCHARD_LOSS)
    with_discount = a_run(market, promoter.asked(), **ORCHARD_LOSS)

    with pytest.raises(QuoteError) as fault:
        save_quote(market, HANDLER, NewQuote(plain, customer, "Field", "Green"))
    quote = save_quote(market, HANDLER, NewQuote(with_discount, customer, "Field", "Green"))

    assert str(fault.value) == (
        f"Promoter Green has {words}, run {plain} was asked with another one. "
        "Ask again with the promoter's discount."
    )
    assert (quote.reference, quote.total_pence) == ("BNG-00001", total * 100)


def test_a_run_without_an_audited_purchase_is_no_quote(market):
    customer = add_customer(market, HANDLER, "Acorn Homes")
    short = a_run(market, **{ORCHARD: 4})

    with pytest.raises(QuoteError) as fault:
        save_quote(market, HANDLER, NewQuote(short, customer.customer_id, "Field"))
    assert str(fault.value) == f"Run {short} has no purchase to quote; see its result."

    with pytest.raises(StoreError, match="There is no run"):
        save_quote(market, HANDLER, NewQuote(uuid.uuid4(), customer.customer_id, "Field"))


def test_a_document_is_kept_byte_for_byte(market):
    quote = a_draft(market, **ORCHARD_LOSS)
    new = NewDocument("quote", "quote.pdf", "application/pdf", b"%PDF-1.7 \x00\xff")

    kept = save_document(market, HANDLER, quote.reference, new)

    assert load_document(market, HANDLER, kept.document_id) == (kept, new.content)
    assert open_quote(market, HANDLER, quote.reference).documents == (kept,)
    with pytest.raises(QuoteError):
        load_document(market, Actor("eve", Role.PROMOTER, promoter="Eve"), kept.document_id)


@pytest.mark.parametrize(
    "words",
    ["'; DROP TABLE quotes; --", "%%%", "___", "\\\\\\", '"""', "$$$", "{0}"],
)
def test_sql_metacharacters_are_letters_like_others(market, words):
    customer = add_customer(market, HANDLER, f"A {words} B")
    run_id = a_run(market, **{ORCHARD: 1})
    quote = save_quote(market, HANDLER, NewQuote(run_id, customer.customer_id, f"Site {words}"))
    a_draft(market, **{ORCHARD: 1})

    assert open_quote(market, HANDLER, quote.reference).site == f"Site {words}"
    assert [row.reference for row in list_quotes(market, HANDLER, Search(words))] == ["BNG-00001"]
    assert find_customers(market, HANDLER, words) == [customer]


@pytest.mark.parametrize(
    ("deed", "message"),
    [
        (
            lambda store: add_customer(store, HANDLER, "x" * 10_000_000),
            "The name of the customer has 10,000,000 characters; at most 200 are kept.",
        ),
        (
            lambda store: add_customer(store, HANDLER, "a\0b"),
            "The name of the customer holds a character that does not show (U+0000) at 2.",
        ),
        (
            lambda store: add_customer(store, HANDLER, 7),  # type: ignore[arg-type]
            "The name of the customer must be text; found int.",
        ),
        (
            lambda store: correct(store, ADMIN, LOT, Decimal("NaN"), "why"),
            "The units “NaN” are no number; give a decimal, such as 1.25.",
        ),
        (
            lambda store: correct(store, ADMIN, LOT, Decimal("Infinity"), "why"),
            "The units “Infinity” are no number; give a decimal, such as 1.25.",
        ),
        (
            lambda store: correct(store, ADMIN, LOT, 0.1, "why"),  # type: ignore[arg-type]
            "The units 0.1 are no exact number; give a decimal, such as 1.25.",
        ),
        (
            lambda store: correct(store, ADMIN, LOT, Decimal("0.00001"), "why"),
            "0.00001 units cannot be kept; units come in steps of 0.0001.",
        ),
        (
            lambda store: correct(store, ADMIN, "nowhere", Decimal(1), "why"),
            "The store has no lot 'nowhere'; see its stock.",
        ),
        (
            lambda store: correct(store, ADMIN, LOT, Decimal(1), " "),
            "The reason is blank; fill it in.",
        ),
        (
            lambda store: list_quotes(store, HANDLER, Search("ab")),
            "'ab' is too short to search; give at least 3 letters.",
        ),
        (
            lambda store: save_promoter(
                store, ADMIN, Promoter("P", Discount.PERCENTAGE, Decimal("NaN")), "why"
            ),
            "A discount of NaN % cannot be used; expected 0.01 to 99.99.",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(market, deed, message):
    with pytest.raises(BadInput) as fault:
        deed(market)

    assert str(fault.value) == message


def test_a_correction_cannot_take_what_is_held(market):
    issue_quote(market, HANDLER, a_draft(market, **ORCHARD_LOSS).reference)

    with pytest.raises(OutOfStock) as fault:
        correct(market, ADMIN, LOT, Decimal("-1.5"), "counted again")

    assert str(fault.value) == (
        f"Bank near has 1.0000 free units of {ORCHARD} (lot {LOT}, with 2.0000 held by quotes), "
        "and 1.5 are asked. Nothing was changed."
    )


def test_the_history_of_a_quote_has_all_its_versions_for_those_who_may_see_it(market):
    old = issue_quote(market, HANDLER, a_draft(market, **{ORCHARD: 1}).reference)
    new = requote(market, OTHER_HANDLER, old.reference, a_run(market, **{ORCHARD: 1}))
    issue_quote(market, OTHER_HANDLER, new.reference)

    history = quote_history(market, HANDLER, old.reference)

    assert [(entry.subject, entry.action, entry.who) for entry in history] == [
        ("quote BNG-00001", "quote.save", "hannah"),
        ("quote BNG-00001", "quote.issue", "hannah"),
        ("quote BNG-00001.1", "quote.save", "otto"),
        ("quote BNG-00001.1", "quote.issue", "otto"),
    ]
    with pytest.raises(QuoteError):
        quote_history(market, Actor("g", Role.PROMOTER, promoter="Green"), old.reference)
