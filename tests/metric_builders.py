"""Small workbooks in the official layout, whole or with one fault each."""

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import openpyxl
from openpyxl.utils.cell import coordinate_to_tuple

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
    target: float = 0.1,
) -> bytes:
    """A workbook with cells put by sheet (None blanks a cell), sheets left out or renamed.

    With `results` of its own it has no input rows, for nothing of theirs would agree.
    """
    scenario = SCENARIO if results is None else {"project": SCENARIO["project"]}
    sheets = metric_cells({**scenario, "target": target}, results)
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


def a_binary_workbook(sheets: Mapping[str, Mapping[str, Any]]) -> bytes:
    """An .xlsb with numbers and texts by sheet and cell, as MS-XLSB describes it."""
    parts, links, bundle = {}, "", b""
    for i, (title, cells) in enumerate(sheets.items(), start=1):
        bundle += _record(156, struct.pack("<II", 0, i) + _wide(f"rId{i}") + _wide(title))
        links += f'<Relationship Id="rId{i}" Type="sheet" Target="worksheets/sheet{i}.bin"/>'
        parts[f"xl/worksheets/sheet{i}.bin"] = _binary_sheet(cells)
    parts["xl/workbook.bin"] = _record(131) + _record(143) + bundle + _record(144) + _record(132)
    parts["xl/_rels/workbook.bin.rels"] = f"<Relationships>{links}</Relationships>".encode()
    return an_archive(parts)


def _binary_sheet(cells: Mapping[str, Any]) -> bytes:
    rows: dict[int, list[tuple[int, Any]]] = {}
    for address, value in cells.items():
        row, column = coordinate_to_tuple(address)
        rows.setdefault(row - 1, []).append((column - 1, value))
    last = (max(rows, default=0), max((c for row in rows.values() for c, _ in row), default=0))
    sheet = _record(129) + _record(148, struct.pack("<IIII", 0, last[0], 0, last[1])) + _record(145)
    for row in sorted(rows):
        sheet += _record(0, struct.pack("<IIHBBBI", row, 0, 300, 0, 0, 0, 0))
        for column, value in sorted(rows[row], key=lambda cell: cell[0]):
            head = struct.pack("<II", column, 0)
            is_text = isinstance(value, str)
            content = _wide(value) if is_text else struct.pack("<d", value)
            sheet += _record(6 if is_text else 5, head + content)
    return sheet + _record(146) + _record(130)


def _record(kind: int, content: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(content)
    while size > 127:
        head += bytes([size & 0x7F | 0x80])
        size >>= 7
    return head + bytes([size]) + content


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


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
