"""How far a sheet reaches and how much text it repeats, found out before it is parsed.

The parser holds a sheet as a full rectangle and every cell's text on its own, so that a file of a
few kilobytes could ask for all memory. Here cells are only counted, by their tags.
"""

import re
from collections import Counter

MAX_CELLS = 3_000_000
"""Rectangles of cells that the sheets read may span together; the tool's span 900,000."""
MAX_TAGS = 1_000_000
"""Cells or shared texts of one part; the tool's largest part has 12,000."""
MAX_TEXT_BYTES = 96 * 1024 * 1024
"""All texts of the sheets read, each counted in every cell that shows it."""

_PLAINLY_SHORT = 3 * 1024 * 1024
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_CELL_TAG = re.compile(
    rb"""<(?:\w+:)?c((?:\s+[\w:.]+\s*=\s*(?:"[\w.:-]*"|'[\w.:-]*'))*)\s*/?>""", re.ASCII
)
_USUAL_TAG = rb'<c r="([A-Z]{1,3}\d{1,7})"(?: s="\d+")?(?: t="\w+")?(?: cm="\d+")?'
_FILLED_CELL = re.compile(_USUAL_TAG + b">", re.ASCII)
_EMPTY_CELL = re.compile(_USUAL_TAG.replace(b"(", b"(?:", 1) + b" ?/>", re.ASCII)
"""Cells as Excel and openpyxl write them; an empty one has a style alone, and no extent."""
_UNUSUAL_CELL = re.compile(rb'<c(?=[\s/>])(?! r="[A-Z]{1,2}\d{1,3}"[ />])', re.ASCII)
_PREFIXED_CELL = re.compile(rb":c[\s/>]")
_ADDRESS = re.compile(rb"""\sr\s*=\s*["']([^"']*)["']""")
_WELL_FORMED = re.compile(rb"(?:[A-Za-z]{1,3}\d{1,7}\n)*+", re.ASCII)
_LETTERS = re.compile(rb"[A-Za-z]+")
_DIGITS = re.compile(rb"\d+")
_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["'](\d+)""")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>\s*(\d{1,6})\s*<")
_TEXT_END = re.compile(rb"</(?:\w+:)?si\s*>")
_FAR_ROW = 10_000_000


class Malformed(Exception):
    """The tags of a sheet are not those of a workbook."""


def is_small(sheet_xml: bytes) -> bool:
    """Whether no cell can lie beyond column ZZ and row 999, told by one look at all cell tags."""
    looks = (_UNUSUAL_CELL, _PREFIXED_CELL)
    return b"\0" not in sheet_xml and not any(look.search(sheet_xml) for look in looks)


def reach(sheet_xml: bytes) -> tuple[int, int]:
    """The last row and the last column that a filled cell of a sheet can have; raises Malformed."""
    if b"\0" in sheet_xml or sheet_xml.count(b"<c") + sheet_xml.count(b":c") > MAX_TAGS:
        raise Malformed
    if sheet_xml.count(b"<row") + sheet_xml.count(b":row") > MAX_TAGS:
        raise Malformed
    cells = len(_CELL.findall(sheet_xml))
    addresses = tags = _FILLED_CELL.findall(sheet_xml)
    cells -= len(_EMPTY_CELL.findall(sheet_xml))
    if len(addresses) != cells:
        cells = len(_CELL.findall(sheet_xml))
        tags = _CELL_TAG.findall(sheet_xml)
        addresses = _ADDRESS.findall(b"\n".join(tags))
    if len(tags) != cells:
        raise Malformed
    listed = b"".join(address + b"\n" for address in addresses)
    if not _WELL_FORMED.fullmatch(listed):
        raise Malformed
    rows = max(map(int, set(_DIGITS.findall(listed))), default=0)
    columns = max(map(_column_number, set(_LETTERS.findall(listed))), default=0)
    addressed = len(addresses)
    # Cells without an address follow one another: at worst all of them stand in the last row.
    if unaddressed := len(tags) - addressed:
        numbers = [int(n) if len(n) < 8 else _FAR_ROW for n in _ROW_NUMBER.findall(sheet_xml)]
        rows = max(rows, *numbers, 0) + len(_ROW.findall(sheet_xml))
        columns += unaddressed
    return rows, columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def text_lengths(shared_texts: bytes) -> list[int]:
    """The bytes of each shared text; raises Malformed where there are far too many."""
    if shared_texts.count(b"<si") + shared_texts.count(b":si") > MAX_TAGS:
        raise Malformed
    return [len(text) for text in _TEXT_END.split(shared_texts)]


def text_bytes(sheet_xml: bytes, lengths: list[int]) -> int:
    """How many bytes of shared text a sheet shows at most, repetitions counted."""
    cells = sheet_xml.count(b'"s"') + sheet_xml.count(b"'s'")
    if (at_most := cells * max(lengths)) < _PLAINLY_SHORT:
        return at_most
    shown = Counter(_VALUE.findall(sheet_xml))
    return sum(
        lengths[int(index)] * times for index, times in shown.items() if int(index) < len(lengths)
    )
