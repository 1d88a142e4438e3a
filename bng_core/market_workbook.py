"""The market as the workbook that brokers keep: seven sheets, read into the tables of §4.1.

Banks, Pricing and Stock are the market. HabitatCatalog, DistinctivenessLevels, SRM and TradingRules
hold what the law fixes: they are compared, never imported, and what differs is told. Prices are per
unit after SRM (`effective`, §2.10) unless a column `basis` says otherwise.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from bng_core.errors import Fault, MarketError, MetricError
from bng_core.market import COLUMNS, Market, checked_market
from bng_core.market_sheets import LAW_SHEETS, SHEETS, law_notes
from bng_core.metric.container import MARKET_PART_BYTES
from bng_core.metric.workbook import Grid, Workbook
from bng_core.reference import squeeze
from bng_core.terms import Basis

_EPOCH = date(1899, 12, 30)
"""Day 0 of the dates of Excel; a date cell is read as the number of days since."""


@dataclass(frozen=True)
class ReadWorkbook:
    """A market, and in words what of the workbook was left out or differs from the rulebook."""

    market: Market
    notes: list[str]


def read_market_workbook(path: Path) -> ReadWorkbook:
    """Read a market workbook. Raises MarketError with every fault of every sheet."""
    failure = f"The market workbook {path.name} cannot be used"
    sheets = _read_sheets(path, failure)
    faults: list[Fault] = []
    tables = {name: _table(path.name, name, sheets, faults) for name in COLUMNS}
    notes = law_notes({name: _frame(grid) for name, grid in sheets.items() if name in LAW_SHEETS})
    if tables["prices"] is not None:
        tables["prices"], unpriced = _priced(tables["prices"])
        notes += unpriced
    try:
        return ReadWorkbook(checked_market(tables, faults, failure), notes)
    except MarketError as error:
        found = [_in_sheet(path.name, fault) for fault in error.faults]
        raise MarketError(failure, found) from error


def _read_sheets(path: Path, failure: str) -> dict[str, Grid]:
    """The sheets that are there, by the names of SHEETS and LAW_SHEETS."""
    if path.is_file() and not zipfile.is_zipfile(path):
        fault = Fault(path.name, None, "is not a workbook; give a market workbook as .xlsx")
        raise MarketError(failure, [fault])
    try:
        book = Workbook(path, path.name, MARKET_PART_BYTES)
        titles = {squeeze(title): title for title in book.sheet_names}
        wanted = {
            name: titles[squeeze(name)]
            for name in (*(sheet.title for sheet in SHEETS.values()), *LAW_SHEETS)
            if squeeze(name) in titles
        }
        grids = book.read(list(wanted.values()))
    except MetricError as error:
        raise MarketError(failure, [Fault(path.name, None, str(error))]) from error
    return {name: grids[title] for name, title in wanted.items()}


def _table(
    file: str, name: str, sheets: Mapping[str, Grid], faults: list[Fault]
) -> pd.DataFrame | None:
    """A sheet as a table of §4.1: known headings translated, the index is the row in Excel."""
    sheet = SHEETS[name]
    if sheet.title not in sheets:
        faults.append(Fault(file, None, f"has no sheet {sheet.title}; add it"))
        return None
    frame = _frame(sheets[sheet.title])
    if frame.columns.duplicated().any():
        twice = ", ".join(frame.columns[frame.columns.duplicated()].unique())
        faults.append(Fault(f"{name}.csv", 1, f"has the column {twice} more than once; keep one"))
        return None
    headings = {heading: column for column, heading in sheet.headings(frame.columns).items()}
    rivals = [column for column in headings.values() if column in frame and column not in headings]
    frame = frame.drop(columns=rivals).rename(columns=headings)
    for column in {"contract_size", "tier", "basis"} & set(frame.columns):
        frame[column] = frame[column].str.casefold()
    for column in {"valid_from", "valid_to"} & set(frame.columns):
        frame[column] = frame[column].map(_day)
    if name == "prices":
        basis = pd.Series(frame.get("basis", ""), frame.index, dtype=str)
        frame["basis"] = basis.replace("", Basis.EFFECTIVE.value)
    return frame


def _frame(grid: Grid) -> pd.DataFrame:
    """The rows below the headings as text, blank rows left out."""
    rows = [[_text(cell) for cell in row] for row in grid.rows]
    headings = rows[0] if rows else []
    named = [place for place, heading in enumerate(headings) if heading]
    cells = [[row[place] for place in named] for row in rows[1:]]
    columns = [headings[place] for place in named]
    frame = pd.DataFrame(cells, range(2, len(cells) + 2), columns, dtype=str)
    return frame[(frame != "").any(axis=1)]


def _text(cell: object) -> str:
    """A cell as a CSV file would have it; numbers with the 15 digits that Excel keeps."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, int | float):
        plain = f"{cell:.15g}"
        return f"{cell:.15f}".rstrip("0") if "e-" in plain else plain
    return str(cell).strip()


def _day(text: str) -> str:
    """A day as text; a date cell comes as a number of days."""
    if text.isascii() and text.isdigit() and len(text) == 5:
        return (_EPOCH + timedelta(days=int(text))).isoformat()
    return text


def _priced(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The rows that have a price: a missing one is a state, never 0 (§2.10)."""
    if "unit_price" not in frame:
        return frame, []
    blank = frame["unit_price"] == ""
    if not blank.any():
        return frame, []
    note = f"Pricing: {blank.sum():,} rows have no price; what they list is not for sale."
    return frame[~blank], [note]


def _in_sheet(file: str, fault: Fault) -> Fault:
    """A fault of a table as one of its sheet, in the sheet's own headings."""
    for name, sheet in SHEETS.items():
        if fault.file == f"{name}.csv":
            theirs = sheet.columns.get(fault.column, (fault.column,))[0]
            message = fault.message.replace("banks.csv", f"the sheet {SHEETS['banks'].title}")
            if fault.column and message.startswith(fault.column):
                message = theirs + message.removeprefix(fault.column)
            return replace(fault, file=f"{file} {sheet.title}", message=message, column=theirs)
    return fault
