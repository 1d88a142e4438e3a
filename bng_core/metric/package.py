"""The parts of a workbook: which sheet lies where, and only what is read packed anew.

The list of sheets, the shared texts and the sheets asked for are taken out of the archive, each
within its size limit and measured before it is parsed. No image, macro, external link or hidden
rest of the file ever reaches the parser. Macros are never run, links never followed.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.etree import ElementTree

from bng_core.errors import MetricError
from bng_core.metric import biff12, extent
from bng_core.metric.container import damaged, not_a_workbook, read_part

_ROOT_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="{}" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/officeDocument"/></Relationships>'
)
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
_FORMULA = re.compile(rb"<f[ >][^<]*</f>")
_ERROR_CELL = re.compile(rb'(<c r="[A-Z]{1,3}\d{1,7}"(?: s="\d+")? t=)"e"(?=[ />])', re.ASCII)


@dataclass(frozen=True)
class Format:
    """How a workbook's parts are named and measured: XML (.xlsx, .xlsm) or binary (.xlsb)."""

    workbook: str
    links: str
    shared_texts: str
    sheet_links: Callable[[bytes], dict[str, str]]
    is_small: Callable[[bytes], bool]
    reach: Callable[[bytes], tuple[int, int]]
    text_lengths: Callable[[bytes], list[int]]
    text_bytes: Callable[[bytes, list[int]], int]


def _xml_sheet_links(workbook: bytes) -> dict[str, str]:
    """Sheet names to the ids of their parts."""
    links = {}
    for node in _parse(workbook).findall("{*}sheets/{*}sheet"):
        link = next((value for key, value in node.items() if key.endswith("}id")), "")
        links[node.get("name", "")] = link
    return links


def _parse(data: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise extent.Malformed
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise extent.Malformed from error


_XML = Format(
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/sharedstrings.xml",
    _xml_sheet_links,
    extent.is_small,
    extent.reach,
    extent.text_lengths,
    extent.text_bytes,
)
_BINARY = Format(
    "xl/workbook.bin",
    "xl/_rels/workbook.bin.rels",
    "xl/sharedstrings.bin",
    biff12.sheet_links,
    biff12.is_small,
    biff12.reach,
    biff12.text_lengths,
    biff12.text_bytes,
)


class Package:
    """An archive that holds a workbook; raises MetricError where it does not."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive = archive
        self._name = name
        self._parts: dict[str, bytes] = {}
        parts = set(archive.namelist())
        formats = [each for each in (_XML, _BINARY) if each.workbook in parts]
        if not formats:
            raise self._other_archive(parts)
        self._format = formats[0]
        self.sheet_parts = self._find_sheets()

    def _other_archive(self, parts: set[str]) -> MetricError:
        if "mimetype" in parts and self._read("mimetype").startswith(_OPEN_DOCUMENT):
            return MetricError(
                f"{self._name} is an OpenDocument spreadsheet (.ods): open it and save it as .xlsx."
            )
        return not_a_workbook(self._name)

    def _find_sheets(self) -> dict[str, str]:
        """Sheet names, hidden ones included, to the parts that hold them, in workbook order."""
        try:
            targets = {
                node.get("Id", ""): node.get("Target", "")
                for node in _parse(self._read(self._format.links))
            }
            links = self._format.sheet_links(self._read(self._format.workbook))
        except extent.Malformed as error:
            raise damaged(self._name) from error
        parts = {
            sheet: _resolved(targets[link]) for sheet, link in links.items() if targets.get(link)
        }
        if not parts:
            raise damaged(self._name)
        return parts

    def _read(self, part: str) -> bytes:
        if part not in self._parts:
            self._parts[part] = read_part(self._archive, part, self._name)
        return self._parts[part]

    def sheet_xml(self, sheet: str) -> bytes:
        """The XML of a sheet that was read; nothing in a binary workbook or for other sheets."""
        return self._parts.get(self.sheet_parts[sheet], b"") if self._format is _XML else b""

    def external_targets(self) -> list[str]:
        """The files that formulas of the workbook refer to; they are never opened."""
        targets = []
        for part in self._archive.namelist():
            if part.lower().startswith("xl/externallinks/_rels/"):
                try:
                    nodes = list(_parse(self._read(part)))
                except extent.Malformed as error:
                    raise damaged(self._name) from error
                targets += [node.get("Target", "") for node in nodes]
        return targets

    def repack(self, sheets: Iterable[str]) -> bytes:
        """A new archive with the list of sheets, the shared texts and the named sheets only.

        Cell styles are left out on purpose: a number stays a number whatever its cell's format.
        """
        texts = {
            part: self._read(part)
            for part in self._archive.namelist()
            if part.lower() == self._format.shared_texts
        }
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as package:
            package.writestr("_rels/.rels", _ROOT_RELS.format(self._format.workbook))
            for part in (self._format.workbook, self._format.links):
                package.writestr(part, self._read(part))
            for part, data in texts.items():
                package.writestr(part, data)
            parts = dict.fromkeys(self.sheet_parts[sheet] for sheet in sheets)
            values = {part: self._values(part) for part in parts}
            self._check_extents(values.values(), b"".join(texts.values()))
            for part, data in values.items():
                package.writestr(part, data)
        return buffer.getvalue()

    def _values(self, part: str) -> bytes:
        """A sheet without its formulas, which are half of it; error cells (#VALUE!) as texts.

        The parser skips formulas and would give error cells as blanks.
        """
        sheet = self._read(part)
        if self._format is not _XML:
            return sheet
        sheet = _FORMULA.sub(b"", sheet)
        return _ERROR_CELL.sub(rb'\1"str"', sheet) if b't="e"' in sheet else sheet

    def _check_extents(self, sheets: Iterable[bytes], shared_texts: bytes) -> None:
        """Refuse sheets that would unfold to more than can be held, whatever they contain."""
        cells = shown = 0
        try:
            lengths = self._format.text_lengths(shared_texts)
            for data in sheets:
                if not self._format.is_small(data):
                    rows, columns = self._format.reach(data)
                    cells += rows * columns
                    if cells > extent.MAX_CELLS:
                        raise self._too_far(rows, columns)
                shown += self._format.text_bytes(data, lengths)
                if shown > extent.MAX_TEXT_BYTES:
                    raise self._too_long()
        except extent.Malformed as error:
            raise damaged(self._name) from error

    def _too_far(self, rows: int, columns: int) -> MetricError:
        return MetricError(
            f"{self._name} has a sheet that reaches to row {rows:,} and column {columns:,}, "
            "which no metric workbook does: delete the stray cells at its far edge and save it."
        )

    def _too_long(self) -> MetricError:
        return MetricError(
            f"{self._name} has sheets with more than {extent.MAX_TEXT_BYTES // 1024**2} MB of "
            "text, which no metric workbook has: it was not read; check where it comes from."
        )


def _resolved(target: str) -> str:
    """A part's path in the archive, from the workbook's point of view."""
    return posixpath.normpath(target.lstrip("/") if target.startswith("/") else f"xl/{target}")
