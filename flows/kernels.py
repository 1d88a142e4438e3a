"""Kernels for notebooks: each in a private folder, used once; a pool keeps some ready.

A kernel that has imported what the notebooks import answers at once; a new one takes seconds of
processor time first. What a run lays out and leaves behind dies with the folder of its kernel.
"""

import asyncio
import contextlib
import json
import logging
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
from jupyter_client.manager import AsyncKernelManager

from bng_core.run_key import code_version

log = logging.getLogger(__name__)

KERNEL = "python3"
START_TIMEOUT_S = 120
PREFIX = "bng-kernel-"
LONGEST_SOCKET_PATH = 90
"""Unix sockets have paths of at most 107 bytes, and the kernel appends to it."""
PAUSE_AFTER_FAULT_S = 5.0


class Kernel(contextlib.AbstractContextManager["Kernel"]):
    """A running kernel whose working folder is its own; use it as a context."""

    def __init__(self, prelude: str = "") -> None:
        """Start a kernel, and let it run `prelude`; raises RuntimeError when it does not start."""
        remove_left_over()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self.code = code_version()
        self.on_close: Callable[[], None] = lambda: None
        self.manager = AsyncKernelManager(kernel_name=KERNEL, **_private_sockets(self.folder))
        with contextlib.ExitStack() as unless_started:
            unless_started.callback(self.close)
            asyncio.run(self._start(prelude))
            unless_started.pop_all()

    def __exit__(self, *fault: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        process = self._process
        return process is not None and process.poll() is None

    def kill(self) -> None:
        """End the process at once, from any thread; whoever waits for it finds it dead."""
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def close(self) -> None:
        """End the process and remove its folder."""
        if self.manager.has_kernel:
            self.kill()
            asyncio.run(self._shut_down())
        shutil.rmtree(self.folder, ignore_errors=True)
        self.on_close()

    @property
    def _process(self) -> subprocess.Popen[bytes] | None:
        return getattr(self.manager.provisioner, "process", None)

    async def _shut_down(self) -> None:
        await self.manager.shutdown_kernel(now=True)

    async def _start(self, prelude: str) -> None:
        await self.manager.start_kernel(cwd=str(self.folder))
        if not prelude:
            return
        client = self.manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=START_TIMEOUT_S)
            reply = await client.execute_interactive(prelude, silent=True, timeout=START_TIMEOUT_S)
        finally:
            client.stop_channels()
        if reply["content"]["status"] != "ok":
            raise RuntimeError(f"the imports of the notebooks fail: {reply['content']['evalue']}")


class KernelPool:
    """Keeps `size` kernels ready and gives each away once; starts one on the spot when empty.

    The next one is started when the one given away is closed, so as not to slow down its run.
    """

    def __init__(self, size: int, prelude: str) -> None:
        self._prelude = prelude
        self._ready: queue.Queue[Kernel] = queue.Queue()
        self._wanted = threading.Semaphore(size)
        self._closed = threading.Event()
        self._filling = threading.Thread(target=self._fill, name="kernels", daemon=True)
        self._filling.start()

    @property
    def ready(self) -> int:
        """How many kernels wait to be used."""
        return self._ready.qsize()

    def take(self) -> Kernel:
        """Return a kernel that runs the code as it lies there now; the caller closes it."""
        with contextlib.suppress(queue.Empty):
            while True:
                kernel = self._ready.get_nowait()
                kernel.on_close = self._wanted.release
                if kernel.alive and kernel.code == code_version():
                    return kernel
                kernel.close()  # it died while it waited, or has imported older code
        return Kernel()

    def close(self) -> None:
        """End all kernels that wait."""
        self._closed.set()
        self._wanted.release()
        self._filling.join(START_TIMEOUT_S)
        with contextlib.suppress(queue.Empty):
            while True:
                self._ready.get_nowait().close()

    def _fill(self) -> None:
        while True:
            self._wanted.acquire()
            if self._closed.is_set():
                return
            try:
                self._ready.put(Kernel(self._prelude))
            except (OSError, RuntimeError) as fault:
                log.error("no kernel could be started: %s", fault)
                self._wanted.release()
                self._closed.wait(PAUSE_AFTER_FAULT_S)


def imports_of(*notebooks: Path) -> str:
    """Return the import lines of notebooks, so that a kernel may run them beforehand."""
    found: dict[str, None] = {}
    for notebook in notebooks:
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                lines = "".join(cell["source"]).splitlines()
                found |= dict.fromkeys(x for x in lines if x.startswith(("import ", "from ")))
    return "\n".join(found)


def remove_left_over() -> None:
    """Remove the folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _private_sockets(folder: Path) -> dict[str, str]:
    """Talk through sockets in a private folder, not through TCP ports, where paths allow it."""
    socket = str(folder / "kernel")
    return {} if len(socket) > LONGEST_SOCKET_PATH else {"transport": "ipc", "ip": socket}
