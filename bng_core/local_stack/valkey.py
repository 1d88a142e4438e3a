"""Our own Valkey (speaks Redis): a cache with a password, nothing on disk."""

import json
from pathlib import Path

from bng_core.local_stack.files import write_private
from bng_core.local_stack.homes import Home
from bng_core.local_stack.ports import HOST

MEMORY = "256mb"


def write_config(home: Home, port: int, password: str) -> Path:
    """The password stands in a file, since arguments are seen by every user of the machine."""
    folder = home.make_folder("valkey")
    config = folder / "valkey.conf"
    lines = [
        f"bind {HOST}",
        f"port {port}",
        f"requirepass {password}",
        f"dir {json.dumps(str(folder), ensure_ascii=False)}",  # quoted: it may hold a space
        'save ""',
        "appendonly no",
        f"maxmemory {MEMORY}",
        "maxmemory-policy allkeys-lru",
        "protected-mode yes",
        "daemonize no",
        "set-proc-title no",  # a new title would overwrite the mark in its environment
    ]
    write_private(config, "\n".join(lines) + "\n", home.user)
    return config


def command(home: Home, config: Path) -> list[str]:
    """The server itself."""
    return [str(home.valkey_server), str(config)]


def url(port: int, password: str) -> str:
    """Address for redis clients."""
    return f"redis://:{password}@{HOST}:{port}/0"
