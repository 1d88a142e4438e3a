"""How large a request may be, counted as it arrives; and how long answers take."""

import json
import time
from http import HTTPStatus

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.api.models import LONGEST_BASE64

LARGEST_BODY = LONGEST_BASE64 + 65_536
"""The largest file in base64, and the fields beside it."""


class TooLarge(Exception):
    """The body went beyond the limit."""


class LimitBody:
    """Answer 413 to a body beyond the limit, whatever length it declared, and read no more."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received, started = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._largest:
                raise TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            if _declared(scope) > self._largest:
                raise TooLarge
            await self._app(scope, counted, noted)
        except TooLarge:
            if not started:
                await _refuse(send, self._largest)


def _declared(scope: Scope) -> int:
    found = dict(scope["headers"]).get(b"content-length", b"0")
    return int(found) if found.isdigit() else 0


async def _refuse(send: Send, largest: int) -> None:
    error = {
        "kind": HTTPStatus.REQUEST_ENTITY_TOO_LARGE.phrase,
        "message": f"The request is larger than {largest} bytes.",
        "field": None,
    }
    body = json.dumps({"error": error}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Timed:
    """Observe how long each answer took, by route and status."""

    def __init__(self, app: ASGIApp, seconds: Histogram) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with a clock."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *SECURITY_HEADERS]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            labels = (scope["method"], route, str(status))
            self._seconds.labels(*labels).observe(time.perf_counter() - began)


SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
