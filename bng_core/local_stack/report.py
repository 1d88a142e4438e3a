"""What the commands say about a stack: one record, shown as a table or as JSON."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from bng_core.local_stack import health
from bng_core.local_stack.files import SECRETS_FILE, load_secrets
from bng_core.local_stack.homes import find_home
from bng_core.local_stack.processes import is_same
from bng_core.local_stack.services import Service, services
from bng_core.local_stack.stack import Stack
from bng_core.local_stack.state import Phase, ServiceState, State
from bng_core.local_stack.store_state import StoreState
from bng_core.settings import Settings

TRIES = 3
PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Line:
    """One part of the stack as it is now."""

    name: str
    title: str
    state: str
    url: str
    pid: int | None
    restarts: int
    log: str | None

    @property
    def is_healthy(self) -> bool:
        """Whether it answers, ours or not."""
        return self.state in ("healthy", "given")


def look(settings: Settings, state: State) -> list[Line]:
    """Ask every part whether it answers."""
    stack = Stack(
        settings, find_home(settings.data_dir), load_secrets(settings.data_dir), state.ports
    )
    stack.started.update({service.name: service.started for service in state.services})
    stack.pids.update({service.name: service.pid for service in state.services})
    running = {service.name: service for service in state.services}
    return [_line(stack, part, running.get(part.name)) for part in services(state.workers)]


def as_json(
    settings: Settings, state: State | None, lines: list[Line], store: StoreState | None
) -> dict[str, Any]:
    """The object that `--json` prints."""
    return {
        "running": state is not None,
        "phase": state.phase if state else "stopped",
        "healthy": _is_healthy(state, lines, store),
        "store": None if store is None else store.as_json(),
        "services": [
            {
                "name": line.name,
                "title": line.title,
                "state": line.state,
                "url": line.url,
                "pid": line.pid,
                "restarts": line.restarts,
                "log": line.log,
            }
            for line in lines
        ],
        "data_dir": str(settings.data_dir),
        "secrets": str(settings.data_dir / SECRETS_FILE),
    }


def as_text(
    settings: Settings, state: State | None, lines: list[Line], store: StoreState | None
) -> str:
    """The table for people."""
    if state is None or store is None:
        return f"The local stack is not running. Start it with: bng up\nData: {settings.data_dir}"
    rows = [("Service", "State", "Process", "Address")]
    rows += [(line.title, _state_words(line), str(line.pid or "-"), line.url) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    table = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    ]
    return "\n".join(
        [
            *(line.rstrip() for line in table),
            "",
            f"Store     {store.as_text()}",
            f"Logs      {settings.data_dir / 'logs'}",
            f"Secrets   {settings.data_dir / SECRETS_FILE}  "
            "(Prefect asks for the line 'prefect', the API for 'api')",
        ]
    )


def exit_code(state: State | None, lines: list[Line], store: StoreState | None) -> int:
    """0 where everything answers and no figures of the store disagree, else 1."""
    return 0 if _is_healthy(state, lines, store) else 1


def _is_healthy(state: State | None, lines: list[Line], store: StoreState | None) -> bool:
    if state is None or store is None or store.grave:
        return False
    return state.phase == Phase.UP and all(line.is_healthy for line in lines)


def _state_words(line: Line) -> str:
    return f"{line.state}, {line.restarts} restarts" if line.restarts else line.state


def _line(stack: Stack, service: Service, running: ServiceState | None) -> Line:
    if service.given in stack.settings.given:
        return _given_line(stack.settings, service)
    log = str(stack.log(service.name))
    if running is None or (service.first_port and service.name not in stack.ports):
        return Line(service.name, service.title, "not started", "", None, 0, log)
    state = "dead"
    if is_same(running.pid, running.started):
        state = "healthy" if _answers(stack, service) else "not answering"
    url = service.url(stack)
    return Line(service.name, service.title, state, url, running.pid, running.restarts, log)


def _answers(stack: Stack, service: Service) -> bool:
    """Ask more than once: on a busy machine one question may time out."""
    for _ in range(TRIES):
        if service.ready(stack):
            return True
        time.sleep(PAUSE_SECONDS)
    return False


def _given_line(settings: Settings, service: Service) -> Line:
    """Somebody else's service, by the address that the environment names; without its password."""
    addresses = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PREFECT_API_URL": settings.prefect_api_url,
        "BNG_API_URL": settings.api_url,
        "BNG_VOILA_URL": settings.voila_url,
    }
    url = addresses[service.given] or ""
    state = "given" if health.answers_tcp(url) else "not answering"
    parts = urlsplit(url)
    shown = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return Line(service.name, service.title, state, shown, None, 0, None)
