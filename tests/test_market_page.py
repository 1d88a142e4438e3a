"""What the market page shows and changes, with a real store and without a browser."""

import asyncio
import doctest
from collections.abc import Callable
from datetime import date
from html import escape
from typing import Any

import pytest

from bng_core.actor import SYSTEM, Role
from bng_core.archive import pack
from bng_core.errors import BadInput, UnknownPlace
from bng_core.market import Market, read_market
from bng_core.market_diff import market_diff
from bng_core.runs import RunService
from bng_core.settings import PROJECT_ROOT
from bng_core.store import Store, market_version, save_market
from bng_core.store.ledger import entries, load_lot, receive
from dashboards.ui import analytics_charts, market_facts
from dashboards.ui.market_difference import difference, difference_words
from dashboards.ui.market_facts import (
    MarketFacts,
    Wanted,
    listed_banks,
    listed_habitats,
    listed_prices,
    load_facts,
    narrowed,
    points,
    size_words,
    summary,
)
from dashboards.ui.market_import import MarketImport
from dashboards.ui.market_moves import StockMoves
from dashboards.ui.market_page import ONLY_SEES, MarketPage
from dashboards.ui.market_stock import ledger
from dashboards.ui.site import Site
from dashboards.ui.tables import table
from tests.builders import MEADOW, ORCHARD, a_market, an_offer
from tests.people import person

SAMPLE = PROJECT_ROOT / "sample" / "market"
TODAY = date(2026, 11, 24)
SCRIPT = "<script>alert('x')</script>"


@pytest.fixture
def facts(service: RunService) -> MarketFacts:
    return load_facts(service.store, SYSTEM)


@pytest.fixture
def admin(service: RunService) -> Site:
    """What the page of an admin has."""
    site = Site()
    site.login = person(service.store, Role.ADMIN)
    return site


def market_files(**changed: tuple[str, str]) -> bytes:
    """The sample market as a .zip, a text replaced in each of the named files."""
    files = {path.name: path.read_text() for path in SAMPLE.glob("*.csv")}
    for name, (old, new) in changed.items():
        assert old in files[f"{name}.csv"]
        files[f"{name}.csv"] = files[f"{name}.csv"].replace(old, new, 1)
    return pack({name: content.encode() for name, content in files.items()})


def until(claim: Callable[[], bool], *starts: Callable[[], None]) -> None:
    """Start what a page starts, and let it run until it is done."""

    async def run() -> None:
        for start in starts:
            start()
        async with asyncio.timeout(60):
            while not claim():
                await asyncio.sleep(0.02)

    asyncio.run(run())


@pytest.mark.parametrize("module", [market_facts, analytics_charts])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_a_search_keeps_the_banks_that_have_the_habitat_in_the_place(facts: MarketFacts) -> None:
    wanted = Wanted("modified grassland", lpa="Vale of White Horse")

    part = narrowed(facts, wanted)

    places = [row[2] for row in listed_banks(part).rows]
    assert places
    assert set(places) == {"Vale of White Horse LPA"}
    assert {lot.habitat for lot in part.lots} == {"Grassland - Modified grassland"}
    assert {row[1] for row in listed_prices(part, TODAY).rows} == {"Grassland - Modified grassland"}
    assert " for modified grassland, Vale of White Horse, " in summary(part, wanted)


def test_a_habitat_that_nobody_knows_is_refused_and_not_an_empty_list(facts: MarketFacts) -> None:
    with pytest.raises(BadInput) as refusal:
        narrowed(facts, Wanted("lawn"))

    assert str(refusal.value) == (
        "“lawn” is not a habitat of the statutory metric; choose one of the list."
    )


def test_a_place_that_nobody_knows_is_refused_and_not_an_empty_list(facts: MarketFacts) -> None:
    with pytest.raises(UnknownPlace, match="Local planning authority “Atlantis”"):
        narrowed(facts, Wanted(lpa="Atlantis"))


def test_every_bank_is_a_point_and_one_without_coordinates_says_so(store: Store) -> None:
    save_market(store, a_market(an_offer(ORCHARD, 40_000, 3)))

    (point,) = points(load_facts(store, SYSTEM))

    assert point.detail == "3.00 units free; no coordinates, shown at the centre of its LPA"
    assert 49 < point.lat < 56


def test_what_is_left_and_held_adds_up_by_habitat(facts: MarketFacts) -> None:
    rows = listed_habitats(facts).rows

    free = sum(lot.units_available for lot in facts.lots)
    shown = sum(float(row[2].text.replace(",", "")) for row in rows)  # type: ignore[union-attr]
    assert shown == pytest.approx(float(free), abs=0.2)


def test_contract_sizes_are_said_with_their_limits() -> None:
    assert size_words() == (
        "Contract sizes go by the units required in total: fractional below 0.1; small 0.1 to "
        "below 2.5; medium 2.5 to below 15; large 15 and more units."
    )


def test_a_difference_names_rows_and_cells() -> None:
    before = a_market(an_offer(ORCHARD, 40_000, 3))
    after = a_market(an_offer(ORCHARD, 41_000, 3), an_offer(MEADOW, 50_000, bank_id="M"))

    listing = difference(market_diff(before, after))

    changes = [(row[1], row[2]) for row in listing.rows]
    assert changes.count(("banks", "added")) == 1
    assert changes.count(("prices", "changed")) == 4
    assert "unit_price from 40000 to 41000" in [row[3] for row in listing.rows]
    assert difference_words(market_diff(before, after)) == (
        "10 rows of the market would differ; banks: 1 added; stock: 1 added; "
        "prices: 4 added, 4 changed."
    )
    assert difference_words(market_diff(before, before)) == "The two markets are the same."


def test_an_import_writes_nothing_before_it_is_applied_with_a_reason(admin: Site) -> None:
    before, changes = market_version(admin.store), []
    box = MarketImport(admin, lambda: changes.append("changed"))
    name = "Vale of White Horse sample bank S001 (synthetic)"

    until(
        lambda: "Nothing has been written yet" in box._status.value,
        lambda: box._check("new.zip", market_files(banks=(name, SCRIPT))),
    )

    assert "1 row of the market would differ; banks: 1 changed." in box._status.value
    assert escape(SCRIPT) in box._difference.children[0].children[0].value
    assert market_version(admin.store) == before
    box._start()
    assert "The reason for the new market is blank; fill it in." in box._problem.value

    box._why.value = "the bank has a new name"
    until(lambda: changes == ["changed"], box._start)

    assert market_version(admin.store) != before
    assert "Applied. The market is now version" in box._status.value
    facts = load_facts(admin.store, SYSTEM)
    assert SCRIPT in facts.market.bank_names().values()
    assert "<script>" not in table("c", listed_banks(facts).columns, listed_banks(facts).rows)


def test_a_market_that_changed_meanwhile_is_not_overwritten(admin: Site) -> None:
    box = MarketImport(admin, lambda: None)
    until(
        lambda: "Nothing has been written yet" in box._status.value,
        lambda: box._check("new.zip", market_files(banks=("S001 (synthetic)", "S001"))),
    )
    lot = load_facts(admin.store, SYSTEM).lots[0]
    receive(admin.store, SYSTEM, lot.stock_id, "1", "found")  # type: ignore[arg-type]
    version = market_version(admin.store)
    box._why.value = "new"

    until(lambda: box._problem.value != "", box._start)

    assert "The market changed since the difference was shown. Nothing was written:" in (
        box._problem.value
    )
    assert market_version(admin.store) == version


def test_every_fault_of_a_market_is_listed_and_nothing_can_be_applied(admin: Site) -> None:
    box = MarketImport(admin, lambda: None)

    until(
        lambda: box._problem.value != "",
        lambda: box._check("bad.zip", market_files(banks=("Cherwell LPA", "Atlantis"))),
    )

    assert "bad.zip has 1 fault. Nothing was written; mend it and try again." in box._problem.value
    assert "Atlantis" in box._difference.children[0].children[0].value
    assert box._step.layout.display == "none"


@pytest.mark.parametrize(
    ("button", "units", "received"), [("_receive", "1.25", "1.25"), ("_correct", "-0.05", "-0.05")]
)
def test_stock_is_moved_with_a_reason_that_its_ledger_keeps(
    admin: Site, button: str, units: str, received: str
) -> None:
    lot, done = load_facts(admin.store, SYSTEM).lots[0], []
    form = StockMoves(admin, lambda: done.append("changed"))
    form._lot.value, form._units.value, form._why.value = lot.stock_id, units, SCRIPT

    until(lambda: done == ["changed"], getattr(form, button).click)

    now = load_lot(admin.store, SYSTEM, lot.stock_id)
    assert f"{now.received - lot.received:f}".rstrip("0") == received
    shown = ledger(now, entries(admin.store, SYSTEM, lot.stock_id))
    assert escape(SCRIPT) in shown
    assert "<script>" not in shown + form._done.value


def test_units_that_are_no_number_move_nothing(admin: Site) -> None:
    form = StockMoves(admin, lambda: None)
    form._units.value = "lots"

    form._receive.click()

    assert "The units “lots” are no number; give a decimal, such as 1.25." in form._problem.value


@pytest.mark.parametrize(
    ("role", "parts"),
    [
        (Role.ADMIN, ["Scarcity", "Versions", "StockMoves", "MarketImport"]),
        (Role.ANALYST, ["Scarcity", "Versions", "words"]),
        (Role.HANDLER, ["Versions", "words"]),
        (Role.END_USER, ["Versions", "words"]),
    ],
)
def test_the_page_shows_what_the_role_may_do(
    service: RunService, role: Role, parts: list[str]
) -> None:
    site = Site()
    site.login = person(service.store, role)
    page = MarketPage(site)

    until(
        lambda: bool(page.changes.children) and "60 banks" in page.banks._summary.value, page.begin
    )

    sections: dict[str, Any] = {
        "Scarcity": page._scarcity.widget,
        "Versions": page._versions.widget,
        "StockMoves": page._moves.widget,
        "MarketImport": page._import.widget,
    }
    shown = [
        next((name for name, widget in sections.items() if widget is child), "words")
        for child in page.changes.children
    ]
    assert shown == parts
    if "words" in parts:
        assert page.changes.children[-1].value == ONLY_SEES


def test_the_sample_market_comes_back_from_its_zip(service: RunService) -> None:
    def same(market: Market) -> bool:
        return market_diff(read_market(SAMPLE), market).is_empty

    assert same(load_facts(service.store, SYSTEM).market)
