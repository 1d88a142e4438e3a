"""Every query of a page has an index, and a quote re-opens to the penny whatever has changed."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import text

from bng_core.actor import SYSTEM
from bng_core.commands.quote_text import quote_text
from bng_core.market import Market
from bng_core.quote_words import QuoteState
from bng_core.store import Store, load_market, market_version, save_market
from bng_core.store.documents import NewDocument, load_document, save_document
from bng_core.store.faults import find_faults
from bng_core.store.parties import add_customer
from bng_core.store.quote_life import issue_quote
from bng_core.store.quote_pages import Search, list_quotes
from bng_core.store.quote_rows import Quote, open_quote
from bng_core.store.quotes import NewQuote, save_quote
from tests.builders import MEADOW, MODIFIED, NEUTRAL, ORCHARD, SCRUB, a_market, an_offer
from tests.quote_builders import ADMIN, HANDLER, a_run
from tests.quote_store import fill_store, pages, scans

BIG = {"quotes", "quote_versions", "quote_lines", "customers", "stock_ledger", "market_rows"}
"""Tables that grow with the business; they are never read whole for a page."""


@pytest.fixture
def full_store(store: Store, owner: Store) -> Store:
    fill_store(store, owner, banks=20, count=2_000)
    return store


def test_an_index_serves_every_query_of_a_page(full_store):
    """Forbidden to read whole tables where an index will do, Postgres reads none of the big ones.

    At 100,000 quotes it chooses so by itself: see bench/bench_store.py.
    """
    whole = {
        name: {table for scan, table in scans(full_store, page, "SET LOCAL enable_seqscan = off")
               if scan == "Seq Scan" and table in BIG}
        for name, page in pages(full_store).items()
    }  # fmt: skip

    assert {name: tables for name, tables in whole.items() if tables} == {}
    assert find_faults(full_store)[0].words.startswith("accepted quotes whose units are not sold")


def test_pages_follow_each_other_without_gap_or_repetition(full_store):
    seen: list[str] = []
    search = Search(state=QuoteState.EXPIRED, limit=150)
    while rows := list_quotes(full_store, SYSTEM, search):
        seen += [row.reference for row in rows]
        search = replace(search, after=rows[-1])

    with full_store.begin() as connection:
        expired = connection.scalars(
            text(
                "SELECT reference FROM quote_versions WHERE state = 'expired' ORDER BY number DESC"
            )
        ).all()
    assert seen == list(expired)


def priced(market: Market, factor: Decimal) -> Market:
    prices = [str((Decimal(price) * factor).quantize(Decimal("0.01"))) for price in
              market.prices["unit_price"]]  # fmt: skip
    return replace(market, prices=market.prices.assign(unit_price=prices))


def figures(quote: Quote) -> str:
    """Lines, totals, versions and the text of the document: everything but its moving state."""
    still = replace(quote, holds=(), documents=())
    return json.dumps([quote_text(still), repr(still)])


def test_a_hundred_quotes_reopen_to_the_penny_after_every_price_has_changed(store):
    offers = {ORCHARD: 41_111.11, MEADOW: 93_333.33, MODIFIED: 9_876.54, NEUTRAL: 20_202.02,
              SCRUB: 23_456.78}  # fmt: skip
    market = a_market(*(an_offer(habitat, price, 500) for habitat, price in offers.items()))
    save_market(store, market)
    customer = add_customer(store, HANDLER, "Acorn Homes").customer_id
    made, documents = {}, {}
    for number in range(100):
        if number % 10 == 0:  # ten runs, each on the market that the quotes before it left
            run_id = a_run(store, **{list(offers)[number // 10 % 5]: 0.37 + number / 100})
        reference = save_quote(
            store, HANDLER, NewQuote(run_id, customer, f"Plot {number}")
        ).reference
        issue_quote(store, HANDLER, reference)
        made[reference] = figures(open_quote(store, HANDLER, reference))
        content = quote_text(open_quote(store, HANDLER, reference)).encode()
        new = NewDocument("quote", f"{reference}.txt", "text/plain", content)
        documents[save_document(store, HANDLER, reference, new).document_id] = content
    versions = {open_quote(store, HANDLER, reference).market_version for reference in made}

    save_market(store, priced(load_market(store), Decimal("1.1")), ADMIN, "dearer")

    assert len(versions) == 10
    assert market_version(store) not in versions
    assert {reference: figures(open_quote(store, HANDLER, reference)) for reference in made} == made
    kept = {name: load_document(store, HANDLER, name)[1] for name in documents}
    assert kept == documents
    for reference, quote in ((one, open_quote(store, HANDLER, one)) for one in made):
        lines = quote_text(quote)
        assert f"Total    £{Decimal(quote.total_pence) / 100:,.2f}" in lines, reference
        old = load_market(store, quote.market_version).prices["unit_price"].astype(float)
        assert set(old) == set(offers.values())
