"""`bng runs` and `bng cache`: what runs there are, stopping one, and the answers that are kept."""

import argparse
import uuid
from typing import TYPE_CHECKING, Any

from bng_core.commands.grouping import AddCommand, columns, open_store, operator, show
from bng_core.errors import BadInput

if TYPE_CHECKING:
    from bng_core.cache import Cache
    from bng_core.store import Run

Json = dict[str, Any]


def add_runs_commands(command: AddCommand) -> None:
    """Add `bng runs` and `bng cache`."""
    runs = command("runs", run_runs, "The latest runs, or one of them.")
    runs.add_argument("run_id", nargs="?", type=_run_id, help="one run; without: the latest")
    runs.add_argument("--limit", type=int, default=20, metavar="N", help="how many (20)")
    runs.add_argument("--cancel", action="store_true", help="stop the run that is named")
    cache = command("cache", run_cache, "The answers that are kept, and letting them go.")
    deed = cache.add_mutually_exclusive_group()
    deed.add_argument("--delete", metavar="RUN_KEY", help="let one answer be computed anew")
    deed.add_argument("--clear", action="store_true", help="let every answer be computed anew")


def run_runs(options: argparse.Namespace) -> int:
    """`bng runs`: what waits, is computed and was computed."""
    from bng_core.store import list_runs
    from bng_core.store.run_figures import run_figures

    if options.run_id is not None:
        return _one_run(options)
    if options.cancel:
        raise BadInput("Name the run to cancel: bng runs RUN_ID --cancel.")
    store = open_store()
    figures, found = run_figures(store), list_runs(store, options.limit)
    waiting = {str(queue): number for queue, number in figures.waiting.items()}
    content = {"waiting": waiting, "at_work": figures.at_work, "runs": [*map(_run_json, found)]}
    rows = [
        (r.run_id, f"{r.created_at:%Y-%m-%d %H:%M:%S}", r.kind, r.status, f"{r.progress} %",
         r.error or r.stage)
        for r in found
    ]  # fmt: skip
    words = ", ".join(f"{number} {queue}" for queue, number in waiting.items())
    table = columns(("Run", "Asked (UTC)", "Kind", "Status", "Done", "Stage or reason"), rows)
    return show(options, content, f"Waiting: {words}. At work: {figures.at_work}.\n\n{table}")


def _one_run(options: argparse.Namespace) -> int:
    from bng_core.store import load_run
    from bng_core.store.leases import cancel_run

    store = open_store()
    load_run(store, options.run_id)
    if options.cancel:
        cancel_run(store, options.run_id, f"The run was cancelled by {operator().who}.")
    content = _run_json(load_run(store, options.run_id))
    lines = [f"{name:<12}  {'-' if value is None else value}" for name, value in content.items()]
    return show(options, content, "\n".join(lines))


def run_cache(options: argparse.Namespace) -> int:
    """`bng cache`: what is kept and how often it served; or what was removed."""
    from bng_core.cache import clear, forget, open_cache
    from bng_core.settings import load_settings

    settings = load_settings()
    cache = open_cache(settings.redis_url, settings.cache_ttl_seconds)
    if options.clear or options.delete:
        removed = clear(cache, operator()) if options.clear else 0
        if options.delete:
            removed = int(forget(cache, operator(), options.delete))
        return show(options, {"removed": removed}, f"Answers removed: {removed}.")
    return _show_cache(options, cache)


def _show_cache(options: argparse.Namespace, cache: "Cache") -> int:
    from bng_core.cache import entries
    from bng_core.store.run_figures import run_figures

    held, rate = entries(cache, operator()), run_figures(open_store()).hit_rate
    content = {"hit_rate": rate, "entries": [vars(entry) for entry in held]}
    served = "none were given yet" if rate is None else f"it gave {rate:.0%} of all answers"
    table = columns(
        ("Run key", "Run", "Seconds left"), [(e.run_key, e.run_id, e.seconds_left) for e in held]
    )
    return show(options, content, f"{len(held)} answers are kept; {served}.\n\n{table}")


def _run_json(run: "Run") -> Json:
    return {
        "run_id": str(run.run_id),
        "run_key": run.run_key,
        "kind": run.kind,
        "status": str(run.status),
        "stage": run.stage,
        "progress": run.progress,
        "queue": str(run.queue),
        "position": run.position,
        "executor": run.executor,
        "attempts": run.attempts,
        "input_name": run.input_name,
        "created_at": run.created_at.isoformat(),
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "error": run.error,
    }


def _run_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"“{text}” is not a run id such as 1b4e28ba-2fa1-41d2-883f-0016d3cca427"
        ) from None
