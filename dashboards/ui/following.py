"""A run while it is computed: its stage, its progress, a link back to it, a way to stop it."""

import asyncio
import itertools
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

import ipywidgets as widgets

from bng_core.actor import Actor
from bng_core.errors import BadInput
from bng_core.runs import RunService, cancel, look, where_it_stands
from bng_core.store import Run, RunStatus
from dashboards.ui.fields import button, html
from dashboards.ui.guard import guarded
from dashboards.ui.outage import patiently

POLL_SECONDS = 0.2

OpenService = Callable[[], RunService]


def run_id_of_link(text: str) -> uuid.UUID:
    """The run that a shared link names. Raises BadInput."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise BadInput(
            "The link does not name a run. Copy it again from the page of the result."
        ) from None


class Following:
    """Follows one run at a time.

    `open_service` and `actor` are asked at every use; `show_problem` tells what goes wrong when the
    visitor cancels. `is_linked`: whether the address of the page is to lead back to the run;
    `address` is that address, where it has more than the run.
    """

    def __init__(
        self,
        open_service: OpenService,
        actor: Callable[[], Actor],
        show_problem: Callable[[str], None],
        *,
        is_linked: bool = True,
    ) -> None:
        self._open_service = open_service
        self._actor = actor
        self.show_problem = show_problem
        self._is_linked = is_linked
        self.address: str | None = None
        self._run_id: uuid.UUID | None = None
        self._stage = html("", "bng-live")
        self._progress = html()
        self._cancel = button("Cancel this run")
        self._cancel.on_click(self._stop)
        self.widget = widgets.VBox([self._stage, self._progress, self._cancel])
        self.end()

    def begin(self, stage: str) -> None:
        """Say what is done before there is a run to follow."""
        self.say(f"{stage} …")

    def end(self, words: str = "") -> None:
        """Nothing is followed any more; say how it ended."""
        self._run_id = None
        self.say(words)
        self._progress.value = ""
        self._cancel.add_class("bng-hidden")

    async def follow(self, run_id: uuid.UUID) -> Run | None:
        """The run when it is done; None when it was cancelled, which is said here.

        Raises BadInput with the run's own words where it failed.
        """
        for number in itertools.count():
            run = await patiently(lambda n=number: look(self._open_service(), run_id, n), self.say)
            if not run.in_flight:
                break
            self._show(run)
            await asyncio.sleep(POLL_SECONDS)
        if run.status is RunStatus.CANCELLED:
            self.end(f"{run.error} Nothing was computed; you can ask again.")
            return None
        if run.status is RunStatus.FAILED or run.result is None:
            raise BadInput(run.error or f"The run ended without a result; reference {run_id}.")
        return run

    @guarded
    def _stop(self, _button: widgets.Button) -> None:
        if self._run_id is not None:
            self._cancel.disabled = True
            self.say("Cancelling …")
            self._send_stop(self._run_id)

    @guarded
    async def _send_stop(self, run_id: uuid.UUID) -> None:
        try:
            await asyncio.to_thread(cancel, self._open_service(), self._actor(), run_id)
        finally:
            self._cancel.disabled = False

    def _show(self, run: Run) -> None:
        self._run_id = run.run_id
        self._cancel.remove_class("bng-hidden")
        if not self._cancel.disabled:
            self.say(f"{run.stage} …")
        elapsed = max(0, round((datetime.now(UTC) - run.created_at).total_seconds()))
        self._progress.value = (
            f'<label>Progress <progress max="100" value="{run.progress}">{run.progress} %'
            f"</progress></label><p>{where_it_stands(run)} {run.progress} %, {elapsed} s so far. "
            f"{self._way_back(run)}</p>"
        )

    def _way_back(self, run: Run) -> str:
        if not self._is_linked:
            return ""
        address = escape(self.address or f"?run={run.run_id}")
        link = f'<a class="bng-run-link" href="{address}">link to this run</a>'
        return f"You may close the page and come back by the {link}."

    def say(self, words: str) -> None:
        """Say what is done or waited for now."""
        said = f"<p>{escape(words)}</p>" if words else ""
        if self._stage.value != said:  # so that a screen reader says each stage once
            self._stage.value = said
