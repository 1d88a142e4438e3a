"""A server of the pages on its own, for tests that need it in another state than the stack's."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bng_core.local_stack.ports import claim_port
from bng_core.settings import PROJECT_ROOT, child_environment

TOKEN = "token-of-the-tests"
NOBODY = "postgresql://bng:secret@127.0.0.1:1/bng"
"""An address where nothing listens."""


@contextmanager
def serving(project: Path = PROJECT_ROOT, **environment: str) -> Iterator[str]:
    """Serve the pages of a project folder; yields the address and leaves no process behind."""
    port = claim_port(18_866)
    address = f"http://127.0.0.1:{port}"
    defaults = {"BNG_VOILA_TOKEN": TOKEN, "DATABASE_URL": NOBODY, "PYTHONPATH": str(project)}
    server = subprocess.Popen(
        [sys.executable, "-m", "dashboards.serve", "--port", str(port)],
        cwd=project,
        env=child_environment(defaults | environment),
    )
    try:
        _wait_for(address, server)
        yield address
        kernels = psutil.Process(server.pid).children(recursive=True)
    finally:
        server.terminate()
        server.wait(timeout=60)
    _, alive = psutil.wait_procs(kernels, timeout=60)
    assert alive == []


def status_of(url: str) -> int:
    """The status that a visitor without token or cookie gets in the end."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def eventually(claim: Callable[[], bool]) -> bool:
    """Whether a claim comes true within a generous time."""
    end = time.monotonic() + 60
    while not (held := claim()) and time.monotonic() < end:
        time.sleep(0.2)
    return held


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and server.poll() is None:
        try:
            status_of(address)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the page server did not start")
