"""The one task: claim a run, execute its notebook through papermill, keep result and record.

`python -m flows.run_notebook RUN_ID` does the same without Prefect, and goes on with what waits.
"""

import argparse
import contextlib
import json
import logging
import shutil
import signal
import sys
import uuid
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError

from bng_core import errors
from bng_core.attempt import Attempt, ClaimLost
from bng_core.cache import open_cache
from bng_core.logs import about_run, start_logging
from bng_core.settings import load_settings
from bng_core.store import Queue, Run, RunStatus, connect, load_input, load_run
from bng_core.store.leases import Outcome, claim_next
from flows.failure import CELL_TIMEOUT_S, failure_reason, without_traceback
from flows.kernels import KERNEL, Kernel
from flows.workplace import workplace

log = logging.getLogger(__name__)

ENGINE = "ready-kernel"
INPUT, RESULT, RECORD = "input", "result.json", "executed.ipynb"
INPUT_PARAMETERS = {
    "optimise": "metric_path",
    "explore": "metric_path",
    "portfolio": "portfolio_path",
}
"""By kind of run, the notebook's parameter that names the uploaded file."""
STORE_IS_AWAY = errors.StoreUnreachable.__name__
STALE = (
    "The program was updated after this was asked, so the answer would be another than the one "
    "asked for. Ask again."
)


class ReadyKernel(Engine):
    """Executes on a kernel that runs already, and writes the record at the end, not every cell."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any
    ) -> None:
        """Execute the cells; papermill saves the record once: afterwards, or when it fails."""
        client = PapermillNotebookClient(
            nb_man,
            km=options["km"],
            kernel_name=kernel_name,
            on_cell_start=options["on_cell_start"],
            timeout=CELL_TIMEOUT_S,
        )
        nb_man.output_path, path = None, nb_man.output_path
        try:
            client.execute()
        except BaseException:
            nb_man.output_path = path
            raise
        finally:
            if client.kc is not None:
                client.kc.stop_channels()


papermill_engines.register(ENGINE, ReadyKernel)


def execute_run(run_id: uuid.UUID, executor: str) -> Run:
    """Compute one run to its end; a run that another has, or that has ended, is left alone.

    Raises StoreError when Postgres does not answer; the run is then offered again later.
    """
    settings = load_settings()
    store = connect(settings.database_url)
    claim = workplace().claim(store, run_id, executor)
    if claim is None:
        log.info("run %s is not waiting; nothing to do", run_id)
        return load_run(store, run_id)
    with (
        about_run(run_id),
        contextlib.ExitStack() as opened,
        workplace().attempt(store, claim) as attempt,
    ):
        log.info("run %s: run key %s", run_id, attempt.run.run_key)
        try:
            outcome = _compute(opened, attempt, settings.project_root / "notebooks")
            if outcome.status is RunStatus.DONE:
                # Before the run is closed: whoever then finds it not in flight finds its answer.
                cache = open_cache(settings.redis_url, settings.cache_ttl_seconds)
                cache.keep(attempt.run.run_key, run_id)
            attempt.close(outcome)
        except ClaimLost as lost:
            log.warning("%s", lost)
            return load_run(store, run_id)
    return load_run(store, run_id)


def check_parameters(notebook: Path, parameters: Mapping[str, object]) -> None:
    """Refuse a parameter that the notebook does not have; papermill would only log it.

    Raises BadInput.
    """
    known = _parameters_of(notebook, notebook.stat().st_mtime_ns)
    unknown = sorted(parameters.keys() - known)
    if unknown:
        raise errors.BadInput(
            f"The notebook {notebook.name} has no parameter {', '.join(unknown)}; "
            f"it takes {', '.join(sorted(known))}."
        )


@lru_cache(maxsize=8)
def _parameters_of(notebook: Path, written_ns: int) -> frozenset[str]:
    """The parameters of a notebook as it was written then."""
    return frozenset(papermill.inspect_notebook(_literally(notebook)))


def _compute(opened: contextlib.ExitStack, attempt: Attempt, notebooks: Path) -> Outcome:
    """Take a kernel, run the notebook in its folder, and say how that went."""
    try:
        kernel = opened.enter_context(workplace().new_kernel())
        attempt.stop_computing = kernel.kill
        attempt.record = kernel.folder / RECORD
        attempt.check()
        if kernel.code != attempt.run.code_version:
            return Outcome(RunStatus.FAILED, error=STALE)
        parameters = _lay_out(attempt, notebooks, kernel.folder)
        with _told_as_dead(kernel):
            _execute(kernel, attempt, parameters)
        result = json.loads((kernel.folder / RESULT).read_text(encoding="utf-8"))
    except (PapermillExecutionError, CellTimeoutError, DeadKernelError, OSError) as fault:
        attempt.check()
        if isinstance(fault, PapermillExecutionError) and fault.ename == STORE_IS_AWAY:
            attempt.record.unlink(missing_ok=True)  # it holds a traceback, and nothing to keep
            raise errors.StoreUnreachable(f"{fault.evalue}") from None
        return _failed(attempt, fault)
    log.info("run %s: cost %s, gap %s", attempt.run.run_id, result.get("cost"), result.get("gap"))
    return Outcome(RunStatus.DONE, result=result, notebook=attempt.notebook())


@contextlib.contextmanager
def _told_as_dead(kernel: Kernel) -> Iterator[None]:
    """Give a kernel that died before its first cell the word for one that died later."""
    try:
        yield
    except RuntimeError as fault:
        if kernel.alive:
            raise
        raise DeadKernelError(str(fault)) from fault


def _lay_out(attempt: Attempt, notebooks: Path, folder: Path) -> dict[str, Any]:
    """Put the notebook and the input in the folder; return the notebook's parameters."""
    run = attempt.run
    notebook = notebooks / _notebook_of(run)
    (folder / INPUT).mkdir()
    (folder / INPUT / run.input_name).write_bytes(load_input(attempt.store, run.input_sha256))
    shutil.copyfile(notebook, folder / notebook.name)
    parameters = run.parameters | {
        INPUT_PARAMETERS[run.kind]: f"{INPUT}/{run.input_name}",
        "market": "store",
        "market_version": run.market_version,
        "result_path": RESULT,
    }
    check_parameters(notebook, parameters)
    return parameters


def _notebook_of(run: Run) -> str:
    return f"{run.kind}.ipynb"


def _failed(attempt: Attempt, fault: Exception) -> Outcome:
    """What the user is told of a fault of the input is all there is; the log has the rest."""
    run_id = attempt.run.run_id
    reason = failure_reason(fault, run_id)
    log.error("run %s failed: %s", run_id, fault if str(run_id) in reason else reason)
    record = without_traceback(attempt.notebook(), reason)
    return Outcome(RunStatus.FAILED, error=reason, notebook=record)


def _execute(kernel: Kernel, attempt: Attempt, parameters: dict[str, Any]) -> None:
    """Run the notebook with relative names only: its record tells nothing of this machine."""
    notebook = _notebook_of(attempt.run)
    cells = json.loads((kernel.folder / notebook).read_text(encoding="utf-8"))["cells"]
    said = ""

    def say_stage(cell: Any, cell_index: int) -> None:
        nonlocal said
        place = max(0, cell_index - 1)  # papermill puts one cell of its own before the first step
        stage = _heading(cells[: place + 1])
        if stage != said:  # each is a transaction, and there are more cells than stages
            attempt.stage(stage, round(100 * place / len(cells)))
        said = stage

    with contextlib.chdir(kernel.folder):
        papermill.execute_notebook(
            notebook,
            RECORD,
            engine_name=ENGINE,
            parameters=parameters,
            kernel_name=KERNEL,
            progress_bar=False,
            log_output=False,
            autosave_cell_every=0,
            on_cell_start=say_stage,
            km=kernel.manager,
        )


def _heading(cells: list[dict[str, Any]]) -> str:
    """Return the last heading of the notebook so far: the stage as the reader knows it."""
    for cell in reversed(cells):
        if cell["cell_type"] == "markdown":
            for line in reversed("".join(cell["source"]).splitlines()):
                if line.startswith("#"):
                    return line.lstrip("#").strip()
    return "Starting"


def _literally(path: Path) -> str:
    """Return a path that papermill takes as it is; it would fill in what stands in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _stop(number: int, frame: object) -> None:
    """Leave by the front door on SIGTERM, so that the run goes back to the queue."""
    sys.exit(128 + number)


def main(arguments: list[str] | None = None) -> int:
    """Execute one run without Prefect, then what waits; 0 when the one is done, else 1."""
    parser = argparse.ArgumentParser(prog="python -m flows.run_notebook", description=main.__doc__)
    parser.add_argument("run_id", type=uuid.UUID)
    chosen = parser.parse_args(arguments)
    start_logging(load_settings(), "local-run")
    signal.signal(signal.SIGTERM, _stop)
    try:
        run = execute_run(chosen.run_id, executor="local")
        _go_on()
    except errors.BngError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0 if run.status is RunStatus.DONE else 1


def _go_on() -> None:
    """Compute what else was left to local processes, so that a burst needs no process each."""
    store = connect(load_settings().database_url)
    while (claim := claim_next(store, "local", tuple(Queue), sent_to="local")) is not None:
        with workplace().holding(claim):
            execute_run(claim.run.run_id, executor="local")


if __name__ == "__main__":
    sys.exit(main())
