"""The one process that starts the services, keeps them running and stops them.

Runs in a session of its own, so that Ctrl-C in a terminal reaches only the command that waits for
it. Every change is written to the state file, which is how the commands follow it.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

from bng_core.errors import BngError, StackError
from bng_core.local_stack import postgres, processes
from bng_core.local_stack.files import load_secrets, open_log
from bng_core.local_stack.homes import Home, find_home
from bng_core.local_stack.ports import claim_port
from bng_core.local_stack.services import Service, Step, plan
from bng_core.local_stack.stack import Stack, python
from bng_core.local_stack.state import Phase, ServiceState, State, lock
from bng_core.settings import PROJECT_ROOT, STATE_FILE, load_settings

TICK_SECONDS = 0.2
PATIENCE_TO_STOP = 15.0
LONGEST_BACK_OFF = 30.0
TRIES = 3


class Stopped(Exception):
    """A signal asked the supervisor to end."""


@dataclass
class Child:
    """A service and the process that runs it now."""

    service: Service
    process: psutil.Popen
    state: ServiceState
    failures: int = 0
    next_start: float = 0.0


@dataclass
class Supervisor:
    """Starts, watches and stops the services of one stack."""

    stack: Stack
    parent: int | None
    state: State
    children: list[Child] = field(default_factory=list)
    stopping: bool = False

    def run(self) -> int:
        """The whole life; 0 when it was asked to stop, 1 when a service would not start."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.ask_to_stop)
        failure = "The supervisor ended unexpectedly."
        try:
            self.start_all()
            self.tell(Phase.UP, "Everything is running.")
            while True:
                self.pause()
                self.watch()
        except Stopped:
            failure = ""
        except BngError as error:
            failure = str(error)
        finally:
            self.stop_all()
            self.state.environment = {}
            self.tell(Phase.FAILED, failure)
        if not failure:
            (self.stack.data_dir / STATE_FILE).unlink(missing_ok=True)
        return 1 if failure else 0

    def ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: the next pause ends the run."""
        self.stopping = True

    def pause(self) -> None:
        """Wait a tick; raises Stopped when asked to stop or when the waiting command is gone."""
        if self.parent is not None and os.getppid() != self.parent:
            self.stopping = True
        if self.stopping:
            raise Stopped
        time.sleep(TICK_SECONDS)

    def tell(self, phase: Phase, message: str) -> None:
        """Write what is known now for the commands to read."""
        self.state.phase, self.state.message = phase, message
        self.state.ports = self.stack.ports
        self.state.services = [child.state for child in self.children]
        self.state.write(self.stack.data_dir)

    def start_all(self) -> None:
        """Start the plan in its order, each part when the one before it answers."""
        for part in plan(self.state.workers):
            if part.given in self.stack.settings.given:
                continue
            self.tell(Phase.STARTING, f"Starting {part.title} ...")
            if isinstance(part, Step):
                self.run_step(part)
            else:
                self.bring_up(part)
            self.state.environment = self.stack.addresses()

    def run_step(self, step: Step) -> None:
        """Run a module to its end; its last line of output is the reason when it fails."""
        environment = self.stack.environment() | step.environment(self.stack)
        process = self.spawn(step.name, python("-m", step.module), environment)
        try:
            while process.poll() is None:
                self.pause()
        finally:
            processes.stop_group(process, signal.SIGTERM, PATIENCE_TO_STOP)
        if process.returncode != 0:
            raise StackError(f"{step.title}: {self.last_words(step.name)}")

    def bring_up(self, service: Service) -> None:
        """Start a service and wait until it answers; a port lost to another program is changed."""
        for _ in range(TRIES):
            if service.first_port is not None:
                self.stack.ports[service.name] = claim_port(service.first_port)
            service.before(self.stack)
            process, state = self.launch(service)
            self.children.append(Child(service, process, state))
            if self.wait_until_ready(service, process):
                state.healthy = True
                service.after(self.stack)
                return
            processes.stop_group(self.children.pop().process, service.stop_signal, PATIENCE_TO_STOP)
        raise StackError(
            f"{service.title} did not start: {self.last_words(service.name)} "
            f"The whole log: {self.stack.log(service.name)}"
        )

    def wait_until_ready(self, service: Service, process: psutil.Popen) -> bool:
        """Whether the service answered before it ended or its time was up."""
        end = time.monotonic() + service.patience
        while process.poll() is None and time.monotonic() < end:
            self.pause()
            if self.answers(service, process):
                return True
        return False

    def answers(self, service: Service, process: psutil.Popen) -> bool:
        """Whether a service answers, and by this process, not by a stranger on the same port.

        Programs that hold data run as another user, and prove themselves by their password.
        """
        port = self.stack.ports.get(service.name)
        ours = port is None or service.data or processes.listens(process, port)
        return ours and service.ready(self.stack)

    def launch(self, service: Service) -> tuple[psutil.Popen, ServiceState]:
        """Start the process of a service."""
        self.stack.started[service.name] = time.time()
        process = self.spawn(
            service.name,
            service.command(self.stack),
            self.environment_of(service),
            **(self.stack.home.run_as if service.data else {}),
        )
        self.stack.pids[service.name] = process.pid
        started = processes.start_time(process.pid) or time.time()
        return process, ServiceState(service.name, process.pid, started)

    def environment_of(self, service: Service) -> dict[str, str]:
        """Programs that hold data get no secrets of other parts."""
        if not service.data:
            return self.stack.environment() | service.environment(self.stack)
        mark = {processes.MARK: str(self.stack.data_dir)} if service.marked else {}
        return {"PATH": os.defpath, "TZ": "UTC", **mark}

    def spawn(
        self, name: str, command: list[str], environment: dict[str, str], **run_as: Any
    ) -> psutil.Popen:
        """A child in a session of its own that writes to its log."""
        with open_log(self.stack.log(name)) as log:
            try:
                return psutil.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd="/" if run_as else PROJECT_ROOT,
                    env=environment,
                    start_new_session=True,
                    **run_as,
                )
            except OSError as error:
                raise StackError(f"{command[0]} cannot be run: {error.strerror}.") from error

    def last_words(self, name: str) -> str:
        """The last line that a program wrote, or the error just before it, as a sentence."""
        text = self.stack.log(name).read_text(encoding="utf-8", errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        errors = [line for line in lines[-4:] if re.match(r"[\w.]+(Error|Exception): ", line)]
        return f"{[*lines, *errors][-1].rstrip('.')}." if lines else "it ended without a word."

    def watch(self) -> None:
        """Start again what died, ever more slowly while it keeps dying."""
        for child in self.children:
            if child.process.poll() is not None:
                self.restart(child)
            elif not child.state.healthy and self.answers(child.service, child.process):
                child.state.healthy = True
                self.tell(Phase.UP, f"{child.service.title} is back.")

    def restart(self, child: Child) -> None:
        """Start a dead child when its back-off is over, on the port that others know."""
        now = time.monotonic()
        if child.next_start == 0.0:
            lived = time.time() - child.state.started
            child.failures = 0 if lived > LONGEST_BACK_OFF else child.failures + 1
            child.next_start = now + min(2.0 ** min(child.failures, 5), LONGEST_BACK_OFF)
            child.state.healthy = False
            self.tell(Phase.UP, f"{child.service.title} ended; it is started again.")
        if now < child.next_start:
            return
        restarts = child.state.restarts + 1
        processes.stop_group(child.process, signal.SIGKILL, PATIENCE_TO_STOP)
        child.service.before(self.stack)
        child.process, child.state = self.launch(child.service)
        child.state.restarts, child.next_start = restarts, 0.0
        self.tell(Phase.UP, f"{child.service.title} was started again.")

    def stop_all(self) -> None:
        """Stop in reverse order, then whatever runs and kernels have left."""
        self.tell(Phase.STOPPING, "Stopping ...")
        data = [child for child in self.children if child.service.data]
        for child in reversed([child for child in self.children if not child.service.data]):
            processes.stop_group(child.process, child.service.stop_signal, PATIENCE_TO_STOP)
        # Runs and kernels leave their service's process group; Valkey carries the mark as well.
        known = {child.process.pid for child in data}
        left = [one for one in processes.marked(self.stack.data_dir) if one.pid not in known]
        processes.stop_all(left, PATIENCE_TO_STOP)
        for child in reversed(data):
            processes.stop_group(child.process, child.service.stop_signal, PATIENCE_TO_STOP)


def clear_left_over(home: Home, data_dir: Path) -> int:
    """Stop what a killed supervisor left behind; how many processes that were."""
    left = processes.marked(data_dir)
    processes.stop_all(left, PATIENCE_TO_STOP)
    return len(left) + postgres.clear_left_over(home.folder / "postgres")


def main() -> int:
    """Run a supervisor."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--parent", type=int, help="the process that it must not outlive")
    options = parser.parse_args()
    settings = load_settings()
    home = find_home(settings.data_dir)
    with lock(settings.data_dir) as held:
        if not held:
            return 0
        clear_left_over(home, settings.data_dir)
        stack = Stack(settings, home, load_secrets(settings.data_dir))
        started = processes.start_time(os.getpid()) or 0.0
        state = State(pid=os.getpid(), started=started, workers=options.workers)
        return Supervisor(stack, options.parent, state).run()


if __name__ == "__main__":
    sys.exit(main())
