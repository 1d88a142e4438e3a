"""The unit engine against what the official tool gives, cell by cell."""

import json
from pathlib import Path
from typing import Any

import pytest

from bng_core.metric import Source, layout, read_metric
from bng_core.metric.input_tables import scenario_inputs, unit_columns
from bng_core.metric.recompute import Recomputed, recompute
from tests.oracle.metric_expected import DATA, all_scenarios, figures_of
from tests.oracle.metric_scenarios import Scenario
from tests.oracle.shared import CASES

SCENARIOS = all_scenarios()
NAMED = [name for name in SCENARIOS if not name.startswith("random")]


def recomputed(scenario: Scenario) -> Recomputed:
    return recompute(scenario_inputs(scenario), scenario["target"])


def agree(official: Any, ours: Any) -> bool:
    """Numbers to 1e-9 relative, texts equal but for blanks around them; blank equals 0."""
    numbers = [value for value in (official, ours) if isinstance(value, int | float)]
    if len(numbers) == 2:
        return abs(official - ours) <= max(1e-9 * abs(official), 1e-12)
    if numbers:
        return abs(numbers[0]) <= 1e-12 and not _text(official) and not _text(ours)
    return _text(official) == _text(ours)


def _text(value: Any) -> str:
    return value.strip().casefold() if isinstance(value, str) else ""


def row_cells(result: Recomputed) -> dict[tuple[str, str], Any]:
    return {
        (row.sheet, f"{column}{row.row}"): row.result.get(field)
        for key, rows in result.units.items()
        for row in rows
        for field, column in unit_columns()[key].items()
    }


def figure_cells(result: Recomputed) -> dict[tuple[str, str], Any]:
    sheets = {layout.HEADLINE.name: result.headline_cells, layout.TIERS.name: result.tier_cells}
    for module, sheet in layout.TRADING_SHEETS.items():
        sheets[sheet.name] = result.trading.by_module[module]
    return {(name, cell): value for name, cells in sheets.items() for cell, value in cells.items()}


def differing(official: dict[str, dict[str, Any]], ours: dict[tuple[str, str], Any]) -> list[Any]:
    return [
        (sheet, cell, official.get(sheet, {}).get(cell), value)
        for (sheet, cell), value in ours.items()
        if not agree(official.get(sheet, {}).get(cell), value)
    ]


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_unit_year_and_multiplier_of_a_row_is_the_official_one(name: str) -> None:
    official = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))

    assert differing(official, row_cells(recomputed(SCENARIOS[name]))) == []


@pytest.mark.parametrize("name", NAMED)
def test_headline_trading_and_tiers_are_the_official_ones(name: str) -> None:
    official = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))

    assert differing(official, figure_cells(recomputed(SCENARIOS[name]))) == []


@pytest.mark.skipif(not CASES, reason="the official cases (../shared) are not beside this project")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_official_cases_are_recomputed_in_every_cell(case: Path) -> None:
    scenario = json.loads((case / "scenario.json").read_text(encoding="utf-8"))
    official = figures_of(case / "metric.xlsx", scenario)

    result = recompute(scenario_inputs(scenario), scenario["target"])
    read = read_metric(case / "metric.xlsx", "metric.xlsx")

    assert differing(official, row_cells(result) | figure_cells(result)) == []
    assert read.differences == ()
    assert read.source is Source.WORKBOOK
