"""A fault of the program itself: one sentence for the user, the details in a file."""

import os
import sys
from types import TracebackType

FAILED = 3
"""Exit status of a command that a fault stopped."""


def stop(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Write the details to a log of its own, name it on stderr, and end the process."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="bng-fault-", suffix=".log", delete=False) as log:
        log.write("".join(traceback.format_exception(kind, error, trace)))
    sys.stderr.write(f"A fault in the program stopped the command: please report {log.name}.\n")
    sys.stderr.flush()
    os._exit(FAILED)
