"""The command line `bng` (§4.3): one JSON object to stdout with --json, messages to stderr.

Exit status: 0 done, 1 no lawful answer (or a failed check), 2 bad input, 3 anything else, 130
interrupted, 141 nobody reads the output any more.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from bng_core import fault_log
from bng_core.commands import add_store_commands
from bng_core.errors import BadInput, BngError
from bng_core.gain_site_columns import add_value_options
from bng_core.request_options import (
    add_off_site_workbook,
    add_place,
    add_portfolio_terms,
    add_request,
    add_use,
    request_of,
    use_of,
)

if TYPE_CHECKING:
    from bng_core.case import Request
    from bng_core.demand import Demand
    from bng_core.market import Market

DONE, NO_ANSWER, BAD_INPUT, FAILED = 0, 1, 2, fault_log.FAILED
INTERRUPTED, UNREAD = 130, 141
MOST_WORKERS = 64
Json = dict[str, Any]


@dataclass(frozen=True)
class Output:
    """What a command prints: JSON, or the same for people; and its exit status."""

    content: Json
    text: Callable[[], str]
    status: int = DONE


class _Parser(argparse.ArgumentParser):
    """A parser whose faults are ordinary bad input."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message[:1].upper()}{message[1:]}. See {self.prog} --help.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.excepthook = fault_log.stop
    try:
        options = _parser().parse_args(given)
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except BngError as error:
        status = BAD_INPUT if isinstance(error, BadInput) else FAILED
        sys.stderr.write(f"{error}\n")
        if "--json" in given:
            _print_json({"error": error.to_json()})
        return status
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return INTERRUPTED
    except BrokenPipeError:  # as in bng ... | head; what is left must not be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="bng", description="From a metric workbook to the cheapest lawful purchase."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, run: Callable[[argparse.Namespace], int], words: str) -> _Parser:
        added: _Parser = commands.add_parser(
            name, help=words, description=words, allow_abbrev=False
        )
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="print one JSON object")
        return added

    metric = command("metric", _printed(run_metric), "What a metric workbook says and requires.")
    metric.add_argument("file", type=Path, help="a statutory metric workbook, .xlsx or .xlsm")
    add_use(metric)

    for name, run, words in (
        ("optimise", run_optimise, "The cheapest lawful purchase."),
        (
            "explore",
            run_explore,
            "What else there is: next best, winning prices, fewer banks.",
        ),
    ):
        asked = command(name, _printed(run), words)
        asked.add_argument("file", type=Path, help="a metric workbook, or a demand.csv")
        _add_market(asked)
        add_place(asked, required=True)
        add_request(asked)
        add_use(asked)
        if name == "optimise":
            add_off_site_workbook(asked)

    portfolio = command(
        "portfolio", _printed(run_portfolio), "Many developments on one stock, at least cost."
    )
    portfolio.add_argument("folder", type=Path, help="sites.csv with site_demand.csv or workbooks")
    _add_market(portfolio)
    add_portfolio_terms(portfolio)

    audit = command("audit", _printed(run_audit), "Check an answer without the optimiser.")
    audit.add_argument("result", type=Path, help="the JSON of bng optimise")
    _add_market(audit)
    audit.add_argument("--metric", type=Path, required=True, metavar="FILE")
    add_place(audit, required=False)
    add_use(audit)

    value = command("value", _run_value, "What a gain site supplies: units by habitat.")
    add_value_options(value)

    up = command("up", _run_up, "Start the local stack.")
    up.add_argument("--foreground", action="store_true", help="stop it all on Ctrl-C")
    up.add_argument(
        "--workers", type=_workers, default=2, metavar="N", help="runs computed at once (2)"
    )
    command("down", _run_down, "Stop the local stack.")
    command("status", _run_status, "Show the local stack.")
    add_store_commands(command)
    return parser


def _add_market(command: argparse.ArgumentParser) -> None:
    command.add_argument("--market", required=True, metavar="DIR|store")


def _printed(run: Callable[[argparse.Namespace], Output]) -> Callable[[argparse.Namespace], int]:
    def print_output(options: argparse.Namespace) -> int:
        output = run(options)
        if options.json:
            _print_json(output.content)
        else:
            sys.stdout.write(f"{output.text()}\n")
        return output.status

    return print_output


def _print_json(content: Json) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n")


def run_metric(options: argparse.Namespace) -> Output:
    """`bng metric`: what the workbook says and requires."""
    from bng_core import console
    from bng_core.metric import metric_json, read_metric

    metric = read_metric(options.file, options.file.name, use_of(options))
    return Output(metric_json(metric), lambda: console.metric_text(metric))


def run_optimise(options: argparse.Namespace) -> Output:
    """`bng optimise`: the cheapest lawful purchase for one development."""
    from bng_core import console
    from bng_core.off_site import check_destination, write_off_site_workbook
    from bng_core.optimise import optimise

    if out := options.offsite_workbook:
        check_destination(out, options.file)
    started = time.perf_counter()
    demand, market, request = _read(options)
    read = time.perf_counter() - started
    answer = optimise(demand, market, request).to_json(read)
    status = NO_ANSWER if answer["status"] == "infeasible" else DONE
    if out and status == DONE:
        written = write_off_site_workbook(out, options.file, (answer, market), use_of(options))
        sys.stderr.write(f"{written}\n")
    return Output(answer, lambda: console.answer_text(answer), status)


def run_explore(options: argparse.Namespace) -> Output:
    """`bng explore`: why this answer, and what else there is."""
    from bng_core import console
    from bng_core.explore import explore
    from bng_core.optimise import optimise

    demand, market, request = _read(options)
    found = explore(demand, market, request)
    if found is not None:
        return Output(found, lambda: console.explore_text(found))
    answer = optimise(demand, market, request).to_json()
    return Output(answer, lambda: console.answer_text(answer), NO_ANSWER)


def _read(options: argparse.Namespace) -> "tuple[Demand, Market, Request]":
    from bng_core.demand import demand_of_file

    request = request_of(options)
    demand = demand_of_file(options.file, use_of(options))
    return demand, _open_market(options.market), request


def run_portfolio(options: argparse.Namespace) -> Output:
    """`bng portfolio`: many developments on one stock."""
    from datetime import date

    from bng_core.portfolio.answer import solve_portfolio
    from bng_core.portfolio.folder import read_portfolio
    from bng_core.portfolio.joint import Terms
    from bng_core.portfolio.words import portfolio_text

    started = time.perf_counter()
    sites = read_portfolio(options.folder, options.date or date.today())
    market = _open_market(options.market)
    read = time.perf_counter() - started
    terms = Terms(options.lot, options.basis, options.time_limit)
    answer = solve_portfolio(sites, market, terms)
    answer["seconds"]["read"] = round(read, 4)
    status = NO_ANSWER if answer["status"] == "infeasible" else DONE
    return Output(answer, lambda: portfolio_text(answer), status)


def run_audit(options: argparse.Namespace) -> Output:
    """`bng audit`: every claim of an answer, checked again."""
    from dataclasses import replace

    from bng_core import console
    from bng_core.answer import read_answer
    from bng_core.audit import audit
    from bng_core.demand import demand_of_file
    from bng_core.places import place

    answer, question = read_answer(options.result)
    if options.lpa or options.nca:
        site = place(
            options.lpa or question.site.lpa,
            options.nca or question.site.nca,
            options.waterbody or question.site.waterbody_id,
            options.marine_plan_area or question.site.marine_plan_area,
        )
        question = replace(question, site=site)
    demand = demand_of_file(options.metric, use_of(options))
    verdict = audit(answer, question, demand, _open_market(options.market))
    status = DONE if verdict["passed"] else NO_ANSWER
    return Output(verdict, lambda: console.audit_text(verdict), status)


def _run_value(options: argparse.Namespace) -> int:
    """`bng value`: what a gain site supplies, as stock rows."""
    from bng_core import console
    from bng_core.gain_site import value_site
    from bng_core.gain_site_table import template

    if options.template:
        sys.stdout.write(template())
        return DONE
    if options.file is None:
        raise BadInput("Give the SITE.csv to value, or --template for one to fill in.")
    valued = value_site(options.file, options.bank)
    output = Output(valued.to_json(), lambda: console.value_text(valued))
    return _printed(lambda _: output)(options)


def _open_market(source: str) -> "Market":
    """A market folder, or the store; only the second needs the database's libraries."""
    if source == "store":
        from bng_core.store.market_tables import open_market

        return open_market(source)
    from bng_core.market import read_market

    return read_market(Path(source))


def _run_up(options: argparse.Namespace) -> int:
    from bng_core.local_stack.commands import up

    return up(foreground=options.foreground, json=options.json, workers=options.workers)


def _workers(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(
            f"“{text}” is not a number of workers: expected 1 to {MOST_WORKERS}"
        )
    return int(text)


def _run_down(options: argparse.Namespace) -> int:
    from bng_core.local_stack.commands import down

    return down(json=options.json)


def _run_status(options: argparse.Namespace) -> int:
    from bng_core.local_stack.commands import status

    return status(json=options.json)


if __name__ == "__main__":
    sys.exit(main())
