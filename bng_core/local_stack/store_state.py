"""What is lost or half done in the store, as `bng status` shows it."""

from dataclasses import asdict, dataclass, field
from typing import Any

from bng_core.errors import StoreError


@dataclass(frozen=True)
class StoreState:
    """Sentences on what is amiss; `grave` where figures disagree or the store cannot be read."""

    grave: list[str] = field(default_factory=list)
    due: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)

    def as_text(self) -> str:
        """For people: a line each, the grave ones first."""
        marked = [*(f"WRONG: {words}" for words in self.grave), *(f"due: {w}" for w in self.due)]
        return "\n          ".join(marked or ["nothing lost, nothing half done"])


def look_at_store(database_url: str | None) -> StoreState:
    """Ask the store for its faults."""
    # Imported here, so that a stack that does not run is shown without the database's libraries.
    from bng_core.store import connect
    from bng_core.store.faults import find_faults

    try:
        store = connect(database_url)
        found = find_faults(store)
        store.dispose()
    except StoreError as fault:
        return StoreState(grave=[str(fault)])
    return StoreState(
        grave=[f"{fault.count} {fault.words}" for fault in found if fault.grave],
        due=[f"{fault.count} {fault.words}" for fault in found if not fault.grave],
    )
