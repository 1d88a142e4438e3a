"""A folder of tables sent as one file: a .zip, of a portfolio or of a market."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from bng_core.errors import BadInput

MOST_FILES = 2_000
MOST_BYTES = 200 * 1024 * 1024
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The date of every packed file, so that equal files are equal bytes."""


@contextmanager
def opened_folder(path: Path, what: str) -> Iterator[Path]:
    """The folder itself, or a .zip laid out in a temporary folder; `what` it holds, for errors.

    Raises BadInput.
    """
    if path.suffix.casefold() != ".zip" or path.is_dir():
        yield path
        return
    with TemporaryDirectory(prefix=f"bng-{what}-") as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(path) as archive:
                _lay_out(archive, folder, path.name)
        except OSError as error:
            raise BadInput(f"{path.name} cannot be opened: {error.strerror}.") from error
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise BadInput(
                f"{path.name} is not a readable .zip ({error}); pack the {what} folder again."
            ) from error
        yield folder


def pack(files: Mapping[str, bytes]) -> bytes:
    """A .zip of files by name; equal files give equal bytes, in whatever order they came."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _EARLIEST), files[name], zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _lay_out(archive: zipfile.ZipFile, folder: Path, name: str) -> None:
    """Every file by its bare name, within limits that are measured, not believed."""
    files = [info for info in archive.infolist() if not info.is_dir()]
    if len(files) > MOST_FILES:
        raise BadInput(f"{name} holds {len(files):,} files; at most {MOST_FILES:,} can be read.")
    left = MOST_BYTES
    for info in files:
        bare = PurePosixPath(info.filename.replace("\\", "/")).name
        if bare in ("", ".", "..") or (folder / bare).exists():
            raise BadInput(f"{name} holds {info.filename} twice or without a name; rename it.")
        with archive.open(info) as packed:
            content = packed.read(left + 1)
        left -= len(content)
        if left < 0:
            raise BadInput(f"{name} holds more than {MOST_BYTES // 1024**2} MB; send less at once.")
        (folder / bare).write_bytes(content)
