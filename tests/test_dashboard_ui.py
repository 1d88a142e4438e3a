"""What the pages are made of, without a server or a browser."""

import asyncio
import csv
import doctest
import io
import logging
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bng_core.demand import read_demand
from bng_core.errors import BadInput, MetricError, SolverFailed
from bng_core.market import read_market
from bng_core.optimise import optimise
from bng_core.question import Question
from bng_core.report import verdict
from bng_core.store import Queue, Run, RunStatus
from dashboards.ui import downloads, log_view, tables, text
from dashboards.ui.downloads import as_csv, safe_cell
from dashboards.ui.guard import guarded
from dashboards.ui.place_step import PlaceStep
from dashboards.ui.preferences_form import PreferencesForm
from dashboards.ui.result import Result, result
from dashboards.ui.tables import Column, table
from dashboards.ui.text import percent, problem, units
from dashboards.ui.workbook_step import check_upload
from tests.builders import MODIFIED, ORCHARD, a_demand, a_market, an_answer, an_offer
from tests.oracle.shared import MARKET_TOOL, make_market

SCRIPT = "<script>alert('x')</script>"


class Step:
    """Something with callbacks, as the steps of a page are."""

    def __init__(self) -> None:
        self.said = ""

    def show_problem(self, text: str) -> None:
        self.said = text

    @guarded
    def raise_now(self, error: Exception) -> None:
        raise error

    @guarded
    async def raise_later(self, error: Exception) -> None:
        raise error


@pytest.mark.parametrize("module", [downloads, log_view, tables, text])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_an_error_written_for_users_is_shown_as_it_is() -> None:
    step = Step()

    step.raise_now(BadInput("The LPA is missing: choose it in step 2."))

    assert step.said == "The LPA is missing: choose it in step 2."


@pytest.mark.parametrize("late", [False, True])
def test_any_other_error_is_logged_and_only_its_reference_is_shown(
    caplog: pytest.LogCaptureFixture, late: bool
) -> None:
    step = Step()

    async def click() -> None:
        (step.raise_later if late else step.raise_now)(ZeroDivisionError("secret detail"))
        await asyncio.sleep(0.01)

    with caplog.at_level(logging.ERROR):
        asyncio.run(click())

    reference = step.said.split()[-1].rstrip(".")
    assert "secret detail" not in step.said
    assert step.said.startswith("Something went wrong that should not have.")
    assert reference in caplog.text
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_spreadsheet_runs_nothing_that_came_from_a_name(start: str) -> None:
    name = f"{start}HYPERLINK('http://x')"
    rows = csv.reader(io.StringIO(as_csv([{"bank_id": name}], ["bank_id"]).decode("utf-8-sig")))

    assert list(rows)[1] == ["'" + name]


def test_negative_figures_stay_figures_in_a_csv() -> None:
    assert safe_cell(-2.5) == "-2.5"
    assert safe_cell("-2.5") == "-2.5"


def test_names_from_outside_are_text_in_a_table_never_markup() -> None:
    written = table(SCRIPT, [Column(SCRIPT)], [[SCRIPT]])

    assert "<script>" not in written
    assert written.count("&lt;script&gt;") == 4


def test_a_message_is_text_and_its_commands_are_marked() -> None:
    assert "<script>" not in problem(SCRIPT)
    assert "<code>bng up</code>" in problem("Start it with `bng up`.")


def test_units_show_two_places_and_keep_the_exact_figure_beside() -> None:
    assert units(1.005).html == '<span title="1.005">1.01</span>'
    assert units(1.5).html == "1.50"


def test_a_file_of_more_than_20_mb_is_refused_with_its_size() -> None:
    with pytest.raises(MetricError) as refusal:
        check_upload("a.xlsx", 30 * 1024**2)

    assert str(refusal.value) == (
        "a.xlsx has 30.0 MB; the largest workbook that can be read is 20 MB. The official workbook "
        "has about 4 MB: remove pictures and added sheets, and save it again."
    )


def test_character_areas_of_the_chosen_authority_come_first() -> None:
    step = PlaceStep()

    step.suggest("South Oxfordshire District Council")

    assert step._lpa.value == "South Oxfordshire LPA"
    assert step._nca.value == step._nca.options[0] == "Upper Thames Clay Vales"
    assert step._nca.options[:3] == ("Upper Thames Clay Vales", "Chilterns", "Midvale Ridge")


def test_a_changed_place_has_to_be_confirmed_again() -> None:
    step = PlaceStep()
    step.suggest("South Oxfordshire District Council")
    step._confirmed.value = True

    step._nca.value = "Chilterns"

    with pytest.raises(BadInput) as refusal:
        step.place()
    assert str(refusal.value) == (
        "The place is not confirmed: check the LPA and the NCA in step 3 and tick the box below "
        "them."
    )


def a_finished_run(question: Question, answer: dict[str, Any]) -> Run:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    return Run(
        run_id=uuid.UUID(int=1), run_key="k", kind="optimise", status=RunStatus.DONE, stage="Done",
        progress=100, parameters=question.parameters(), input_name="metric.xlsx",
        input_sha256="i", market_version="m", rulebook_version="r", code_version="c",
        queue=Queue.INTERACTIVE, position=None, result=answer, error=None, executor="prefect",
        attempts=1, answered_from_cache_of=None, created_at=now, started_at=now, finished_at=now,
        lease_until=None,
    )  # fmt: skip


@pytest.mark.skipif(
    not MARKET_TOOL.exists(), reason="../shared/tools/market.py is not beside this project"
)
def test_a_purchase_that_time_left_unproven_is_called_so_with_its_gap(tmp_path: Path) -> None:
    place = make_market("XL", 4, tmp_path)
    demand, market = read_demand(tmp_path / "demand.csv"), read_market(tmp_path)
    answer: dict[str, Any] = {"proven": True}
    for seconds in (0.25, 0.5, 1, 2, 4, 8):  # one of them is too short to prove and enough to find
        question = Question(
            place.lpa, place.nca, date(2026, 11, 24), preferences={"max_banks": 5},
            time_limit_s=seconds,
        )  # fmt: skip
        with suppress(SolverFailed):
            answer = optimise(demand, market, question.request()).to_json()
        if not answer["proven"]:
            break

    assert answer["status"] == "feasible"
    assert 0 < answer["gap"] < 0.1
    assert answer["audit"]["passed"]
    page = result(Result(a_finished_run(question, answer), {}, []))
    told = percent(round(answer["gap"], 6))
    assert f"not proven: another purchase could save at most {told} of the cost." in page
    assert "at most 5 banks" in page
    assert "Proven" not in page
    assert f"at most {answer['gap']:.2%} of the cost" in verdict(answer)


def test_the_page_shows_what_each_preference_costs() -> None:
    market = a_market(
        an_offer(ORCHARD, 30_000, bank_id="a"), an_offer(MODIFIED, 9_000, bank_id="b")
    )
    demand = a_demand(**{ORCHARD: 1, MODIFIED: 1})
    question = Question(
        "South Oxfordshire", "Chilterns", "2026-11-24", preferences={"make_up_in_kind": True}
    )
    answer = an_answer(demand, market, make_up_in_kind=True).to_json()

    page = result(Result(a_finished_run(question, answer), {}, []))

    assert "What each preference costs" in page
    assert "no make-up in another habitat" in page


def test_a_form_that_nobody_touched_states_no_preference() -> None:
    form = PreferencesForm()

    assert form.preferences == {}
    assert form.contract_size == "auto"
