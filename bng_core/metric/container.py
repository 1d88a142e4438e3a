"""The file around a workbook: told apart by its first bytes, checked before anything parses it.

Only the few parts that are read (the list of sheets, the texts, the sheets asked for) are taken
out of the archive, each within a size limit, and packed anew: no image, macro, external link or
hidden rest of the file ever reaches the parser. Macros are never run, links never followed.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from bng_core.errors import MetricError
from bng_core.metric import extent

MAX_FILE_BYTES = 20 * 1024 * 1024
"""Largest workbook taken; the empty tool has 3.7 MB."""
MAX_PART_BYTES = 64 * 1024 * 1024
"""Largest part of a workbook when unpacked; the tool's largest has 3 MB."""
MAX_TOTAL_BYTES = 256 * 1024 * 1024
"""All parts unpacked; the tool has 27 MB."""
MAX_PARTS = 5000

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_WORKBOOK, _RELS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_ROOT_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="xl/workbook.xml" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/officeDocument"/></Relationships>'
)
_SHARED_TEXTS = "xl/sharedstrings.xml"
_AGAIN = "save it again in Excel or ask the sender for another copy"


def read_bytes(source: Path | bytes, name: str) -> bytes:
    """The bytes of an upload or of a file; raises MetricError for what cannot be a workbook."""
    data = source if isinstance(source, bytes) else _read_path(source, name)
    if not data:
        raise MetricError(f"{name} is empty (0 bytes): {_AGAIN}.")
    if len(data) > MAX_FILE_BYTES:
        raise _too_big(name, len(data))
    return data


def _read_path(path: Path, name: str) -> bytes:
    if path.is_dir():
        raise MetricError(f"{name} is a folder, not a workbook: give the .xlsx or .xlsm in it.")
    if not path.exists():
        raise MetricError(f"{name} does not exist: check the path of the workbook.")
    if not path.is_file():
        raise MetricError(f"{name} is not a file: give the path of an .xlsx or .xlsm workbook.")
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise _too_big(name, size)
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or "input/output error"
        raise MetricError(f"{name} cannot be read ({reason}): check its permissions.") from error


def _too_big(name: str, size: int) -> MetricError:
    megabytes, limit = size / 1024**2, MAX_FILE_BYTES // 1024**2
    return MetricError(
        f"{name} has {megabytes:.1f} MB, more than the {limit} MB a metric workbook may have: "
        "remove pictures from it, or check that it is the right file."
    )


def damaged(name: str) -> MetricError:
    """The error for a file that begins like a workbook and cannot be read to its end."""
    return MetricError(f"{name} is damaged or incomplete and cannot be read: {_AGAIN}.")


def open_archive(data: bytes, name: str) -> zipfile.ZipFile:
    """The archive of a workbook, its sizes checked; raises MetricError for every other kind."""
    if data.startswith(OLE_MAGIC):
        raise _ole_error(data, name)
    if not data.startswith(b"PK"):
        raise MetricError(
            f"{name} is not a workbook: give the statutory biodiversity metric as .xlsx or .xlsm."
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise damaged(name) from error
    _check_sizes(entries, name)
    return archive


def _ole_error(data: bytes, name: str) -> MetricError:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return MetricError(
            f"{name} is protected by a password: open it in Excel, remove the password under "
            "File, Info, Protect Workbook, and save it."
        )
    if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data:
        return MetricError(
            f"{name} is an old Excel 97-2003 workbook (.xls): open it in Excel and save it as "
            ".xlsx or .xlsm."
        )
    return MetricError(
        f"{name} is not a workbook: give the statutory biodiversity metric as .xlsx or .xlsm."
    )


def _check_sizes(entries: list[zipfile.ZipInfo], name: str) -> None:
    largest = max((entry.file_size for entry in entries), default=0)
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_PARTS or largest > MAX_PART_BYTES or total > MAX_TOTAL_BYTES:
        raise MetricError(
            f"{name} unpacks to {total / 1024**2:,.0f} MB in {len(entries):,} parts, far more than "
            f"a metric workbook ({MAX_TOTAL_BYTES // 1024**2} MB at most): it was not opened; "
            "check where it comes from."
        )


def read_part(archive: zipfile.ZipFile, part: str, name: str) -> bytes:
    """One part, unpacked and verified against its checksum."""
    try:
        return archive.read(part)
    except KeyError as error:
        raise damaged(name) from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        # RuntimeError: an entry flagged as encrypted; NotImplementedError: unknown compression.
        raise damaged(name) from error


def sheet_parts(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """Sheet names, hidden ones included, to the parts that hold them, in workbook order."""
    if _WORKBOOK not in archive.namelist():
        raise MetricError(
            f"{name} is not a workbook: give the statutory biodiversity metric as .xlsx or .xlsm."
        )
    targets = {
        node.get("Id", ""): node.get("Target", "")
        for node in _parse(read_part(archive, _RELS, name), name)
    }
    parts = {}
    for node in _parse(read_part(archive, _WORKBOOK, name), name).findall("{*}sheets/{*}sheet"):
        link = next((value for key, value in node.items() if key.endswith("}id")), "")
        target = targets.get(link, "")
        if target:
            parts[node.get("name", "")] = posixpath.normpath(
                target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            )
    if not parts:
        raise damaged(name)
    return parts


def _parse(data: bytes, name: str) -> ElementTree.Element:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise damaged(name)
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise damaged(name) from error


def repack(archive: zipfile.ZipFile, parts: Iterable[str], name: str) -> bytes:
    """A new archive of the list of sheets, the shared texts and the given sheet parts only.

    Cell styles are left out on purpose: a number stays a number whatever its cell's format.
    """
    texts = {
        part: read_part(archive, part, name)
        for part in archive.namelist()
        if part.lower() == _SHARED_TEXTS
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as package:
        package.writestr("_rels/.rels", _ROOT_RELS)
        for part in (_WORKBOOK, _RELS):
            package.writestr(part, read_part(archive, part, name))
        for part, data in texts.items():
            package.writestr(part, data)
        for part in dict.fromkeys(parts):
            data = read_part(archive, part, name)
            _check_extent(data, b"".join(texts.values()), name)
            package.writestr(part, data)
    return buffer.getvalue()


def _check_extent(sheet_xml: bytes, shared_texts: bytes, name: str) -> None:
    """Refuse a sheet that would unfold to more than can be held, whatever it contains."""
    try:
        rows, columns = extent.reach(sheet_xml)
    except extent.Malformed as error:
        raise damaged(name) from error
    if rows * columns > extent.MAX_CELLS:
        raise MetricError(
            f"{name} has a sheet that reaches to row {rows:,} and column {columns:,}, which no "
            "metric workbook does: delete the stray cells at its far edge and save it."
        )
    if extent.text_bytes(sheet_xml, shared_texts) > extent.MAX_TEXT_BYTES:
        raise MetricError(
            f"{name} has a sheet with more than {extent.MAX_TEXT_BYTES // 1024**2} MB of text, "
            "which no metric workbook has: it was not read; check where it comes from."
        )
