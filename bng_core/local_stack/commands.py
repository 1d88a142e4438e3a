"""bng up | down | status: start, stop and show the local stack."""

import json as json_module
import os
import signal
import subprocess
import sys
import time
from types import FrameType

from bng_core.errors import StackError
from bng_core.local_stack import processes
from bng_core.local_stack.files import open_log
from bng_core.local_stack.homes import find_home
from bng_core.local_stack.report import as_json, as_text, exit_code, look
from bng_core.local_stack.stack import python
from bng_core.local_stack.state import Phase, is_locked, read_state
from bng_core.local_stack.store_state import look_at_store
from bng_core.local_stack.supervisor import clear_left_over
from bng_core.settings import PROJECT_ROOT, STATE_FILE, Settings, load_settings

TICK_SECONDS = 0.1
PATIENCE_TO_STOP = 120.0


class Interrupted(Exception):
    """Ctrl-C, or its like, while a command waits."""


def up(foreground: bool, json: bool, workers: int) -> int:
    """Start everything and show where it is; in the foreground, stop it all on Ctrl-C.

    Raises StackError where a part does not start; nothing runs then.
    """
    settings = load_settings()
    if is_locked(settings.data_dir):
        follow(settings, None)
        say("The local stack is running already.")
        return show(settings, json)
    return start(settings, foreground, json, workers)


def down(json: bool) -> int:
    """Stop everything, also what a killed supervisor left behind; nothing to stop is no fault."""
    message = stop(load_settings())
    sys.stdout.write(f"{json_module.dumps({'running': False})}\n" if json else f"{message}\n")
    return 0


def status(json: bool) -> int:
    """Show every part; 0 where all of them answer, else 1."""
    return show(load_settings(), json)


def start(settings: Settings, foreground: bool, json: bool, workers: int) -> int:
    """Start a supervisor and follow it until everything answers."""
    find_home(settings.data_dir)
    handlers = {number: signal.signal(number, interrupt) for number in STOP_SIGNALS}
    options = ["--workers", str(workers)]
    options += ["--parent", str(os.getpid())] if foreground else []
    with open_log(settings.data_dir / "logs" / "supervisor.log") as log:
        supervisor = subprocess.Popen(
            python("-m", "bng_core.local_stack.supervisor", *options),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=PROJECT_ROOT,
            start_new_session=True,
        )
    try:
        follow(settings, supervisor)
        code = show(settings, json)
        if foreground:
            say("Press Ctrl-C to stop.")
            wait_for_end(settings, supervisor)
        return code
    except Interrupted:
        say("\nStopping ...")
        supervisor.terminate()
        supervisor.wait()
        say("Everything has stopped; the data are kept.")
        return 0 if foreground else 130
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def follow(settings: Settings, supervisor: subprocess.Popen[bytes] | None) -> None:
    """Tell what a supervisor does until all is up; None follows one that another command started.

    Raises StackError where it gives up.
    """
    told = ""
    while True:
        state = read_state(settings.data_dir)
        if supervisor is not None and state is not None and state.pid != supervisor.pid:
            state = None  # left by an earlier one
        if state is not None and state.phase == Phase.UP:
            return
        if state is not None and state.phase != Phase.FAILED and state.message != told:
            told = state.message
            say(told)
        if has_ended(settings, supervisor):
            raise StackError(why(settings, supervisor))
        time.sleep(TICK_SECONDS)


def has_ended(settings: Settings, supervisor: subprocess.Popen[bytes] | None) -> bool:
    """Whether the supervisor is gone, ours or, where it found one at work, the other."""
    if supervisor is not None and supervisor.poll() is None:
        return False
    return not is_locked(settings.data_dir)


def why(settings: Settings, supervisor: subprocess.Popen[bytes] | None) -> str:
    """The reason that a supervisor wrote before it gave up."""
    state = read_state(settings.data_dir)
    if state is not None and state.phase == Phase.FAILED and state.message:
        return state.message
    log = settings.data_dir / "logs" / "supervisor.log"
    return f"The local stack stopped while it was starting. The whole log: {log}"


def wait_for_end(settings: Settings, supervisor: subprocess.Popen[bytes]) -> None:
    """Wait while the stack runs; another command may stop it."""
    while supervisor.poll() is None:
        time.sleep(TICK_SECONDS)
    if supervisor.returncode != 0:
        raise StackError(why(settings, supervisor))
    say("The local stack was stopped.")


def stop(settings: Settings) -> str:
    """Stop a stack and say what was done."""
    if not settings.data_dir.exists():
        return "The local stack is not running."
    if not is_locked(settings.data_dir):
        left = clear_left_over(find_home(settings.data_dir), settings.data_dir)
        forget(settings)
        words = f"; {left} left-over processes were stopped" if left else ""
        return f"The local stack is not running{words}."
    end = time.monotonic() + PATIENCE_TO_STOP
    asked = False
    while is_locked(settings.data_dir):
        state = read_state(settings.data_dir)
        if not asked and state is not None and processes.is_same(state.pid, state.started):
            os.kill(state.pid, signal.SIGTERM)
            asked = True
            say("Stopping ...")
        if time.monotonic() > end:
            raise StackError(
                f"The local stack did not stop within {PATIENCE_TO_STOP:.0f} seconds. See "
                f"{settings.data_dir / 'logs' / 'supervisor.log'}"
            )
        time.sleep(TICK_SECONDS)
    return "Everything has stopped; the data are kept."


def forget(settings: Settings) -> None:
    """Remove the addresses of a stack that no longer runs."""
    (settings.data_dir / STATE_FILE).unlink(missing_ok=True)


def show(settings: Settings, json: bool) -> int:
    """Print the table or the JSON object."""
    state = read_state(settings.data_dir) if is_locked(settings.data_dir) else None
    lines = look(settings, state) if state is not None else []
    store = look_at_store(load_settings().database_url) if state is not None else None
    if json:
        sys.stdout.write(f"{json_module.dumps(as_json(settings, state, lines, store))}\n")
    else:
        sys.stdout.write(f"{as_text(settings, state, lines, store)}\n")
    sys.stdout.flush()
    return exit_code(state, lines, store)


def say(text: str) -> None:
    """Progress and messages; stdout is for the answer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Signal handler: once; a second Ctrl-C does not break the stopping."""
    for other in STOP_SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise Interrupted
