"""The flow behind the deployment `backup`."""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow
from prefect.artifacts import create_table_artifact

from bng_core.actor import SYSTEM
from bng_core.backup import back_up
from bng_core.errors import BadInput
from bng_core.settings import load_settings
from flows.steps import step

TIMEOUT_S = 3600
ENDING = ".bngbackup"


@flow(name="backup", timeout_seconds=TIMEOUT_S)
def backup(folder: str = "", keep: int = 14) -> str:
    """Write the whole store to a new file, and keep so many of the latest ones.

    Without a folder they lie beside the stack's logs, in `backups`.
    """
    if keep < 1:
        raise BadInput(f"{keep} backups cannot be kept; give 1 or more.")
    return write_backup(folder, keep)


@step(name="write a backup")
def write_backup(folder: str, keep: int) -> str:
    """Write one, then remove the oldest beyond those to keep; return the new one's name."""
    settings = load_settings()
    place = Path(folder) if folder else settings.data_dir / "backups"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = place / f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}{ENDING}"
    made = back_up(settings, SYSTEM, target)
    for old in sorted(place.glob(f"*{ENDING}"))[:-keep]:
        old.unlink()
    rows = [{"table": name, "rows": content.rows} for name, content in made.tables.items()]
    create_table_artifact(rows, key="backup", description=f"Backup {target.name}")
    return target.name
