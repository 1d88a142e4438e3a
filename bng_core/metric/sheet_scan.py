"""What the XML of a sheet says beyond its values: cells without their formula, hidden rows.

Only tags are looked at, nothing is evaluated; a sheet written in another way tells nothing.
"""

import re
from collections.abc import Iterable

_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]+)\d+"[^>]*?(?:/>|>(.*?)</c>)', re.DOTALL)
_FORMULA = re.compile(rb"<f[\s/>]")


def has_formulas(xml: bytes) -> bool:
    """Whether the sheet holds any formula; a copy of values holds none."""
    return _FORMULA.search(xml) is not None


def hidden_rows(xml: bytes, rows: Iterable[int]) -> list[int]:
    """Which of the rows are hidden, in the order given."""
    return [row for row in rows if _HIDDEN.search(_row(xml, row)[0])]


def overwritten(xml: bytes, cells: Iterable[str]) -> list[str]:
    """Cells that hold a value where every copy of the tool has a formula, as on the sheet."""
    wanted: dict[int, set[str]] = {}
    for cell in cells:
        column = cell.rstrip("0123456789")
        wanted.setdefault(int(cell[len(column) :]), set()).add(column)
    return [
        f"{column.decode()}{row}"
        for row in sorted(wanted)
        for column, inside in _CELL.findall(_row(xml, row)[1])
        if column.decode() in wanted[row] and b"<v" in inside and not _FORMULA.search(inside)
    ]


def _row(xml: bytes, number: int) -> tuple[bytes, bytes]:
    """The attributes and the cells of a row; nothing where it is not written as usual."""
    start = xml.find(b'<row r="%d"' % number)
    opened = xml.find(b">", start)
    if start < 0 or opened < 0 or xml[opened - 1 : opened] == b"/":
        return b"", b""
    end = xml.find(b"</row>", opened)
    return xml[start:opened], xml[opened + 1 : end] if end > 0 else b""
