"""A quote in words and tables, as the command line prints it; nothing is computed but shown."""

from decimal import Decimal

from bng_core.commands.grouping import columns
from bng_core.quote_words import LineChange
from bng_core.store.quote_pages import QuoteRow
from bng_core.store.quote_rows import Quote
from bng_core.store.requotes import Difference


def quote_text(quote: Quote) -> str:
    """All of a quote: for whom, what, at what price, by which run and rules."""
    ends = f", valid until {quote.valid_until:%Y-%m-%d %H:%M} UTC" if quote.valid_until else ""
    checked = "changed by hand: not what the auditor checked" if quote.is_manual else "audited"
    head = [
        f"Quote {quote.reference}: {quote.state}{ends}",
        f"For      {quote.customer_name}, {quote.site} ({quote.lpa}; {quote.nca})",
        f"By       {quote.owner}" + (f", promoter {quote.promoter}" if quote.promoter else ""),
        f"Run      {quote.run_id} ({checked})",
        f"Market   {quote.market_version}",
        f"Rules    {quote.rulebook_version}",
        f"Program  {quote.code_version}",
    ]
    if quote.register_reference:
        head.append(f"Register {quote.register_reference}")
    hold = quote.open_hold()
    if hold is not None:
        head.append(f"Held     {hold.held:f} units until {hold.expires_at:%Y-%m-%d %H:%M} UTC")
    money = [
        f"Units    {gbp(quote.units_pence)}",
        f"Fees     {gbp(quote.fees_pence)}",
        f"Total    {gbp(quote.total_pence)}",
    ]
    return "\n".join([*head, "", _lines_text(quote), "", *money])


def _lines_text(quote: Quote) -> str:
    headings = ("Line", "Bank", "Lot", "Habitat", "Units", "SRM", "GBP a unit", "Cost", "")
    rows = []
    for line in quote.lines:
        change = "" if line.change is LineChange.COMPUTED else f"{line.change} by {line.who}"
        rows.append(
            (
                line.line,
                line.bank_id,
                line.stock_id,
                line.habitat,
                f"{line.units:f}",
                f"{line.srm.normalize():f}",
                f"{line.unit_price_pence / 100:,.2f}",
                gbp(line.cost_pence) if line.counts else "-",
                f"{change}: {line.why}" if change else "",
            )
        )
    return columns(headings, rows)


def list_text(rows: list[QuoteRow]) -> str:
    """A list of quotes, a line each."""
    headings = ("Quote", "State", "Made", "Customer", "Site", "Total")
    return columns(
        headings,
        [
            (
                row.reference,
                row.state,
                f"{row.created_at:%Y-%m-%d}",
                row.customer_name,
                row.site,
                gbp(row.total_pence),
            )
            for row in rows
        ],
    )


def difference_text(found: Difference) -> str:
    """What has changed between two versions, line by line."""
    rules = "The rules have changed." if found.rules_changed else "The rules are the same."
    rows = [
        (line.bank_id, line.habitat, "; ".join(line.words) or "unchanged") for line in found.lines
    ]
    change = found.total_after_pence - found.total_before_pence
    sign = "+" if change >= 0 else "-"
    return "\n".join(
        [
            f"{found.before}: {gbp(found.total_before_pence)}; {found.after}: "
            f"{gbp(found.total_after_pence)} ({sign}{gbp(abs(change))}). {rules}",
            columns(("Bank", "Habitat", "What has changed"), rows),
        ]
    )


def gbp(pence: int) -> str:
    """An amount for people.

    >>> gbp(123456)
    '£1,234.56'
    """
    return f"£{Decimal(pence) / 100:,.2f}"
