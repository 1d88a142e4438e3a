"""An opened quote as html: how it stands in words, its lines, holds, documents and history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape
from urllib.parse import quote as quoted

from bng_core.quote_steps import is_overdue
from bng_core.quote_words import LineChange, QuoteState
from bng_core.stock_words import HoldState
from bng_core.store.audit_log import Entry
from bng_core.store.quote_rows import Hold, Line, Quote
from bng_core.store.requotes import Difference, LineDifference
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import Cell, facts, module_name, moment, note, pounds, units

RUN_PAGE = "/voila/render/quote.ipynb"

LINES = (
    Column("Habitat bank"),
    Column("Habitat bought"),
    Column("Module"),
    Column("Units", is_figure=True),
    Column("Spatial risk multiplier (SRM)", is_figure=True),
    Column("Price per unit", is_figure=True),
    Column("Cost", is_figure=True),
    Column("How the line came to be"),
)
HOLDS = (
    Column("Hold"), Column("Units held", is_figure=True), Column("Units sold", is_figure=True),
    Column("Ends"), Column("Made by"),
)  # fmt: skip
DOCUMENTS = (Column("File"), Column("What it is"), Column("Made"), Column("By"))
HISTORY = (Column("When"), Column("What was done"), Column("To"), Column("By"), Column("Why"))
DIFFERENCE = (
    Column("Habitat bank"), Column("Habitat"), Column("What has changed"),
    Column("Before", is_figure=True), Column("Now", is_figure=True),
)  # fmt: skip

CHANGES = {
    LineChange.COMPUTED: "computed and audited",
    LineChange.ADDED: "added by hand",
    LineChange.REMOVED: "removed by hand: does not count",
    LineChange.PRICE_OVERRIDDEN: "price set by hand",
    LineChange.PAIRED: "paired by hand",
}
HOLD_STATES = {
    HoldState.OPEN: "open",
    HoldState.CONVERTED: "sold",
    HoldState.RELEASED: "released",
    HoldState.EXPIRED: "ended at its time",
}
DEEDS = {
    "quote.save": "Draft made",
    "quote.issue": "Sent out",
    "quote.accept": "Accepted",
    "quote.allocate": "Allocated on the register",
    "quote.withdraw": "Withdrawn",
    "quote.hold": "All its units held",
    "quote.release": "Hold released",
    "quote.extend": "Extended",
    "quote.expire": "Expired",
    "quote.add_line": "Line added",
    "quote.remove_line": "Line removed",
    "quote.override_price": "Price set",
    "quote.pair_line": "Line paired",
    "quote.add_document": "Document kept",
}


@dataclass(frozen=True)
class QuoteView:
    """A quote with what is shown around it; bank names by id."""

    quote: Quote
    history: Sequence[Entry]
    bank_names: Mapping[str, str]
    difference: Difference | None
    now: datetime


def quote_html(view: QuoteView) -> str:
    """How a quote stands, for whom it is, what has changed; shown above its steps."""
    quote = view.quote
    parts = [
        f"<h3>{escape(quote.reference)}: {escape(quote.site)}</h3>",
        note(stands(quote, view.now)),
        f'<p class="bng-total">{pounds(Decimal(quote.total_pence) / 100).html}</p>',
        _facts(quote),
        _difference(view),
    ]
    return "".join(parts)


def records_html(view: QuoteView) -> str:
    """What is kept of a quote, below its steps: lines, holds, documents, history."""
    return _lines(view) + _holds(view.quote) + _documents(view.quote) + _history(view.history)


def stands(quote: Quote, now: datetime) -> str:
    """How a quote stands, in words for somebody who must act on it."""
    until = moment(quote.valid_until)
    closed = moment(quote.closed_at)
    newer = quote.thread[-1]
    out = (
        f"Its time has passed: its price held until {until}. It cannot be accepted any more; "
        "extend or requote it."
        if is_overdue(quote, now)
        else f"Sent out {moment(quote.quoted_at)}: its price holds until {until}."
    )
    words = {
        QuoteState.DRAFT: "Draft: not sent out yet, and nothing is held for it.",
        QuoteState.QUOTED: out,
        QuoteState.ACCEPTED: f"Accepted {moment(quote.accepted_at)}: its units are sold.",
        QuoteState.ALLOCATED: f"Allocated on the gain-site register {moment(quote.allocated_at)}, "
        f"under {quote.register_reference}.",
        QuoteState.EXPIRED: f"Expired: its price held until {until}, and nobody accepted it by "
        "then. What it held is free again. A requote asks at today's prices.",
        QuoteState.WITHDRAWN: f"Withdrawn {closed}: what it held or had sold is free again.",
        QuoteState.SUPERSEDED: f"Superseded {closed}: a later version was sent out in its place; "
        f"the latest is {newer}.",
    }
    return words[quote.state]


def _facts(quote: Quote) -> str:
    fees = pounds(Decimal(quote.fees_pence) / 100).text
    known = {
        "For": quote.customer_name,
        "Site": f"{quote.site} ({quote.lpa}; {quote.nca})",
        "By": quote.owner + (f", for promoter {quote.promoter}" if quote.promoter else ""),
        "Units and fees": f"{pounds(Decimal(quote.units_pence) / 100).text} and {fees}",
        "Contract size": quote.contract_size,
        "Checked": "changed by hand: not what the auditor checked"
        if quote.is_manual
        else "audited: a second program checked every line",
        "Made": moment(quote.created_at),
        "Market version": quote.market_version,
        "Rulebook": quote.rulebook_version[:8],
        "Program": quote.code_version[:8],
    }
    run = f'<a href="{RUN_PAGE}?run={quote.run_id}">the run that computed it</a>'
    others = [one for one in quote.thread if one != quote.reference]
    versions = ", ".join(link(one) for one in others)
    return facts(known) + f"<p>See {run}.{f' Other versions: {versions}.' if others else ''}</p>"


def link(reference: str) -> str:
    """A link that opens a quote."""
    return f'<a href="?quote={quoted(reference)}">{escape(reference)}</a>'


def _lines(view: QuoteView) -> str:
    quote = view.quote
    rows = [_line(line, view.bank_names) for line in quote.lines]
    bought = sum((line.units for line in quote.lines if line.counts), Decimal(0))
    cost = pounds(Decimal(quote.units_pence) / 100)
    total: Row = ["Total of what counts", "", "", units(bought), "", "", cost, ""]
    return table(f"What {quote.reference} buys", LINES, rows, total)


def _line(line: Line, names: Mapping[str, str]) -> Row:
    by = f", by {line.who}: {line.why}" if line.change is not LineChange.COMPUTED else ""
    return [
        names.get(line.bank_id, line.bank_id),
        line.habitat,
        module_name(line.module),
        units(line.units),
        f"× {line.srm.normalize():f}",
        pounds(line.unit_price_pence / 100),
        pounds(Decimal(line.cost_pence) / 100) if line.counts else "–",
        CHANGES[line.change] + by,
    ]


def _difference(view: QuoteView) -> str:
    found = view.difference
    if found is None:
        return ""
    names = view.bank_names
    rows = [_changed(line, names) for line in found.lines]
    before, after = (
        Decimal(pence) / 100 for pence in (found.total_before_pence, found.total_after_pence)
    )
    total: Row = ["Total with fees", "", "", pounds(before), pounds(after)]
    rules = "The rules have changed." if found.rules_changed else "The rules are the same."
    words = f"Compared with {found.before}, {_dearer(after - before)}. {rules}"
    caption = f"What has changed from {found.before} to {found.after}"
    return note(words) + table(caption, DIFFERENCE, rows, total)


def _dearer(change: Decimal) -> str:
    if not change:
        return "the total is the same"
    return f"the total is {pounds(abs(change)).text} {'more' if change > 0 else 'less'}"


def _changed(line: LineDifference, names: Mapping[str, str]) -> Row:
    costs = [
        pounds(Decimal(side.cost_pence) / 100) if side else Cell("–")
        for side in (line.before, line.after)
    ]
    words = "; ".join(line.words).replace("->", "→").replace("GBP ", "£")
    return [
        names.get(line.bank_id, line.bank_id), line.habitat, words or "nothing", *costs,
    ]  # fmt: skip


def _holds(quote: Quote) -> str:
    rows = [_hold(number, hold) for number, hold in enumerate(quote.holds, 1)]
    if not rows:
        return "<h3>Holds</h3><p>It has held nothing.</p>"
    return "<h3>Holds</h3>" + table("What it holds and held", HOLDS, rows)


def _hold(number: int, hold: Hold) -> Row:
    ends = moment(hold.expires_at) if hold.state is HoldState.OPEN else "over"
    state = f"{number}: {HOLD_STATES[hold.state]}"
    return [state, units(hold.held), units(hold.sold), ends, hold.created_by]


def _documents(quote: Quote) -> str:
    rows = [
        [document.file_name, document.kind, moment(document.made_at), document.made_by]
        for document in quote.documents
    ]
    if not rows:
        return "<h3>Documents</h3><p>No document of it is kept yet.</p>"
    return "<h3>Documents</h3>" + table("Documents as they were made", DOCUMENTS, rows)


def _history(history: Sequence[Entry]) -> str:
    rows = [
        [
            moment(entry.at), DEEDS.get(entry.action, entry.action),
            entry.subject.removeprefix("quote "), entry.who, entry.why or "–",
        ]
        for entry in history
    ]  # fmt: skip
    return "<h3>History</h3>" + table("What was done to it, and by whom", HISTORY, rows)
