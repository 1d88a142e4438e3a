"""Cells that show an error of Excel (#VALUE!) are told as such, never taken for blanks."""

import pytest

from bng_core.errors import MetricError
from bng_core.metric import Finding, Severity, Source, read_metric
from bng_core.metric.writer import metric_cells, workbook_bytes
from tests.core.test_metric_intake import (
    A2,
    C3,
    HEADLINE,
    OFF,
    ON,
    PLACE,
    added,
    clean,
    put,
    together,
    workbook,
)
from tests.oracle.metric_scenarios import enhanced, water

TRADING = "Trading Summary WaterC's"
WORSE = {"watercourse_encroachment": "Major", "riparian_encroachment": "Major/Major"}


def findings(data: bytes, use: Source | None = None) -> list[Finding]:
    return read_metric(data, "f.xlsx", use).findings


def with_errors_in_trading() -> bytes:
    sheets = metric_cells(clean())
    sheets[TRADING] |= {"D13": "#VALUE!", "E13": "#VALUE!"}
    sheets[HEADLINE]["F55"] = "#VALUE!"
    return workbook_bytes(sheets)


@pytest.mark.parametrize(
    ("fault", "sheet", "cell"),
    [
        (put(ON, "watercourse_enhancement", condition="Poor", **WORSE), C3, "AM12"),
        (
            together(
                added(OFF, "watercourse_baseline",
                      water("Ditches", 0.3, "Poor", length_enhanced=0.3, **PLACE)),
                added(OFF, "watercourse_enhancement",
                      enhanced(1, "Ditches", "Poor", offsite_reference="GAIN-1", **WORSE)),
            ),
            "F-3 Off-Site WaterC Enhancement", "AP12",
        ),
    ],
)  # fmt: skip
def test_totals_that_the_tool_cannot_add_up_are_told_by_the_row_alone(fault, sheet, cell) -> None:
    """The tool's own headline shows #VALUE! then (H34)."""
    [finding] = findings(workbook(fault))

    assert (finding.severity, finding.sheet, finding.cell) == (Severity.STOPS, sheet, cell)


def test_errors_in_the_saved_results_leave_the_recomputed_ones_to_stand() -> None:
    metric = read_metric(with_errors_in_trading(), "f.xlsx")

    [finding] = metric.findings
    assert metric.source is Source.RECOMPUTED
    assert (finding.severity, finding.sheet, finding.cell) == (Severity.STOPS, TRADING, "D13")
    assert (finding.found, len(metric.differences)) == ("#VALUE!", 3)


def test_errors_in_the_saved_results_cannot_be_quoted() -> None:
    with pytest.raises(MetricError) as error:
        read_metric(with_errors_in_trading(), "f.xlsx", Source.WORKBOOK)

    assert str(error.value) == (
        "f.xlsx: Headline Results!F55 shows the error #VALUE!: correct the input rows that the "
        "tool marks ▲, let Excel calculate, and save it; or take the recomputed figures (--use "
        "recomputed)."
    )


def test_an_error_in_an_input_cell_is_no_number() -> None:
    sheets = metric_cells(clean())
    sheets[A2]["G11"] = "#REF!"

    [finding, *_] = findings(workbook_bytes(sheets), Source.RECOMPUTED)

    assert (finding.severity, finding.cell, finding.found) == (Severity.STOPS, "G11", "#REF!")
    assert finding.message == "A number is entered as text."
