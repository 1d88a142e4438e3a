"""What the official tool makes of our own scenarios: taken once, kept as figures by cell.

`python -m tests.oracle.metric_expected FOLDER` writes tests/data/metric/*.json from the workbooks
FOLDER/NAME.xlsx that ../shared/metric/oracle.py built from the scenarios (`write_scenarios`).
"""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from bng_core.metric import layout
from bng_core.metric.input_tables import scenario_inputs, unit_columns
from bng_core.terms import Module
from tests.oracle.metric_scenarios import SCENARIOS, Scenario, random_rows
from tests.oracle.shared import METRIC

DATA = Path(__file__).parent.parent / "data" / "metric"
RANDOM_SEEDS = (1, 2)
Figures = dict[str, dict[str, Any]]
"""Cells by sheet; a cell left out is blank or 0."""


def oracle_module() -> ModuleType:
    """The official tool's keeper in ../shared."""
    spec = importlib.util.spec_from_file_location("oracle", METRIC / "oracle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def all_scenarios() -> dict[str, Scenario]:
    """The named scenarios and the random ones."""
    named = {name: make() for name, make in SCENARIOS.items()}
    return named | {f"random{seed}": random_rows(seed) for seed in RANDOM_SEEDS}


def figures_of(workbook: Path, scenario: Scenario) -> Figures:
    """Every official cell that the engine works out, read by oracle.py's own reader."""
    book = oracle_module().Book(str(workbook))
    figures: Figures = {}
    for sheet, cells in compared_cells(scenario).items():
        values = {cell: book.get(sheet, cell) for cell in cells}
        figures[sheet] = {cell: value for cell, value in values.items() if value not in (None, 0)}
    return figures


def compared_cells(scenario: Scenario) -> dict[str, list[str]]:
    """Sheets and cells that are compared for a scenario."""
    cells: dict[str, list[str]] = {}
    for key, rows in scenario_inputs(scenario).items():
        columns = unit_columns()[key].values()
        sheet = layout.input_tables()[key].sheet
        cells[sheet] = [f"{column}{row.row}" for row in rows for column in columns]
    return cells | result_cells()


def result_cells() -> dict[str, list[str]]:
    """The result cells of headline, trading and tiers."""
    from bng_core.metric.recompute import recompute

    empty = recompute(scenario_inputs({}), 0.1)
    found = {layout.HEADLINE.name: list(empty.headline_cells), layout.TIERS.name: []}
    found[layout.HEADLINE.name] += [layout.GAIN_SITE_CELL, "B94"]
    found[layout.TIERS.name] = list(empty.tier_cells)
    for module in Module:
        found[layout.TRADING_SHEETS[module].name] = list(empty.trading.by_module[module])
    return found


if __name__ == "__main__":
    DATA.mkdir(parents=True, exist_ok=True)
    for name, scenario in all_scenarios().items():
        figures = figures_of(Path(sys.argv[1]) / f"{name}.xlsx", scenario)
        text = json.dumps(figures, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        (DATA / f"{name}.json").write_text(text + "\n", encoding="utf-8")
