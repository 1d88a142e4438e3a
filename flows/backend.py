"""How pages ask: through the HTTP API that BACKEND_URL names, or on this machine without one.

Whoever asks then reads the run's row in the store, which is the truth in every case.
"""

import base64
import http.client
import json
import logging
import uuid
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from bng_core.errors import BadInput
from bng_core.runs import Asked, RunService, Upload, check_size, file_name, submit
from bng_core.settings import Settings, load_settings
from bng_core.store import Run, load_run
from flows import service as run_service
from flows.dispatch import dispatch_here

log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 15.0
"""The API itself waits a few seconds for a Prefect that does not answer."""
TRIES = 2
ASKED_BY = "X-BNG-Asked-By"
"""Names the visitor for whom a page asks; believed with the stack's own key alone."""
FAULTS_OF_THE_QUESTION = (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class BackendError(Exception):
    """The API does not answer, or not as it should."""


def open_service() -> RunService:
    """The run service of a page; without BACKEND_URL its runs are computed on this machine.

    Raises StoreError when Postgres does not answer.
    """
    service = run_service.open_service()
    return service if load_settings().backend_url else _alone(service)


def ask(service: RunService, upload: Upload, question: Asked, asked_by: str = "") -> Run:
    """Return the run that answers this question: by the API where there is one and it answers.

    `asked_by` is the visitor, whom the run names. Raises BadInput for what cannot be asked,
    StoreError without Postgres.
    """
    settings = load_settings()
    if settings.backend_url is None:
        return submit(service, upload, question, asked_by=asked_by)
    check_size(upload)
    try:
        return load_run(service.store, _post(settings, upload, question, asked_by))
    except BackendError as fault:
        log.warning("the question goes to a local process: %s", fault)
        return submit(_alone(service), upload, question, asked_by=asked_by)


def _alone(service: RunService) -> RunService:
    """The same service, whose runs are computed by processes on this machine."""
    return replace(service, dispatch=partial(dispatch_here, load_settings()))


def _post(settings: Settings, upload: Upload, question: Asked, asked_by: str) -> uuid.UUID:
    """Make a job of the question and return its run; asked again under the same key if need be.

    Raises BadInput, or BackendError when the API cannot be used.
    """
    job = {
        "kind": question.kind,
        "input_name": file_name(upload.name),
        "input_base64": base64.b64encode(upload.content).decode(),
        **question.parameters(),
    }
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {settings.api_key or ''}",
        "Idempotency-Key": str(uuid.uuid4()),
        ASKED_BY: quote(asked_by),
    }
    address = f"{str(settings.backend_url).rstrip('/')}/jobs"
    request = Request(address, data=json.dumps(job).encode(), headers=headers)
    for _ in range(TRIES):
        try:
            with urlopen(request, timeout=ANSWER_WITHIN_S) as answer:
                return uuid.UUID(json.load(answer)["id"])
        except HTTPError as refusal:
            raise _why(refusal) from None
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as fault:
            failed = BackendError(f"{address} does not answer: {fault}")
    raise failed


def _why(refusal: HTTPError) -> Exception:
    """A fault of the question is the visitor's to mend; anything else is no answer."""
    try:
        message = str(json.load(refusal)["error"]["message"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        message = refusal.reason
    if refusal.code in FAULTS_OF_THE_QUESTION:
        return BadInput(message)
    return BackendError(f"{refusal.url} answers {refusal.code}: {message}")
