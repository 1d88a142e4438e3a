"""The run key: one SHA-256 over everything that can change an answer (§5).

Equal keys mean equal answers. The pricing date is a parameter, and so part of the key.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
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

    Read anew at each call: a worker's kernel runs the code as it lies there now.
    """
    digest = hashlib.sha256()
    for name, file in sorted(_code_files(files("bng_core"), "")):
        digest.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    for package in SOLVING_PACKAGES:
        digest.update(f"{package}=={version(package)}\0".encode())
    return digest.hexdigest()


def _code_files(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _code_files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".py", ".csv")):
            yield prefix + entry.name, entry
