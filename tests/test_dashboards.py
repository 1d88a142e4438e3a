"""The pages as visitors meet them: a real Chromium, real Voilà, Postgres, Redis and worker."""

import csv
import io
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import openpyxl
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from bng_core.demand import demand_of_metric
from bng_core.market import read_market
from bng_core.metric import read_metric
from bng_core.metric.headline_cells import ModuleUnits
from bng_core.optimise import optimise
from bng_core.question import Question
from bng_core.settings import PROJECT_ROOT, Settings
from bng_core.store import connect
from dashboards.ui.text import pounds, units
from tests.metric_builders import a_metric, some_results
from tests.page_driver import NARROW, Visit, launch, visiting
from tests.people import PASSWORD, person

pytestmark = [pytest.mark.browser, pytest.mark.stack]

SAMPLE = PROJECT_ROOT / "sample" / "metric.xlsx"
SAMPLE_MARKET = PROJECT_ROOT / "sample" / "market"
SOUTH_OXFORDSHIRE = Question("South Oxfordshire LPA", "Upper Thames Clay Vales", date.today())

Visiting = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def visitor(browser: Browser, stack: Settings) -> Visiting:
    """Opens the quote page of the running stack as a quote handler."""
    store = connect(stack.database_url)
    login = person(store)

    @contextmanager
    def visit(query: str = "", **options: Any) -> Iterator[Visit]:
        with visiting(browser, str(stack.voila_url).rstrip("/"), **options) as found:
            found.sign_in(store, login)
            found.open(query)
            yield found

    return visit


@pytest.fixture
def screenshots() -> Path:
    folder = PROJECT_ROOT / "tests" / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder


def expected_answer(workbook: Path) -> dict[str, Any]:
    """The answer that bng_core gives without any page, worker or database."""
    demand = demand_of_metric(read_metric(workbook, workbook.name))
    return optimise(demand, read_market(SAMPLE_MARKET), SOUTH_OXFORDSHIRE.request()).to_json()


def without_seconds(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "seconds"}


def a_workbook(folder: Path, habitat: str, lost: float) -> Path:
    """A workbook that loses units of one habitat and gains nothing."""
    path = folder / "metric.xlsx"
    results = some_results(ModuleUnits(baseline=lost), {habitat: (-lost, 0.0)})
    path.write_bytes(a_metric(results=results))
    return path


def test_a_newcomer_gets_the_cheapest_purchase_with_its_proof(
    visitor: Visiting, screenshots: Path
) -> None:
    expected = expected_answer(SAMPLE)

    with visitor() as visit:
        visit.read(SAMPLE)
        assert visit.table("Headline requirement")[0] == [
            "Area habitats",
            "12.00",
            "4.57",
            "13.20",
            "8.63",
        ]
        visit.sees("A guess to be checked")
        visit.confirm()
        visit.find()

        assert (
            visit.page.locator(".bng-total").inner_text()
            == pounds(expected["cost"]["total_gbp"]).text
        )
        visit.sees("Proven: no lawful purchase from this market costs less.")
        visit.sees("Audit passed:")
        bought = visit.table("What to buy")
        assert [row[1] for row in bought] == [line["habitat"] for line in expected["purchases"]]
        assert [row[3] for row in bought] == [
            units(line["units"]).text for line in expected["purchases"]
        ]
        answered = visit.table("What each loss is answered by")
        assert [(row[0], row[3]) for row in answered] == [
            (line["lost"], line["supplied"]) for line in expected["attribution"]
        ]
        assert str(visit.page.get_by_role("img").last.get_attribute("alt")).startswith(
            "What is bought"
        )
        for scheme in ("light", "dark"):
            visit.page.emulate_media(color_scheme=scheme)
            visit.page.screenshot(path=screenshots / f"result_{scheme}.png", full_page=True)


def test_from_sign_in_to_a_saved_quote_with_its_file_takes_under_25_actions(
    browser: Browser, stack: Settings, tmp_path: Path
) -> None:
    login = person(connect(stack.database_url), name="newcomer")
    client = "<script>alert('client')</script>"
    workbook = tmp_path / "site <b>plan<b> =1+1.xlsx"
    workbook.write_bytes(SAMPLE.read_bytes())
    actions = 0

    def act(deed: Callable[[], Any]) -> Any:
        nonlocal actions
        actions += 1
        return deed()

    with visiting(browser, str(stack.voila_url).rstrip("/")) as visit:
        page = visit.page
        page.goto(visit.address)
        act(lambda: page.get_by_label("Login").fill(login))
        act(lambda: page.get_by_label("Password").fill(PASSWORD))
        act(lambda: page.get_by_role("button", name="Sign in").click())
        act(lambda: page.get_by_label("Customer", exact=True).fill(client))
        act(lambda: visit.read(workbook))
        actions += 1  # the button, and the file in the system's dialogue
        act(visit.confirm)
        act(visit.find)
        visit.is_accessible()
        act(lambda: page.get_by_role("button", name="Save as quote").click())
        visit.sees("The quote was saved as a draft.")
        name, content = act(lambda: visit.download("Quote as Excel workbook"))
        about = openpyxl.load_workbook(io.BytesIO(content))["About"]
        facts = dict(about.iter_rows(min_col=1, max_col=2, values_only=True))
        visit.is_accessible()
        page.reload()
        visit.sees(f"Quote {facts['Quote']}")
        assert page.get_by_text(client).first.is_visible()

    assert actions < 25
    assert name == f"{facts['Quote']}.xlsx"
    assert facts["Customer"] == client
    assert facts["Total (GBP)"] == expected_answer(SAMPLE)["cost"]["total_gbp"]


def test_typed_losses_survive_a_refresh_in_the_middle_of_their_run(visitor: Visiting) -> None:
    with visitor() as visit:
        page = visit.page
        page.get_by_label("Where the losses come from").select_option("Losses typed in")
        page.get_by_label("Line 1: habitat").fill("Grassland - Other neutral grassland")
        page.get_by_label("Line 1: units").fill("1.37")
        page.get_by_role("button", name="Add a line").click()
        page.get_by_label("Line 2: habitat").fill("Net gain")
        page.get_by_label("Line 2: units").fill("0.2")
        page.get_by_label("Line 2: units").press("Tab")
        page.wait_for_function("Object.values(sessionStorage).some((form) => form.includes('0.2'))")
        page.reload()
        expect(page.get_by_label("Line 2: units")).to_have_value("0.2")
        page.get_by_label("Postcode of the site").fill("OX10 8BA")
        page.get_by_label("Postcode of the site").press("Tab")
        visit.sees("the middle of postcode district OX10 (Wallingford)")
        visit.confirm()
        page.get_by_role("button", name="Find cheapest purchase").click()
        visit.sees("link to this run")
        page.reload()
        visit.sees("What was asked")

        expect(page.get_by_label("Line 1: units")).to_have_value("1.37")
        expect(page.get_by_label("Local planning authority")).to_have_value("South Oxfordshire LPA")
        page.get_by_role("button", name="Show alternatives and what-if").click()
        visit.sees("The alternatives are below.")
        visit.is_accessible()


def test_the_result_can_be_taken_away_as_csv_json_and_notebook(visitor: Visiting) -> None:
    expected = expected_answer(SAMPLE)

    with visitor() as visit:
        visit.read(SAMPLE)
        visit.confirm()
        visit.find()
        book_name, book_bytes = visit.download("Purchases as Excel workbook")
        csv_name, csv_bytes = visit.download("Purchases as CSV")
        json_name, json_bytes = visit.download("Whole answer as JSON")
        notebook_name, notebook_bytes = visit.download("Executed notebook")

    rows = list(csv.DictReader(io.StringIO(csv_bytes.decode("utf-8-sig"))))
    assert [float(row["cost_gbp"]) for row in rows] == [
        p["cost_gbp"] for p in expected["purchases"]
    ]
    assert without_seconds(json.loads(json_bytes)) == without_seconds(expected)
    notebook = nbformat.reads(notebook_bytes.decode(), as_version=4)
    assert any(cell.get("outputs") for cell in notebook.cells)
    purchases = openpyxl.load_workbook(io.BytesIO(book_bytes))["Purchases"]
    assert [row[10] for row in purchases.iter_rows(min_row=2, values_only=True)] == [
        p["cost_gbp"] for p in expected["purchases"]
    ]
    assert book_name.endswith(".xlsx")
    assert csv_name.endswith("-purchases.csv")
    assert json_name.endswith(".json")
    assert notebook_name.endswith(".ipynb")


def test_a_shared_link_and_a_reload_open_the_stored_result_again(visitor: Visiting) -> None:
    with visitor() as visit:
        visit.read(SAMPLE)
        visit.confirm()
        visit.find()
        total = visit.page.locator(".bng-total").inner_text()
        link = str(visit.page.get_by_role("link", name="Link to this result").get_attribute("href"))
        assert visit.page.url.endswith(link)
        visit.page.reload()
        visit.sees("What was asked")
        assert visit.page.locator(".bng-total").inner_text() == total

    with visitor(link) as other:
        other.sees("You opened a stored run")
        other.sees("What was asked")
        assert other.page.locator(".bng-total").inner_text() == total


def test_a_second_identical_question_is_answered_from_the_cache_and_says_so(
    visitor: Visiting,
) -> None:
    for _ in range(2):
        with visitor() as visit:
            visit.read(SAMPLE)
            visit.confirm()
            visit.find()
            said = visit.page.locator("#result").inner_text()

    assert "This answer came from the cache" in said


def test_a_demand_that_no_bank_can_meet_is_explained_with_priced_ways_out(
    visitor: Visiting, tmp_path: Path, screenshots: Path
) -> None:
    workbook = a_workbook(tmp_path, "Woodland and forest - Upland oakwood", lost=2.0)

    with visitor() as visit:
        visit.read(workbook)
        visit.page.get_by_label("Local planning authority").fill("South Oxfordshire LPA")
        visit.page.get_by_label("National character area").fill("Upper Thames Clay Vales")
        visit.page.get_by_label("National character area").press("Tab")
        visit.confirm()
        visit.find()

        visit.sees("No lawful purchase is possible")
        section = visit.page.locator("#result section").first.inner_text()
        assert "Upland oakwood (Area habitats, High)" in section
        assert "No bank sells such units." in section
        ways = visit.table("Ways out")
        assert [row[0] for row in ways] == ["More stock", "Statutory credits"]
        assert ways[1][2].startswith("£")
        visit.page.screenshot(path=screenshots / "no_lawful_answer.png", full_page=True)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "site.docx",
            b"x",
            "site.docx is not a file that can be read here: expected a statutory metric workbook, "
            ".xlsx or .xlsm. Choose the workbook itself.",
        ),
        ("empty.xlsx", b"", "empty.xlsx is empty. Choose the workbook again."),
    ],
)
def test_a_file_that_cannot_be_a_workbook_is_refused_before_it_is_opened(
    visitor: Visiting, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with visitor() as visit:
        visit.upload(tmp_path / name)

        assert visit.told() == f"There is a problem {sentence}"


def test_a_file_that_is_no_workbook_gets_the_readers_own_sentence(
    visitor: Visiting, tmp_path: Path
) -> None:
    junk = tmp_path / "metric.xlsx"
    junk.write_bytes(b"no workbook")

    with visitor() as visit:
        visit.upload(junk)

        with pytest.raises(Exception, match=r".") as read:
            read_metric(junk, junk.name)
        assert visit.told() == f"There is a problem {read.value}"


def test_a_workbook_of_20_mb_arrives_and_a_larger_one_is_refused_in_words(
    visitor: Visiting, tmp_path: Path
) -> None:
    largest, larger = tmp_path / "largest.xlsx", tmp_path / "larger.xlsx"
    largest.write_bytes(b"x" * 20 * 1024**2)
    larger.write_bytes(b"x" * 40 * 1024**2)

    with visitor() as visit:
        visit.upload(larger)
        assert (
            "larger.xlsx has 40.0 MB; the largest workbook that can be read is 20 MB"
            in visit.told()
        )
        visit.upload(largest)
        visit.sees("largest.xlsx is")
        visit.read(SAMPLE)


def test_nothing_is_asked_before_workbook_and_place_are_confirmed(visitor: Visiting) -> None:
    with visitor() as visit:
        button = visit.page.get_by_role("button", name="Find cheapest purchase")
        button.click()
        visit.sees("There is no workbook yet: choose one in step 2, or type the losses.")
        visit.read(SAMPLE)
        button.click()
        visit.sees("The place is not confirmed")
        visit.page.get_by_label("Local planning authority").fill("South Oxfordshre")
        visit.page.get_by_label("Local planning authority").press("Tab")
        visit.confirm()
        button.click()
        visit.sees("is not in the tables. The nearest names are: South Oxfordshire LPA")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?run=yesterday", "The link does not name a run."),
        (f"?run={uuid.UUID(int=7)}", f"There is no run {uuid.UUID(int=7)}"),
    ],
)
def test_a_link_to_no_run_is_answered_in_words(
    visitor: Visiting, query: str, sentence: str
) -> None:
    with visitor(query) as visit:
        visit.sees(sentence)


def test_a_phone_shows_the_whole_page_without_sideways_scrolling(
    visitor: Visiting, screenshots: Path
) -> None:
    with visitor(viewport=NARROW) as visit:
        visit.read(SAMPLE)
        visit.confirm()
        visit.find()

        assert visit.page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
        visit.page.screenshot(path=screenshots / "result_320px.png", full_page=True)


def test_controls_tables_and_pictures_have_names_and_headings_an_order(visitor: Visiting) -> None:
    with visitor() as visit:
        visit.read(SAMPLE)
        visit.confirm()
        visit.find()
        page = visit.page

        assert page.locator("html").get_attribute("lang") == "en-GB"
        assert page.title() == "Find the cheapest lawful purchase"
        for landmark in ("banner", "main", "contentinfo"):
            expect(page.get_by_role(landmark)).to_have_count(1)
        headings = page.locator("h1, h2, h3, h4").all()
        levels = [int(str(heading.evaluate("h => h.tagName[1]"))) for heading in headings]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        for control in page.locator("main :is(input, select, button):visible").all():
            assert control.evaluate("c => c.labels?.[0]?.textContent || c.textContent").strip()
        for control in page.locator("main :is(input[type=text], select):visible").all():
            assert control.evaluate(
                "c => document.getElementById(c.getAttribute('aria-describedby')).textContent"
            )
        for table in page.locator("table").all():
            assert table.locator("caption").text_content()
            headers = table.locator("thead th").all()
            assert all(header.get_attribute("scope") == "col" for header in headers)
            rows = table.locator("tbody tr").all()
            assert all(row.locator('th[scope="row"]').count() == 1 for row in rows)
        assert all(image.get_attribute("alt") for image in page.locator("img").all())


def test_a_keyboard_alone_leads_from_the_skip_link_to_the_result(visitor: Visiting) -> None:
    with visitor() as visit:
        page = visit.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_label("Customer", exact=True)).to_be_focused()
        page.keyboard.type("Keyboard Homes")
        visit.tab_to("Choose a workbook")
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Enter")
        chooser.value.set_files(SAMPLE)
        visit.sees("A guess to be checked")
        visit.tab_to("I confirm that the development lies")
        page.keyboard.press("Space")
        visit.tab_to("Find cheapest purchase")
        page.keyboard.press("Enter")
        visit.sees("What was asked")
        visit.tab_to("make it a quote")
        page.keyboard.press("Enter")
        visit.tab_to("Save as quote")
        page.keyboard.press("Enter")
        visit.sees("The quote was saved as a draft.")
        visit.tab_to("Quote as Excel workbook")


def test_no_code_and_no_traceback_is_on_the_page(visitor: Visiting) -> None:
    with visitor() as visit:
        visit.read(SAMPLE)
        source = visit.page.content()

    cells = source.split('class="bng-cells"', 1)[1].split("</script>")[-1]
    assert "2. What is lost" in source
    for word in ("open_page", "import ", "Traceback", "jp-InputArea-editor"):
        assert word not in cells
