"""How far a sheet reaches and how much text it repeats, found out before it is parsed.

The parser holds a sheet as a full rectangle and every cell's text on its own, so that a file of a
few kilobytes could ask for all memory. Here cells are only counted, by their tags.
"""

import re
from collections import Counter

MAX_CELLS = 5_000_000
"""Largest rectangle of cells a sheet may span; the tool's largest has 20,000."""
MAX_TEXT_BYTES = 256 * 1024 * 1024
"""All texts of a sheet, each counted in every cell that shows it."""

_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_CELL_TAG = re.compile(
    rb"""<(?:\w+:)?c((?:\s+[\w:.]+\s*=\s*(?:"[\w.:-]*"|'[\w.:-]*'))*)\s*/?>""", re.ASCII
)
_USUAL_CELL = re.compile(
    rb'<c r="([A-Z]{1,3}\d{1,7})"(?: s="\d+")?(?: t="\w+")?(?: cm="\d+")?/?>', re.ASCII
)
"""A cell's tag as Excel writes it, told in one go; others are taken apart."""
_ADDRESS = re.compile(rb"""\sr\s*=\s*["']([^"']*)["']""")
_WELL_FORMED = re.compile(rb"(?:[A-Za-z]{1,3}\d{1,7}\n)*+", re.ASCII)
_LETTERS = re.compile(rb"[A-Za-z]+")
_DIGITS = re.compile(rb"\d+")
_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["'](\d+)""")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>\s*(\d{1,9})\s*<")
_VALUE_TAG = re.compile(rb"<(?:\w+:)?v[\s>]")
_TEXT_END = re.compile(rb"</(?:\w+:)?si\s*>")
_FAR_ROW = 10_000_000


class Malformed(Exception):
    """The tags of a sheet are not those of a workbook."""


def reach(sheet_xml: bytes) -> tuple[int, int]:
    """The last row and the last column that any cell of a sheet can have; raises Malformed."""
    cells = len(_CELL.findall(sheet_xml))
    if b"\0" in sheet_xml:
        raise Malformed
    addresses = _USUAL_CELL.findall(sheet_xml)
    tags = addresses
    if len(addresses) != cells:
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


def text_bytes(sheet_xml: bytes, shared_texts: bytes) -> int:
    """How many bytes of shared text a sheet shows at most, repetitions counted."""
    lengths = [len(text) for text in _TEXT_END.split(shared_texts)]
    if (at_most := len(_VALUE_TAG.findall(sheet_xml)) * max(lengths)) <= MAX_TEXT_BYTES:
        return at_most
    shown = Counter(_VALUE.findall(sheet_xml))
    return sum(
        lengths[int(index)] * times for index, times in shown.items() if int(index) < len(lengths)
    )
