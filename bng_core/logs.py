"""Logs for machines: one JSON object a line, with the run that a line is about.

Faults also go to Sentry where SENTRY_DSN names one; nothing leaves the machine otherwise.
"""

import contextvars
import json
import logging
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import sentry_sdk

from bng_core.settings import Settings

_RUN: contextvars.ContextVar[uuid.UUID | None] = contextvars.ContextVar("run", default=None)


@contextmanager
def about_run(run_id: uuid.UUID) -> Iterator[None]:
    """Say in every line of the block which run it is about."""
    token = _RUN.set(run_id)
    try:
        yield
    finally:
        _RUN.reset(token)


class JsonLines(logging.Formatter):
    """One JSON object a line: time in UTC, level, logger, part, run, message, fault."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part

    def format(self, record: logging.LogRecord) -> str:
        """The line of one record."""
        run_id = _RUN.get()
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "part": self._part,
            "logger": record.name,
            "run_id": None if run_id is None else str(run_id),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def start_logging(settings: Settings, part: str) -> None:
    """Write JSON lines to stderr, and faults to Sentry if there is one."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(part))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    if settings.sentry_dsn:
        sentry_sdk.init(settings.sentry_dsn, send_default_pii=False, server_name=part)
