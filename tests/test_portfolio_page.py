"""The portfolio page: its files, its tables, and one visit from upload to downloads."""

import csv
import io
import json
import uuid
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import ipywidgets as widgets
import pytest

from bng_core.errors import BadInput, PortfolioError
from bng_core.portfolio.question import PortfolioQuestion
from bng_core.portfolio.template import portfolio_template
from bng_core.settings import PROJECT_ROOT
from bng_core.store import Queue, Run, RunStatus
from dashboards.ui.paged_table import Listing, PagedTable
from dashboards.ui.portfolio_files import gathered, listed_faults, read_upload
from dashboards.ui.portfolio_page import PortfolioPage
from dashboards.ui.portfolio_result import (
    PortfolioResult,
    portfolio_downloads,
    portfolio_result,
)
from dashboards.ui.site import Site
from dashboards.ui.tables import Column
from tests.builders import ORCHARD
from tests.portfolio_builders import a_portfolio, a_site, two_that_want_one_orchard

SAMPLE = PROJECT_ROOT / "sample" / "portfolio"
TODAY = date(2026, 11, 24)
SCRIPT = "<script>alert('x')</script>"


def sample_files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in SAMPLE.iterdir()}


def test_the_template_is_a_portfolio_that_can_be_sent_as_it_is() -> None:
    upload = gathered({"portfolio-template.zip": portfolio_template()})

    (site,) = read_upload(upload, TODAY)

    assert site.site_id == "Long Field"
    assert site.on_date == TODAY
    with zipfile.ZipFile(io.BytesIO(portfolio_template())) as archive:
        assert archive.namelist() == ["habitats.csv", "site_demand.csv", "sites.csv"]


def test_files_chosen_together_are_one_upload_in_whatever_order_they_come() -> None:
    files = sample_files()
    other_way = dict(reversed(files.items()))

    upload = gathered(files)

    assert upload.name == "portfolio.zip"
    assert upload == gathered(other_way)
    assert len(read_upload(upload, TODAY)) == 12


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            {"site_demand.csv": b"x"},
            "sites.csv is missing: choose all files of the portfolio together.",
        ),
        (
            {"a.zip": b"x", "sites.csv": b"x"},
            "Choose a.zip alone, or the files without it: a .zip holds them all.",
        ),
        (
            {"sites.csv": b"x", "notes.docx": b"x"},
            "notes.docx is not a file of a portfolio: expected a .zip, or sites.csv, "
            "site_demand.csv and workbooks (.xlsx or .xlsm).",
        ),
        (
            {"a.zip": b"x" * 30 * 1024**2},
            "The portfolio has 30.0 MB; at most 20 MB can be read. Give site_demand.csv instead "
            "of the largest workbooks, or save them without pictures.",
        ),
    ],
)
def test_what_cannot_be_a_portfolio_is_refused_with_what_to_do(
    files: dict[str, bytes], sentence: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        gathered(files)

    assert str(refusal.value) == sentence


def test_every_fault_of_every_file_is_listed_by_file_and_line() -> None:
    files = sample_files()
    files["sites.csv"] = files["sites.csv"].replace(b"P02,Buckinghamshire LPA", b"P02,Atlantis")
    files["site_demand.csv"] += b"P99,area,Net gain,1\nP01,area,Lawn,two\n"

    with pytest.raises(PortfolioError) as refusal:
        read_upload(gathered(files), TODAY)

    rows = listed_faults(refusal.value.faults).rows
    places = [(row[0], row[1].text) for row in rows]  # type: ignore[union-attr]
    last = len(sample_files()["site_demand.csv"].splitlines())
    assert sorted(places) == [
        ("site_demand.csv", str(last + 1)),
        ("site_demand.csv", str(last + 2)),
        ("sites.csv", "3"),
    ]


def shown(widget: Any) -> str:
    """All html that a visitor sees."""
    own = widget.value if isinstance(getattr(widget, "value", None), str) else ""
    return own + "".join(shown(child) for child in getattr(widget, "children", ()))


def a_long_table() -> PagedTable:
    rows = [[f"Bank {number}", "Oak" if number % 2 else "Ash"] for number in range(1000)]
    columns = (Column("Bank"), Column("Tree"))
    return PagedTable(Listing("Banks", columns, rows, "bank", "banks"))


def test_a_thousand_rows_are_turned_page_by_page() -> None:
    table = a_long_table()
    _, _, _, turns = table.widget.children

    assert "Shown: 1 to 10 of 1000 banks." in shown(table.widget)
    turns.children[1].click()
    assert "Bank 10<" in shown(table.widget)
    assert "Bank 9<" not in shown(table.widget)
    assert "Shown: 11 to 20 of 1000 banks." in shown(table.widget)
    turns.children[0].click()
    assert turns.children[0].disabled


def test_a_search_finds_rows_with_all_its_words_and_says_when_there_are_none() -> None:
    table = a_long_table()
    search = table.widget.children[0].children[0]

    search.value = "oak 77"
    # 77, 177, ... 977, and 771, 773, 775, 779
    assert "Shown: 1 to 10 of 14 banks." in shown(table.widget)
    search.value = "elm"
    assert "Shown: none of 0 banks." in shown(table.widget)


def test_a_short_table_has_neither_search_nor_pages() -> None:
    table = PagedTable(Listing("Banks", (Column("Bank"),), [["One"]], "bank", "banks"))

    assert len(table.widget.children) == 1


def a_finished_portfolio(answer: dict[str, Any]) -> PortfolioResult:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    run = Run(
        run_id=uuid.UUID(int=1), run_key="k", kind="portfolio", status=RunStatus.DONE, stage="Done",
        progress=100, parameters=PortfolioQuestion(TODAY).parameters(), input_name="p.zip",
        input_sha256="i", market_version="m", rulebook_version="r", code_version="c",
        queue=Queue.INTERACTIVE, position=None, result=answer, error=None, executor="prefect",
        attempts=1, answered_from_cache_of=None, created_at=now, started_at=now, finished_at=now,
        lease_until=None,
    )  # fmt: skip
    return PortfolioResult(run, {"one-0": SCRIPT}, b"{}")


def page_of(answer: dict[str, Any]) -> str:
    return "".join(shown(part) for part in portfolio_result(a_finished_portfolio(answer)))


def test_the_result_names_joint_cost_proof_and_what_is_saved() -> None:
    # together: the first buys neutral at 31,000, the second the orchard at 30,000; in its turn the
    # first takes that orchard, and the second is left with the one at 40,000
    answer = a_portfolio(*two_that_want_one_orchard())

    page = page_of(answer)

    assert "£61,000" in page
    assert "£70,000" in page
    assert "£9,000 (12.9 %)" in page
    assert "Proved: no division of the stock costs less." in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "What is short" not in page


def test_a_development_that_is_short_has_its_priced_ways_out() -> None:
    _, market = two_that_want_one_orchard()
    answer = a_portfolio([a_site("greedy", **{ORCHARD: 3})], market)

    page = page_of(answer)

    assert "The stock cannot meet all: 1.00 units are short at 1 development" in page
    assert "Developments that are short" in page
    assert page.count("greedy") >= len(answer["sites"][0]["reasons"][0]["remedies"])


def test_the_purchases_can_be_taken_away_with_their_developments() -> None:
    answer = a_portfolio(*two_that_want_one_orchard())

    files = {file.label: file for file in portfolio_downloads(a_finished_portfolio(answer))}

    text = files["Purchases as CSV"].content.decode("utf-8-sig")
    rows = [*csv.DictReader(io.StringIO(text))]
    assert [(row["site_id"], row["bank_id"], float(row["cost_gbp"])) for row in rows] == [
        ("first", "two-1", 31_000),
        ("second", "one-0", 30_000),
    ]
    assert json.loads(files["Whole answer as JSON"].content) == json.loads(json.dumps(answer))
    assert "Executed notebook" in files


def test_nothing_is_asked_before_a_portfolio_was_read() -> None:
    page = PortfolioPage(Site())
    ask = next(w for w in page.division.widget.children if isinstance(w, widgets.Button))

    ask.click()

    assert "There is no portfolio yet: choose its files in step 1." in shown(page.division.widget)
    assert not ask.disabled
