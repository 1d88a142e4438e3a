"""A saved quote as html: how it stands, its lines with what was changed by hand, its files."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from html import escape

from bng_core.quote_words import LineChange
from bng_core.quote_workbook import quote_workbook
from bng_core.store.quote_rows import Line, Quote
from dashboards.ui.downloads import CSV, XLSX, Download, as_csv
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import pounds, units

Names = Mapping[str, str]

LINE_COLUMNS = (
    Column("Line"),
    Column("Habitat"),
    Column("Units", is_figure=True),
    Column("SRM", is_figure=True),
    Column("Price per unit", is_figure=True),
    Column("Cost", is_figure=True),
    Column("Changed by hand"),
)
CSV_COLUMNS = (
    "line", "module", "habitat", "bank_id", "bank_name", "stock_id", "units", "srm",
    "unit_price_gbp", "cost_gbp", "change", "who", "why",
)  # fmt: skip


def quote_html(quote: Quote, names: Names) -> str:
    """All of a quote; bank names by id."""
    link = (
        f'<a class="bng-run-link" href="?run={quote.run_id}&amp;quote={escape(quote.reference)}">'
        "Link to this quote</a>"
    )
    return "".join(
        [f"<h3>Quote {escape(quote.reference)}</h3>", _facts(quote), _lines(quote, names), link]
    )


def _facts(quote: Quote) -> str:
    hold = quote.open_hold()
    facts = {
        "State": str(quote.state).capitalize(),
        "Customer": quote.customer_name,
        "Site": quote.site,
        "Promoter": quote.promoter or "none",
        "Checked": "changed by hand: not what the audit checked"
        if quote.is_manual
        else "audited as computed",
        "Valid until": f"{quote.valid_until:%d %B %Y, %H:%M} UTC" if quote.valid_until else "–",
        "Held": f"{units(hold.held).text} units until {hold.expires_at:%d %B %Y, %H:%M} UTC"
        if hold
        else "nothing",
        "Total": pounds(quote.total_pence / 100).text,
    }
    rows = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts.items())
    return f'<dl class="bng-facts">{rows}</dl>'


def _lines(quote: Quote, names: Names) -> str:
    rows: list[Row] = [
        [
            f"{line.line}. {names.get(line.bank_id, line.bank_id)}",
            line.habitat,
            units(line.units),
            f"× {line.srm.normalize():f}",
            pounds(line.unit_price_pence / 100),
            pounds(line.cost_pence / 100) if line.counts else "removed",
            _changed(line),
        ]
        for line in quote.lines
    ]
    total: Row = ["Total", "", "", "", "", pounds(quote.total_pence / 100), ""]
    return table(f"Lines of quote {quote.reference}", LINE_COLUMNS, rows, total)


def _changed(line: Line) -> str:
    if line.change is LineChange.COMPUTED:
        return "no"
    return f"{str(line.change).replace('_', ' ')} by {line.who}: {line.why}"


def quote_files(quote: Quote, names: Names) -> list[Download]:
    """The quote as a workbook, its lines as CSV, all of it as JSON."""
    stem = quote.reference
    rows = [
        {
            **{name: getattr(line, name) for name in ("line", "module", "habitat", "bank_id")},
            **{name: getattr(line, name) for name in ("stock_id", "units", "srm", "who", "why")},
            "bank_name": names.get(line.bank_id, ""),
            "unit_price_gbp": line.unit_price_pence / 100,
            "cost_gbp": line.cost_pence / 100 if line.counts else 0,
            "change": str(line.change),
        }
        for line in quote.lines
    ]
    whole = json.dumps(asdict(quote), indent=2, ensure_ascii=False, default=str).encode()
    return [
        Download("Quote as Excel workbook", f"{stem}.xlsx", XLSX, quote_workbook(quote, names)),
        Download("Quote as CSV", f"{stem}.csv", CSV, as_csv(rows, CSV_COLUMNS)),
        Download("Quote as JSON", f"{stem}.json", "application/json", whole),
    ]
