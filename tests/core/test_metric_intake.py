"""One fault per workbook: exactly its own finding, at its own cell; a clean one gives none."""

import copy
import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from bng_core.errors import MetricError
from bng_core.metric import Finding, Severity, Source, read_metric
from bng_core.metric.finding_texts import _texts
from bng_core.metric.findings import LEAST_TARGET
from bng_core.metric.writer import metric_bytes, metric_cells, workbook_bytes
from bng_core.terms import Module
from tests.oracle import metric_scenarios as make
from tests.oracle.metric_scenarios import BUILT, MODIFIED, NEUTRAL, area, enhanced, linear, water

A1, A2, A3 = (
    "A-1 On-Site Habitat Baseline",
    "A-2 On-Site Habitat Creation",
    "A-3 On-Site Habitat Enhancement",
)
B1, B2, B3 = (
    "B-1 On-Site Hedge Baseline",
    "B-2 On-Site Hedge Creation",
    "B-3 On-Site Hedge Enhancement",
)
C1, C2, C3 = (
    "C-1 On-Site WaterC' Baseline",
    "C-2 On-Site WaterC' Creation",
    "C-3 On-Site WaterC' Enhancement",
)
D1, D2, E1 = (
    "D-1 Off-Site Habitat Baseline",
    "D-2 Off-Site Habitat Creation",
    "E-1 Off-Site Hedge Baseline",
)
HEADLINE, START = "Headline Results", "Start"
STOPS, CONFIRM, INFORMATION = Severity.STOPS, Severity.CONFIRM, Severity.INFORMATION
PLACE = {"spatial_risk_category": "inside", "offsite_reference": "GAIN-1"}

Scenario = dict[str, Any]
Fault = Callable[[Scenario], None]


def clean() -> Scenario:
    """A development with every sheet in use and nothing wrong."""
    return make.scenario(
        "Clean",
        area_baseline=[
            area(NEUTRAL, 2.0, "Moderate", area_enhanced=0.5, irreplaceable="No"),
            area(MODIFIED, 3.0, "Poor", area_retained=1.0, irreplaceable="No"),
        ],
        area_creation=[area(BUILT, 2.5, "N/A - Other"), area(MODIFIED, 1.0, "Moderate")],
        area_enhancement=[enhanced(1, "Other neutral grassland", "Good")],
        hedge_baseline=[
            linear("Native hedgerow", 0.5, "Poor", hedge_number="H1", length_enhanced=0.2)
        ],
        hedge_creation=[linear("Native hedgerow", 0.3, "Good", hedge_number="H2")],
        hedge_enhancement=[enhanced(1, "Native hedgerow", "Good")],
        watercourse_baseline=[water("Ditches", 0.4, "Poor", length_enhanced=0.3)],
        watercourse_creation=[water("Ditches", 0.1, "Moderate")],
        watercourse_enhancement=[
            enhanced(
                1,
                "Ditches",
                "Good",
                watercourse_encroachment="No Encroachment",
                riparian_encroachment="No Encroachment/ No Encroachment",
            )
        ],
        offsite={
            "area_baseline": [area(MODIFIED, 1.0, "Poor", irreplaceable="No", **PLACE)],
            "area_creation": [area(NEUTRAL, 1.0, "Good", **PLACE)],
            "hedge_creation": [linear("Native hedgerow", 0.2, "Good", hedge_number="O", **PLACE)],
        },
    )


def row_of(scope: str, table: str, number: int = 0) -> Callable[[Scenario], Scenario]:
    return lambda scenario: scenario[scope][table][number]


def put(scope: str, table: str, number: int = 0, **cells: Any) -> Fault:
    """A fault: cells of one row replaced; None blanks a cell."""

    def fault(scenario: Scenario) -> None:
        scenario[scope][table][number].update(cells)

    return fault


def added(scope: str, table: str, row: Scenario) -> Fault:
    def fault(scenario: Scenario) -> None:
        scenario[scope].setdefault(table, []).append(row)

    return fault


def together(*faults: Fault) -> Fault:
    def fault(scenario: Scenario) -> None:
        for each in faults:
            each(scenario)

    return fault


def workbook(fault: Fault | None = None) -> bytes:
    scenario = copy.deepcopy(clean())
    if fault is not None:
        fault(scenario)
    return metric_bytes(scenario)


def findings(data: bytes, use: Source | None = None) -> list[Finding]:
    return read_metric(data, "f.xlsx", use).findings


def places(data: bytes) -> list[tuple[Severity, str, str]]:
    return [(each.severity, each.sheet, each.cell) for each in findings(data)]


def test_a_clean_workbook_gives_no_finding_and_no_difference() -> None:
    metric = read_metric(workbook(), "f.xlsx")

    assert (metric.findings, metric.differences) == ([], ())
    assert metric.source is Source.WORKBOOK


BOG = "Wetland - Blanket bog"
ON, OFF = "onsite", "offsite"

FAULTS: dict[str, tuple[Fault, Severity, str, str]] = {
    "retained and enhanced above the baseline": (
        put(ON, "hedge_baseline", length_retained=0.4), STOPS, B1, "E10",
    ),
    "areas retained and enhanced above the baseline": (
        together(
            put(ON, "area_baseline", 1, area_retained=3.5),
            put(ON, "area_creation", 0, area_ha=0.5),
        ),
        STOPS, A1, "H12",
    ),
    "a watercourse that is retained and enhanced beyond its length": (
        put(ON, "watercourse_baseline", length_retained=0.2), STOPS, C1, "E10",
    ),
    "an enhancement without its baseline": (
        added(ON, "hedge_enhancement", enhanced(2, "Native hedgerow", "Good")), STOPS, B3, "M13",
    ),
    "an enhancement that is not filled in": (
        put(ON, "hedge_enhancement", habitat=None, condition=None, strategic_significance=None),
        CONFIRM, B3, "M12",
    ),
    "a watercourse enhancement that is not filled in": (
        put(ON, "watercourse_enhancement", habitat=None, condition=None,
            strategic_significance=None, watercourse_encroachment=None,
            riparian_encroachment=None),
        STOPS, C3, "N12",
    ),
    "a habitat that cannot have its condition": (
        put(ON, "area_creation", 0, condition="Good"), STOPS, A2, "J11",
    ),
    "a condition that is missing": (
        put(ON, "hedge_creation", condition=None), STOPS, B2, "H12",
    ),
    "a habitat of another version": (
        put(ON, "hedge_creation", habitat="Native Species Rich Hedgerow"), STOPS, B2, "D12",
    ),
    "figures without a habitat": (
        put(ON, "hedge_creation", habitat=None), STOPS, B2, "D12",
    ),
    "a broad habitat that is not the habitat's": (
        put(ON, "area_creation", 1, broad_habitat="Cropland"), CONFIRM, A2, "D12",
    ),
    "an advance and a delay": (
        put(ON, "area_creation", 1, advance_years=1, delay_years=2), STOPS, A2, "Q12",
    ),
    "fractional years": (
        put(ON, "area_creation", 1, advance_years=1.5), STOPS, A2, "P12",
    ),
    "an off-site row without reference": (
        put(OFF, "hedge_creation", offsite_reference=None), CONFIRM, "E-2 Off-Site Hedge Creation",
        "AD12",
    ),
    "an off-site row without reference, so that its gain site loses units": (
        put(OFF, "area_creation", offsite_reference=None), STOPS, D2, "AF11",
    ),
    "an off-site row without spatial category": (
        put(OFF, "area_creation", spatial_risk_category=None), STOPS, D2, "Y11",
    ),
    "a spatial category of another module": (
        put(OFF, "area_creation", spatial_risk_category="Within waterbody catchment       "),
        STOPS, D2, "Y11",
    ),
    "a negative size": (
        put(ON, "hedge_creation", length_km=-0.3), STOPS, B2, "E12",
    ),
    "a size as text": (
        put(ON, "hedge_creation", length_km="300 m"), STOPS, B2, "E12",
    ),
    "a dash for an area": (
        together(
            put(ON, "area_creation", 1, area_ha="-"), put(ON, "area_creation", 0, area_ha=3.5)
        ),
        STOPS, A2, "G12",
    ),
    "a blank size": (
        put(ON, "hedge_creation", length_km=None), STOPS, B2, "E12",
    ),
    "hectares entered in square metres": (
        put(ON, "area_baseline", 1, area_ha=30000.0, area_retained=29998.0), CONFIRM, A1, "H12",
    ),
    "kilometres entered in metres": (
        put(ON, "hedge_creation", length_km=300.0), CONFIRM, B2, "E12",
    ),
    "an irreplaceable status that is wrong": (
        put(ON, "area_baseline", 1, irreplaceable="Yes"), STOPS, A1, "G12",
    ),
    "irreplaceable habitat lost without compensation": (
        together(
            added(ON, "area_baseline", area(BOG, 1.0, "Poor", irreplaceable="Yes")),
            put(ON, "area_creation", 0, area_ha=3.5),
        ),
        CONFIRM, A1, "X13",
    ),
    "irreplaceable habitat lost with agreed compensation": (
        together(
            added(ON, "area_baseline", area(BOG, 1.0, "Poor", irreplaceable="Yes",
                                            bespoke_compensation="Yes")),
            put(ON, "area_creation", 0, area_ha=3.5),
        ),
        INFORMATION, A1, "Y13",
    ),
    "a very high loss without compensation": (
        together(
            added(ON, "area_baseline", area("Grassland - Lowland meadows", 1.0, "Poor",
                                            irreplaceable="No")),
            put(ON, "area_creation", 0, area_ha=3.5),
        ),
        CONFIRM, "Unit shortfall calculations", "F9",
    ),
    "a very high loss with agreed compensation": (
        together(
            added(ON, "area_baseline", area("Grassland - Lowland meadows", 1.0, "Poor",
                                            irreplaceable="No", bespoke_compensation="Yes")),
            put(ON, "area_creation", 0, area_ha=3.5),
        ),
        INFORMATION, A1, "Y13",
    ),
    "a very high loss whose compensation is pending": (
        added(ON, "watercourse_baseline", water("Priority habitat", 0.1, "Good",
                                                bespoke_compensation="Pending")),
        CONFIRM, C1, "AA11",
    ),
    "a strategic significance that is missing": (
        put(ON, "area_creation", 1, strategic_significance=None), STOPS, A2, "L12",
    ),
    "an encroachment that is missing": (
        put(ON, "watercourse_creation", watercourse_encroachment=None), STOPS, C2, "V12",
    ),
    "a culvert's encroachment on a ditch": (
        put(ON, "watercourse_creation", watercourse_encroachment="N/A - Culvert"), STOPS, C2, "V12",
    ),
    "an enhancement that the tool refuses": (
        put(ON, "hedge_enhancement", condition="Poor"), STOPS, B3, "O12",
    ),
    "an ornamental hedgerow, which cannot be enhanced": (
        put(ON, "hedge_baseline", habitat="Non-native and ornamental hedgerow"), STOPS, B3, "N12",
    ),
    "deviations declared": (
        lambda scenario: scenario["project"].update(contains_deviations="Yes"),
        CONFIRM, HEADLINE, "B56",
    ),
    "a target below ten per cent": (
        lambda scenario: scenario.update(target=0.05), CONFIRM, START, "F22",
    ),
    "created area unlike lost area": (
        put(ON, "area_creation", 0, area_ha=2.4), CONFIRM, A2, "K6",
    ),
    "a hedgerow gain site that loses units": (
        added(OFF, "hedge_baseline", linear("Native hedgerow", 0.05, "Moderate", hedge_number="O1",
                                            spatial_risk_category="inside",
                                            offsite_reference="GAIN-2")),
        CONFIRM, E1, "AB10",
    ),
    "a gain site that loses units": (
        together(
            added(OFF, "area_baseline", area(NEUTRAL, 1.0, "Good", irreplaceable="No",
                                             spatial_risk_category="inside",
                                             offsite_reference="GAIN-2")),
            added(OFF, "area_creation", area(NEUTRAL, 1.0, "Moderate",
                                             spatial_risk_category="inside",
                                             offsite_reference="GAIN-2")),
        ),
        STOPS, D1, "AF12",
    ),
    "years beyond 30 for which C-2 finds no multiplier": (
        put(ON, "watercourse_creation", delay_years=28), CONFIRM, C2, "P12",
    ),
    "a delay of 30+ for which B-3 finds no multiplier": (
        put(ON, "hedge_enhancement", delay_years="30+"), CONFIRM, B3, "AB12",
    ),
    "a lower condition that the first row of A-3 lets pass": (
        together(
            put(ON, "area_baseline", 0, condition="Good", habitat="Modified grassland"),
            put(ON, "area_enhancement", condition="Poor"),
        ),
        CONFIRM, A3, "Y12",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_gives_exactly_its_own_finding(name: str) -> None:
    fault, severity, sheet, cell = FAULTS[name]

    assert places(workbook(fault)) == [(severity, sheet, cell)]


@pytest.mark.parametrize("name", FAULTS)
def test_each_finding_says_what_it_means_and_what_to_write(name: str) -> None:
    [finding] = findings(workbook(FAULTS[name][0]))

    for words in (finding.message, finding.remedy, finding.consequence, finding.sentence):
        assert words.strip().endswith((".", "?")), finding
        assert "{" not in words
    assert finding.expected


def test_a_habitat_of_another_version_is_answered_by_the_nearest_names() -> None:
    [finding] = findings(workbook(FAULTS["a habitat of another version"][0]))

    assert finding.found == "Native Species Rich Hedgerow"
    assert finding.remedy.startswith("Choose the habitat of the statutory metric. Nearest: ")
    assert "Species-rich native hedgerow" in finding.remedy


def test_the_headline_message_of_a_wrong_irreplaceable_status_says_nothing_more() -> None:
    scenario = clean()
    FAULTS["an irreplaceable status that is wrong"][0](scenario)
    sheets = metric_cells(scenario)
    sheets[HEADLINE]["B58"] = "Unacceptable loss of irreplaceable habitat recorded ... ▲"

    assert places(workbook_bytes(sheets)) == [(STOPS, A1, "G12")]


def test_an_irreplaceable_status_left_open_stops_a_quote() -> None:
    sheets = metric_cells(clean())
    del sheets[A1]["G12"]

    found = findings(workbook_bytes(sheets), Source.RECOMPUTED)

    assert (STOPS, A1, "G12") in [(f.severity, f.sheet, f.cell) for f in found]


def test_a_deleted_input_sheet_stops_a_quote() -> None:
    sheets = metric_cells(clean())
    del sheets["B-3 On-Site Hedge Enhancement"]

    [first, *_] = findings(workbook_bytes(sheets))

    assert (first.severity, first.sheet, first.found) == (STOPS, B3, "no such sheet")
    assert first.sentence == (
        "The sheet B-3 On-Site Hedge Enhancement is missing from the workbook. Please send the "
        "whole workbook."
    )


def test_a_site_area_that_is_not_the_sum_of_its_parcels_is_found() -> None:
    sheets = metric_cells(clean())
    sheets[START]["F24"] = 6.0

    assert places(workbook_bytes(sheets)) == [(CONFIRM, START, "F24")]


def test_saved_results_that_the_inputs_do_not_give_stop_a_quote() -> None:
    sheets = metric_cells(clean())
    sheets[HEADLINE]["H61"] = 0.5

    metric = read_metric(workbook_bytes(sheets), "f.xlsx")

    [difference] = metric.differences
    [finding] = metric.findings
    assert (finding.severity, finding.sheet, finding.cell) == (STOPS, HEADLINE, "H61")
    assert difference.by == pytest.approx(0.5 - metric.recomputed.headline[Module.AREA].deficit)


@pytest.mark.parametrize("use", list(Source))
def test_saying_which_figures_count_lets_a_quote_go_on(use: Source) -> None:
    sheets = metric_cells(clean())
    sheets[HEADLINE]["H61"] = 0.5

    metric = read_metric(workbook_bytes(sheets), "f.xlsx", use)

    [finding] = metric.findings
    deficit = metric.headline[Module.AREA].deficit
    assert finding.severity is CONFIRM
    assert metric.source is use
    assert (deficit == 0.5) is (use is Source.WORKBOOK)


def without_results(scenario: Scenario) -> bytes:
    """The workbook as a program saves it that does not calculate: formulas, no values."""
    book = openpyxl.load_workbook(io.BytesIO(metric_bytes(scenario)))
    keep = _inputs_and_labels(scenario)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None and cell.coordinate not in keep.get(sheet.title, ()):
                    cell.value = "=1+1"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _inputs_and_labels(scenario: Scenario) -> dict[str, set[str]]:
    from bng_core.metric import layout
    from bng_core.metric.input_rows import input_cells

    labels = {s.name: set(s.labels) for s in (*layout.REQUIRED_SHEETS, *layout.OPTIONAL_SHEETS)}
    labels[START] |= {"D8", "F11", "F12", "F22"}
    inputs = {sheet: set(cells) for sheet, cells in input_cells(scenario).items()}
    return {s: labels.get(s, set()) | inputs.get(s, set()) for s in labels.keys() | inputs.keys()}


def test_a_workbook_without_saved_results_is_recomputed() -> None:
    metric = read_metric(without_results(clean()), "f.xlsx")

    saved = read_metric(workbook(), "f.xlsx")
    assert [(f.severity, f.sheet, f.cell) for f in metric.findings] == [
        (INFORMATION, HEADLINE, "H8")
    ]
    assert metric.source is Source.RECOMPUTED
    for module in Module:
        assert metric.headline[module].deficit == pytest.approx(saved.headline[module].deficit)
    assert metric.credits == pytest.approx(saved.credits)


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "deviations declared"])
def test_each_fault_is_found_too_where_no_results_are_saved(name: str) -> None:
    scenario = clean()
    fault, severity, sheet, cell = FAULTS[name]
    fault(scenario)

    assert sorted(places(without_results(scenario))) == sorted(
        [(severity, sheet, cell), (INFORMATION, HEADLINE, "H8")]
    )


def test_a_workbook_without_saved_results_is_told_of_areas_that_do_not_agree() -> None:
    scenario = clean()
    FAULTS["created area unlike lost area"][0](scenario)
    data = without_results(scenario)

    assert [(f.severity, f.sheet, f.cell, f.found, f.expected) for f in findings(data)] == [
        (CONFIRM, A2, "K6", "3.4 ha created", "3.5 ha, as lost"),
        (INFORMATION, HEADLINE, "H8", "blank", "calculated results"),
    ]


def edited(data: bytes, edit: Callable[[str, bytes], bytes], **extra: bytes) -> bytes:
    """A copy with the parts of the package changed and others added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, edit(name, old.read(name)))
        for name, content in extra.items():
            new.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def part_of(data: bytes, sheet: str) -> str:
    from bng_core.metric.workbook import Workbook

    return Workbook(data, "f.xlsx").package.sheet_parts[sheet]


def with_formulas(data: bytes, sheet: str, but: str) -> bytes:
    """Every number of a sheet as the value of a formula, but for one cell."""
    part = part_of(data, sheet)
    number = re.compile(rb'(<c r="([A-Z]+\d+)"[^>]*?t="n"[^>]*>)(<v>)')

    def edit(name: str, content: bytes) -> bytes:
        if name != part:
            return content
        return number.sub(
            lambda m: m[0] if m[2].decode() == but else m[1] + b"<f>1+1</f>" + m[3], content
        )

    return edited(data, edit)


def test_a_formula_overwritten_by_its_own_value_needs_confirmation() -> None:
    data = with_formulas(workbook(), B1, "N10")

    [finding] = findings(data)
    assert (finding.severity, finding.sheet, finding.cell) == (CONFIRM, B1, "N10")
    assert finding.message == "Formulas of the tool are overwritten by values: 1 cell, first N10."


def test_a_formula_overwritten_by_another_value_stops_a_quote() -> None:
    sheets = metric_cells(clean())
    sheets[B1]["N10"] = 9.0
    data = with_formulas(workbook_bytes(sheets), B1, "N10")

    [finding] = findings(data)
    assert (finding.severity, finding.sheet, finding.cell) == (STOPS, B1, "N10")
    assert (finding.found, finding.expected) == ("9", "1")


def test_hidden_rows_with_entries_are_found() -> None:
    data = workbook()
    part = part_of(data, A1)

    def edit(name: str, content: bytes) -> bytes:
        return (
            content.replace(b'<row r="12"', b'<row r="12" hidden="1"') if name == part else content
        )

    assert places(edited(data, edit)) == [(CONFIRM, A1, "F12")]


def test_links_to_other_files_are_found_and_never_followed() -> None:
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="externalLinkPath" Target="file:///C:\\My%20Areas.xlsx" '
        'TargetMode="External"/></Relationships>'
    )
    link = {"xl__externalLinks___rels__externalLink1.xml.rels": rels.encode()}

    [finding] = findings(edited(workbook(), lambda name, content: content, **link))

    assert (finding.severity, finding.found) == (CONFIRM, "My Areas.xlsx")


def test_the_links_of_the_published_tool_are_no_finding() -> None:
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Target="file:///G:\\Net%20Gain\\Master%20metric%20with%20RS%20'
        'amendments%20with%20new%20G7%20layout.xlsm"/></Relationships>'
    )
    link = {"xl__externalLinks___rels__externalLink1.xml.rels": rels.encode()}

    assert findings(edited(workbook(), lambda name, content: content, **link)) == []


def test_the_last_row_of_d_2_is_in_no_trading_sum() -> None:
    sheets = metric_cells(clean())
    moved = {
        c.replace("11", "256"): v for c, v in sheets[D2].items() if re.fullmatch("[A-Z]+11", c)
    }
    sheets[D2] = {c: v for c, v in sheets[D2].items() if not re.fullmatch("[A-Z]+11", c)} | moved

    metric = read_metric(workbook_bytes(sheets), "f.xlsx", Source.RECOMPUTED)

    assert (CONFIRM, D2, "AB256") in [(f.severity, f.sheet, f.cell) for f in metric.findings]
    [neutral] = [c for c in metric.changes if c.label == NEUTRAL]
    assert neutral.off_site == 0
    assert metric.headline[Module.AREA].offsite_net_before_srm > 0


def test_an_ornamental_pond_in_advance_gets_the_tools_own_difficulty() -> None:
    made = make.ornamental_ponds()

    found = findings(metric_bytes(made))

    assert (INFORMATION, D2, "W75") in [(f.severity, f.sheet, f.cell) for f in found]


def test_a_watercourse_enhanced_for_the_worse_is_found_in_its_row() -> None:
    fault = put(ON, "watercourse_enhancement", condition="Poor", watercourse_encroachment="Major")

    found = findings(workbook(fault))

    assert (STOPS, C3, "AM12") in [(f.severity, f.sheet, f.cell) for f in found]


def test_off_site_losses_of_a_module_are_told() -> None:
    fault = added(OFF, "hedge_baseline", linear("Native hedgerow", 9.0, "Good", hedge_number="O",
                                                **PLACE))  # fmt: skip

    assert (INFORMATION, HEADLINE, "H29") in places(workbook(fault))


@pytest.mark.parametrize("name", ["Unit shortfall calculations", "Credits calculations"])
def test_the_tier_sheet_goes_by_either_name(name: str) -> None:
    sheets = metric_cells(clean())
    renamed = {name if s == "Unit shortfall calculations" else s: c for s, c in sheets.items()}

    metric = read_metric(workbook_bytes(renamed), "f.xlsx")

    assert metric.findings == []
    assert metric.credits["H"] is not None


def test_the_small_sites_metric_is_named() -> None:
    with pytest.raises(MetricError, match="is a small sites metric, which cannot be read yet"):
        read_metric(workbook_bytes({"Start": {"B2": "Small Sites Metric"}}), "f.xlsx")


def test_an_older_metric_is_named() -> None:
    with pytest.raises(MetricError, match=r"is biodiversity metric 3\.x, an older metric"):
        read_metric(
            workbook_bytes({"Start": {"B2": "x"}, "A-1 Site Habitat Baseline": {"B2": "x"}}),
            "f.xlsx",
        )


def test_every_kind_of_finding_has_its_words() -> None:
    for kind, text in _texts().items():
        assert text["consequence"], kind
        assert text["sentence"], kind


def test_the_least_target_is_the_statutory_one() -> None:
    assert LEAST_TARGET == 0.1
