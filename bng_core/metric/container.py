"""The file around a workbook: told apart by its first bytes, checked before anything parses it."""

import io
import zipfile
import zlib
from pathlib import Path

from bng_core.errors import MetricError

MAX_FILE_BYTES = 20 * 1024 * 1024
"""Largest workbook taken; the empty tool has 3.7 MB."""
MAX_PART_BYTES = 24 * 1024 * 1024
"""Largest part of a workbook when unpacked; the tool's largest has 3 MB."""
MAX_TOTAL_BYTES = 256 * 1024 * 1024
"""All parts unpacked; the tool has 27 MB."""
MAX_PARTS = 5000
MARKET_PART_BYTES = 96 * 1024 * 1024
"""Largest part of a market workbook; 1,000 banks with 77,000 prices have 26 MB."""

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
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
    try:
        if path.is_dir():
            raise MetricError(f"{name} is a folder, not a workbook: give the .xlsx or .xlsm in it.")
        if not path.exists():
            raise MetricError(f"{name} does not exist: check the path of the workbook.")
        if not path.is_file():
            raise MetricError(f"{name} is not a file: give the path of an .xlsx or .xlsm workbook.")
        if (size := path.stat().st_size) > MAX_FILE_BYTES:
            raise _too_big(name, size)
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or "input/output error"
        raise MetricError(
            f"{name} cannot be read ({reason}): check its path and permissions."
        ) from error


def _too_big(name: str, size: int) -> MetricError:
    megabytes, limit = size / 1024**2, MAX_FILE_BYTES // 1024**2
    return MetricError(
        f"{name} has {megabytes:.1f} MB, more than the {limit} MB a metric workbook may have: "
        "remove pictures from it, or check that it is the right file."
    )


def not_a_workbook(name: str) -> MetricError:
    """The error for a file of some other kind."""
    return MetricError(
        f"{name} is not a workbook: give the statutory biodiversity metric as .xlsx or .xlsm."
    )


def damaged(name: str) -> MetricError:
    """The error for a file that begins like a workbook and cannot be read to its end."""
    return MetricError(f"{name} is damaged or incomplete and cannot be read: {_AGAIN}.")


def open_archive(data: bytes, name: str, part_bytes: int = MAX_PART_BYTES) -> zipfile.ZipFile:
    """The archive of a workbook, its sizes checked; raises MetricError for every other kind."""
    if data.startswith(OLE_MAGIC):
        raise _ole_error(data, name)
    if not data.startswith(b"PK"):
        raise not_a_workbook(name)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise damaged(name) from error
    _check_sizes(entries, name, part_bytes)
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
    return not_a_workbook(name)


def _check_sizes(entries: list[zipfile.ZipInfo], name: str, part_bytes: int) -> None:
    largest = max((entry.file_size for entry in entries), default=0)
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_PARTS or largest > part_bytes or total > MAX_TOTAL_BYTES:
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
