"""Why a run failed, in words for the user, and a record that shows no traceback."""

import errno
import json
import uuid

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from bng_core import errors
from bng_core.attempt import unknown_failure

CELL_TIMEOUT_S = 900

ERRORS_FOR_USERS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.BngError)
}
"""Names of the exceptions whose text was written for users."""


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
    if _names(fault, "MemoryError"):
        return f"The calculation needs more memory than the worker has; reference {run_id}."
    if _is_disk_full(fault):
        return (
            "The disk of the worker is full, and nothing was lost: make room there and ask again; "
            f"reference {run_id}."
        )
    return unknown_failure(run_id)


def without_traceback(notebook: bytes | None, reason: str) -> bytes | None:
    """The executed notebook with the reason in place of what Python printed; the log has that.

    A record that was cut short, as when the disk is full, is none.
    """
    if notebook is None:
        return None
    try:
        content = json.loads(notebook)
    except ValueError:
        return None
    for cell in content["cells"]:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                output |= {"ename": "Failed", "evalue": reason, "traceback": [reason]}
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _names(fault: Exception, kind: str) -> bool:
    return isinstance(fault, PapermillExecutionError) and fault.ename == kind


def _is_disk_full(fault: Exception) -> bool:
    if isinstance(fault, OSError):
        return fault.errno in (errno.ENOSPC, errno.EDQUOT)
    said = f"[Errno {errno.ENOSPC}]"
    return _names(fault, "OSError") and said in str(getattr(fault, "evalue", ""))
