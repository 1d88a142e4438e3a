"""CSV files as users save them: every value with its line, every fault with its place (§4.1)."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import Path

from bng_core.errors import Fault

LARGEST = Decimal(10) ** 9
"""Units or GBP per unit; more than this is a slip of the pen, and no solver can weigh it."""

_NUMBER = re.compile(r"[+-]?(\d{1,20}\.?\d{0,40}|\.\d{1,40})([eE][+-]?\d{1,2})?", re.ASCII)


@dataclass(frozen=True)
class CsvTable:
    """Columns and rows as text without blanks around it; `lines` are the rows' first lines.

    Lines count as an editor counts them; rows without any value are left out.
    """

    columns: list[str]
    rows: list[list[str]]
    lines: list[int]


def read_csv(path: Path, faults: list[Fault]) -> CsvTable | None:
    """The table of a UTF-8 file, with or without byte order mark; None where it has none.

    A row may lack trailing values, as Excel saves it; they are blank.
    """
    text = _read_text(path, faults)
    if text is None:
        return None
    before = len(faults)
    records = list(_records(path.name, text, faults))
    if not records:
        if len(faults) == before:
            faults.append(Fault(path.name, None, "is empty; expected a line of column names"))
        return None
    (line, columns), *others = records
    while not columns[-1]:
        columns.pop()
    if fault := _header_fault(columns):
        faults.append(Fault(path.name, line, fault))
        return None
    rows, lines = [], []
    for line, values in others:
        if any(values[len(columns) :]):
            message = (
                f"has {len(values)} values for {len(columns)} columns; quote values with commas"
            )
            faults.append(Fault(path.name, line, message))
        else:
            rows.append((values + [""] * len(columns))[: len(columns)])
            lines.append(line)
    return CsvTable(columns, rows, lines)


def _header_fault(columns: list[str]) -> str:
    if "" in columns:
        return f"has no name for column {columns.index('') + 1}; give it one"
    twice = [column for column, count in Counter(columns).items() if count > 1]
    return f"has the column {', '.join(twice)} more than once; keep one" if twice else ""


def _read_text(path: Path, faults: list[Fault]) -> str | None:
    try:
        data = path.read_bytes()
    except OSError as error:
        faults.append(Fault(path.name, None, f"cannot be opened: {error.strerror}"))
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        faults.append(Fault(path.name, line, "is not UTF-8 text; save the file as CSV UTF-8"))
        return None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        faults.append(Fault(path.name, line, "is not text; save the file as CSV UTF-8"))
        return None
    return text


def _records(file: str, text: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Rows with any value, each with the line on which it begins."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for values in reader:
            stripped = [value.strip() for value in values]
            if any(stripped):
                yield line, stripped
            line = reader.line_num + 1
    except csv.Error as error:
        message = f"cannot be read from here on ({error}); check its quotation marks"
        faults.append(Fault(file, line, message))


def parse_number(text: str) -> Decimal | None:
    """The exact number of a plain decimal such as 1200.50; None for all else, or beyond LARGEST.

    >>> parse_number("1,200") is None
    True
    """
    if not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return number if abs(number) <= LARGEST else None
