"""Each fault of a workbook gives exactly its own finding, at its cell; a clean one gives none."""

import pytest

from bng_core.metric import Finding, Severity, metric_json, read_metric
from bng_core.metric.headline_cells import ModuleUnits, UnitResults
from bng_core.terms import Module
from tests.metric_builders import a_metric, some_results

HEADLINE = "Headline Results"


def findings(data: bytes) -> list[Finding]:
    """All findings but the one that a workbook of results alone always has."""
    found = read_metric(data, "f.xlsx").findings
    return [finding for finding in found if finding.found != "no input rows"]


def places(data: bytes) -> list[tuple[str, str, str, str]]:
    return [(str(f.severity), f.sheet, f.cell, f.found) for f in findings(data)]


def test_a_clean_workbook_gives_none() -> None:
    assert findings(a_metric()) == []


def test_a_gain_site_that_loses_units_stops_a_quote() -> None:
    message = "Error - off-site gain sites ... ▲"
    deficits = dict.fromkeys(("H61", "H62", "H63"), "Error ▲")
    tiers = {"F9": "Error", "F14": "Error ▲", "F15": "Error ▲"}
    data = a_metric(
        put={HEADLINE: {"B19": message, **deficits}, "Unit shortfall calculations": tiers}
    )

    metric = read_metric(data, "f.xlsx")

    assert places(data) == [("stops a quote", HEADLINE, "B19", message)]
    assert metric.headline[Module.HEDGEROW].deficit == "Error ▲"
    assert metric.credits["A1"] is None
    assert metric.credits["A2"] == 0


def test_a_figure_that_the_tool_could_not_work_out_stops_a_quote() -> None:
    data = a_metric(put={HEADLINE: {"H14": "Check Data ⚠"}})

    assert places(data) == [("stops a quote", HEADLINE, "H14", "Check Data ⚠")]
    assert metric_json(read_metric(data, "f"))["headline"]["watercourse"]["post"] == "Check Data ⚠"


@pytest.mark.parametrize(
    ("target", "severity", "found"),
    [
        (None, "stops a quote", "blank"),
        (0.05, "needs confirmation", "0.05"),
        (10, "needs confirmation", "10"),
    ],
)
def test_a_target_missing_or_unlawful_is_found(
    target: float | None, severity: str, found: str
) -> None:
    data = a_metric(target=target or 0, put={"Start": {"F22": target}})

    assert places(data) == [(severity, "Start", "F22", found)]


def test_a_target_above_ten_per_cent_is_lawful() -> None:
    assert findings(a_metric(results=some_results(target=0.2))) == []


def test_a_very_high_loss_needs_confirmation() -> None:
    loss = {"Wetland - Blanket bog": (-4.0, 0.0), "Priority habitat": (-1.5, 0.0)}
    data = a_metric(results=some_results(ModuleUnits(baseline=4), loss))

    assert places(data) == [
        ("needs confirmation", "Unit shortfall calculations", "F9", "ERROR"),
    ]
    assert findings(data)[0].message == (
        "Very high distinctiveness habitat is lost: Wetland - Blanket bog (4 units), Priority "
        "habitat (1.5 units); no statutory credits are stated for any habitat."
    )


@pytest.mark.parametrize(
    ("cell", "text", "severity"),
    [
        ("B44", "Ensure bespoke compensation has been agreed where stated ⚠", "for information"),
        ("B56", "This metric contains deviations ...", "needs confirmation"),
        ("B57", "You must specify if irreplaceable habitats are ... ▲", "needs confirmation"),
        ("B58", "Unacceptable loss of irreplaceable habitat recorded ... ▲", "needs confirmation"),
        ("B59", "Area created must match area lost for both ... ▲", "needs confirmation"),
    ],
)
def test_each_message_of_the_headline_sheet_is_found(cell: str, text: str, severity: str) -> None:
    assert places(a_metric(put={HEADLINE: {cell: text}})) == [(severity, HEADLINE, cell, text)]


def test_declared_deviations_are_found_once() -> None:
    declared = {"Start": {"F27": "Yes"}}
    both = {**declared, HEADLINE: {"B56": "This metric contains deviations"}}

    assert places(a_metric(put=declared)) == [("needs confirmation", "Start", "F27", "Yes")]
    assert [place[2] for place in places(a_metric(put=both))] == ["B56"]


@pytest.mark.parametrize(
    ("sheet", "cell"),
    [("A-2 On-Site Habitat Creation", "K6"), ("D-2 Off-Site Habitat Creation", "L6")],
)
def test_a_failed_area_check_is_found_at_its_sheet(sheet: str, cell: str) -> None:
    text = "Error - Area created does not equal area lost ▲"
    data = a_metric(put={sheet: {cell: text}, HEADLINE: {"B59": "Area created must match ... ▲"}})

    assert places(data) == [("needs confirmation", sheet, cell, text)]


@pytest.mark.parametrize(
    ("units", "cell", "found"),
    [
        # 2 of 5 units carry no reference: 3 count before the SRM, all 5 after it.
        (ModuleUnits(offsite_post=3, offsite_post_x_srm=5), "H25", "3 units before"),
        (ModuleUnits(offsite_post=0, offsite_post_x_srm=2), "H25", "0 units before"),
        (
            ModuleUnits(
                offsite_baseline=1, offsite_baseline_x_srm=2, offsite_post=9, offsite_post_x_srm=9
            ),
            "H21",
            "1 units before",
        ),
    ],
)
def test_off_site_units_without_reference_show_in_the_headline(
    units: ModuleUnits, cell: str, found: str
) -> None:
    data = a_metric(results=some_results(units, {}, module=Module.HEDGEROW))

    [place] = places(data)
    assert place[:3] == ("needs confirmation", HEADLINE, cell)
    assert place[3].startswith(found)


@pytest.mark.parametrize(
    ("baseline", "post"),
    [
        ((2, 1), (6, 3)),  # all far: a gain of 4 counts 2
        ((6, 3), (2, 1)),  # all far: a loss of 4
        ((6, 3), (7, 7)),  # a far baseline and a near gain: 1 before the SRM, 4 after it
        ((6, 6), (7, 3.5)),  # a near baseline and a far gain: 1 before the SRM, -2.5 after it
    ],
)
def test_off_site_rows_in_order_give_no_finding(
    baseline: tuple[float, float], post: tuple[float, float]
) -> None:
    units = ModuleUnits(
        offsite_baseline=baseline[0],
        offsite_baseline_x_srm=baseline[1],
        offsite_post=post[0],
        offsite_post_x_srm=post[1],
    )

    assert findings(a_metric(results=some_results(units, {}))) == []


def test_a_workbook_without_its_credit_tiers_is_read_and_says_so() -> None:
    data = a_metric(without=["Unit shortfall calculations", "Unit shortfall summary"])

    metric = read_metric(data, "f.xlsx")

    assert places(data) == [
        ("for information", "Unit shortfall calculations", "F9", "no such sheet")
    ]
    assert set(metric.credits.values()) == {None}


def test_findings_that_stop_a_quote_come_first() -> None:
    data = a_metric(put={"Start": {"F27": "Yes"}, HEADLINE: {"H61": "Error ▲"}})

    assert [f.severity for f in findings(data)] == [Severity.STOPS, Severity.CONFIRM]


def test_every_finding_is_complete_in_the_report() -> None:
    data = a_metric(put={"Start": {"F27": "Yes"}})

    [finding] = metric_json(read_metric(data, "f.xlsx"))["findings"]
    assert list(finding) == [
        "severity",
        "sheet",
        "cell",
        "found",
        "expected",
        "message",
        "remedy",
        "consequence",
        "sentence",
    ]
    assert all(isinstance(value, str) and value for value in finding.values())


def test_results_without_changes_are_all_zero() -> None:
    metric = read_metric(a_metric(results=UnitResults(target=0.1, units={})), "f.xlsx")

    assert metric.trading_satisfied
    assert {change.project for change in metric.changes} == {0.0}


def test_a_tier_that_nothing_explains_needs_confirmation() -> None:
    data = a_metric(put={"Unit shortfall calculations": {"F11": "Error", "F12": "Error"}})

    assert places(data) == [("needs confirmation", "Unit shortfall calculations", "F11", "Error")]
    assert findings(data)[0].message == "The tool states no statutory credits for A3, A4."
