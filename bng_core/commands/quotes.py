"""`bng quote ...`: quotes from the command line; each command is one step in a quote's life."""

import argparse
import uuid
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from bng_core.commands.grouping import AddCommand, group, open_store, operator, show
from bng_core.errors import BadInput
from bng_core.quote_words import QuoteState

if TYPE_CHECKING:
    from bng_core.store.quote_lines import NewLine
    from bng_core.store.quote_rows import Quote

Run = Callable[[argparse.Namespace], int]


def add_quote_commands(command: AddCommand) -> None:
    """Add `bng quote`."""
    add = group(command, "quote", "Quotes: from a run to the register; they hold stock.")

    def of_quote(name: str, run: Run, words: str) -> argparse.ArgumentParser:
        added = add(name, run, words)
        added.add_argument("reference", help="such as BNG-00001, or BNG-00001.1 for a requote")
        return added

    def with_reason(name: str, run: Run, words: str) -> argparse.ArgumentParser:
        added = of_quote(name, run, words)
        added.add_argument("--why", required=True, help="the reason, for the audit log")
        return added

    new = add("save", run_save, "Make a draft from a run that is done.")
    new.add_argument("run_id", type=_run_id, metavar="RUN", help="the number of the run")
    new.add_argument("--customer", required=True, metavar="NAME")
    new.add_argument("--email", help="tells the customer from others; one that is known is taken")
    new.add_argument("--site", required=True, metavar="NAME", help="what the site is called")
    new.add_argument("--promoter", metavar="NAME")
    listed = add("list", run_list, "The latest quotes, newest first.")
    listed.add_argument("--words", default="", help="in reference, site or customer")
    listed.add_argument("--state", type=QuoteState, choices=list(QuoteState))
    listed.add_argument("--limit", type=int, default=50, metavar="N", help="how many (50)")
    add("expire", run_expire, "End every quote whose time has passed.")
    of_quote("show", run_show, "One quote, exactly as it was made.")
    out = of_quote("issue", run_issue, "Send a draft out and hold its units by the stock policy.")
    out.add_argument("--days", type=int, default=30, metavar="N", help="how long it is valid (30)")
    of_quote("accept", run_accept, "Sell the units of a quote that is out.")
    noted = of_quote("allocate", run_allocate, "Note that it is allocated on the register.")
    noted.add_argument("--register", required=True, metavar="REFERENCE")
    with_reason("withdraw", run_withdraw, "End it; what it held or sold is free again.")
    held = of_quote("hold", run_hold, "Hold all its units, whatever the policy.")
    held.add_argument("--days", type=int, required=True, metavar="N")
    with_reason("release", run_release, "Give back what it holds; the quote stays out.")
    longer = with_reason("extend", run_extend, "Let it, and what it holds, last longer.")
    longer.add_argument("--days", type=int, required=True, metavar="N", help="from now")
    again = of_quote("requote", run_requote, "Make its next version from another run.")
    again.add_argument("run_id", type=_run_id, metavar="RUN")
    compared = of_quote("compare", run_compare, "What has changed to another version.")
    compared.add_argument("other", metavar="REFERENCE")
    _add_line_commands(with_reason)


def _add_line_commands(with_reason: Callable[[str, Run, str], argparse.ArgumentParser]) -> None:
    added = with_reason("add-line", run_add_line, "Add a purchase to a draft by hand.")
    paired = with_reason("pair-line", run_pair_line, "Add a companion of the same bank to a line.")
    for command in (added, paired):
        command.add_argument("--lot", required=True, metavar="STOCK_ID")
        command.add_argument("--units", type=_decimal, required=True)
        command.add_argument("--srm", type=_decimal, default=Decimal(1), help="1, 0.75 or 0.5")
        command.add_argument("--price", type=_pence, required=True, metavar="GBP", help="a unit")
    removed = with_reason("remove-line", run_remove_line, "Take a line out of a draft.")
    priced = with_reason("set-price", run_set_price, "Give a line of a draft another price.")
    priced.add_argument("--price", type=_pence, required=True, metavar="GBP", help="a unit")
    for command in (paired, removed, priced):
        command.add_argument("--line", type=int, required=True, metavar="N")


def run_save(options: argparse.Namespace) -> int:
    """`bng quote save`."""
    from bng_core.store.parties import add_customer
    from bng_core.store.quotes import NewQuote, save_quote

    store = open_store()
    customer = add_customer(store, operator(), options.customer, options.email)
    new = NewQuote(options.run_id, customer.customer_id, options.site, options.promoter)
    return _show(options, save_quote(store, operator(), new))


def run_list(options: argparse.Namespace) -> int:
    """`bng quote list`."""
    from bng_core.commands.quote_text import list_text
    from bng_core.store.quote_pages import Search, list_quotes

    search = Search(options.words, options.state, limit=options.limit)
    found = list_quotes(open_store(), operator(), search)
    return show(options, {"quotes": [asdict(row) for row in found]}, list_text(found))


def run_expire(options: argparse.Namespace) -> int:
    """`bng quote expire`."""
    from bng_core.store.quote_life import expire_quotes

    ended = expire_quotes(open_store())
    text = f"{len(ended)} quotes have expired{': ' if ended else ''}{', '.join(ended)}."
    return show(options, {"expired": ended}, text)


def run_show(options: argparse.Namespace) -> int:
    """`bng quote show`."""
    from bng_core.store.quote_rows import open_quote

    return _show(options, open_quote(open_store(), operator(), options.reference))


def run_issue(options: argparse.Namespace) -> int:
    """`bng quote issue`."""
    from bng_core.store.quote_life import issue_quote

    return _show(options, issue_quote(open_store(), operator(), options.reference, options.days))


def run_accept(options: argparse.Namespace) -> int:
    """`bng quote accept`."""
    from bng_core.store.quote_life import accept_quote

    return _show(options, accept_quote(open_store(), operator(), options.reference))


def run_allocate(options: argparse.Namespace) -> int:
    """`bng quote allocate`."""
    from bng_core.store.quote_life import allocate_quote

    done = allocate_quote(open_store(), operator(), options.reference, options.register)
    return _show(options, done)


def run_withdraw(options: argparse.Namespace) -> int:
    """`bng quote withdraw`."""
    from bng_core.store.quote_life import withdraw_quote

    return _show(options, withdraw_quote(open_store(), operator(), options.reference, options.why))


def run_hold(options: argparse.Namespace) -> int:
    """`bng quote hold`."""
    from bng_core.store.quote_life import hold_quote

    return _show(options, hold_quote(open_store(), operator(), options.reference, options.days))


def run_release(options: argparse.Namespace) -> int:
    """`bng quote release`."""
    from bng_core.store.quote_life import release_hold

    return _show(options, release_hold(open_store(), operator(), options.reference, options.why))


def run_extend(options: argparse.Namespace) -> int:
    """`bng quote extend`."""
    from bng_core.store.quote_life import extend_quote

    asked = (options.reference, options.days, options.why)
    return _show(options, extend_quote(open_store(), operator(), *asked))


def run_requote(options: argparse.Namespace) -> int:
    """`bng quote requote`."""
    from bng_core.store.requotes import requote

    return _show(options, requote(open_store(), operator(), options.reference, options.run_id))


def run_compare(options: argparse.Namespace) -> int:
    """`bng quote compare`."""
    from bng_core.commands.quote_text import difference_text
    from bng_core.store.requotes import difference

    found = difference(open_store(), operator(), options.reference, options.other)
    return show(options, asdict(found), difference_text(found))


def run_add_line(options: argparse.Namespace) -> int:
    """`bng quote add-line`."""
    from bng_core.store.quote_lines import add_line

    asked = (options.reference, _new_line(options), options.why)
    return _show(options, add_line(open_store(), operator(), *asked))


def run_pair_line(options: argparse.Namespace) -> int:
    """`bng quote pair-line`."""
    from bng_core.store.quote_lines import pair_line

    asked = (options.reference, (options.line, _new_line(options)), options.why)
    return _show(options, pair_line(open_store(), operator(), *asked))


def run_remove_line(options: argparse.Namespace) -> int:
    """`bng quote remove-line`."""
    from bng_core.store.quote_lines import remove_line

    asked = (options.reference, options.line, options.why)
    return _show(options, remove_line(open_store(), operator(), *asked))


def run_set_price(options: argparse.Namespace) -> int:
    """`bng quote set-price`."""
    from bng_core.store.quote_lines import override_price

    asked = (options.reference, (options.line, options.price), options.why)
    return _show(options, override_price(open_store(), operator(), *asked))


def _new_line(options: argparse.Namespace) -> "NewLine":
    from bng_core.store.quote_lines import NewLine

    return NewLine(options.lot, options.units, options.srm, options.price)


def _show(options: argparse.Namespace, quote: "Quote") -> int:
    from bng_core.commands.quote_text import quote_text

    return show(options, asdict(quote), quote_text(quote))


def _run_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(
            f"“{text[:60]}” is not the number of a run; see the list of runs"
        ) from fault


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise argparse.ArgumentTypeError(f"“{text[:60]}” is not a number")
    return number


def _pence(text: str) -> int:
    from bng_core.store.quotes import pence_of

    try:
        return pence_of(_decimal(text))
    except BadInput as fault:
        raise argparse.ArgumentTypeError(str(fault).rstrip(".")) from fault
