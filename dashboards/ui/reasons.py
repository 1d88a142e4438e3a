"""Why there is no lawful answer: what is short, who sells how much, and what each way out costs."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from bng_core.terms import Module
from dashboards.ui.tables import Column, table
from dashboards.ui.text import MODULE_NAMES, Cell, counted, note, pounds, units

Json = Mapping[str, Any]

REMEDY_COLUMNS = (Column("Way out"), Column("What it means"), Column("Price", is_figure=True))
SELLER_COLUMNS = (Column("Habitat bank"), Column("Units for sale", is_figure=True))


def no_lawful_answer(answer: Json) -> str:
    """Each reason with units needed, units for sale and by whom, and the priced remedies."""
    reasons = answer["reasons"]
    opening = note(
        "No set of purchases from this market is lawful for this development, so nothing is "
        f"offered. There {'is' if len(reasons) == 1 else 'are'} {counted(len(reasons), 'reason')}."
    )
    return f"<h3>No lawful purchase is possible</h3>{opening}{''.join(map(_reason, reasons))}"


def _reason(reason: Json) -> str:
    says = _shortage(reason) if "units_needed" in reason else f"<p>{escape(reason['message'])}</p>"
    title = f"<h4>{escape(_title(reason))}</h4>"
    return f"<section>{title}{says}{_remedies(reason['remedies'])}</section>"


def _title(reason: Json) -> str:
    if "units_needed" not in reason:
        return "The limit on the number of banks"
    return f"{reason['lost']} ({MODULE_NAMES[Module(reason['module'])]}, {reason['band']})"


def _shortage(reason: Json) -> str:
    facts = {
        "Units needed": units(reason["units_needed"]),
        "Units for sale that the rule allows": units(reason["units_for_sale"]),
        "Units short": units(reason["units_short"]),
        "What the rule allows": Cell(f"{reason['accepts']} ({reason['rule']})"),
    }
    rows = "".join(f"<div><dt>{escape(k)}</dt><dd>{v.html}</dd></div>" for k, v in facts.items())
    return f'<dl class="bng-facts">{rows}</dl>{_sellers(reason["sellers"])}'


def _sellers(sellers: Sequence[Json]) -> str:
    if not sellers:
        return "<p>No bank sells such units.</p>"
    rows = [[seller["bank_name"], units(seller["units"])] for seller in sellers]
    return table("Who sells such units", SELLER_COLUMNS, rows)


def _remedies(remedies: Sequence[Json]) -> str:
    rows = [
        [
            str(remedy["remedy"]).capitalize(),
            remedy["message"],
            "–" if remedy["price_gbp"] is None else pounds(remedy["price_gbp"]),
        ]
        for remedy in remedies
    ]
    return table("Ways out", REMEDY_COLUMNS, rows)
