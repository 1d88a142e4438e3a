"""The state of a stack as one private file, and the lock that says whether it runs."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from bng_core.errors import StackError
from bng_core.local_stack.files import read_json, write_private
from bng_core.settings import STATE_FILE

LOCK_FILE = "lock"


class Phase(StrEnum):
    """Where a stack is in its life."""

    STARTING = "starting"
    UP = "up"
    STOPPING = "stopping"
    FAILED = "failed"


@dataclass
class ServiceState:
    """One running program: what `bng status` shows, and what tells it from a later process."""

    name: str
    pid: int
    started: float
    restarts: int = 0
    healthy: bool = False


@dataclass
class State:
    """Everything about a running stack that another process may need."""

    phase: Phase = Phase.STARTING
    message: str = ""
    pid: int = 0
    started: float = 0.0
    workers: int = 0
    ports: dict[str, int] = field(default_factory=dict)
    services: list[ServiceState] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, data_dir: Path) -> None:
        """Replace the state file."""
        write_private(data_dir / STATE_FILE, json.dumps(asdict(self), indent=1))


def read_state(data_dir: Path) -> State | None:
    """The last state written; None where there is none or it cannot be read."""
    found: dict[str, Any] = read_json(data_dir / STATE_FILE)
    try:
        services = [ServiceState(**service) for service in found.pop("services")]
        phase = Phase(found.pop("phase"))
        return State(phase=phase, services=services, **found)
    except (KeyError, TypeError, ValueError):
        return None  # none yet, or written by another version


def is_locked(data_dir: Path) -> bool:
    """Whether a supervisor is alive for this folder; the lock dies with it, however it dies."""
    with lock(data_dir) as held:
        return not held


@contextmanager
def lock(data_dir: Path) -> Iterator[bool]:
    """Hold the stack's lock for the time of the block; False where another process holds it."""
    if not data_dir.exists():
        yield True
        return
    try:
        file = os.open(data_dir / LOCK_FILE, os.O_RDONLY | os.O_CREAT, 0o600)
    except PermissionError as error:
        raise StackError(
            f"The local stack in {data_dir} belongs to another user. Run this as that user, or set "
            "BNG_DATA_DIR to a folder of your own."
        ) from error
    try:
        yield _try_lock(file)
    finally:
        os.close(file)


def _try_lock(file: int) -> bool:
    """Try for a moment, since a command that only asks holds the lock for an instant."""
    for _ in range(10):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False
