"""Small files that only their owner may read, replaced in one step."""

import json
import os
import secrets
from pathlib import Path
from typing import Any, BinaryIO

from bng_core.errors import StackError

LARGEST_LOG_BYTES = 10_000_000
SECRETS_FILE = "secrets.json"
SECRETS = {
    "postgres_admin": "",
    "postgres_owner": "",
    "postgres": "",
    "postgres_prefect": "",
    "valkey": "",
    "prefect": "bng:",
    "voila": "",
    "api": "",
}
"""Name of each secret, and what stands before the random part: Prefect's is user:password."""


def write_private(path: Path, text: str, owner: int | None = None) -> None:
    """Write a file with mode 0600 so that a reader sees the old or the new text, never half.

    `owner` is the user id that gets the file, where we may give it away.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if owner is not None:
        os.chown(part, owner, -1)
    part.replace(path)


def open_log(path: Path) -> BinaryIO:
    """A private log to append to; a large one is set aside first."""
    if path.exists() and path.stat().st_size > LARGEST_LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return open(path, "ab", opener=lambda file, flags: os.open(file, flags, 0o600))


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty where there is none or it was cut short."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def make_data_dir(data_dir: Path, mode: int) -> None:
    """Create the stack's folder; raises StackError where this user may not write there."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        data_dir.chmod(mode)
        (data_dir / "logs").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StackError(
            f"{data_dir} cannot be used by this user ({error.strerror}). Run as the user who owns "
            "it, or set BNG_DATA_DIR to a folder of your own."
        ) from error


def load_secrets(data_dir: Path) -> dict[str, str]:
    """The passwords of the local services, made at random on first use."""
    path = data_dir / SECRETS_FILE
    found = read_json(path)
    missing = [name for name in SECRETS if name not in found]
    if missing:
        found |= {name: SECRETS[name] + secrets.token_urlsafe(24) for name in missing}
        write_private(path, json.dumps(found, indent=2))
    return {name: str(found[name]) for name in SECRETS}
