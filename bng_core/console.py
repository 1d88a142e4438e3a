"""What the command line prints for people: the same facts as the JSON, as words and tables."""

from typing import Any

from bng_core.gain_site import GainSiteValue
from bng_core.metric.records import Finding, Metric, Source
from bng_core.metric.requirement import requirement_text
from bng_core.report import losses_table, preferences_table, purchases_table, verdict

Json = dict[str, Any]

_SHOWN = 12
"""Differences listed for people; beyond them their number is enough."""


def metric_text(metric: Metric) -> str:
    """The headline, the trading rules and the findings of a workbook."""
    lines = [
        f"{metric.name}: statutory metric, sheet version {metric.metric_version},"
        f" target {metric.target if metric.target is not None else 'not given'}",
        "",
        f"{'units':<12}{'baseline':>12}{'post':>12}{'required':>12}{'deficit':>12}",
    ]
    for module, headline in metric.headline.items():
        figures = (headline.baseline, headline.post, headline.required, headline.deficit)
        lines.append(f"{module:<12}" + "".join(f"{_shown(figure):>12}" for figure in figures))
    answer = "satisfied" if metric.trading_satisfied else "NOT satisfied"
    lines += ["", f"Trading rules: {answer}"]
    for change in metric.changes:
        if change.project < 0:
            lines.append(f"  {change.distinctiveness}: {change.label} {change.project:.4f} units")
    lines += ["", f"Figures: {_source(metric)}", *_differences(metric)]
    lines += ["", "What is required, and why:"]
    lines += [requirement_text(metric) or "Nothing."]
    for finding in metric.findings:
        lines += ["", finding_text(finding)]
    return "\n".join(lines)


def _source(metric: Metric) -> str:
    """Whose figures are shown, and whether the recomputation agrees."""
    different = len(metric.differences)
    if metric.source is Source.RECOMPUTED:
        others = f"; {different} cells saved in the workbook differ" if different else ""
        return f"recomputed from the input rows{others}"
    if metric.recomputed is None:
        return "as saved in the workbook; no input rows to recompute"
    return "as saved in the workbook; recomputed from the input rows: " + (
        f"{different} cells differ" if different else "equal"
    )


def _differences(metric: Metric) -> list[str]:
    """Where the saved figures are not the recomputed ones, and by how much; the first of many."""
    shown = [
        f"  {each.sheet}!{each.cell}: saved {_cell(each.saved)}, recomputed "
        f"{_cell(each.recomputed)}" + ("" if each.by is None else f" ({each.by:+.6g})")
        for each in metric.differences[:_SHOWN]
    ]
    more = len(metric.differences) - len(shown)
    return shown + ([f"  and {more} more (--json lists all)"] if more > 0 else [])


def _cell(figure: float | str | None) -> str:
    return f"{figure:.10g}" if isinstance(figure, float | int) else repr(figure or "blank")


def finding_text(finding: Finding) -> str:
    """A finding with its cell, what it means for the requirement, and what to do."""
    where = f"{finding.sheet}!{finding.cell}" if finding.cell else finding.sheet
    lines = [
        f"{finding.severity}: {finding.message} {finding.remedy}",
        f"  {where}: found {finding.found!r}, expected {finding.expected!r}",
        f"  Consequence: {finding.consequence}",
        f"  To the applicant: {finding.sentence}",
    ]
    return "\n".join(lines[:2] + [line for line in lines[2:] if not line.endswith(": ")])


def _shown(figure: float | str) -> str:
    return figure if isinstance(figure, str) else f"{figure:.4f}"


def answer_text(answer: Json) -> str:
    """The verdict, the purchases and the losses they answer."""
    parts = [verdict(answer)]
    for title, table in (
        ("Purchases", purchases_table(answer)),
        ("What they answer", losses_table(answer)),
        ("What each preference costs", preferences_table(answer)),
    ):
        if len(table):
            parts += ["", title, table.to_string(index=False)]
    return "\n".join(parts)


def explore_text(found: Json) -> str:
    """What stands around an answer, a line each."""
    lines = [f"The cheapest lawful purchase costs £{found['total_gbp']:,.2f}."]
    for title, key in (
        ("What each purchase is worth", "next_best"),
        ("What more stock would save", "more_stock"),
        ("Prices that would win", "winning_prices"),
        ("Other answers", "alternatives"),
    ):
        lines += ["", title, *(f"  {_at(row)}{row['message']}" for row in found[key])]
    for title, key in (("Fewer banks", "fewer_banks"), ("Nearer units", "nearer_units")):
        lines += ["", title]
        lines += [
            f"  {row['banks']} banks, {row['local_share']:.0%} local: £{row['total_gbp']:,.2f}"
            for row in found[key]
        ]
    for title, key in (("LNRS areas", "lnrs"), ("Statutory credits only", "credits_only")):
        total = found[key]["total_gbp"]
        shown = "none" if total is None else f"£{total:,.2f}"
        lines += ["", f"{title}: {shown}. {found[key]['note']}"]
    return "\n".join(lines)


def _at(row: Json) -> str:
    return (
        f"{row['habitat']} of {row['bank_id']}: " if "more_gbp" in row and "habitat" in row else ""
    )


def audit_text(audit: Json) -> str:
    """Every check with its outcome and its faults."""
    lines = ["The audit passed." if audit["passed"] else "The audit FAILED."]
    for check in audit["checks"]:
        lines.append(f"  {'passed' if check['passed'] else 'FAILED'}  {check['check']}")
        lines += [f"          {fault}" for fault in check["faults"]]
    return "\n".join(lines)


def value_text(valued: GainSiteValue) -> str:
    """The parcels of a gain site, then its stock rows as CSV."""
    lines = [f"{'parcel':<24}{'now':>10}{'then':>10}{'supplied':>10}  habitat"]
    for parcel in valued.parcels:
        figures = (parcel.baseline_units, parcel.units, parcel.supplied_units)
        shown = "".join(f"{units:>10.4f}" for units in figures)
        lines.append(f"{parcel.parcel[:23]:<24}{shown}  {parcel.habitat}")
    lines += ["", "stock_id,bank_id,habitat,units_available"]
    for row in valued.stock:
        habitat = f'"{row.habitat}"' if "," in row.habitat else row.habitat
        lines.append(f"{row.stock_id},{row.bank_id},{habitat},{row.units_available:.4f}")
    return "\n".join(lines)
