"""Whether a service really answers, asked the way its users ask."""

import base64
import json
import socket
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime
from typing import Any

from bng_core.local_stack.ports import HOST

# Straight to the service: a proxy of the user's must not stand between parts of one machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TIMEOUT_SECONDS = 5.0


def answers_http(url: str) -> bool:
    """Whether a web server answers at all; asking for a password is an answer too."""
    try:
        with _DIRECT.open(url, timeout=TIMEOUT_SECONDS):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def answers_tcp(url: str) -> bool:
    """Whether something listens at an address that somebody else runs."""
    parts = urllib.parse.urlsplit(url)
    ports = {"postgresql": 5432, "redis": 6379, "http": 80, "https": 443}
    port = parts.port or ports.get(parts.scheme.split("+")[0], 0)
    try:
        with socket.create_connection((parts.hostname or HOST, port), timeout=TIMEOUT_SECONDS):
            return True
    except OSError:
        return False


def answers_ping(port: int, password: str) -> bool:
    """Whether Valkey accepts the password and answers PING."""
    try:
        with socket.create_connection((HOST, port), timeout=TIMEOUT_SECONDS) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            reply = b""
            while b"PONG" not in reply and not reply.startswith(b"-"):
                part = connection.recv(256)
                if not part:
                    return False
                reply += part
    except OSError:
        return False
    return b"PONG" in reply


def worker_is_online(api: str, auth: str, pool: str, since: float) -> bool:
    """Whether a worker of the pool has reported to the Prefect server after `since`.

    The server calls a worker online for a while after it ended, hence `since`.
    """
    workers = _ask_prefect(f"{api}/work_pools/{pool}/workers/filter", auth)
    heard = [
        datetime.fromisoformat(worker["last_heartbeat_time"]).timestamp()
        for worker in workers
        if worker.get("status") == "ONLINE"
    ]
    return any(moment >= since for moment in heard)


def task_worker_is_online(api: str, auth: str, pid: int) -> bool:
    """Whether this process listens at the Prefect server for background tasks."""
    client = f"{socket.gethostname()}-{pid}"
    listening = _ask_prefect(f"{api}/task_workers/filter", auth)
    return any(worker["identifier"] == client for worker in listening)


def _ask_prefect(url: str, auth: str) -> list[dict[str, Any]]:
    """All that a filter of the Prefect server finds; nothing where it does not answer."""
    request = urllib.request.Request(
        url,
        data=b"{}",
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Basic {base64.b64encode(auth.encode()).decode()}",
        },
    )
    try:
        with _DIRECT.open(request, timeout=TIMEOUT_SECONDS) as reply:
            found = json.load(reply)
    except (OSError, ValueError):
        return []
    return found if isinstance(found, list) else []
