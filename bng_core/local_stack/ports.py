"""Ports on the loopback address that this stack has claimed for itself.

That a port is free is no claim: between a look and the start of a server another stack may take it,
and then one stack would speak to the other's server.
"""

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

HOST = "127.0.0.1"
NEIGHBOURS = 20
"""How many ports above a taken one are tried before any free port will do."""


def claim_port(preferred: int) -> int:
    """The preferred port, else one of those above it, else any free one.

    No other stack of this user gets it, and this process not again, until this process ends.
    """
    return next(port for port in _candidates(preferred) if _claim(port))


def _candidates(preferred: int) -> Iterator[int]:
    yield from range(preferred, preferred + NEIGHBOURS)
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        yield port


def _claim(port: int) -> bool:
    """Lock the file named for a port; the lock dies with this process, however that ends."""
    folder = Path(tempfile.gettempdir()) / f"bng-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(folder / str(port), os.O_RDONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    if is_free(port):
        return True
    os.close(lock)
    return False


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now.

    SO_REUSEADDR, as servers set it: a port whose last connections are still closing is free.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
