"""The rows of the eighteen input sheets, as they are filled in: from a workbook or a scenario."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bng_core.metric import layout
from bng_core.metric.cell_values import Value
from bng_core.metric.input_rows import filled_row, rows_of
from bng_core.metric.layout import InputTable
from bng_core.metric.workbook import Grid, plain

Key = tuple[str, str]
"""Scope ("onsite", "offsite") and table ("area_baseline", ...)."""

_NOTES = (
    "hedge_number",
    "user_comments",
    "planning_authority_comments",
    "habitat_reference",
    "offsite_reference",
    "baseline_reference",
)
"""Fields that alone do not make a row: numbers, remarks and references left behind."""


@dataclass(frozen=True)
class InputRow:
    """A row of an input sheet: its number on the sheet, its filled cells by field."""

    row: int
    cells: Mapping[str, Value]


Inputs = dict[Key, list[InputRow]]
"""Every table with its filled rows, in the order of the sheet."""


@cache
def _numbered_columns(key: Key) -> tuple[tuple[str, int], ...]:
    table = layout.input_tables()[key]
    return tuple((field, column_number(name) - 1) for field, name in table.columns.items())


def column_number(letters: str) -> int:
    """A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def read_inputs(sheets: Mapping[layout.Sheet, Grid]) -> Inputs:
    """The filled rows of each input sheet; a sheet that is missing has none."""
    grids = {sheet.name: grid for sheet, grid in sheets.items()}
    return {
        key: list(_table_rows(key, table, grids[table.sheet])) if table.sheet in grids else []
        for key, table in layout.input_tables().items()
    }


def _table_rows(key: Key, table: InputTable, grid: Grid) -> Iterator[InputRow]:
    columns = _numbered_columns(key)
    for number, cells in enumerate(
        grid.rows[table.first_row - 1 : table.last_row], start=table.first_row
    ):
        width = len(cells)
        found = {
            field: value
            for field, column in columns
            if column < width
            and cells[column] != ""
            and (value := _entered_value(cells[column])) is not None
        }
        if _entered(key, found):
            yield InputRow(number, found)


def _entered_value(cell: object) -> Value:
    """An input as it stands; a typed text such as "#REF!" is a text, not an error of a formula."""
    value = plain(cell)
    return f" {value}" if isinstance(value, str) and value[:1] == "#" else value


def _entered(key: Key, found: Mapping[str, Value]) -> bool:
    prefilled = ("broad_habitat",) if key[1].endswith("_enhancement") else ()
    return any(field not in _NOTES and field not in prefilled for field in found)


def scenario_inputs(scenario: Mapping[str, Any]) -> Inputs:
    """A scenario's rows where the writer and the oracle put them; an empty row stays blank."""
    return {
        key: [
            InputRow(table.first_row + i, filled)
            for i, row in enumerate(rows_of(scenario, *key))
            if (filled := filled_row(key[1], row))
        ]
        for key, table in layout.input_tables().items()
    }


@cache
def unit_columns() -> dict[Key, dict[str, str]]:
    """Per table, the columns of the official cells that units.py works out, by field."""
    columns: dict[Key, dict[str, str]] = {}
    with (Path(__file__).parent / "unit_columns.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            columns.setdefault((line["scope"], line["list"]), {})[line["field"]] = line["column"]
    return columns


@cache
def input_sheets() -> tuple[layout.Sheet, ...]:
    """The eighteen input sheets, as sheets that a workbook is asked for."""
    known = {sheet.name: sheet for sheet in layout.OPTIONAL_SHEETS}
    return tuple(
        known.get(table.sheet, layout.Sheet(table.sheet, (_without_apostrophe(table.sheet),), {}))
        for table in layout.input_tables().values()
    )


def _without_apostrophe(name: str) -> str:
    return re.sub("['’]", "", name)
