"""Backup and restore of the store: one file, checked to be whole before and after it is used.

The file is a tar archive of two parts: `store.dump`, as pg_dump writes it, and `manifest.json` with
its SHA-256, the revision of the tables, and rows and checksum of each table at that very moment.
A restore is one transaction that ends by comparing every table with the manifest: afterwards the
store is as it was backed up, or as it was before. The Prefect server's own database is not part
of it: runs, with their results, are in the store.
"""

import hashlib
import io
import json
import os
import secrets
import subprocess
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bng_core.actor import Action, Actor, require
from bng_core.errors import BadInput, StoreError
from bng_core.local_stack.homes import postgres_programs
from bng_core.settings import Settings
from bng_core.store.backup_steps import Frozen, check_target, frozen, note_restore
from bng_core.store.inventory import Content, comparison

MANIFEST, DUMP = "manifest.json", "store.dump"
LARGEST_MANIFEST = 1_000_000
LOCK_TIMEOUT = "30s"
"""How long a restore waits for those who use the store."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    made_at: str
    revision: str
    dump_sha256: str
    tables: dict[str, Content]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(content.rows for content in self.tables.values())


def back_up(settings: Settings, actor: Actor, target: Path) -> Manifest:
    """Write the store to a new file that only its owner may read; the application's role will do.

    Raises NotAllowed; BadInput where the file exists; StoreError where pg_dump cannot do it.
    """
    require(actor, Action.BACK_UP)
    if target.exists():
        raise BadInput(f"{target} exists already; name another file.")
    if not target.absolute().parent.is_dir():
        raise BadInput(f"{target.absolute().parent} is not a folder; make it first.")
    url = _known(settings.database_url)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    with tempfile.TemporaryDirectory(prefix="bng-backup-") as folder, frozen(url, actor) as moment:
        dump = Path(folder) / DUMP
        options = ("--format=custom", "--no-owner", "--no-privileges")
        _run("pg_dump", url, *options, f"--snapshot={moment.snapshot}", f"--file={dump}")
        manifest = _manifest(moment, dump)
        try:
            _write(part, manifest, dump)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return manifest


def restore(settings: Settings, actor: Actor, source: Path, *, replace: bool = False) -> Manifest:
    """Put a backup in place of the store, all or nothing, and bring its tables up to date.

    Raises NotAllowed; BadInput for a file that is no whole backup, or, unless `replace` is given,
    where the store holds what people made; StoreError where Postgres refuses.
    """
    require(actor, Action.BACK_UP)
    url = _known(settings.owner_database_url or settings.database_url)
    with tempfile.TemporaryDirectory(prefix="bng-restore-") as folder:
        manifest, dump = _read(source, Path(folder))
        check_target(url, manifest.revision, replace=replace)
        script = Path(folder) / "restore.sql"
        _script(manifest, dump, script)
        _run("psql", url, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-f", str(script))
    note_restore(url, str(settings.database_url), actor, source.name)
    return manifest


def _known(url: str | None) -> str:
    if not url:
        raise StoreError("No Postgres is known; start the stack with `bng up`.")
    return url


def _manifest(moment: Frozen, dump: Path) -> Manifest:
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    return Manifest(made_at, moment.revision, _sha256(dump), moment.tables)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, manifest: Manifest, dump: Path) -> None:
    text = json.dumps(asdict(manifest), indent=1).encode()
    with (
        open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        tarfile.open(fileobj=file, mode="w") as archive,
    ):
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
        archive.add(dump, DUMP, filter=_anonymous)
        file.flush()
        os.fsync(file.fileno())


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the name and number of who made it."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _read(source: Path, folder: Path) -> tuple[Manifest, Path]:
    dump = folder / DUMP
    try:
        with tarfile.open(source) as archive:
            manifest = _parse(_part(archive, MANIFEST).read(LARGEST_MANIFEST))
            with dump.open("wb") as file, _part(archive, DUMP) as part:
                while block := part.read(1 << 20):
                    file.write(block)
    except OSError as error:
        raise BadInput(f"{source} cannot be read ({error.strerror}); check its path.") from error
    except (tarfile.TarError, KeyError, ValueError, TypeError, EOFError) as error:
        raise BadInput(f"{source.name} is no backup of `bng backup`, or was cut short.") from error
    if _sha256(dump) != manifest.dump_sha256:
        raise BadInput(f"{source.name} is damaged: its content is not what its manifest says.")
    return manifest, dump


def _part(archive: tarfile.TarFile, name: str) -> tarfile.ExFileObject:
    part = archive.extractfile(name)
    if part is None:
        raise KeyError(name)
    return part  # type: ignore[return-value]


def _parse(text: bytes) -> Manifest:
    found = json.loads(text)
    tables = {name: Content(**content) for name, content in found.pop("tables").items()}
    return Manifest(tables=tables, **found)


def _script(manifest: Manifest, dump: Path, script: Path) -> None:
    """One script: away with what is there, in with the backup, compare; psql runs it as a whole."""
    program = str(postgres_programs() / "pg_restore")
    with script.open("w", encoding="utf-8") as file:
        file.write(f"SET lock_timeout = '{LOCK_TIMEOUT}';\n")
        file.write("DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n")
        file.flush()
        command = [program, "--no-owner", "--no-privileges", "-f", "-", str(dump)]
        done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise StoreError(f"The backup cannot be unpacked: {_last(done.stderr)}")
        file.seek(0, os.SEEK_END)
        file.write("SET search_path = public;\n" + comparison(manifest.tables) + "\n")


def _run(program: str, url: str, *options: str) -> None:
    """Run a program of Postgres on a database; the password is out of sight of other users."""
    parts = urlsplit(url)
    where = (
        *("-h", parts.hostname or "", "-p", str(parts.port or 5432)),
        *("-U", unquote(parts.username or ""), "-d", parts.path.lstrip("/"), "-w"),
    )
    environment = {
        "PATH": os.defpath,
        "PGPASSWORD": unquote(parts.password or ""),
        "PGTZ": "UTC",
        "PGCONNECT_TIMEOUT": "5",
        "PGCLIENTENCODING": "UTF8",
    }
    command = [str(postgres_programs() / program), *where, *options]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        raise StoreError(f"{program} gave up and nothing was changed: {_last(done.stderr)}")


def _last(messages: str) -> str:
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    errors = [line.split("ERROR:")[-1].strip() for line in lines if "ERROR:" in line]
    return f"{[*lines, *errors][-1].rstrip('.')}." if lines else "it ended without a word."
