"""What the writer derives from units is what the official workbook derives from them."""

import importlib.util
import json
import math
from pathlib import Path
from types import ModuleType

import pytest

from bng_core.metric import layout
from bng_core.metric.headline_cells import ModuleUnits, UnitResults
from bng_core.metric.writer import metric_bytes
from bng_core.reference import squeeze
from bng_core.terms import Module

SHARED = Path(__file__).resolve().parents[3] / "shared" / "metric"
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
