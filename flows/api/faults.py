"""Every error as one JSON object {"error": {"kind", "message", "field"}}; never a traceback."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from bng_core.errors import BadInput, BngError, CacheUnreachable, NotAllowed, StoreError

log = logging.getLogger(__name__)

STATUS_OF = (
    (BadInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (CacheUnreachable, HTTPStatus.SERVICE_UNAVAILABLE),
)


class Refusal(BngError):
    """A request that the API itself refuses, before anything was asked of bng_core."""

    def __init__(self, status: HTTPStatus, message: str, headers: dict[str, str] | None = None):
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


@contextmanager
def at_field(name: str) -> Iterator[None]:
    """Say which field of the request is at fault when the block refuses it."""
    try:
        yield
    except BadInput as fault:
        fault.add_note(name)
        raise


def refused(
    status: int, kind: str, message: str, field: str | None = None, headers: Any = None
) -> JSONResponse:
    """The answer to a request that was refused."""
    error = {"kind": kind, "message": message, "field": field}
    return JSONResponse({"error": error}, status_code=status, headers=headers)


def install(app: FastAPI) -> None:
    """Let every error of the app be answered in this form."""

    @app.exception_handler(Refusal)
    def of_api(request: Request, fault: Refusal) -> JSONResponse:
        return refused(fault.status, fault.status.phrase, str(fault), headers=fault.headers)

    @app.exception_handler(BngError)
    def of_core(request: Request, fault: BngError) -> JSONResponse:
        status = next((s for kind, s in STATUS_OF if isinstance(fault, kind)), HTTPStatus.CONFLICT)
        notes = getattr(fault, "__notes__", [])
        return refused(status, type(fault).__name__, str(fault), notes[-1] if notes else None)

    @app.exception_handler(RequestValidationError)
    def of_form(request: Request, fault: RequestValidationError) -> JSONResponse:
        first = fault.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query"))
        words = "; ".join(_sentence(error) for error in fault.errors())
        return refused(HTTPStatus.UNPROCESSABLE_ENTITY, "BadInput", words, field or None)

    @app.exception_handler(HTTPException)
    def of_routing(request: Request, fault: HTTPException) -> JSONResponse:
        phrase = HTTPStatus(fault.status_code).phrase
        return refused(fault.status_code, phrase, str(fault.detail), headers=fault.headers)

    @app.exception_handler(Exception)
    def of_program(request: Request, fault: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=fault)
        words = "A fault in the program stopped the request; the log of the API says more."
        return refused(HTTPStatus.INTERNAL_SERVER_ERROR, "Fault", words)


def _sentence(error: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "the request"
    return f"{where}: {error['msg']}"
