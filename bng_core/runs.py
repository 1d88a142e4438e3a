"""Runs: a question is submitted, answered from the cache or by a worker, and never lost.

The run row in Postgres is the truth, whatever happens to Prefect or Redis. Who computes a run is
injected as a `dispatch`, so that nothing here knows of Prefect.
"""

import itertools
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from bng_core.actor import Action, Actor, require
from bng_core.cache import Cache
from bng_core.errors import BadInput
from bng_core.reference import rulebook_version
from bng_core.run_key import Versions, code_version, run_key
from bng_core.store import (
    NewRun,
    Queue,
    Run,
    Store,
    add_answered,
    answer_waiting,
    enqueue,
    load_run,
    market_version,
    run_answers,
    save_input,
)
from bng_core.store.leases import (
    cancel_run,
    give_up,
    keep_waiting,
    open_runs,
    promote,
    requeue,
    set_executor,
)

MAX_ATTEMPTS = 3
MEGABYTE = 1024 * 1024
MAX_INPUT_BYTES = 20 * MEGABYTE
LOOK_SECONDS = 0.1
LOOKS_A_RECOVERY = 20
"""Who watches a run looks for lost ones too, but not at every look."""

Dispatch = Callable[[uuid.UUID], str]
"""Sends a run to whoever computes it, and says to whom: "prefect" or "local"."""


@dataclass(frozen=True)
class RunService:
    """What answers runs: the store, the cache, the way to a worker, and the folder of notebooks."""

    store: Store
    cache: Cache
    dispatch: Dispatch
    notebooks: Path


class Asked(Protocol):
    """A question: the kind names the notebook that answers it, the parameters are its own."""

    kind: ClassVar[str]

    def parameters(self) -> dict[str, str | int]:
        """Return the values in canonical names. Raises BadInput."""


@dataclass(frozen=True)
class Upload:
    """A file as the user gave it."""

    name: str
    content: bytes


def submit(
    service: RunService,
    upload: Upload,
    question: Asked,
    queue: Queue = Queue.INTERACTIVE,
    asked_by: str = "",
) -> Run:
    """Return the run that answers this question: a finished one, one in flight, or a new one.

    Raises BadInput for what cannot be asked, StoreError without Postgres.
    """
    parameters = question.parameters()
    kept = _keep_input(service, upload)
    return _answer(service, _new_run(service, kept, question.kind, parameters, (queue, asked_by)))


def _answer(service: RunService, new: NewRun) -> Run:
    origin = _known(service, new.run_key)
    if origin is not None:
        return add_answered(service.store, new, origin)
    run, created = enqueue(service.store, new)
    if created and (origin := _known(service, new.run_key)) is not None:
        # The identical run ended since we looked: an answer is kept before its run is closed.
        answer_waiting(service.store, run.run_id, origin)
    elif created or (new.queue is Queue.INTERACTIVE and promote(service.store, run.run_id)):
        _send(service, run.run_id)
    return load_run(service.store, run.run_id)


def _known(service: RunService, key: str) -> uuid.UUID | None:
    """The run that has the answer to a key; the cache's word counts only if the store agrees."""
    origin = service.cache.find(key)
    return origin if origin is not None and run_answers(service.store, origin, key) else None


def poll(service: RunService, run_id: uuid.UUID) -> Run:
    """Return a run as it stands, after offering lost runs again."""
    recover(service)
    return load_run(service.store, run_id)


def ask_again(
    service: RunService, run_id: uuid.UUID, changes: dict[str, Any], asking: tuple[Queue, str]
) -> Run:
    """Ask the question of an earlier run again, with other parameters, on the market as it stands.

    `asking`: where it waits, and who asks.

    Raises StoreError when there is no such run.
    """
    earlier = load_run(service.store, run_id)
    parameters = earlier.parameters | changes
    upload = (earlier.input_name, earlier.input_sha256)
    return _answer(service, _new_run(service, upload, earlier.kind, parameters, asking))


def look(service: RunService, run_id: uuid.UUID, number: int) -> Run:
    """Return a run as it stands at somebody's look of that number; some offer lost runs again."""
    if number % LOOKS_A_RECOVERY == 0:
        return poll(service, run_id)
    return load_run(service.store, run_id)


def watch(service: RunService, run_id: uuid.UUID) -> Iterator[Run]:
    """Yield a run as it stands now and whenever that changes, until it has ended.

    Raises StoreError when there is no such run.
    """
    seen: Run | None = None
    for number in itertools.count():
        run = look(service, run_id, number)
        if seen is None or as_shown(run) != as_shown(seen):
            yield run
        if not run.in_flight:
            return
        seen = run
        time.sleep(LOOK_SECONDS)


def where_it_stands(run: Run) -> str:
    """What somebody who waits wants to know beside the stage; nothing where all is as usual.

    The place in the queue while it waits; and that no worker takes it, where that is so.
    """
    words = []
    if run.position is not None:
        words.append(f"Place in the queue: {run.position}.")
    if run.executor == "local":
        words.append("No worker can be reached, so a process on this machine computes the run.")
    return " ".join(words)


def as_shown(run: Run) -> tuple[object, ...]:
    """What of a run changes while it is waited for."""
    return run.status, run.stage, run.progress, run.position, run.attempts


def cancel(service: RunService, actor: Actor, run_id: uuid.UUID) -> Run:
    """Stop a run for good; one that has ended stays as it is.

    Whoever computes it stops within a renewal of its lease. Raises NotAllowed, or StoreError when
    there is no such run.
    """
    require(actor, Action.OPTIMISE)
    cancel_run(service.store, run_id, f"The run was cancelled by {actor.who}.")
    return load_run(service.store, run_id)


def recover(service: RunService) -> None:
    """Offer every run again whose lease has passed; give up after MAX_ATTEMPTS interruptions."""
    keep_waiting(service.store)
    for run in open_runs(service.store, expired_only=True):
        if run.attempts >= MAX_ATTEMPTS:
            reason = (
                f"The run was interrupted {run.attempts} times and was given up; "
                f"reference {run.run_id}."
            )
            give_up(service.store, run.run_id, reason)
        elif requeue(service.store, run.run_id):
            _send(service, run.run_id)


def _send(service: RunService, run_id: uuid.UUID) -> None:
    set_executor(service.store, run_id, service.dispatch(run_id))


def check_size(upload: Upload) -> None:
    """Refuse a file that is too large to be a metric workbook. Raises BadInput."""
    if len(upload.content) > MAX_INPUT_BYTES:
        raise BadInput(
            f"{upload.name} is {len(upload.content) / MEGABYTE:.1f} MB; at most "
            f"{MAX_INPUT_BYTES / MEGABYTE:.0f} MB can be read. Save the workbook without pictures."
        )


def _keep_input(service: RunService, upload: Upload) -> tuple[str, str]:
    """Store the uploaded file; return its name and its SHA-256. Raises BadInput."""
    check_size(upload)
    name = file_name(upload.name)
    return name, save_input(service.store, name, upload.content)


def _new_run(
    service: RunService,
    kept: tuple[str, str],
    kind: str,
    parameters: dict[str, Any],
    asking: tuple[Queue, str],
) -> NewRun:
    name, sha256 = kept
    queue, asked_by = asking
    versions = Versions(
        input_sha256=sha256,
        market=market_version(service.store),
        rulebook=rulebook_version(),
        code=code_version(),
    )
    return NewRun(
        run_key=run_key(service.notebooks / f"{kind}.ipynb", parameters, versions),
        kind=kind,
        parameters=parameters,
        input_name=name,
        input_sha256=sha256,
        market_version=versions.market,
        rulebook_version=versions.rulebook,
        code_version=versions.code,
        queue=queue,
        asked_by=asked_by,
    )


def file_name(given: str) -> str:
    """Return a name that is safe as a file name anywhere, with its ending.

    >>> file_name("../a/Site B (final).xlsx")
    'Site B (final).xlsx'
    """
    last = re.split(r"[\\/]", given)[-1]
    safe = re.sub(r"[^\w .()-]", "_", last).strip(" .") or "upload"
    stem, ending = Path(safe).stem, Path(safe).suffix
    return stem[:80] + ending[:10]
