"""Where an answer came from, when it was not simply computed by a worker."""

from bng_core.store import Run
from dashboards.ui.text import note


def origin(run: Run) -> str:
    """A note on an answer from the cache or of a local process; empty for the usual way."""
    if run.answered_from_cache_of is not None:
        return note(
            "This answer came from the cache: the same question was computed before, and neither "
            "the file, the market, the rules nor the program has changed since."
        )
    if run.executor == "local":
        return note(
            "Prefect was not available, so a process on this machine computed the answer, with the "
            "same notebook and the same checks."
        )
    return ""
