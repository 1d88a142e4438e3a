"""The quote page's own parts: findings, typed losses, explanations, ways out, what if, lines."""

import asyncio
import doctest
import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from bng_core.boundaries import place_of_point
from bng_core.case import Request
from bng_core.demand import lines_of_demand
from bng_core.errors import BadInput
from bng_core.explain import line_reasons, module_accounts
from bng_core.explore import credits_only, explore
from bng_core.metric import Finding, Severity
from bng_core.question import Question
from bng_core.quote_words import LineChange, QuoteState
from bng_core.store.quote_rows import Line, Quote
from bng_core.terms import NET_GAIN, Module, Relation
from dashboards.ui import why
from dashboards.ui.downloads import as_csv
from dashboards.ui.maps import Sign
from dashboards.ui.memory import Memory
from dashboards.ui.place_step import PlaceStep
from dashboards.ui.preferences_form import PreferencesForm
from dashboards.ui.quote import remedies
from dashboards.ui.quote.adjust_form import ADD, AdjustForm, number
from dashboards.ui.quote.around import around_html
from dashboards.ui.quote.demand_step import DemandStep
from dashboards.ui.quote.findings_list import FindingsList, finding_html
from dashboards.ui.quote.found import Explanation, Result
from dashboards.ui.quote.losses_form import LossesForm, lines_of_csv
from dashboards.ui.quote.purchase_map import points_of
from dashboards.ui.quote.quote_html import quote_files, quote_html
from dashboards.ui.quote.remedies import Remedies
from dashboards.ui.quote.what_if import WhatIf
from dashboards.ui.result import result
from dashboards.ui.site import Site
from dashboards.ui.text import Cell
from dashboards.ui.why import because
from tests.builders import (
    ADJACENT,
    HERE,
    MODIFIED,
    ORCHARD,
    TODAY,
    a_demand,
    a_market,
    an_answer,
    an_offer,
)
from tests.test_dashboard_ui import SCRIPT, a_finished_run

MARKET = a_market(
    an_offer(ORCHARD, 30_000, where=ADJACENT, bank_id="a"),
    an_offer(ORCHARD, 42_000, bank_id="b"),
    an_offer(MODIFIED, 9_000, units=5, bank_id="b"),
    an_offer(MODIFIED, 8_000, units=0.1, bank_id="c"),
)
DEMAND = a_demand(**{ORCHARD: 1}, area_net_gain=0.1)
QUESTION = Question(HERE.lpa, HERE.nca, TODAY)
NAMES = {"a": SCRIPT, "b": "Birch", "c": "Cedar"}


def a_finding(severity: Severity, message: str, cell: str, sentence: str = "") -> Finding:
    return Finding(severity, "A-1", cell, "x", "y", message, "Mend it.", "Counts 0.", sentence)


@pytest.mark.parametrize("module", [why, remedies])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_findings_are_worked_through_until_none_is_open() -> None:
    shown = FindingsList()
    shown.show(
        [
            a_finding(Severity.INFORMATION, "A note.", "B2", "Please note."),
            a_finding(Severity.STOPS, "A row is wrong.", "C3", "Please mend C3."),
        ]
    )

    assert "2 of 2 findings still open; 1 of them stop a quote." in shown._summary.value
    assert shown._ticks[0].description == "Dealt with: A-1!C3"  # what stops a quote comes first
    assert shown._sentences.value == "Please mend C3.\n\nPlease note."

    shown._ticks[0].value = True

    assert "1 of 2 findings still open." in shown._summary.value
    assert shown._sentences.value == "Please note."
    assert [found.cell for found in shown.open()] == ["B2"]


def test_a_finding_says_its_cell_what_it_means_and_what_to_do() -> None:
    page = finding_html(a_finding(Severity.STOPS, SCRIPT, "C3", "Dear applicant"))

    for words in ("A-1!C3", "Counts 0.", "Mend it.", "Dear applicant", "Stops a quote"):
        assert words in page
    assert "<script>" not in page


def typed(*lines: tuple[str, str, str]) -> LossesForm:
    form = LossesForm()
    for number_, line in enumerate(lines):
        if number_:
            form._append()
        form._lines[number_].fill(*line)
    return form


def test_typed_losses_are_the_lines_of_a_demand_csv() -> None:
    form = typed(("area", ORCHARD, "1.5"), ("area", "net gain", "0.2"))

    assert form.as_csv().decode().splitlines() == [
        "module,habitat,units",
        f"area,{ORCHARD},1.5",
        "area,Net gain,0.2",
    ]
    assert form.demand().units_required == Decimal("1.7")
    assert lines_of_csv(form.as_csv()) == form.lines()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            ("area", "Moon dust", "1"),
            "Line 1 of the losses: habitat “Moon dust” is not among the area habitats of the "
            "statutory metric; expected an official name or “Net gain”.",
        ),
        (
            ("area", ORCHARD, "many"),
            "Line 1 of the losses: units are “many”: expected units, 0 to 1,000,000,000.",
        ),
        (("area", "", ""), "There are no losses yet: type at least one line in step 2."),
    ],
)
def test_a_wrong_line_is_named(line: tuple[str, str, str], sentence: str) -> None:
    with pytest.raises(BadInput) as refusal:
        typed(line).lines()

    assert str(refusal.value) == sentence


def test_a_line_that_is_taken_away_leaves_the_others_in_order() -> None:
    form = typed(("area", ORCHARD, "1"), ("area", MODIFIED, "2"), ("area", NET_GAIN, "3"))

    form._lines[1]._remove.click()

    assert [label for _, label, _ in form.lines()] == [ORCHARD, NET_GAIN]
    assert form._lines[1]._units.description == "Line 2: units"


def test_a_postcode_fills_in_a_guess_that_has_to_be_confirmed() -> None:
    step = PlaceStep()
    step._confirmed.value = True

    step._postcode.value = "OX10 8BA"

    assert (step._lpa.value, step._nca.value) == (
        "South Oxfordshire LPA",
        "Upper Thames Clay Vales",
    )
    assert not step._confirmed.value
    assert "the middle of postcode district OX10 (Wallingford)" in step._guess.value
    assert "A bank in South Oxfordshire LPA" in step._route.value
    assert "× 0.75" in step._route.value


def test_a_figure_opens_the_lines_that_explain_it() -> None:
    opened = because(Cell("1.10"), "Cell H61.", SCRIPT).html

    assert opened.startswith('<details class="bng-why"><summary aria-label="1.10: why?">1.10')
    assert "<p>Cell H61.</p>" in opened
    assert "<script>" not in opened


def test_every_figure_of_the_result_is_explained() -> None:
    answer = an_answer(DEMAND, MARKET).to_json()
    explanation = Explanation(
        module_accounts(DEMAND, answer),
        line_reasons(MARKET, Request(HERE, TODAY), answer),
        credits_only(DEMAND),
    )

    page = result(Result(a_finished_run(QUESTION, answer), NAMES, [], explanation))

    for words in (
        "Official tool: Headline Results!H61.",
        "This bank is adjacent: neighbouring",
        "Price list of the bank: £30,000 per bought unit",
        "units × 0.75 (§2.2)",
        "The larger of headline and trading",
        "The law accepts: ",
        "Beside it: statutory credits for everything",
        "18 August 2023",
    ):
        assert words in page
    assert "<script>" not in page


def test_a_way_out_changes_the_form_and_asks_again() -> None:
    form, asked = PreferencesForm(), []
    form.put_back({"max_banks": 1, "registered_only": True})
    ways = Remedies(
        form, DemandStep(Site(), lambda _: None), lambda: asked.append(form.preferences)
    )
    reason = {
        "lost": "",
        "remedies": [
            {
                "remedy": "more banks",
                "banks": 12,
                "price_gbp": 9.0,
                "message": "Allow 12 banks: £9.",
            },
            {
                "remedy": "give up a preference",
                "preferences": ["max_banks"],
                "price_gbp": 8.0,
                "message": "Give up “at most 1 bank”: £8.",
            },
            {"remedy": "more stock", "price_gbp": None, "message": "Find more."},
        ],
    }

    ways.show({"reasons": [reason]}, None)

    _, more, give_up = ways._buttons.children
    assert (more.description, give_up.description) == (
        "Allow 12 banks: £9.",
        "Give up “at most 1 bank”: £8.",
    )
    more.click()
    give_up.click()
    assert asked == [
        {"max_banks": 12, "registered_only": True},
        {"registered_only": True},
    ]


def test_credits_answer_what_is_short_and_the_rest_is_asked_of_the_market() -> None:
    demand = a_demand(**{ORCHARD: 3, MODIFIED: 1}, area_net_gain=0.4)
    market = a_market(
        an_offer(ORCHARD, 30_000, units=1, bank_id="a"), an_offer(MODIFIED, 9_000, bank_id="b")
    )
    answer = an_answer(demand, market).to_json()
    step, asked = DemandStep(Site(), lambda _: None), []
    ways = Remedies(PreferencesForm(), step, lambda: asked.append(step.lost()))

    ways.show(answer, demand)
    ways._buttons.children[-1].click()

    (lost,) = asked
    assert lost.demand.changes == {ORCHARD: Decimal(-1), MODIFIED: Decimal(-1)}
    assert lost.demand.headline[Module.AREA].needed == Decimal("2.4")
    assert an_answer(lost.demand, market).status == "optimal"
    assert "add them" in ways._said.value


def test_the_lines_of_a_demand_ask_for_the_same_units() -> None:
    lines = lines_of_demand(a_demand(**{ORCHARD: 3, MODIFIED: 1}, area_net_gain=0.4))

    assert lines == [
        (Module.AREA, ORCHARD, Decimal(3)),
        (Module.AREA, MODIFIED, Decimal(1)),
        (Module.AREA, NET_GAIN, Decimal("0.4")),
    ]


def test_sliders_answer_from_what_was_explored() -> None:
    found = explore(DEMAND, MARKET, Request(HERE, TODAY))
    assert found is not None
    what_if = WhatIf()

    what_if.show(found, NAMES)
    cheapest = what_if._answers[what_if._banks].value
    what_if._banks.value = 1

    one_bank = found["fewer_banks"][0]
    assert f"£{found['total_gbp']:,.2f}".removesuffix(".00") in cheapest
    assert "(+ £0)" in cheapest
    assert f"1 bank: £{one_bank['total_gbp']:,.2f}".removesuffix(".00") in (
        what_if._answers[what_if._banks].value
    )
    assert what_if.preferences == {"max_banks": 1}
    what_if._price.value = 30
    dearer = found["price_changes"][0]["points"][-1]
    assert f"£{dearer['total_gbp']:,.2f}".removesuffix(".00") in (
        what_if._answers[what_if._price].value
    )


def test_alternatives_name_their_banks_and_run_no_script() -> None:
    found = explore(DEMAND, MARKET, Request(HERE, TODAY))
    assert found is not None

    page = around_html(found, NAMES)

    assert "Birch" in page
    assert "<script>" not in page
    assert "Why each purchase" in page


def a_quote(**changes: Any) -> Quote:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    answer = an_answer(DEMAND, MARKET).to_json()
    line = Line(
        1, "area", ORCHARD, "a", "a-1", Decimal(1), Decimal("0.75"), Decimal(3_000_000), 3_000_000,
        LineChange.PRICE_OVERRIDDEN, None, "hannah", SCRIPT, now,
    )  # fmt: skip
    quote = Quote(
        version_id=1, number=1, version=0, reference="BNG-00001", latest=True,
        state=QuoteState.DRAFT, run_id=uuid.UUID(int=1), market_version="m", rulebook_version="r",
        code_version="c", answer=answer, contract_size="small", units_pence=3_000_000, fees_pence=0,
        total_pence=3_000_000, created_by="hannah", created_at=now, quoted_at=None,
        valid_until=None, accepted_at=None, allocated_at=None, closed_at=None,
        register_reference=None, customer_id=1, customer_name=SCRIPT, promoter=None,
        owner="hannah", site=SCRIPT, lpa=HERE.lpa, nca=HERE.nca, lines=(line,), holds=(),
        documents=(), thread=("BNG-00001",),
    )  # fmt: skip
    return replace(quote, **changes)


def test_script_in_client_site_bank_and_reason_is_text_on_the_quote() -> None:
    page = quote_html(a_quote(), NAMES)

    assert "<script>" not in page
    assert page.count("&lt;script&gt;") == 4
    assert "changed by hand: not what the audit checked" in page
    assert "quote=BNG-00001" in page


def test_a_quote_is_taken_away_as_workbook_csv_and_json() -> None:
    files = {file.file_name: file for file in quote_files(a_quote(), {"a": "=1+1"})}

    assert set(files) == {"BNG-00001.xlsx", "BNG-00001.csv", "BNG-00001.json"}
    assert b"'=1+1" in files["BNG-00001.csv"].content
    assert files["BNG-00001.csv"].content.startswith(as_csv([], ["line"]).strip())


@pytest.mark.parametrize(("written", "value"), [("1,250.50", "1250.50"), ("£22000", "22000")])
def test_amounts_are_read_as_people_write_them(written: str, value: str) -> None:
    assert number("The price", written) == Decimal(value)


def test_an_amount_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(BadInput) as refusal:
        number("The price", "cheap")

    assert str(refusal.value) == (
        "The price: “cheap” is not a number; expected one such as 1250.50."
    )


def test_a_change_shows_the_fields_that_it_needs() -> None:
    form = AdjustForm()
    form.show(a_quote())

    form._kind.value = ADD

    labels = [box.children[0].description for box in form._fields.children]
    assert labels == [
        "Stock id of the lot",
        "Units to buy",
        "Spatial risk multiplier (SRM)",
        "Price per unit in GBP",
    ]


def test_preferences_of_an_earlier_question_come_back_into_the_form() -> None:
    form = PreferencesForm()
    asked = {"max_banks": 25, "only_banks": ["a", "b"], "local_share": 0.9}

    form.put_back(asked, "large")

    assert (form.preferences, form.contract_size) == (asked, "large")
    form.give_up(["only_banks"])
    assert "only_banks" not in form.preferences


def test_a_click_on_the_map_fills_in_a_guess_too() -> None:
    step = PlaceStep()

    step._point_chosen(place_of_point(51.60, -1.12))

    assert step._lpa.value == "South Oxfordshire LPA"
    assert not step._confirmed.value
    assert "a guess from the nearest postcode district" in step._guess.value


def test_the_map_shows_the_banks_bought_from_by_how_near_they_are() -> None:
    answer = an_answer(DEMAND, MARKET).to_json()
    placed = replace(MARKET, banks=MARKET.banks.assign(lat="51.6", lon="-1.1"))

    points = points_of(placed, "South Oxfordshire LPA", answer, {"a": Relation.ADJACENT})

    assert {(point.key, point.sign) for point in points} == {
        ("a", Sign.ADJACENT),
        ("b", Sign.BANK),
        ("c", Sign.BANK),
        ("site", Sign.DEVELOPMENT),
    }
    assert points_of(MARKET, "South Oxfordshire LPA", answer, {}) == []


def test_a_form_shows_what_is_filled_in_and_takes_back_what_it_wrote_itself() -> None:
    form = {"client": {"customer": SCRIPT}, "lines": [["area", ORCHARD, "1"]]}
    given: list[dict[str, Any]] = []
    shown: list[bool] = []
    memory = Memory(lambda: dict(form), given.append, lambda: shown.append(True))

    async def fill_in() -> None:
        watching = asyncio.ensure_future(memory.watch())
        await asyncio.sleep(0)
        form["lines"] = [["area", ORCHARD, "2"]]
        while not memory._kept.value:
            await asyncio.sleep(0.05)
        watching.cancel()

    asyncio.run(fill_in())
    written = json.loads(unescape(memory._kept.value.split('data-form="')[1].split('"')[0]))
    for text in ("no JSON", "[]", '{"other": 1}', json.dumps(written)):
        memory._given.value = text

    assert "<script>" not in memory._kept.value
    assert given == [form]
    assert shown == [True]
