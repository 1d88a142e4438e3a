"""A long-lived worker for runs that somebody waits for: `python -m flows.task_worker`.

A Prefect background task wakes it; it then takes from Postgres what has waited longest, until
nothing waits, and executes each run's flow in this process, on a kernel that is ready. More
workers are started by starting more of them, on any machine.
"""

import asyncio
import importlib
import logging
import os
import socket
import sys
import threading

from prefect import tags, task
from prefect.cache_policies import NO_CACHE
from prefect.task_worker import TaskWorker

from bng_core.errors import BngError
from bng_core.logs import start_logging
from bng_core.runs import recover
from bng_core.settings import Settings, load_settings
from bng_core.store import Queue
from bng_core.store.leases import Claim, cancel_run, claim_next, waiting
from bng_core.workers import WorkerSeen, say
from flows.dispatch import WAKE_UP, is_cancelled, wake_up
from flows.kernels import KernelPool, imports_of
from flows.notebook_flow import CANCELLED
from flows.run_notebook import INPUT_PARAMETERS
from flows.service import open_service
from flows.workplace import Workplace

log = logging.getLogger(__name__)

KERNELS_READY = 2
LOOK_AROUND_SECONDS = 5.0
"""How often lost and cancelled runs are looked for, also when nobody asks for them."""


class Worker:
    """The kernels of one process, and what it does when it is woken or told to stop."""

    def __init__(self, settings: Settings) -> None:
        notebooks = settings.project_root / "notebooks"
        prelude = imports_of(*(notebooks / f"{kind}.ipynb" for kind in INPUT_PARAMETERS))
        self._settings = settings
        self._service = open_service()
        self._kernels = KernelPool(KERNELS_READY, prelude)
        self._place = Workplace(self._kernels.take)
        self._stopping = threading.Event()
        self._busy = threading.Lock()
        threading.Thread(target=self._look_around, name="look around", daemon=True).start()

    def compute_waiting(self) -> None:
        """Compute what waits, the oldest first, until nothing does."""
        with self._busy:
            while (claim := self._next()) is not None:
                flow = importlib.import_module(f"flows.{claim.run.kind}").__dict__[claim.run.kind]
                with self._place.holding(claim), tags("bng", "interactive"):
                    flow(claim.run.run_id, return_state=True)

    def stop(self) -> None:
        """Give the run at work back to the queue and end the kernels."""
        self._stopping.set()
        self._place.interrupt()
        self._kernels.close()

    def _next(self) -> Claim | None:
        if self._stopping.is_set():
            return None
        return claim_next(self._service.store, "prefect", (Queue.INTERACTIVE,))

    def _look_around(self) -> None:
        """Offer lost runs again, and wake a worker for what waits: a wake-up may get lost.

        A run that was cancelled in Prefect is cancelled here; its attempt then finds itself lost.
        """
        while not self._stopping.wait(LOOK_AROUND_SECONDS):
            say(self._service.cache.client, self._seen())
            try:
                recover(self._service)
                if not self._busy.locked() and waiting(self._service.store, Queue.INTERACTIVE):
                    wake_up(self._settings)
                for run_id in self._place.runs_at_work():
                    if is_cancelled(self._settings, run_id):
                        cancel_run(self._service.store, run_id, CANCELLED)
            except (BngError, OSError) as fault:
                log.warning("nothing can be looked after now: %s", fault)

    def _seen(self) -> WorkerSeen:
        name = f"{socket.gethostname()}-{os.getpid()}"
        return WorkerSeen(name, self._busy.locked(), self._kernels.ready)


class StoppableTaskWorker(TaskWorker):
    """Prefect's task worker that lets ours put its work down first."""

    def __init__(self, worker: Worker) -> None:
        woken = task(name="compute waiting runs", cache_policy=NO_CACHE)(worker.compute_waiting)
        woken.task_key = WAKE_UP
        super().__init__(woken, limit=1)
        self.tasks = [woken]  # as given: there is no result to keep on disk
        self._worker = worker

    def handle_sigterm(self, signum: int, frame: object) -> None:
        """Leave by the front door; the process ends when the run at work has been given back."""
        self._worker.stop()
        sys.exit(128 + signum)


async def serve(worker: Worker) -> None:
    """Listen for wake-ups until told to stop; what waited before is taken at once."""
    await StoppableTaskWorker(worker).astart()


def main() -> int:
    """Work until stopped; 1 with a sentence where there is no store or no Prefect."""
    settings = load_settings()
    start_logging(settings, "task-worker")
    try:
        worker = Worker(settings)
    except BngError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    try:
        asyncio.run(serve(worker))
    finally:
        worker.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
