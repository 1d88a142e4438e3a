"""Small workbooks in the official layout, whole or with one fault each."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import openpyxl

from bng_core.metric.headline_cells import ModuleUnits, UnitResults
from bng_core.metric.layout import trading_rows
from bng_core.metric.writer import metric_cells, workbook_bytes
from bng_core.terms import Module

SCENARIO = {
    "project": {"planning_authority": "Test District Council", "project_name": "A field"},
    "onsite": {
        "area_baseline": [
            {
                "broad_habitat": "Grassland",
                "habitat": "Other neutral grassland",
                "area_ha": 1.0,
                "condition": "Moderate",
                "strategic_significance": "low",
            }
        ],
        "area_creation": [
            {
                "broad_habitat": "Urban",
                "habitat": "Developed land; sealed surface",
                "area_ha": 1.0,
                "condition": "N/A - Other",
                "strategic_significance": "low",
            }
        ],
    },
}


def some_results(
    units: ModuleUnits | None = None,
    changes: Mapping[str, tuple[float, float]] | None = None,
    target: float = 0.1,
    module: Module = Module.AREA,
) -> UnitResults:
    """One module's units and the changes of habitats by their trading sheet name.

    By default a hectare of neutral grassland, 8 units, is lost and nothing made good.
    """
    by_name = {"Grassland - Other neutral grassland": (-8.0, 0.0)} if changes is None else changes
    return UnitResults(
        target=target,
        units={module: units or ModuleUnits(baseline=8)},
        changes={row: by_name[row.habitat] for row in trading_rows() if row.habitat in by_name},
    )


def a_metric(
    put: Mapping[str, Mapping[str, Any]] | None = None,
    without: Iterable[str] = (),
    renamed: Mapping[str, str] | None = None,
    results: UnitResults | None = None,
) -> bytes:
    """A workbook with cells put by sheet (None blanks a cell), sheets left out or renamed."""
    sheets = metric_cells(SCENARIO, results or some_results())
    for sheet, cells in (put or {}).items():
        sheets[sheet] = {**sheets[sheet], **cells}
    names = renamed or {}
    return workbook_bytes(
        {names.get(name, name): cells for name, cells in sheets.items() if name not in without}
    )


def a_workbook(sheets: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Any workbook: cells by sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, cells in sheets.items():
        sheet = book.create_sheet(title)
        for cell, value in cells.items():
            sheet[cell] = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def an_archive(parts: Mapping[str, bytes]) -> bytes:
    """A zip file of the given parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def parts_of(workbook: bytes) -> dict[str, bytes]:
    """The parts of a workbook, to change and pack again."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
