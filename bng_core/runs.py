"""Runs: a question is submitted, answered from the cache or by a worker, and never lost.

The run row in Postgres is the truth, whatever happens to Prefect or Redis. Who computes a run is
injected as a `dispatch`, so that nothing here knows of Prefect.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from bng_core import places
from bng_core.cache import Cache
from bng_core.errors import BadInput
from bng_core.reference import rulebook_version
from bng_core.run_key import Versions, code_version, run_key
from bng_core.store import (
    NewRun,
    Run,
    Store,
    add_answered,
    enqueue,
    load_run,
    market_version,
    run_answers,
    save_input,
)
from bng_core.store.leases import give_up, open_runs, requeue, set_executor
from bng_core.terms import Basis, ContractSize

KIND = "optimise"
MAX_ATTEMPTS = 3
MAX_INPUT_BYTES = 20 * 1024 * 1024
AUTO = "auto"

Dispatch = Callable[[uuid.UUID], str]
"""Sends a run to whoever computes it, and says to whom: "prefect" or "local"."""


@dataclass(frozen=True)
class RunService:
    """What answers runs: the store, the cache, the way to a worker, and the notebook they run."""

    store: Store
    cache: Cache
    dispatch: Dispatch
    notebook: Path


@dataclass(frozen=True)
class Upload:
    """A file as the user gave it."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Question:
    """What is asked beside the file; the names are the notebook's parameters.

    `max_banks` 0 is no limit; `contract_size` "auto" follows the units required (§2.10); `lot` is
    the step in which units are sold, "0" for none; prices are those of `on_date`.
    """

    lpa: str
    nca: str
    on_date: date
    waterbody: str = ""
    max_banks: int = 0
    contract_size: str = AUTO
    default_basis: str = Basis.BOUGHT
    lot: str = "0.01"

    def parameters(self) -> dict[str, str | int]:
        """Return the question in canonical names, so that equal questions are equal text.

        Raises BadInput, or UnknownPlace with the nearest names.
        """
        return asdict(self) | {
            "lpa": places.find_lpa(self.lpa),
            "nca": places.find_nca(self.nca),
            "waterbody": places.find_waterbody(self.waterbody)[0] if self.waterbody else "",
            "on_date": self.on_date.isoformat(),
            "max_banks": _whole_number(self.max_banks),
            "contract_size": _one_of("contract size", self.contract_size, [AUTO, *ContractSize]),
            "default_basis": _one_of("price basis", self.default_basis, [*Basis]),
            "lot": _lot(self.lot),
        }


def submit(service: RunService, upload: Upload, question: Question) -> Run:
    """Return the run that answers this question: a finished one, one in flight, or a new one.

    Raises BadInput for what cannot be asked, StoreError without Postgres.
    """
    new = _new_run(service, upload, question.parameters())
    origin = service.cache.find(new.run_key)
    if origin is not None and run_answers(service.store, origin, new.run_key):
        return add_answered(service.store, new, origin)
    recover(service)
    run, created = enqueue(service.store, new)
    if created:
        _send(service, run.run_id)
    return load_run(service.store, run.run_id)


def poll(service: RunService, run_id: uuid.UUID) -> Run:
    """Return a run as it stands, after offering lost runs again."""
    recover(service)
    return load_run(service.store, run_id)


def recover(service: RunService) -> None:
    """Offer every run again whose lease has passed; give up after MAX_ATTEMPTS interruptions."""
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


def _new_run(service: RunService, upload: Upload, parameters: dict[str, str | int]) -> NewRun:
    if len(upload.content) > MAX_INPUT_BYTES:
        raise BadInput(
            f"{upload.name} is {len(upload.content) / 1e6:.1f} MB; at most "
            f"{MAX_INPUT_BYTES / 1e6:.0f} MB can be read. Save the workbook without pictures."
        )
    name = file_name(upload.name)
    versions = Versions(
        input_sha256=save_input(service.store, name, upload.content),
        market=market_version(service.store),
        rulebook=rulebook_version(),
        code=code_version(),
    )
    return NewRun(
        run_key=run_key(service.notebook, parameters, versions),
        kind=KIND,
        parameters=parameters,
        input_name=name,
        input_sha256=versions.input_sha256,
        market_version=versions.market,
        rulebook_version=versions.rulebook,
        code_version=versions.code,
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


def _whole_number(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadInput(f"The limit of banks is {value!r}; expected 0 (no limit) or more.")
    return value


def _one_of(what: str, value: str, allowed: list[str]) -> str:
    if value not in allowed:
        raise BadInput(f"The {what} is {value!r}; expected one of {', '.join(allowed)}.")
    return str(value)


def _lot(value: str) -> str:
    """Return the lot without surplus zeros, so that 0.010 and 0.01 ask the same."""
    try:
        lot = Decimal(value)
    except InvalidOperation:
        lot = Decimal("NaN")
    if not lot.is_finite() or lot < 0:
        raise BadInput(f"The lot is {value!r}; expected units such as 0.01, or 0 for none.")
    return f"{lot.normalize():f}"
