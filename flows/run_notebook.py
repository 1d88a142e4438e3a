"""The one task: claim a run, execute its notebook through papermill, keep result and record.

`python -m flows.run_notebook RUN_ID` does the same without Prefect.
"""

import argparse
import contextlib
import json
import logging
import shutil
import signal
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from bng_core import errors
from bng_core.attempt import Attempt, start_attempt, unknown_failure
from bng_core.cache import open_cache
from bng_core.settings import load_settings
from bng_core.store import Run, RunStatus, connect, load_input, load_run
from bng_core.store.leases import Outcome

log = logging.getLogger(__name__)

KERNEL = "python3"
KERNEL_START_TIMEOUT_S = 120
CELL_TIMEOUT_S = 900
INPUT, RESULT, RECORD = "input", "result.json", "executed.ipynb"
INPUT_PARAMETERS = {"optimise": "metric_path", "portfolio": "portfolio_path"}
"""By kind of run, the notebook's parameter that names the uploaded file."""

LONGEST_SOCKET_PATH = 90
"""Unix sockets have paths of at most 107 bytes, and the kernel appends to it."""

ERRORS_FOR_USERS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.BngError)
}
"""Names of the exceptions whose text was written for users."""


def execute_run(run_id: uuid.UUID, executor: str) -> Run:
    """Compute one run to its end; a run that another has, or that has ended, is left alone.

    Raises StoreError when Postgres does not answer; the run is then offered again later.
    """
    settings = load_settings()
    store = connect(settings.database_url)
    prefix = f"bng-{run_id.hex[:12]}-"
    with TemporaryDirectory(prefix=prefix) as name:
        folder = Path(name)
        attempt = start_attempt(store, run_id, executor, folder / RECORD)
        if attempt is None:
            log.info("run %s is not waiting; nothing to do", run_id)
            return load_run(store, run_id)
        with attempt:
            log.info("run %s: run key %s", run_id, attempt.run.run_key)
            _remove_left_over(folder, prefix)
            notebook = settings.project_root / "notebooks" / f"{attempt.run.kind}.ipynb"
            outcome = _compute(attempt, notebook, folder)
            attempt.close(outcome)
    if outcome.status is RunStatus.DONE:
        cache = open_cache(settings.redis_url, settings.cache_ttl_seconds)
        cache.keep(attempt.run.run_key, run_id)
    return load_run(store, run_id)


def check_parameters(notebook: Path, parameters: Mapping[str, object]) -> None:
    """Refuse a parameter that the notebook does not have; papermill would only log it.

    Raises BadInput.
    """
    known = papermill.inspect_notebook(_literally(notebook))
    unknown = sorted(parameters.keys() - known.keys())
    if unknown:
        raise errors.BadInput(
            f"The notebook {notebook.name} has no parameter {', '.join(unknown)}; "
            f"it takes {', '.join(sorted(known))}."
        )


def _compute(attempt: Attempt, notebook: Path, folder: Path) -> Outcome:
    """Lay out the input, run the notebook in `folder`, and say how that went."""
    run = attempt.run
    (folder / INPUT).mkdir()
    (folder / INPUT / run.input_name).write_bytes(load_input(attempt.store, run.input_sha256))
    shutil.copyfile(notebook, folder / notebook.name)
    parameters = run.parameters | {
        INPUT_PARAMETERS[run.kind]: f"{INPUT}/{run.input_name}",
        "market": "store",
        "market_version": run.market_version,
        "result_path": RESULT,
    }
    check_parameters(folder / notebook.name, parameters)
    try:
        _execute(attempt, notebook.name, parameters, folder)
        result = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    except (PapermillExecutionError, CellTimeoutError, DeadKernelError, FileNotFoundError) as fault:
        reason = failure_reason(fault, run.run_id)
        # What the user is told is all there is to a fault of the input; the rest is for operators.
        log.error("run %s failed: %s", run.run_id, fault if str(run.run_id) in reason else reason)
        return Outcome(RunStatus.FAILED, error=reason, notebook=attempt.notebook())
    log.info("run %s: cost %s, gap %s", run.run_id, result.get("cost"), result.get("gap"))
    return Outcome(RunStatus.DONE, result=result, notebook=attempt.notebook())


def _remove_left_over(folder: Path, prefix: str) -> None:
    """Remove what an earlier attempt left when it was killed; this one alone has the run now."""
    for left in folder.parent.glob(f"{prefix}*"):
        if left != folder:
            shutil.rmtree(left, ignore_errors=True)


def _execute(attempt: Attempt, notebook: str, parameters: dict[str, Any], folder: Path) -> None:
    """Run the notebook with relative names only: its record tells nothing of this machine."""
    cells = json.loads((folder / notebook).read_text(encoding="utf-8"))["cells"]

    def say_stage(cell: Any, cell_index: int) -> None:
        place = max(0, cell_index - 1)  # papermill puts one cell of its own before the first step
        attempt.stage(_heading(cells[: place + 1]), round(100 * place / len(cells)))

    with contextlib.chdir(folder):
        papermill.execute_notebook(
            notebook,
            RECORD,
            parameters=parameters,
            kernel_name=KERNEL,
            start_timeout=KERNEL_START_TIMEOUT_S,
            execution_timeout=CELL_TIMEOUT_S,
            progress_bar=False,
            log_output=False,
            on_cell_start=say_stage,
            config=_kernel_config(folder),
        )


def _kernel_config(folder: Path) -> Config:
    """Talk to the kernel through sockets of its own in a private folder, not through TCP ports."""
    socket = str(folder / "kernel")
    if len(socket) > LONGEST_SOCKET_PATH:
        return Config()
    return Config({"KernelManager": {"transport": "ipc", "ip": socket}})


def _heading(cells: list[dict[str, Any]]) -> str:
    """Return the last heading of the notebook so far: the stage as the reader knows it."""
    for cell in reversed(cells):
        if cell["cell_type"] == "markdown":
            for line in reversed("".join(cell["source"]).splitlines()):
                if line.startswith("#"):
                    return line.lstrip("#").strip()
    return "Starting"


def failure_reason(fault: Exception, run_id: uuid.UUID) -> str:
    """Say in words for the user why a run failed."""
    if isinstance(fault, PapermillExecutionError) and fault.ename in ERRORS_FOR_USERS:
        return str(fault.evalue)
    if isinstance(fault, CellTimeoutError):
        minutes = CELL_TIMEOUT_S // 60
        return f"The run took longer than {minutes} minutes and was stopped; reference {run_id}."
    if isinstance(fault, DeadKernelError):
        return (
            f"The system ended the calculation, most likely for lack of memory; reference {run_id}."
        )
    return unknown_failure(run_id)


def _literally(path: Path) -> str:
    """Return a path that papermill takes as it is; it would fill in what stands in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _stop(number: int, frame: object) -> None:
    """Leave by the front door on SIGTERM, so that the run goes back to the queue."""
    sys.exit(128 + number)


def main(arguments: list[str] | None = None) -> int:
    """Execute one run without Prefect; 0 when it is done, 1 when it failed."""
    parser = argparse.ArgumentParser(prog="python -m flows.run_notebook", description=main.__doc__)
    parser.add_argument("run_id", type=uuid.UUID)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    signal.signal(signal.SIGTERM, _stop)
    try:
        run = execute_run(chosen.run_id, executor="local")
    except errors.BngError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0 if run.status is RunStatus.DONE else 1


if __name__ == "__main__":
    sys.exit(main())
