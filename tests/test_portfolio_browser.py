"""A portfolio in a real browser on the whole stack, from faulty files to a shared link."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from bng_core.market import read_market
from bng_core.portfolio.answer import solve_portfolio
from bng_core.portfolio.folder import read_portfolio
from bng_core.portfolio.question import PortfolioQuestion
from bng_core.runs import RunService, submit
from bng_core.settings import PROJECT_ROOT, Settings
from dashboards.ui.text import pounds
from tests.asking import QUESTION, SAMPLE_UPLOAD
from tests.page_driver import NARROW, Visit, launch, visiting
from tests.people import person

pytestmark = [pytest.mark.browser, pytest.mark.stack]

SAMPLE = PROJECT_ROOT / "sample"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


def choose(visit: Visit, folder: Path) -> None:
    """Choose all files of a folder together, as a visitor does."""
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name="Choose the files").click()
    chooser.value.set_files(sorted(folder.iterdir()))


def keep_picture(visit: Visit, name: str) -> None:
    """Keep what the visitor sees as an artefact of the tests."""
    folder = PROJECT_ROOT / "tests" / "screenshots"
    folder.mkdir(exist_ok=True)
    visit.page.screenshot(path=folder / f"{name}.png", full_page=True)


def a_faulty_copy(folder: Path) -> Path:
    for path in (SAMPLE / "portfolio").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    sites = folder / "sites.csv"
    sites.write_text(sites.read_text().replace("P02,Buckinghamshire", "P02,<b>Atlantis</b>"))
    return folder


def test_an_analyst_divides_the_stock_among_many_developments(
    browser: Browser, stack: Settings, whole: RunService, tmp_path: Path
) -> None:
    question = PortfolioQuestion(date.today())
    sites = read_portfolio(SAMPLE / "portfolio", question.day())
    expected = solve_portfolio(sites, read_market(SAMPLE / "market"), question.terms())
    address = str(stack.voila_url).rstrip("/")

    with visiting(browser, address) as visit:
        visit.sign_in(whole.store, person(whole.store))
        visit.open(page="portfolio")
        choose(visit, a_faulty_copy(tmp_path))
        assert visit.told() == (
            "There is a problem The portfolio has 1 fault. Mend the files and choose them again."
        )
        ((file, line, message),) = visit.table("What to mend")
        assert (file, line) == ("sites.csv", "3")
        assert "<b>Atlantis</b>" in message
        visit.is_accessible()

        choose(visit, SAMPLE / "portfolio")
        visit.sees("12 developments, no faults.")
        visit.tab_to("Divide the stock")
        visit.page.keyboard.press("Enter")
        visit.sees("What was asked")
        total = visit.page.locator(".bng-total").inner_text()
        assert total == pounds(expected["cost"]["joint_gbp"]).text
        visit.sees("Proved: no division of the stock costs less.")
        visit.is_accessible()

        visit.page.get_by_label("Search: Who buys what").fill("P04")
        own = next(site["purchases"] for site in expected["sites"] if site["site_id"] == "P04")
        expect(visit.page.get_by_text(f"of {len(own)} purchases")).to_be_visible()
        _, content = visit.download("Purchases as CSV")
        lines = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        assert len([*lines]) == sum(len(site["purchases"]) for site in expected["sites"])
        _, content = visit.download("Whole answer as JSON")
        assert json.loads(content)["cost"] == expected["cost"]
        for scheme in ("light", "dark"):
            visit.page.emulate_media(color_scheme=scheme)
            keep_picture(visit, f"portfolio_{scheme}")
        link = visit.page.url.split("?")[1]

    with visiting(browser, address, viewport=NARROW) as other:
        other.sign_in(whole.store, person(whole.store))
        other.open(f"?{link}", page="portfolio")
        other.sees("What was asked")
        assert other.page.locator(".bng-total").inner_text() == total
        assert other.page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
        keep_picture(other, "portfolio_320px")


def test_a_link_to_another_kind_of_run_is_answered_in_words(
    browser: Browser, stack: Settings, whole: RunService
) -> None:
    run_id = submit(whole, SAMPLE_UPLOAD, QUESTION).run_id

    with visiting(browser, str(stack.voila_url).rstrip("/")) as visit:
        visit.sign_in(whole.store, person(whole.store))
        visit.open(f"?run={run_id}", page="portfolio")

        visit.sees(f"Run {run_id} answers one development, not a portfolio")
