"""Live progress of a job: server-sent events, and a WebSocket; one message for every change."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from bng_core.actor import Action, require
from bng_core.errors import BngError, NotAllowed
from bng_core.runs import LOOK_SECONDS, RunService, as_shown, look
from bng_core.store import Run
from flows.api.access import Asker, admit
from flows.api.desk import Desk, desk_of
from flows.api.faults import Refusal
from flows.api.jobs import NOT_FOUND, existing
from flows.api.models import job_of

router = APIRouter(prefix="/jobs", tags=["jobs"])
NOT_ALLOWED, NO_SUCH_JOB = 4401, 4404
"""Close codes of the WebSocket, after the HTTP statuses."""
MOST_WORDS = 60
"""Of a reason: at most 123 bytes, which a letter may take two of."""


@router.get(
    "/{job_id}/events",
    response_class=StreamingResponse,
    responses=NOT_FOUND | {200: {"content": {"text/event-stream": {}}}},
)
def events(request: Request, asker: Asker, job_id: UUID) -> StreamingResponse:
    """The job at every change, as `data:` lines with the JSON of GET /jobs/{id}."""
    require(asker, Action.OPTIMISE)
    service = desk_of(request).service
    existing(service, job_id)

    async def lines() -> AsyncIterator[str]:
        async for run in _changes(service, job_id):
            yield f"event: {run.status}\ndata: {job_of(run).model_dump_json()}\n\n"

    return StreamingResponse(
        lines(), HTTPStatus.OK, headers={"X-Accel-Buffering": "no"}, media_type="text/event-stream"
    )


@router.websocket("/{job_id}/live")
async def live(socket: WebSocket, job_id: UUID) -> None:
    """The job at every change, as JSON; the key as for any request, or as `?key=`."""
    desk: Desk = socket.app.state.desk
    scheme, _, sent = socket.headers.get("authorization", "").partition(" ")
    key = sent if scheme.lower() == "bearer" else socket.query_params.get("key")
    await socket.accept()
    try:
        require(await run_in_threadpool(admit, socket, key), Action.OPTIMISE)
    except (Refusal, NotAllowed) as fault:
        await socket.close(NOT_ALLOWED, str(fault)[:MOST_WORDS])
        return
    try:
        service = await run_in_threadpool(lambda: desk.service)
        await run_in_threadpool(existing, service, job_id)
        async for run in _changes(service, job_id):
            await socket.send_text(job_of(run).model_dump_json())
        await socket.close()
    except WebSocketDisconnect:
        return
    except BngError as fault:
        await socket.close(NO_SUCH_JOB, str(fault)[:MOST_WORDS])


async def _changes(service: RunService, run_id: UUID) -> AsyncIterator[Run]:
    """As bng_core.runs.watch, but waiting takes no thread."""
    shown: tuple[object, ...] = ()
    for number in itertools.count():
        run = await run_in_threadpool(look, service, run_id, number)
        if as_shown(run) != shown:
            yield run
        if not run.in_flight:
            return
        shown = as_shown(run)
        await asyncio.sleep(LOOK_SECONDS)
