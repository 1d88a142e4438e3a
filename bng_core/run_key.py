"""The run key: one SHA-256 over everything that can change an answer (§5).

Equal keys mean equal answers. The pricing date is a parameter, and so part of the key.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

SOLVING_PACKAGES = ("pulp", "highspy", "pandas")
"""Packages beside our own code that can decide between two answers."""


@dataclass(frozen=True)
class Versions:
    """What an answer depends on beside notebook and parameters; each a SHA-256."""

    input_sha256: str
    market: str
    rulebook: str
    code: str


def run_key(notebook: Path, parameters: Mapping[str, object], versions: Versions) -> str:
    """SHA-256 over notebook, parameters, input, market, rulebook and code."""
    parts = {
        "notebook": notebook_version(notebook),
        "parameters": parameters,
        "versions": astuple(versions),
    }
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def notebook_version(notebook: Path) -> str:
    """SHA-256 over the cells as written; outputs, counts and kernel noise do not count."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    written = [
        [cell["cell_type"], "".join(cell["source"]), sorted(cell["metadata"].get("tags", []))]
        for cell in cells
    ]
    return hashlib.sha256(json.dumps(written).encode()).hexdigest()


def code_version() -> str:
    """SHA-256 over the code and tables of bng_core and the versions of what solves with it.

    Looked at anew at each call, since a worker's kernel runs the code as it lies there now; the
    files are read again only where one of them has another size or time.
    """
    return _hash_of(tuple(sorted(_code_files(Path(str(files("bng_core"))), ""))))


Seen = tuple[str, int, int]
"""A file of the code: its name, its size, and when it was written (nanoseconds)."""


@lru_cache(maxsize=1)
def _hash_of(seen: tuple[Seen, ...]) -> str:
    digest = hashlib.sha256()
    package = files("bng_core")
    for name, _, _ in seen:
        content = package.joinpath(name).read_bytes()
        digest.update(name.encode() + b"\0" + content + b"\0")
    for solver in SOLVING_PACKAGES:
        digest.update(f"{solver}=={version(solver)}\0".encode())
    return digest.hexdigest()


def _code_files(folder: Path, prefix: str) -> Iterator[Seen]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _code_files(Path(entry.path), f"{prefix}{entry.name}/")
            elif entry.name.endswith((".py", ".csv")):
                found = entry.stat()
                yield prefix + entry.name, found.st_size, found.st_mtime_ns
