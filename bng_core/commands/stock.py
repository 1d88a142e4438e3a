"""`bng stock show | receive | correct | policy`: lots, their ledger, and what quotes hold."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from bng_core.commands.grouping import AddCommand, columns, group, open_store, operator, show
from bng_core.stock_words import Policy

if TYPE_CHECKING:
    from bng_core.store.ledger import Lot


def add_stock_commands(command: AddCommand) -> None:
    """Add `bng stock`."""
    add = group(command, "stock", "Lots of units, every movement of them, and the stock policy.")
    lot = add("show", run_show, "One lot and its latest movements.")
    lot.add_argument("lot", metavar="STOCK_ID")
    lot.add_argument("--limit", type=int, default=20, metavar="N", help="how many (20)")
    for name, run, words in (
        ("receive", run_receive, "Add units to a lot."),
        ("correct", run_correct, "Mend what a lot received, by more or (below 0) less."),
    ):
        moved = add(name, run, words)
        moved.add_argument("lot", metavar="STOCK_ID")
        moved.add_argument("units", help="such as 1.25; steps of 0.0001")
        moved.add_argument("--why", required=True, help="the reason, for the audit log")
    policy = add("policy", run_policy, "Show or set what quotes hold when they go out.")
    policy.add_argument("--set", type=Policy, choices=list(Policy), dest="policy")
    policy.add_argument("--share", default="0", help="for hold_share: between 0 and 1")
    policy.add_argument("--days", type=int, default=30, metavar="N", help="of a hold (30)")
    policy.add_argument("--why", default="", help="the reason, for the audit log")


def run_show(options: argparse.Namespace) -> int:
    """`bng stock show`."""
    from bng_core.store.ledger import entries, load_lot

    store = open_store()
    lot = load_lot(store, operator(), options.lot)
    found = entries(store, operator(), options.lot, options.limit)
    rows = [(f"{e.at:%Y-%m-%d %H:%M:%S} UTC", e.kind, f"{e.units:f}", e.who, e.why) for e in found]
    content = {"lot": asdict(lot), "entries": [asdict(entry) for entry in found]}
    table = columns(("When", "Movement", "Units", "By", "Why"), rows)
    return show(options, content, f"{_words(lot)}\n{table}")


def run_receive(options: argparse.Namespace) -> int:
    """`bng stock receive`."""
    from bng_core.store.ledger import receive

    lot = receive(open_store(), operator(), options.lot, options.units, options.why)
    return show(options, {"lot": asdict(lot)}, _words(lot))


def run_correct(options: argparse.Namespace) -> int:
    """`bng stock correct`."""
    from bng_core.store.ledger import correct

    lot = correct(open_store(), operator(), options.lot, options.units, options.why)
    return show(options, {"lot": asdict(lot)}, _words(lot))


def run_policy(options: argparse.Namespace) -> int:
    """`bng stock policy`."""
    from bng_core.store import checks
    from bng_core.store.holds import StockPolicy, load_stock_policy, set_stock_policy

    store = open_store()
    if options.policy is not None:
        wanted = StockPolicy(options.policy, checks.share(options.share), options.days)
        set_stock_policy(store, operator(), wanted, options.why)
    policy = load_stock_policy(store)
    share = f"{100 * policy.share.normalize():f} % of their units"
    text = f"Quotes hold {share if policy.share else 'nothing'} for {policy.hold_days} days."
    return show(options, asdict(policy), text)


def _words(lot: "Lot") -> str:
    figures = {
        "received": lot.received,
        "held": lot.held,
        "sold": lot.sold,
        "allocated": lot.allocated,
        "free": lot.units_available,
    }
    shown = ", ".join(f"{units:f} {name}" for name, units in figures.items())
    return f"Lot {lot.stock_id}, {lot.habitat}, {lot.bank_name}: {shown}."
