"""The input sheets A to F: a scenario's rows in the official cells.

A scenario has "onsite" and "offsite", each with lists of rows by table: area_baseline,
area_creation, area_enhancement, and the same for hedge and watercourse. A row's keys are the
fields of input_columns.csv; an enhancement row also has `baseline_ref`, the row number (from 1) in
its baseline list. An empty row leaves a row of the sheet blank. Short words for the drop-down texts
("low", "inside") are those of choices.csv.
"""

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bng_core.metric import layout
from bng_core.metric.layout import InputTable
from bng_core.metric.trading_cells import Cells
from bng_core.reference import squeeze

Row = Mapping[str, Any]

_AREA_TOLERANCE_HA = 0.01
"""How far created and lost area may differ (A-2 On-Site Habitat Creation!G2)."""
_ACCEPTABLE = "Area Acceptable ✓"
_UNEQUAL = "Error - Area created does not equal area lost ▲"


def _table(name: str) -> Iterator[dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def _choices() -> dict[tuple[str, str, str], str]:
    return {
        (row["table"], row["field"], squeeze(key)): row["text"]
        for row in _table("choices.csv")
        for key in (row["short"], row["text"])
    }


@cache
def _exceptions() -> dict[str, dict[str, str]]:
    """Habitats that are always irreplaceable, or that cover no ground of the site."""
    return {squeeze(row["label"]): row for row in _table("habitat_exceptions.csv")}


def rows_of(scenario: Mapping[str, Any], scope: str, table: str) -> list[Row]:
    """The rows of one table; enhancement rows in the order of their baseline rows."""
    rows = (scenario.get(scope) or {}).get(table) or []
    return sorted(rows, key=lambda row: row.get("baseline_ref", 0))


def input_cells(scenario: Mapping[str, Any]) -> dict[str, Cells]:
    """The cells of the eighteen input sheets, headings included.

    Raises ValueError for an unknown table, field or drop-down text, or for too many rows.
    """
    known = set(layout.input_tables())
    for scope in ("onsite", "offsite"):
        for table in scenario.get(scope) or {}:
            if (scope, table) not in known:
                raise ValueError(f"unknown table {scope}.{table}")
    return {
        table.sheet: _sheet_cells(name, table, rows_of(scenario, scope, name))
        for (scope, name), table in layout.input_tables().items()
    }


def _sheet_cells(name: str, table: InputTable, rows: list[Row]) -> Cells:
    if len(rows) > table.last_row - table.first_row + 1:
        raise ValueError(f"{len(rows)} rows are more than {table.sheet} has")
    cells: Cells = {
        f"{column}{table.first_row - 1}": _heading(field) for field, column in table.columns.items()
    }
    for i, row in enumerate(rows):
        for field, value in filled_row(name, row).items():
            if field not in table.columns:
                raise ValueError(f"unknown field {field!r} in {name}")
            cells[f"{table.columns[field]}{table.first_row + i}"] = value
    return cells


def _heading(field: str) -> str:
    return field.replace("_", " ").capitalize()


def filled_row(name: str, row: Row) -> dict[str, Any]:
    """The row with its blanks left out and its drop-down texts in full."""
    filled = {k: v for k, v in row.items() if v is not None and k != "baseline_ref"}
    kind = name.split("_")[0]
    for field in ("strategic_significance", "spatial_risk_category"):
        if field in filled:
            filled[field] = _choice(kind, field, filled[field])
    if name == "area_baseline" and filled:
        filled.setdefault("irreplaceable", "Yes" if _exception(row, "irreplaceable") else "No")
    return filled


def _choice(kind: str, field: str, text: str) -> str:
    try:
        return _choices()[kind, field, squeeze(text)]
    except KeyError:
        # Intertidal categories and whatever else the drop-down has are taken as they stand.
        return text


def _exception(row: Row, column: str) -> bool:
    label = squeeze(f"{row.get('broad_habitat', '')} - {row.get('habitat', '')}")
    default = {"irreplaceable": "no", "site_area": "yes"}
    wanted = "no" if default[column] == "yes" else "yes"
    return _exceptions().get(label, default)[column] == wanted


def _hectares(scenario: Mapping[str, Any], scope: str, table: str, *less: str) -> float:
    """Area of the rows that cover ground of the site, less the parts named."""
    return sum(
        _number(row.get("area_ha")) - sum(_number(row.get(part)) for part in less)
        for row in rows_of(scenario, scope, table)
        if not _exception(row, "site_area")
    )


def _number(value: object) -> float:
    """The value in a sum, where texts and blanks count for nothing."""
    return float(value) if isinstance(value, float | int) else 0.0


def site_area(scenario: Mapping[str, Any], scope: str) -> float:
    """Hectares of the site (Start!F24, F25): baseline rows, without trees and walls."""
    return _hectares(scenario, scope, "area_baseline")


def areas_agree(scenario: Mapping[str, Any], scope: str) -> bool:
    """Whether the area created is the area lost."""
    lost = _hectares(scenario, scope, "area_baseline", "area_retained", "area_enhanced")
    created = _hectares(scenario, scope, "area_creation")
    return abs(lost - created) <= _AREA_TOLERANCE_HA


def area_check(scenario: Mapping[str, Any], scope: str) -> str:
    """The verdict on created and lost area (A-2!K6, D-2!L6), in the tool's words."""
    return _ACCEPTABLE if areas_agree(scenario, scope) else _UNEQUAL


def irreplaceable_present(scenario: Mapping[str, Any]) -> str:
    """Start!F23: whether any baseline row is irreplaceable, in the tool's words."""
    rows = [
        row for scope in ("onsite", "offsite") for row in rows_of(scenario, scope, "area_baseline")
    ]
    found = any(filled_row("area_baseline", row).get("irreplaceable") == "Yes" for row in rows)
    return "Yes ⚠" if found else "No ✓"
