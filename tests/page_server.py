"""A server of the pages on its own, for tests that need it in another state than the stack's."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import psutil

from bng_core.actor import Role
from bng_core.local_stack.ports import claim_port
from bng_core.settings import PROJECT_ROOT, child_environment
from bng_core.store import Store
from bng_core.store.sign_in import open_session
from dashboards.access import cookie_name
from tests.people import person

TOKEN = "token-of-the-tests"
QUOTE = "/voila/render/quote.ipynb"
KERNEL_ID = re.compile(r'"kernelId": "([0-9a-f-]{36})"')
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


@dataclass(frozen=True)
class Site:
    """Served pages with their store, asked without a browser."""

    address: str
    store: Store

    def secret(self, role: Role = Role.HANDLER, name: str = "") -> str:
        """The secret of an open session of a user of that role."""
        return open_session(self.store, person(self.store, role, name))

    def get(self, path: str, secret: str = "", **headers: str) -> tuple[int, str]:
        """Status and text that a browser with this session gets in the end."""
        return answer_to(Request(f"{self.address}{path}", headers=self._head(secret, headers)))

    def post(self, path: str, secret: str = "", **headers: str) -> int:
        """The status of an empty form."""
        head = self._head(secret, headers)
        return answer_to(Request(f"{self.address}{path}", data=b"", headers=head))[0]

    def kernel(self, secret: str, **headers: str) -> str:
        """The kernel that somebody gets with the quote page."""
        found = KERNEL_ID.search(self.get(QUOTE, secret, **headers)[1])
        assert found
        return found[1]

    def _head(self, secret: str, headers: dict[str, str]) -> dict[str, str]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return sent | ({"Cookie": cookie_of(self.address, secret)} if secret else {})


def cookie_of(address: str, secret: str) -> str:
    """The cookie of a session."""
    return f"{cookie_name(urlsplit(address).netloc)}={secret}"


def answer_to(request: Request) -> tuple[int, str]:
    """Status and text that a browser gets in the end."""
    try:
        with urlopen(request, timeout=120) as answer:
            return int(answer.status), answer.read().decode()
    except HTTPError as refusal:
        return refusal.code, refusal.read().decode()


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
            answer_to(Request(f"{address}/login"))
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the page server did not start")
