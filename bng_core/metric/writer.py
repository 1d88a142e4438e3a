"""Writes a workbook in the official layout: input rows, and the result cells that are read.

For samples, tests and exports. Units are worked out from the rows, or given (`UnitResults`, for
tests of the results alone); what follows from them (net, required, deficit, trading bands, credit
tiers) follows by the official formulas. The file holds values, no formulas.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook as OpenpyxlWorkbook
from openpyxl.worksheet.worksheet import Worksheet

from bng_core.metric import layout
from bng_core.metric.findings import LEAST_TARGET
from bng_core.metric.headline_cells import RULE_BREAKS, UnitResults, headline_cells, needs
from bng_core.metric.input_rows import (
    area_check,
    areas_agree,
    input_cells,
    irreplaceable_present,
    site_area,
)
from bng_core.metric.input_tables import scenario_inputs, unit_columns
from bng_core.metric.layout import Sheet
from bng_core.metric.recompute import recompute
from bng_core.metric.tier_cells import VERY_HIGH_MESSAGE, tier_cells
from bng_core.metric.trading_cells import Cells, trading_cells
from bng_core.metric.units import Units

Scenario = Mapping[str, Any]
"""A development's inputs: "project", "onsite", "offsite" as lists of rows, as in the samples."""

_PROJECT_CELLS = {
    "planning_authority": "F11",
    "project_name": "F12",
    "applicant": "F13",
    "application_type": "F14",
    "planning_application_reference": "F15",
    "completed_by": "F16",
    "date_of_metric_completion": "F17",
    "reviewer": "F18",
    "calculation_iteration": "F19",
    "planning_authority_reviewer": "F20",
    "date_of_planning_authority_review": "F21",
    "contains_deviations": "F27",
}
_WIDTHS = {"B": 38, "D": 22, "E": 22, "F": 22, "H": 22}
_EXCEL_EPOCH = date(1899, 12, 30)
_SUMMARY_LABELS = {"C2": "Unit Shortfall by Tier/Module", "C4": "Tier", "D4": "Unit Shortfall"}
_VISIBLE = ("Start", "Headline Results", "Off-site gain site summary", "D-", "E-", "F-")
_DEVIATIONS = (
    "This metric contains deviations from the statutory metric - these deviations are only "
    "acceptable in extremely rare circumstances and must be agreed with the consenting body ⚠"
)
_AREAS_DIFFER = "Area created must match area lost for both onsite and offsite ▲"
_FIXED_TIME = (2024, 2, 12, 0, 0, 0)
"""Every entry's time stamp, so that equal inputs give equal bytes."""


def write_metric(path: Path, scenario: Scenario, results: UnitResults | None = None) -> None:
    """Write the workbook; equal arguments give equal bytes."""
    path.write_bytes(metric_bytes(scenario, results))


def metric_bytes(scenario: Scenario, results: UnitResults | None = None) -> bytes:
    """The workbook as bytes of an .xlsx file."""
    return workbook_bytes(metric_cells(scenario, results))


def metric_cells(scenario: Scenario, results: UnitResults | None = None) -> dict[str, Cells]:
    """Every cell of the workbook by sheet name, in the official order of the sheets.

    Without `results`, units are worked out from the rows, and every row shows its own.
    """
    worked_out = recompute(scenario_inputs(scenario), scenario.get("target", LEAST_TARGET))
    given = results or worked_out.results
    changes = given.all_changes()
    trading = trading_cells(changes)
    headline = headline_cells(given, trading)
    tiers = tier_cells(changes, trading, needs(headline))
    sheets = {
        layout.START.name: _labels(layout.START) | _start_cells(scenario, given),
        layout.TIERS.name: _labels(layout.TIERS) | tiers,
        layout.TIER_SUMMARY.name: _tier_summary(tiers),
        layout.HEADLINE.name: _labels(layout.HEADLINE) | headline,
    }
    for module, sheet in layout.TRADING_SHEETS.items():
        sheets[sheet.name] = _labels(sheet) | trading.by_module[module]
    sheets[layout.GAIN_SITES.name] = _labels(layout.GAIN_SITES)
    sheets |= input_cells(scenario)
    if results is None:
        _add_row_results(sheets, worked_out.units)
    for scope, (sheet, cell) in zip(("onsite", "offsite"), layout.AREA_CHECKS, strict=True):
        sheets[sheet.name] |= _labels(sheet) | {cell: area_check(scenario, scope)}
    sheets[layout.HEADLINE.name] |= _input_messages(scenario)
    return sheets


def _add_row_results(sheets: dict[str, Cells], units: Units) -> None:
    for key, rows in units.items():
        for row in rows:
            for field, column in unit_columns()[key].items():
                value = row.result.get(field)
                if value not in (None, ""):
                    sheets[row.sheet][f"{column}{row.row}"] = value


def _labels(sheet: Sheet) -> Cells:
    return {cell: label.split("|")[0] for cell, label in sheet.labels.items()}


def _start_cells(scenario: Scenario, results: UnitResults) -> Cells:
    project = scenario.get("project") or {}
    cells: Cells = {
        layout.VERSION_CELL: layout.VERSION,
        layout.TARGET_CELL: results.target,
        "F23": irreplaceable_present(scenario),
        "F24": site_area(scenario, "onsite"),
        "F25": site_area(scenario, "offsite") or "N/A",
    }
    if scenario.get("description"):
        cells["D3"] = scenario["description"]
    for key, cell in _PROJECT_CELLS.items():
        value = project.get(key)
        if value is not None:
            dated = key.startswith("date_")
            cells[cell] = (date.fromisoformat(value) - _EXCEL_EPOCH).days if dated else value
    return cells


def _input_messages(scenario: Scenario) -> Cells:
    """What Headline Results says of the inputs, in the tool's words."""
    cells: Cells = {}
    if (scenario.get("project") or {}).get("contains_deviations") == "Yes":
        cells[layout.DEVIATIONS_MESSAGE_CELL] = _DEVIATIONS
        cells["F2"] = "Errors flagged below - please investigate further ▲"
    if not all(areas_agree(scenario, scope) for scope in ("onsite", "offsite")):
        cells[layout.AREA_CHECK_MESSAGE_CELL] = _AREAS_DIFFER
    if any("▲" in str(value) for value in cells.values()):
        cells["B94"] = RULE_BREAKS
    return cells


def _tier_summary(tiers: Cells) -> Cells:
    cells: Cells = dict(_SUMMARY_LABELS)
    for i, (tier, cell) in enumerate(layout.TIER_CELLS.items()):
        cells[f"C{5 + i}"] = tier
        cells[f"D{5 + i}"] = tiers[cell.replace("F", "G")]
    cells["C15"] = VERY_HIGH_MESSAGE if tiers["E16"] == VERY_HIGH_MESSAGE else " "
    return cells


def workbook_bytes(sheets: Mapping[str, Cells]) -> bytes:
    """An .xlsx file of the given cells; sheets that the official tool hides are hidden."""
    book = OpenpyxlWorkbook()
    book.remove(book.active)
    for title, cells in sheets.items():
        sheet = book.create_sheet(title)
        sheet.sheet_state = "visible" if title.startswith(_VISIBLE) else "hidden"
        _fill(sheet, cells)
    book.active = list(sheets).index(layout.HEADLINE.name) if layout.HEADLINE.name in sheets else 0
    buffer = io.BytesIO()
    book.save(buffer)
    return _with_fixed_times(buffer.getvalue())


def _fill(sheet: Worksheet, cells: Cells) -> None:
    for address, value in cells.items():
        sheet[address] = value
    for column, width in _WIDTHS.items():
        sheet.column_dimensions[column].width = width


def _with_fixed_times(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                stamp = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*_FIXED_TIME).encode()
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, content)
            entry = zipfile.ZipInfo(name, _FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return buffer.getvalue()
