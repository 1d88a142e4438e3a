"""Files to take away, as plain links that work without a file on the server."""

import base64
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from bng_core.quote_workbook import FORMULA_STARTS, answer_workbook
from bng_core.store import Run

PURCHASE_COLUMNS = (
    "module",
    "habitat",
    "bank_id",
    "stock_id",
    "units",
    "srm",
    "units_after_srm",
    "unit_price_gbp",
    "cost_gbp",
)

CSV = "text/csv;charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Download:
    """One file: what the link says, and what it gives."""

    label: str
    file_name: str
    mime_type: str
    content: bytes

    @property
    def html(self) -> str:
        """A link with the content inside."""
        data = base64.b64encode(self.content).decode("ascii")
        size = f"{max(1, round(len(self.content) / 1024)):,} kB"
        return (
            f'<a download="{escape(self.file_name)}" href="data:{self.mime_type};base64,{data}">'
            f"{escape(self.label)}</a> <span>({size})</span>"
        )


def safe_cell(value: Any) -> str:
    """A value for a CSV file; text that a spreadsheet would run gets an apostrophe in front.

    >>> safe_cell("=1+1"), safe_cell(-2.5)
    ("'=1+1", '-2.5')
    """
    if isinstance(value, str) and value.startswith(FORMULA_STARTS) and not _is_number(value):
        return "'" + value
    return "" if value is None else str(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """A CSV file that Excel opens as UTF-8, exact figures as they are."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([safe_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def downloads_of(
    run: Run, names: Mapping[str, str], asked: Mapping[str, str], notebook: bytes | None
) -> list[Download]:
    """The answer as a workbook, its purchases as CSV, all of it as JSON, and its notebook."""
    answer = run.result or {}
    stem = f"bng-{run.run_id}"
    whole = json.dumps(answer, indent=2, ensure_ascii=False).encode()
    found = []
    if answer["purchases"]:
        book = answer_workbook(answer, names, asked)
        lines = as_csv(answer["purchases"], PURCHASE_COLUMNS)
        found = [
            Download("Purchases as Excel workbook", f"{stem}.xlsx", XLSX, book),
            Download("Purchases as CSV", f"{stem}-purchases.csv", CSV, lines),
        ]
    found.append(Download("Whole answer as JSON", f"{stem}.json", "application/json", whole))
    if notebook:
        found.append(
            Download("Executed notebook", f"{stem}.ipynb", "application/x-ipynb+json", notebook)
        )
    return found
