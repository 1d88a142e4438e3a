"""The market and the analytics page as visitors meet them: real Chromium, the whole stack."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from bng_core.actor import Role
from bng_core.archive import pack
from bng_core.market import read_market
from bng_core.settings import PROJECT_ROOT, Settings
from bng_core.store import Store, connect, save_market
from tests.page_driver import NARROW, Visit, launch, visiting
from tests.people import person

pytestmark = [pytest.mark.browser, pytest.mark.stack]

SAMPLE = PROJECT_ROOT / "sample" / "market"
BANK = "Cherwell sample bank S003 (synthetic)"
SCRIPT = "<img src=x onerror=document.title='hit'>"

Visiting = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def store(stack: Settings) -> Iterator[Store]:
    """The store of the stack; its market is the sample again afterwards."""
    store = connect(stack.database_url)
    yield store
    save_market(store, read_market(SAMPLE))
    store.dispose()


@pytest.fixture
def visitor(browser: Browser, stack: Settings, store: Store) -> Visiting:
    @contextmanager
    def visit(page: str, role: Role, **options: Any) -> Iterator[Visit]:
        with visiting(browser, str(stack.voila_url).rstrip("/"), **options) as found:
            found.sign_in(store, person(store, role))
            found.open(page=page)
            yield found

    return visit


@pytest.fixture
def new_market(tmp_path: Path) -> Path:
    """The sample market with a bank whose name would run in a page that did not escape it."""
    files = {path.name: path.read_text() for path in SAMPLE.glob("*.csv")}
    files["banks.csv"] = files["banks.csv"].replace(BANK, SCRIPT)
    path = tmp_path / "market.zip"
    path.write_bytes(pack({name: content.encode() for name, content in files.items()}))
    return path


def test_an_admin_looks_for_banks_imports_a_market_and_receives_stock(
    visitor: Visiting, new_market: Path, tmp_path: Path
) -> None:
    with visitor("market", Role.ADMIN) as visit:
        finds_banks_on_the_map_by_keyboard(visit)
        sees_the_ledger_of_a_lot(visit)
        imports(visit, new_market)
        receives_stock(visit)
        visit.is_accessible()


def test_the_market_page_of_a_handler_fits_a_narrow_screen_and_changes_nothing(
    visitor: Visiting,
) -> None:
    with visitor("market", Role.HANDLER, viewport=NARROW, color_scheme="dark") as visit:
        visit.sees("Your role sees the market; changing it takes the role admin.")
        expect(visit.page.locator(".leaflet-marker-icon").first).to_be_visible()
        assert visit.page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
        expect(visit.page.get_by_role("button", name="Receive these units")).to_have_count(0)
        expect(visit.page.get_by_text("What is scarce")).to_have_count(0)
        visit.is_accessible()


def test_every_chart_of_the_analytics_has_a_name_a_table_and_a_file(visitor: Visiting) -> None:
    with visitor("analytics", Role.ANALYST) as visit:
        visit.sees("Stock by habitat is as it stands now.")
        drawings = visit.page.get_by_role("img", name="Units by habitat")
        expect(drawings).to_have_count(1)  # of two, the one for this screen
        name, content = visit.download("Units by habitat as CSV")
        assert name == "bng-units-by-habitat.csv"
        assert content.decode("utf-8-sig").startswith("Habitat,Free,Held by quotes,Sold")
        visit.page.get_by_text(re.compile(r"The chart as a table \(\d+ rows\)")).last.click()
        visit.page.get_by_label("From").fill("2030-01-01")
        visit.page.get_by_label("From").press("Tab")
        visit.page.get_by_role("button", name="Show the figures").click()
        assert "The period ends on" in visit.told()
        visit.is_accessible()


def finds_banks_on_the_map_by_keyboard(visit: Visit) -> None:
    page = visit.page
    visit.sees("60 banks, 316 lots")
    expect(page.get_by_role("region", name="Map; the table below it")).to_be_visible()
    marker = page.get_by_role("button", name=re.compile(rf"^{re.escape(BANK)}, habitat bank: "))
    marker.focus()
    page.keyboard.press("Enter")
    visit.sees("1 bank chosen on the map")
    page.get_by_text("The map as a table (1 point)").click()
    assert [row[:2] for row in visit.table("Latitude")] == [[BANK, "habitat bank"]]
    page.get_by_role("button", name="Show all banks").click()
    visit.sees("60 banks, 316 lots")
    visit.is_accessible()


def sees_the_ledger_of_a_lot(visit: Visit) -> None:
    visit.page.get_by_label("Lot", exact=True).fill("S001-0001")
    visit.page.get_by_role("button", name="Show its ledger").click()
    visit.sees("Latest movements of lot S001-0001")
    assert "receive" in [row[1] for row in visit.table("Latest movements of lot")]


def imports(visit: Visit, market: Path) -> None:
    page = visit.page
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a market").click()
    chooser.value.set_files(market)
    visit.sees("1 row of the market would differ; banks: 1 changed. Nothing has been written yet.")
    visit.sees("What differs, row by row")
    assert visit.table("What differs, row by row") == [
        ["S003", "banks", "changed", f"bank_name from {BANK} to {SCRIPT}"]
    ]
    visit.is_accessible()
    page.get_by_label("Reason for the new market").fill("the bank has a new name")
    page.get_by_label("Reason for the new market").press("Tab")
    page.get_by_role("button", name="Apply the new market").click()
    visit.sees("Applied. The market is now version")
    page.get_by_label("Search: Habitat banks").fill("S003")
    expect(page.get_by_role("rowheader", name=SCRIPT).first).to_be_visible()
    expect(page.locator("img[src=x]")).to_have_count(0)
    assert "hit" not in page.title()
    visit.sees("the bank has a new name")  # in the list of versions


def receives_stock(visit: Visit) -> None:
    page = visit.page
    for label, value in {
        "Lot to change": "S001-0001",
        "Units": "1.25",
        "Reason for the change of stock": "more was made",
    }.items():
        page.get_by_label(label, exact=True).fill(value)
        page.get_by_label(label, exact=True).press("Tab")
    page.get_by_role("button", name="Receive these units").click()
    visit.sees("Done. Lot S001-0001")
