"""The cells of a workbook by their addresses, cached values only; hidden sheets are read too."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from bng_core.errors import MetricError
from bng_core.metric import container
from bng_core.metric.layout import Sheet
from bng_core.metric.package import Package
from bng_core.reference import squeeze

Value = float | str | None

Rows = Sequence[Sequence[object]]


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet; `title` is the sheet's name as this workbook spells it."""

    title: str
    rows: Rows

    def value(self, cell: str) -> Value:
        """A number, a text as it stands, or None for a blank cell or one beyond the sheet."""
        letters = cell.rstrip("0123456789")
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - 64
        row = int(cell[len(letters) :])
        if row > len(self.rows) or column > len(self.rows[row - 1]):
            return None
        return plain(self.rows[row - 1][column - 1])

    def text(self, cell: str) -> str:
        """The text of a cell, stripped; a number as Python writes it; "" when blank."""
        value = self.value(cell)
        return "" if value is None else str(value).strip()


def plain(value: object) -> Value:
    """A cell's value as read here: a number, a text as it stands, None for a blank."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return value + 0.0 if math.isfinite(value) else "#NUM!"  # + 0.0 makes -0.0 a plain 0.0
    text = str(value)
    return text if text.strip() else None


class Workbook:
    """A workbook file whose sheets can be asked for by name, whatever their case and spaces."""

    def __init__(
        self, source: Path | bytes, name: str, part_bytes: int = container.MAX_PART_BYTES
    ) -> None:
        self.name = name
        archive = container.open_archive(container.read_bytes(source, name), name, part_bytes)
        self.package = Package(archive, name)
        self._titles = {squeeze(title): title for title in reversed(self.sheet_names)}

    @property
    def sheet_names(self) -> list[str]:
        """Every sheet, in the workbook's order and spelling."""
        return list(self.package.sheet_parts)

    def title_of(self, sheet: Sheet) -> str | None:
        """The name under which the workbook has the sheet, None where it has not."""
        for name in (sheet.name, *sheet.aliases):
            if title := self._titles.get(squeeze(name)):
                return title
        return None

    def read(self, titles: list[str]) -> dict[str, Grid]:
        """The cells of the named sheets; raises MetricError where the file is damaged."""
        package = self.package.repack(titles)
        return {title: Grid(title, rows) for title, rows in self._parse(package, titles)}

    def _parse(self, package: bytes, titles: list[str]) -> list[tuple[str, Rows]]:
        try:
            book = CalamineWorkbook.from_object(io.BytesIO(package))
            return [
                (title, book.get_sheet_by_name(title).to_python(skip_empty_area=False))
                for title in titles
            ]
        except (CalamineError, OSError, ValueError, OverflowError, MemoryError) as error:
            raise container.damaged(self.name) from error
        except BaseException as error:
            # A panic in the Rust reader arrives as pyo3_runtime.PanicException, which cannot be
            # imported and is no Exception; anything else (Ctrl-C) goes on its way.
            if type(error).__name__ != "PanicException":
                raise
            raise container.damaged(self.name) from error


def wrong_layout(name: str, where: str, found: str, expected: str) -> MetricError:
    """The error for a cell that proves that a sheet is not laid out as the tool 4.1 is."""
    return MetricError(
        f"{name} is not laid out as the statutory metric 4.1: {where} is {found or 'blank'!r}, "
        f"expected {expected!r}; use an unaltered copy of the official calculation tool."
    )
