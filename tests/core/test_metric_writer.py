"""What the writer derives from units is what the official workbook derives from them."""

import importlib.util
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bng_core.metric import layout, read_metric
from bng_core.metric.headline_cells import ModuleUnits, UnitResults
from bng_core.metric.input_tables import scenario_inputs
from bng_core.metric.recompute import recompute
from bng_core.metric.writer import metric_bytes
from bng_core.reference import squeeze
from bng_core.terms import Module
from tests.metric_builders import parts_of

SHARED = Path(__file__).resolve().parents[3] / "shared" / "metric"
SAMPLE = Path(__file__).resolve().parents[2] / "sample"
CASES = sorted(path.parent for path in (SHARED / "cases").glob("*/metric.xlsx"))
needs_shared = pytest.mark.skipif(
    not CASES, reason="the official cases (../shared/metric/cases) are not beside this project"
)
DERIVED = (
    "metric_version",
    "target",
    "project",
    "irreplaceable_present",
    "site_area_ha",
    "headline",
    "trading_rules_satisfied",
    "messages",
    "trading_rows",
    "trading_summary",
    "unit_shortfall",
)
UNITS = {
    "baseline": "onsite_baseline",
    "post": "onsite_post",
    "offsite_baseline": "offsite_baseline",
    "offsite_post": "offsite_post",
    "offsite_baseline_x_srm": "offsite_baseline_srm",
    "offsite_post_x_srm": "offsite_post_srm",
}


def official_reader() -> ModuleType:
    """The stdlib reader beside the official cases: shares no code with ours."""
    spec = importlib.util.spec_from_file_location("oracle", SHARED / "oracle.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unit_results(official: dict) -> UnitResults:
    """Only units, taken from the official results: on site, off site, and each habitat's change."""
    rows = {(row.module, squeeze(row.habitat)): row for row in layout.trading_rows()}
    return UnitResults(
        target=official["target"],
        units={
            module: ModuleUnits(**{ours: headline[key] for ours, key in UNITS.items()})
            for module, headline in zip(Module, official["headline"].values(), strict=True)
        },
        changes={
            rows[row["module"], squeeze(row["habitat"])]: (
                row["onsite_change"],
                row["offsite_change"],
            )
            for row in official["trading_rows"]
        },
    )


def stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value or ""


def differences(ours: object, official: object, where: str = "") -> list[str]:
    if isinstance(official, dict):
        return [
            d for key in official for d in differences(ours[key], official[key], f"{where}/{key}")
        ]
    if isinstance(official, list):
        pairs = zip(ours, official, strict=True)
        return [d for i, (a, b) in enumerate(pairs) for d in differences(a, b, f"{where}/{i}")]
    if isinstance(official, float | int) and isinstance(ours, float | int):
        return (
            []
            if math.isclose(ours, official, rel_tol=1e-9, abs_tol=1e-9)
            else [f"{where}: {ours} {official}"]
        )
    return [] if stripped(ours) == stripped(official) else [f"{where}: {ours!r} {official!r}"]


@needs_shared
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_units_give_every_official_result(case: Path, tmp_path: Path) -> None:
    official = json.loads((case / "official.json").read_text(encoding="utf-8"))
    scenario = json.loads((case / "scenario.json").read_text(encoding="utf-8"))

    (tmp_path / "ours.xlsx").write_bytes(metric_bytes(scenario, unit_results(official)))

    ours = official_reader().results(str(tmp_path / "ours.xlsx"))
    for key in DERIVED:
        assert differences(ours[key], official[key], key) == []


def sample_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_metric", SAMPLE / "make_metric.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shipped_sample_is_what_its_script_writes() -> None:
    sample = sample_module()

    written = parts_of(metric_bytes(sample.SCENARIO))

    assert parts_of((SAMPLE / "metric.xlsx").read_bytes()) == written


def test_the_units_worked_out_by_hand_are_those_of_the_engine() -> None:
    sample = sample_module()
    by_hand = sample.sample_results()

    ours = recompute(scenario_inputs(sample.SCENARIO), sample.TARGET).results

    for module, units in by_hand.units.items():
        assert ours.units[module].baseline == pytest.approx(units.baseline)
        assert ours.units[module].post == pytest.approx(units.post)
    for row, (on_site, off_site) in by_hand.all_changes().items():
        assert ours.changes[row] == pytest.approx((on_site, off_site), abs=1e-12)


def test_equal_inputs_give_equal_bytes() -> None:
    sample = sample_module()

    first, second = (metric_bytes(sample.SCENARIO) for _ in range(2))

    assert first == second


def test_the_sample_is_small_clean_and_says_that_it_is_synthetic() -> None:
    path = SAMPLE / "metric.xlsx"

    metric = read_metric(path, path.name)

    assert path.stat().st_size < 100_000
    assert metric.findings == []
    assert metric.project_name == "Sample scheme (synthetic)"
    assert b"SYNTHETIC SAMPLE" in b"".join(parts_of(path.read_bytes()).values())


def test_the_sample_requires_units_in_all_three_modules() -> None:
    metric = read_metric(SAMPLE / "metric.xlsx", "metric.xlsx")

    deficits = {module: round(line.deficit, 6) for module, line in metric.headline.items()}
    # 13.2 - (1.6 + 1.93 + 1.2 x 0.8671800006); 2.2 - (0.72 + 0.6 x 0.8368287006); 2.2 - 1.2
    assert deficits == {Module.AREA: 8.629384, Module.HEDGEROW: 0.977903, Module.WATERCOURSE: 1.0}
    failed = {
        (str(module), str(band))
        for module, bands in metric.bands.items()
        for band, satisfied in bands.items()
        if not satisfied
    }
    assert failed == {
        ("area", "Medium"),
        ("area", "Low"),
        ("hedgerow", "Medium"),
        ("watercourse", "Medium"),
    }


@pytest.mark.oracle
@pytest.mark.skipif(
    not (CASES and shutil.which("soffice")),
    reason="needs ../shared/metric and LibreOffice (libreoffice-calc-nogui, python3-uno)",
)
def test_the_official_tool_works_out_the_sample_as_its_script_does(tmp_path: Path) -> None:
    sample = sample_module()
    (tmp_path / "scenario.json").write_text(json.dumps(sample.SCENARIO), encoding="utf-8")
    command = [sys.executable, str(SHARED / "oracle.py"), "build"]

    subprocess.run(
        [*command, str(tmp_path / "scenario.json"), str(tmp_path / "official.xlsx")],
        check=True,
        capture_output=True,
    )

    reader = official_reader()
    official = reader.results(str(tmp_path / "official.xlsx"))
    ours = reader.results(str(SAMPLE / "metric.xlsx"))
    for key in DERIVED:
        assert differences(ours[key], official[key], key) == []
