"""What a worker has at hand for the run it computes: kernels, a claim made before, a way to stop.

Prefect passes a flow nothing but the id of the run, so these travel beside it, in the thread.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path

from bng_core.attempt import Attempt
from bng_core.store import Store
from bng_core.store.leases import Claim, claim_run
from flows.kernels import Kernel


@dataclass(frozen=True)
class Workplace:
    """Where kernels come from, the claim in hand, and who is told of the attempt at work."""

    new_kernel: Callable[[], Kernel] = Kernel
    in_hand: Claim | None = None
    at_work: list[Attempt] = field(default_factory=list)

    def claim(self, store: Store, run_id: uuid.UUID, executor: str) -> Claim | None:
        """Return the claim in hand if it is for this run, else claim the run if it waits."""
        if self.in_hand is not None and self.in_hand.run.run_id == run_id:
            return self.in_hand
        return claim_run(store, run_id, executor)

    @contextmanager
    def attempt(self, store: Store, claim: Claim) -> Iterator[Attempt]:
        """An attempt that `interrupt` can reach while it lasts."""
        attempt = Attempt(store, claim, Path())
        self.at_work.append(attempt)
        try:
            with attempt:
                yield attempt
        finally:
            self.at_work.remove(attempt)

    def runs_at_work(self) -> list[uuid.UUID]:
        """The runs being computed here, asked from any thread."""
        return [attempt.run.run_id for attempt in list(self.at_work)]

    def interrupt(self) -> None:
        """Stop the attempts at work, because the process must end; their runs go back."""
        for attempt in list(self.at_work):
            attempt.interrupt()

    @contextmanager
    def holding(self, claim: Claim) -> Iterator[None]:
        """Work in this thread on a run that has been claimed already."""
        token = _PLACE.set(replace(self, in_hand=claim))
        try:
            yield
        finally:
            _PLACE.reset(token)


_PLACE: ContextVar[Workplace | None] = ContextVar("workplace", default=None)
_ALONE = Workplace()


def workplace() -> Workplace:
    """The workplace of this thread: by default one where every kernel starts cold."""
    return _PLACE.get() or _ALONE
