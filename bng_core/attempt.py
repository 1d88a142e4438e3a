"""One attempt at a run: keeps its lease while it computes, and always says how it ended."""

import logging
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from bng_core.errors import BngError, StoreError, StoreUnreachable
from bng_core.store import Run, RunStatus, Store
from bng_core.store.leases import (
    Claim,
    Outcome,
    close_run,
    give_back,
    renew_lease,
    set_stage,
)

log = logging.getLogger(__name__)

RENEW_SECONDS = 5.0
"""A quarter of the lease: three renewals may fail before a run counts as lost."""


class ClaimLost(BngError):
    """The run was cancelled, or given to another worker, while this one computed it."""


class Interrupted(BngError):
    """The worker was told to stop; the run goes back to the queue."""


class Attempt:
    """The right to compute a run; use it as a context.

    When the body raises, the run fails with a reason in words. When the process is told to stop, or
    Postgres was away for a while, the run goes back to the queue. `record` is the executed
    notebook, kept in every case. `stop_computing` is called, from another thread, when there is no
    more point in going on.
    """

    def __init__(self, store: Store, claim: Claim, record: Path) -> None:
        self.store = store
        self.run: Run = claim.run
        self.record = record
        self.stop_computing: Callable[[], None] = _nothing
        self._claim = claim
        self._closed = False
        self._ended: BngError | None = None
        self._stop = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> "Attempt":
        self._renewing.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._renewing.join()
        if self._closed or fault is None:
            return
        try:
            self._leave(fault)
        except StoreError as unreachable:
            # The lease will pass, and the run is offered again.
            log.error("run %s could not be closed: %s", self.run.run_id, unreachable)

    def stage(self, text: str, progress: int) -> None:
        """Say what is being done and how far it is, 0 to 100.

        Raises ClaimLost when there is no more point in going on.
        """
        try:
            held = set_stage(self.store, self._claim, text, progress)
        except StoreError as fault:
            log.warning("run %s: stage not stored: %s", self.run.run_id, fault)
            return
        if not held:
            raise self._lost()

    def interrupt(self) -> None:
        """Give the run back to the queue, because this worker must stop; from any thread."""
        self._end(Interrupted(f"Run {self.run.run_id} was interrupted: its worker had to stop."))

    def check(self) -> None:
        """Raise ClaimLost or Interrupted when the computation was stopped from outside."""
        if self._ended is not None:
            raise self._ended

    def close(self, outcome: Outcome) -> None:
        """Store the outcome. Raises ClaimLost when another worker has taken the run over."""
        if not close_run(self.store, self._claim, outcome):
            raise self._lost()
        self._closed = True

    def notebook(self) -> bytes | None:
        """Return the notebook as far as it was executed."""
        return self.record.read_bytes() if self.record.is_file() else None

    def _leave(self, fault: BaseException) -> None:
        run_id = self.run.run_id
        if isinstance(fault, ClaimLost):
            return
        if isinstance(fault, Interrupted | StoreUnreachable) or not isinstance(fault, Exception):
            log.warning("run %s interrupted by %s", run_id, type(fault).__name__)
            give_back(self.store, self._claim, self.notebook())
            return
        log.error("run %s failed", run_id, exc_info=fault)
        reason = str(fault) if isinstance(fault, BngError) else unknown_failure(run_id)
        close_run(self.store, self._claim, Outcome(RunStatus.FAILED, None, reason, self.notebook()))

    def _renew(self) -> None:
        while not self._stop.wait(RENEW_SECONDS):
            try:
                if not renew_lease(self.store, self._claim):
                    self._end(self._lost())
                    return
            except StoreError as fault:
                log.warning("run %s: lease not renewed: %s", self.run.run_id, fault)

    def _end(self, why: BngError) -> None:
        self._ended = why
        self.stop_computing()

    def _lost(self) -> ClaimLost:
        return ClaimLost(f"Run {self.run.run_id} was cancelled or given to another worker.")


def _nothing() -> None:
    """Nothing computes yet."""


def unknown_failure(run_id: uuid.UUID) -> str:
    """What a user is told about a fault that nobody foresaw; the log has the rest."""
    return f"The run failed; reference {run_id}."
