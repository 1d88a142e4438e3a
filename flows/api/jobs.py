"""Jobs: asked, seen, listed, cancelled; and the executed notebook of each."""

import hashlib
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from bng_core import places
from bng_core.actor import Action, Actor, require
from bng_core.question import read_lot
from bng_core.runs import MAX_INPUT_BYTES, RunService, cancel, poll, submit
from bng_core.store import Run, find_run, list_runs, load_notebook, load_run
from bng_core.store.idempotency import answered_before, remember
from flows.api.access import STACK, Asker
from flows.api.desk import desk_of
from flows.api.faults import Refusal, at_field
from flows.api.models import DevelopmentJob, Job, JobRequest, Refused, job_of
from flows.backend import ASKED_BY

router = APIRouter(prefix="/jobs", tags=["jobs"])
NOT_FOUND: dict[int | str, dict[str, Any]] = {HTTPStatus.NOT_FOUND: {"model": Refused}}
IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=200, pattern=r"^[!-~]+$", description="sent again, the same"),
]


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    responses={HTTPStatus.OK: {"model": Job, "description": "answered at once"}},
)
def ask(
    request: Request,
    response: Response,
    asker: Asker,
    body: JobRequest,
    idempotency_key: IdempotencyKey = None,
) -> Job:
    """Ask a question: 200 with the result where it was answered before, else 202 and a job."""
    require(asker, Action.OPTIMISE)
    service = desk_of(request).service
    digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    run: Run | None = None
    if idempotency_key is not None:
        with at_field("Idempotency-Key"):
            earlier = answered_before(service.store, asker.who, idempotency_key, digest)
        run = None if earlier is None else load_run(service.store, earlier)
    if run is None:
        run = _submit(service, body, _who(request, asker))
        if idempotency_key is not None:
            with at_field("Idempotency-Key"):
                counts = remember(service.store, asker.who, idempotency_key, digest, run.run_id)
            run = run if counts == run.run_id else load_run(service.store, counts)
    if not run.in_flight:
        response.status_code = HTTPStatus.OK
    response.headers["Location"] = f"/jobs/{run.run_id}"
    return job_of(run)


def _who(request: Request, asker: Actor) -> str:
    """Who asks: the owner of the key, or the visitor for whom a page asks with the stack's own."""
    visitor = unquote(request.headers.get(ASKED_BY, "")) if asker == STACK else ""
    return visitor or asker.who


def _submit(service: RunService, body: JobRequest, asked_by: str) -> Run:
    if isinstance(body, DevelopmentJob):
        _check_places(body)
    with at_field("lot"):
        read_lot(body.lot)
    with at_field("preferences"):
        question = body.question()
        question.parameters()
    upload = body.upload()
    if len(upload.content) > MAX_INPUT_BYTES:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The file is larger than 20 MB.")
    return submit(service, upload, question, body.in_queue(), asked_by)


def _check_places(body: DevelopmentJob) -> None:
    """Name the field at fault, which the question as a whole would not."""
    finders = {
        "lpa": places.find_lpa,
        "nca": places.find_nca,
        "waterbody": places.find_waterbody,
        "marine_plan_area": places.find_marine_plan_area,
    }
    for name, find in finders.items():
        if given := getattr(body, name):
            with at_field(name):
                find(given)


@router.get("")
def latest(
    request: Request, asker: Asker, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[Job]:
    """The latest jobs of everybody, newest first, for those who may see all quotes."""
    require(asker, Action.SEE_ALL_QUOTES)
    return [job_of(run) for run in list_runs(desk_of(request).service.store, limit)]


@router.get("/{job_id}", responses=NOT_FOUND)
def see(request: Request, asker: Asker, job_id: UUID) -> Job:
    """A job as it stands."""
    require(asker, Action.OPTIMISE)
    service = desk_of(request).service
    return job_of(existing(service, job_id, recovered=True))


@router.delete("/{job_id}", responses=NOT_FOUND)
def stop(request: Request, asker: Asker, job_id: UUID) -> Job:
    """Cancel a job; one that has ended stays as it is."""
    service = desk_of(request).service
    require(asker, Action.OPTIMISE)
    existing(service, job_id)
    return job_of(cancel(service, asker, job_id))


@router.get(
    "/{job_id}/notebook",
    response_class=Response,
    responses=NOT_FOUND | {200: {"content": {"application/x-ipynb+json": {}}}},
)
def notebook(request: Request, asker: Asker, job_id: UUID) -> Response:
    """The executed notebook that is the record of a job."""
    require(asker, Action.OPTIMISE)
    store = desk_of(request).service.store
    existing(desk_of(request).service, job_id)
    content = load_notebook(store, job_id)
    if content is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "There is no executed notebook of this job (yet).")
    name = f'attachment; filename="{job_id}.ipynb"'
    headers = {"Content-Disposition": name}
    return Response(content, media_type="application/x-ipynb+json", headers=headers)


def existing(service: RunService, job_id: UUID, *, recovered: bool = False) -> Run:
    """The run of this number, or a Refusal with 404."""
    run = find_run(service.store, job_id)
    if run is None:
        raise Refusal(HTTPStatus.NOT_FOUND, f"There is no job {job_id}.")
    return poll(service, job_id) if recovered and run.in_flight else run
