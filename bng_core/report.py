"""An answer (the JSON of §4.3) as tables and words for people; no arithmetic beyond sums.

Everything that comes from outside (bank and habitat names) is escaped where HTML is made.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

Answer = Mapping[str, Any]

PURCHASE_COLUMNS = {
    "module": "Module",
    "habitat": "Habitat",
    "bank_id": "Bank",
    "stock_id": "Stock",
    "units": "Units bought",
    "srm": "Spatial risk multiplier",
    "units_after_srm": "Units after multiplier",
    "unit_price_gbp": "GBP per unit",
    "cost_gbp": "Cost, GBP",
}
LOSS_COLUMNS = {
    "lost": "Lost or required",
    "band": "Distinctiveness",
    "units": "Units",
    "supplied": "Supplied by",
    "bank_id": "Bank",
}
PREFERENCE_COLUMNS = {
    "words": "Preference",
    "alone_gbp": "Alone it adds, GBP",
    "saved_gbp": "Giving it up saves, GBP",
}
AROUND_COLUMNS = {
    "bank_id": "Bank",
    "habitat": "Habitat",
    "spatial_reason": "Where it lies",
    "unit_price_gbp": "GBP per unit",
    "more_gbp": "More, GBP",
    "saved_gbp": "Saved, GBP",
    "wins_below_gbp": "Bought below, GBP",
    "total_gbp": "Total, GBP",
    "banks": "Banks",
    "local_share": "Local units",
    "message": "In words",
}
PRICE_CHANGE_COLUMNS = {
    "bank_id": "Bank",
    "percent": "Change of its prices, %",
    "total_gbp": "Total, GBP",
    "more_gbp": "More, GBP",
    "units": "Units bought",
    "banks": "Banks",
}
FORMATS = {
    "Units bought": "{:,.2f}",
    "Units": "{:,.2f}",
    "Units after multiplier": "{:,.4f}",
    "Spatial risk multiplier": "{:g}",
    "GBP per unit": "{:,.2f}",
    "Cost, GBP": "{:,.2f}",
    "Alone it adds, GBP": "{:,.2f}",
    "Giving it up saves, GBP": "{:,.2f}",
    "More, GBP": "{:,.2f}",
    "Saved, GBP": "{:,.2f}",
    "Bought below, GBP": "{:,.2f}",
    "Total, GBP": "{:,.2f}",
    "Local units": "{:.0%}",
    "Lowest, GBP": "{:,.0f}",
    "Median, GBP": "{:,.0f}",
    "Highest, GBP": "{:,.0f}",
    "Share taken": "{:.0%}",
    "Sells until": "{:+.2%}",
}


def purchases_table(answer: Answer) -> pd.DataFrame:
    """What to buy, one line per bank and habitat; empty when nothing has to be bought."""
    return _table(answer["purchases"], PURCHASE_COLUMNS)


def losses_table(answer: Answer) -> pd.DataFrame:
    """Which purchase answers which loss; units are before the spatial risk multiplier."""
    return _table(answer["attribution"], LOSS_COLUMNS)


def preferences_table(answer: Answer) -> pd.DataFrame:
    """What each preference costs; empty where none was stated or there is no answer."""
    return _table(answer["preferences"], PREFERENCE_COLUMNS)


def around_table(found: Answer, name: str) -> pd.DataFrame:
    """One of the lists of `explore` with the columns that it has."""
    rows = found[name]
    known = {key: title for key, title in AROUND_COLUMNS.items() if any(key in row for row in rows)}
    return _table(rows, known)


def beside_table(found: Answer) -> pd.DataFrame:
    """What `explore` gives for comparison alone: LNRS areas, and statutory credits for all."""
    rows = [
        {"instead": title, "total_gbp": found[key]["total_gbp"], "note": found[key]["note"]}
        for title, key in (("LNRS areas", "lnrs"), ("Statutory credits", "credits_only"))
    ]
    columns = {"instead": "Instead", "total_gbp": "Total, GBP", "note": "Note"}
    return _table(rows, columns)


def alternatives_table(found: Answer) -> pd.DataFrame:
    """The cheapest purchases from other sets of banks."""
    return around_table(found, "alternatives")


def alternatives_verdict(found: Answer) -> str:
    """Say in plain words what `explore` found."""
    others = "; ".join(str(other["message"]) for other in found["alternatives"])
    return f"The cheapest lawful purchase costs £{found['total_gbp']:,.2f}. Others: {others}."


def price_changes_table(found: Answer) -> pd.DataFrame:
    """What the whole costs if a bank changed all its prices by so many per cent."""
    rows = [
        {"bank_id": bank["bank_id"], **point}
        for bank in found["price_changes"]
        for point in bank["points"]
    ]
    return _table(rows, PRICE_CHANGE_COLUMNS)


def audit_table(answer: Answer) -> pd.DataFrame:
    """Every check of the independent audit and whether it was passed; none without an answer."""
    checks = answer["audit"]["checks"]
    return pd.DataFrame(checks) if checks else pd.DataFrame(columns=["check", "passed"])


def styled(table: pd.DataFrame) -> Styler:
    """Return a table as a reader wants it: two decimals, thousands, no row numbers."""
    formats: dict[Any, str | Callable[[object], str] | None] = {
        name: text for name, text in FORMATS.items() if name in table.columns
    }
    return table.style.format(formats, precision=2, thousands=",", escape="html", na_rep="").hide(
        axis="index"
    )


def verdict(answer: Answer) -> str:
    """Say in plain words what was found, how far it is proved, and whether the audit passed."""
    if answer["status"] == "infeasible":
        return "\n".join(["No lawful answer.", *reasons(answer)])
    return f"{_finding(answer)} {_proof(answer)} {_audit(answer)}"


def verdict_html(answer: Answer) -> str:
    """Return the verdict as a box of HTML, for a notebook or a page."""
    lines = [escape(line) for line in verdict(answer).split("\n")]
    body = "".join(f"<p>{line}</p>" for line in lines)
    return f'<div class="bng-verdict bng-{escape(answer["status"])}" role="status">{body}</div>'


def reasons(answer: Answer) -> list[str]:
    """Why there is no lawful answer, one sentence or line each."""
    return [_reason(reason) for reason in answer.get("reasons", [])]


def _table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.rename(columns=dict(columns))


def _finding(answer: Answer) -> str:
    purchases = answer["purchases"]
    if not purchases:
        return "Nothing has to be bought."
    total = answer["cost"]["total_gbp"]
    banks = len({purchase["bank_id"] for purchase in purchases})
    units = sum(float(purchase["units"]) for purchase in purchases)
    return (
        f"Buy {units:,.2f} units from {banks} bank{'s' if banks != 1 else ''} "
        f"for £{float(total):,.2f}."
    )


def _proof(answer: Answer) -> str:
    if answer["proven"]:
        return "Proved: no lawful purchase on this market is cheaper."
    gap = answer["gap"]
    if gap is None:
        return "Best found; how far it is from the cheapest is not known."
    return f"Best found, not proved: a cheaper one could save at most {float(gap):.2%} of the cost."


def _audit(answer: Answer) -> str:
    if answer["audit"]["passed"]:
        return "The independent audit passed."
    return "The independent audit FAILED: do not use this answer."


def _reason(reason: Mapping[str, Any]) -> str:
    remedies = (str(remedy["message"]) for remedy in reason["remedies"])
    return " ".join([str(reason["message"]), *remedies])


def save_answer(answer: Answer, path: Path) -> Path:
    """Write an answer as JSON (§4.3) and return where it is."""
    path.write_text(json.dumps(answer, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return path
