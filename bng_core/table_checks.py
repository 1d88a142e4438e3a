"""Checks of text tables, column by column: every fault with its file, line and remedy (§4.1)."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from bng_core.csv_table import LARGEST, parse_number, read_csv
from bng_core.errors import Fault, UnknownPlace

LONGEST_TEXT = 500
"""Characters of a name or a note; more is a slip, and no page could show it."""

Columns = tuple[list[str], list[str]]
"""Names of the columns that a table must have, and of those that it may have."""


def read_table(path: Path, folder: str, faults: list[Fault]) -> pd.DataFrame | None:
    """The table of a file with its line numbers as index; None where it has none."""
    if not path.exists():
        faults.append(Fault(path.name, None, f"is missing from the {folder}; add it"))
        return None
    table = read_csv(path, faults)
    if table is None:
        return None
    return pd.DataFrame(table.rows, table.lines, table.columns, dtype=str)


def known_columns(
    file: str, frame: pd.DataFrame, columns: Columns, faults: list[Fault]
) -> pd.DataFrame | None:
    """The known columns in order, blanks trimmed; the index stays the line in the file."""
    required, optional = columns
    frame = frame.rename(columns=lambda column: str(column).strip())
    missing = [column for column in required if column not in frame]
    if missing:
        found = ", ".join(map(str, frame.columns))
        message = f"has no column {', '.join(missing)}; found {found}"
        faults.append(Fault(file, 1, message, ", ".join(missing)))
        return None
    frame = frame.reindex(columns=required + optional, fill_value="").apply(
        lambda column: column.str.strip()
    )
    return frame[(frame != "").any(axis=1)]


class TableChecker:
    """Collects the faults of one table, column by column; its index is the line in the file."""

    def __init__(self, file: str, frame: pd.DataFrame, faults: list[Fault]) -> None:
        self.file, self.frame, self.faults = file, frame, faults

    def refuse(self, bad: "pd.Series[bool]", message: Callable[[str], str], column: str) -> None:
        """A fault for each line that is bad, worded by its text in the column."""
        for line, text in self.frame.loc[bad, column].items():
            self.faults.append(Fault(self.file, int(str(line)), message(text), column))

    def refuse_text(self, column: str, text: str, message: str) -> None:
        """The same fault for every line with this text."""
        self.refuse(self.frame[column] == text, lambda _: message, column)

    def present(self, column: str) -> None:
        """No line may leave the column blank."""
        self.refuse(self.frame[column] == "", lambda _: f"{column} is blank; fill it in", column)

    def unique(self, column: str) -> None:
        """No two lines may have the same text."""
        values = self.frame[column]
        again = values.duplicated() & (values != "")
        self.refuse(again, lambda text: f"{column} {text} was used on an earlier line", column)

    def known(self, column: str, known: set[str] | None, table: str) -> None:
        """Each text must be in a set of ids."""
        if known is not None:
            bad = ~self.frame[column].isin(known) & (self.frame[column] != "")
            self.refuse(bad, lambda text: f"{column} {text} is not in {table}", column)

    def one_of(self, column: str, choices: Iterable[str], blank: bool = False) -> None:
        """Each text must be one of the choices."""
        allowed = [*choices]
        bad = ~self.frame[column].isin([*allowed, ""] if blank else allowed)
        expected = ", ".join(allowed)
        self.refuse(bad, lambda text: f"{column} “{text}”: expected one of {expected}", column)

    def safe(self, *columns: str) -> None:
        """Short texts of signs that show, which no spreadsheet takes for a formula."""
        for column in columns:
            for text in self.frame[column].unique():
                if len(text) > LONGEST_TEXT:
                    message = f"{column} has {len(text):,} characters; at most {LONGEST_TEXT:,}"
                elif text.startswith(("=", "+", "-", "@")):
                    message = f"{column} begins with “{text[0]}”, as a formula does; remove it"
                elif not text.replace("\n", "").isprintable():
                    message = f"{column} holds a sign that does not show; remove it"
                else:
                    continue
                self.refuse_text(column, text, message)

    def number(self, column: str, unit: str, least: str) -> None:
        """A plain decimal from `least` to LARGEST; faults name the unit."""
        texts, at_least = self.frame[column], Decimal(least)
        numbers = {text: parse_number(text) for text in texts.unique()}
        good = [t for t, number in numbers.items() if number is not None and number >= at_least]

        def message(text: str) -> str:
            found = f"“{text}”" if text else "blank"
            return f"{column} is {found}: expected {unit}, {least} to {LARGEST:,}"

        self.refuse(~texts.isin(good), message, column)

    def canonical(self, column: str, find: Callable[[str], str], blank: bool = False) -> None:
        """Replace names by canonical ones; each unknown name is a fault of its line."""
        found: dict[str, str] = {}
        for text in self.frame[column].unique():
            if text or not blank:
                try:
                    found[text] = find(text)
                except UnknownPlace as error:
                    self.refuse_text(column, text, f"{column}: {error}")
        self.frame[column] = self.frame[column].map(lambda text: found.get(text, text))

    def day(self, column: str, blank: bool = False) -> None:
        """Each text must be a day as it is compared: year, month and day with hyphens."""
        for text in self.frame[column].unique():
            if not (_is_day(text) or (blank and not text)):
                message = f"{column} “{text}”: expected a date such as 2026-11-24"
                self.refuse_text(column, text, message)


def _is_day(text: str) -> bool:
    """Whether text is a day as it is compared: year, month and day with hyphens."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
