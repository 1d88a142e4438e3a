"""Processes of the stack: recognised for certain before they are stopped.

A process id alone proves nothing, since ids are used again. A process is ours when its start time
is the recorded one, or when its environment carries the mark that every child of a stack inherits
(flow runs and notebook kernels leave the process group of the service that started them).
"""

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path

import psutil

MARK = "BNG_STACK"
"""Environment variable of every child; its value is the data folder of the stack."""


def start_time(pid: int) -> float | None:
    """When the process started; None where there is none."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.create_time()
    return None


def is_same(pid: int, started: float) -> bool:
    """Whether the process is still the one that started then."""
    now = start_time(pid)
    return now is not None and abs(now - started) < 1


def listens(process: psutil.Process, port: int) -> bool:
    """Whether this very process, or a child of it, listens on the port."""
    with contextlib.suppress(psutil.Error):
        family = [process, *process.children(recursive=True)]
        found = [one for member in family for one in member.net_connections(kind="tcp")]
        return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in found)
    return False


def marked(data_dir: Path) -> list[psutil.Process]:
    """Every process that a stack with this data folder left running, but never this one."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(data_dir):
                found.append(process)
    return found


def stop_all(processes: Iterable[psutil.Process], patience: float) -> None:
    """Ask the processes to end; end those that have not after `patience` seconds."""
    alive = list(processes)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(alive, timeout=patience)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=patience)


def stop_group(leader: psutil.Popen, first: signal.Signals, patience: float) -> None:
    """Stop a child that leads a process group, and then whatever is left of the group."""
    with contextlib.suppress(ProcessLookupError, psutil.Error):
        leader.send_signal(first)
    with contextlib.suppress(psutil.TimeoutExpired):
        leader.wait(timeout=patience)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader.pid, signal.SIGKILL)
    with contextlib.suppress(psutil.TimeoutExpired):
        leader.wait(timeout=patience)
