"""Free ports on the loopback address."""

import socket

HOST = "127.0.0.1"
NEIGHBOURS = 20
"""How many ports above a taken one are tried before any free port will do."""


def find_port(preferred: int, avoid: frozenset[int] = frozenset()) -> int:
    """The preferred port, else one of those above it, else any free one."""
    for port in range(preferred, preferred + NEIGHBOURS):
        if port not in avoid and is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


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
