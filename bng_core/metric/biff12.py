"""Just enough of the binary workbook format (.xlsb, MS-XLSB) to find and measure its sheets."""

import struct
from collections.abc import Iterator

from bng_core.metric.extent import Malformed

_ROW, _FIRST_CELL, _LAST_CELL = 0, 1, 11
_SHARED_TEXT_CELL, _SHARED_TEXT, _SHEET = 7, 19, 156


def _records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Record types and their contents; both lengths are in groups of seven bits."""
    at = 0
    while at < len(part):
        kind, at = _number(part, at, 2)
        size, at = _number(part, at, 4)
        if at + size > len(part):
            raise Malformed
        yield kind, part[at : at + size]
        at += size


def _number(part: bytes, at: int, longest: int) -> tuple[int, int]:
    value = 0
    for i in range(longest):
        if at + i >= len(part):
            raise Malformed
        value |= (part[at + i] & 0x7F) << (7 * i)
        if not part[at + i] & 0x80:
            return value, at + i + 1
    return value, at + longest


def _unsigned(content: bytes, at: int) -> int:
    if at + 4 > len(content):
        raise Malformed
    return int(struct.unpack_from("<I", content, at)[0])


def _text(content: bytes, at: int) -> tuple[str, int]:
    end = at + 4 + 2 * _unsigned(content, at)
    if end > len(content):
        raise Malformed
    return content[at + 4 : end].decode("utf-16-le", errors="replace"), end


def sheet_links(workbook: bytes) -> dict[str, str]:
    """Sheet names to the ids of their parts."""
    links = {}
    for kind, content in _records(workbook):
        if kind == _SHEET:
            link, end = _text(content, 8)
            links[_text(content, end)[0]] = link
    return links


def is_small(sheet: bytes) -> bool:
    """Never taken for granted: the records are walked through in any case."""
    return False


def reach(sheet: bytes) -> tuple[int, int]:
    """The last row and the last column of a sheet, counted from 1."""
    row = rows = columns = 0
    for kind, content in _records(sheet):
        if kind == _ROW:
            row = _unsigned(content, 0) + 1
        elif _FIRST_CELL <= kind <= _LAST_CELL:
            rows, columns = max(rows, row), max(columns, _unsigned(content, 0) + 1)
    return rows, columns


def text_lengths(shared_texts: bytes) -> list[int]:
    """The bytes of each shared text."""
    return [len(content) for kind, content in _records(shared_texts) if kind == _SHARED_TEXT]


def text_bytes(sheet: bytes, lengths: list[int]) -> int:
    """How many bytes of shared text a sheet shows, repetitions counted."""
    shown = (
        _unsigned(content, 8) for kind, content in _records(sheet) if kind == _SHARED_TEXT_CELL
    )
    return sum(lengths[index] for index in shown if index < len(lengths))
