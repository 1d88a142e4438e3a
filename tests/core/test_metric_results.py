"""What the reader reports is what the official workbook says, cell for cell."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from bng_core.metric import Severity, metric_json, read_metric
from bng_core.reference import load_habitats
from bng_core.terms import Module

SHARED = Path(__file__).resolve().parents[3] / "shared" / "metric"
CASES = sorted(path.parent for path in (SHARED / "cases").glob("*/metric.xlsx"))
TOOL = SHARED / "tool" / "statutory_metric_tool.xlsx"

needs_shared = pytest.mark.skipif(
    not CASES, reason="the official cases (../shared/metric/cases) are not beside this project"
)
OFFICIAL_MODULES = {"area": "habitat", "hedgerow": "hedgerow", "watercourse": "watercourse"}
OFFICIAL_FIGURES = {
    "baseline": "onsite_baseline",
    "post": "onsite_post",
    "net": "onsite_net_change",
    "offsite_net_before_srm": "offsite_net_change",
    "offsite_net_after_srm": "offsite_change_with_srm",
    "required": "units_required",
    "deficit": "unit_deficit",
}


def equal(ours: object, official: object) -> bool:
    """Texts are equal, numbers agree to 1e-9."""
    if isinstance(ours, float | int) and isinstance(official, float | int):
        return math.isclose(ours, official, rel_tol=1e-9, abs_tol=1e-12)
    return ours == official


def assert_agrees(report: dict, official: dict) -> None:
    assert equal(report["metric_version"], official["metric_version"])
    assert equal(report["target"], official["target"])
    for module, theirs in OFFICIAL_MODULES.items():
        for figure, key in OFFICIAL_FIGURES.items():
            ours = report["headline"][module][figure]
            assert equal(ours, official["headline"][theirs][key]), (module, figure)
    assert report["trading"]["satisfied"] == official["trading_rules_satisfied"].startswith("Yes")
    for module in OFFICIAL_MODULES:
        satisfied = official["trading_summary"][module]["satisfied"]
        bands = {band: text.startswith("Yes") for band, text in satisfied.items()}
        assert report["trading"]["bands"][module] == bands
    assert_changes_agree(report["trading"]["changes"], official["trading_rows"])
    for tier, units in official["unit_shortfall"]["tiers"].items():
        expected = None if isinstance(units["shortfall"], str) else units["shortfall"]
        assert equal(report["credits"][tier], expected), tier


def assert_changes_agree(ours: list[dict], official: list[dict]) -> None:
    assert len(ours) == len(official) == 145
    for change, row in zip(ours, official, strict=True):
        assert (change["module"], change["band"]) == (row["module"], row["band"])
        assert change["habitat"] == row["habitat"].strip()
        if row["broad_group"]:
            assert change["broad_habitat"] == row["broad_group"].strip()
        for figure in ("on_site", "off_site", "project"):
            assert equal(change[figure], row[f"{figure.replace('_', '')}_change"]), row["habitat"]


@needs_shared
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_the_report_agrees_with_the_official_results_in_every_number(case: Path) -> None:
    report = metric_json(read_metric(case / "metric.xlsx", "metric.xlsx"))

    official = json.loads((case / "official.json").read_text(encoding="utf-8"))
    assert_agrees(json.loads(json.dumps(report)), official)


@pytest.mark.skipif(not TOOL.exists(), reason="the official tool is not beside this project")
def test_the_tool_itself_is_read_as_an_independent_reader_reads_it() -> None:
    report = metric_json(read_metric(TOOL, TOOL.name))

    command = [sys.executable, str(SHARED / "oracle.py"), "results", str(TOOL)]
    official = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert_agrees(json.loads(json.dumps(report)), official)


@needs_shared
@pytest.mark.parametrize(
    "case", [c for c in CASES if not c.name.startswith("v4")], ids=lambda path: path.name
)
def test_a_clean_workbook_gives_no_finding(case: Path) -> None:
    assert read_metric(case / "metric.xlsx", "metric.xlsx").findings == []


@needs_shared
def test_a_very_high_loss_needs_confirmation_and_says_what_is_lost() -> None:
    case = next(case for case in CASES if case.name.startswith("v4"))

    findings = read_metric(case / "metric.xlsx", "metric.xlsx").findings

    assert [(f.severity, f.sheet, f.cell, f.found) for f in findings] == [
        (Severity.CONFIRM, "Unit shortfall calculations", "F9", "ERROR")
    ]
    assert "Grassland - Lowland meadows (5.52 units)" in findings[0].message


@needs_shared
def test_every_change_carries_the_label_of_the_reference_tables() -> None:
    metric = read_metric(CASES[0] / "metric.xlsx", "metric.xlsx")

    habitats = load_habitats().by_label
    assert all(
        habitats[change.label].distinctiveness is change.distinctiveness
        and habitats[change.label].module is change.module
        for change in metric.changes
    )
    felled = next(c for c in metric.changes if "Felled" in c.habitat)
    assert felled.habitat == "Woodland and forest - Felled/Replacement for felled woodland"
    assert felled.label == "Woodland and forest - Felled"


@needs_shared
def test_the_off_site_change_after_srm_is_known_also_where_the_tool_says_not_applicable() -> None:
    case = next(case for case in CASES if case.name.startswith("v7"))
    official = json.loads((case / "official.json").read_text(encoding="utf-8"))["headline"]

    metric = read_metric(case / "metric.xlsx", "metric.xlsx")

    for module, theirs in OFFICIAL_MODULES.items():
        expected = official[theirs]["offsite_post_srm"] - official[theirs]["offsite_baseline_srm"]
        assert equal(metric.headline[Module(module)].offsite_change_x_srm, expected)


@needs_shared
def test_an_upload_is_read_as_the_file_is() -> None:
    path = CASES[0] / "metric.xlsx"

    assert read_metric(path.read_bytes(), "a") == read_metric(path, "a")
