"""A finished run as html: cost, proof, audit, purchases, losses, picture and files."""

from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import Any

from bng_core.explain import rule_of_row
from bng_core.store import Run
from dashboards.ui.origin import origin
from dashboards.ui.quote.asked import asked_facts
from dashboards.ui.quote.explained import (
    after_cell,
    beside,
    cards,
    cost_cell,
    price_cell,
    srm_cell,
    units_cell,
)
from dashboards.ui.quote.found import Result
from dashboards.ui.reasons import no_lawful_answer
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import Cell, counted, module_name, percent, pounds, problem, units
from dashboards.ui.why import because

Answer = Mapping[str, Any]

PURCHASE_COLUMNS = (
    Column("Habitat bank"),
    Column("Habitat bought"),
    Column("Module"),
    Column("Units", is_figure=True),
    Column("Spatial risk multiplier (SRM)", is_figure=True),
    Column("Units after SRM", is_figure=True),
    Column("Price per unit", is_figure=True),
    Column("Cost", is_figure=True),
)

LOSS_COLUMNS = (
    Column("Lost, or required for net gain"),
    Column("Distinctiveness"),
    Column("Units", is_figure=True),
    Column("Answered by"),
    Column("Habitat bank"),
)


PREFERENCE_COLUMNS = (
    Column("Preference"),
    Column("Alone it adds", is_figure=True),
    Column("Giving it up saves", is_figure=True),
)


JUMPS = (
    '<p>Go on to <a href="#make-it-a-quote">make it a quote</a> or to <a href="#what-else">what '
    "else there is</a>.</p>"
)
"""Every figure is a stop of the Tab key, so there is a way past them."""


def result(found: Result) -> str:
    """Everything that is shown of a finished run."""
    infeasible = found.answer["status"] == "infeasible"
    body = no_lawful_answer(found.answer) if infeasible else _purchase(found)
    return f'<div id="result">{origin(found.run)}{body}{_files(found)}{_record(found.run)}</div>'


def _purchase(found: Result) -> str:
    answer = found.answer
    if not answer["audit"]["passed"]:
        return problem(
            "The independent audit refuses this answer, so it is not shown. "
            f"Give the reference {found.run.run_id} to whoever runs this site."
        ) + _checks(answer)
    if not answer["purchases"]:
        return "<h3>Nothing has to be bought</h3>" + _verdict(answer)
    return "".join(
        [
            _cost(answer),
            _verdict(answer),
            cards(found.explanation.accounts),
            _purchases(found),
            _losses(found),
            _preferences(answer),
            _picture(answer),
            beside(found.explanation.credits),
        ]
    )


def _cost(answer: Answer) -> str:
    banks = len({line["bank_id"] for line in answer["purchases"]})
    bought = sum((Decimal(str(line["units"])) for line in answer["purchases"]), Decimal(0))
    return (
        "<h3>Total cost</h3>"
        f'<p class="bng-total">{pounds(answer["cost"]["total_gbp"]).html}</p>'
        f"{JUMPS}<details><summary>Why this total?</summary><p>{escape(_sum(answer))}</p></details>"
        f"<p>{units(bought).html} biodiversity units from {counted(banks, 'habitat bank')}, at the "
        f"prices for {escape(str(answer['contract_size']))} contracts.</p>"
    )


def _sum(answer: Answer) -> str:
    cost = answer["cost"]
    lines = counted(len(answer["purchases"]), "purchase")
    return (
        f"{pounds(cost['units_gbp']).text} for {lines}, each units × price per unit, and "
        f"{pounds(cost['fees_gbp']).text} of fees (§2.7). It is the least that any lawful set of "
        "purchases costs on this market (§2.4, §2.5)."
        if answer["proven"]
        else f"{pounds(cost['units_gbp']).text} for {lines} and {pounds(cost['fees_gbp']).text} of "
        "fees (§2.7)."
    )


def _verdict(answer: Answer) -> str:
    if answer["proven"]:
        proof = "Proven: no lawful purchase from this market costs less."
    elif answer["gap"] is None:
        proof = "Best found, not proven: how much cheaper another purchase could be is not known."
    else:
        saving = percent(round(Decimal(str(answer["gap"])), 6))
        proof = f"Best found, not proven: another purchase could save at most {saving} of the cost."
    return (
        f'<div class="bng-good"><p><strong>{escape(proof)}</strong></p>'
        "<p><strong>Audit passed:</strong> a second program that shares no code with the first "
        "checked stock, trading rules, net gain, prices and lots again, in exact figures.</p></div>"
    ) + _checks(answer)


def _checks(answer: Answer) -> str:
    checks = answer["audit"]["checks"]
    items = "".join(f"<li>{escape(_check(check))}</li>" for check in checks)
    title = f"What the audit checked ({counted(len(checks), 'check')})"
    return f"<details><summary>{title}</summary><ul>{items}</ul></details>"


def _check(check: Mapping[str, Any]) -> str:
    if check["passed"]:
        return f"{check['check'].capitalize()}: passed"
    return f"{check['check'].capitalize()}: FAILED, {'; '.join(check['faults'])}"


def _purchases(found: Result) -> str:
    lines = found.answer["purchases"]
    rows = [_purchase_row(found, line) for line in lines]
    bought = sum((Decimal(str(line["units"])) for line in lines), Decimal(0))
    counting = sum((Decimal(str(line["units_after_srm"])) for line in lines), Decimal(0))
    cost = pounds(found.answer["cost"]["units_gbp"])
    total: Row = ["Total", "", "", units(bought), "", units(counting), "", cost]
    return table("What to buy", PURCHASE_COLUMNS, rows, total)


def _purchase_row(found: Result, line: Answer) -> Row:
    reason = found.explanation.reasons.get(line["stock_id"])
    answers = [
        row
        for row in found.answer["attribution"]
        if (row["bank_id"], row["supplied"]) == (line["bank_id"], line["habitat"])
    ]
    return [
        found.bank_names.get(line["bank_id"], line["bank_id"]),
        line["habitat"],
        module_name(line["module"]),
        units_cell(line, reason, answers),
        srm_cell(line, reason),
        after_cell(line),
        price_cell(line, reason, str(found.answer["contract_size"])),
        cost_cell(line),
    ]


def _losses(found: Result) -> str:
    rows = [
        [
            line["lost"],
            because(Cell(line["band"] or "–"), *_rule(line)),
            units(line["units"]),
            line["supplied"],
            found.bank_names.get(line["bank_id"], line["bank_id"] or "–"),
        ]
        for line in found.answer["attribution"]
    ]
    if not rows:
        return ""
    caption = "What each loss is answered by (units before the SRM)"
    return table(caption, LOSS_COLUMNS, rows)


def _rule(row: Answer) -> tuple[str, str]:
    rule = rule_of_row(row)
    return f"The law accepts: {rule.words} (§2.4).", f"Official tool: {rule.cell}."


def _preferences(answer: Answer) -> str:
    rows: list[Row] = [
        [line["words"], pounds(line["alone_gbp"]), pounds(line["saved_gbp"])]
        for line in answer["preferences"]
    ]
    if not rows:
        return ""
    return table("What each preference costs", PREFERENCE_COLUMNS, rows)


def _picture(answer: Answer) -> str:
    from bng_core.picture import picture_html  # what draws takes 25 MB; pages without a result none

    return (
        '<figure class="bng-picture"><div class="bng-scroll" role="region" tabindex="0" '
        f'aria-label="Picture of the purchase">{picture_html(answer)}</div>'
        "<figcaption>The purchase as a picture; the table above has the same figures.</figcaption>"
        "</figure>"
    )


def _files(found: Result) -> str:
    items = "".join(f"<li>{download.html}</li>" for download in found.downloads)
    return f'<h3>Take it away</h3><ul class="bng-downloads">{items}</ul>'


def _record(run: Run) -> str:
    facts = asked_facts(run)
    rows = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts.items())
    link = f'<a class="bng-run-link" href="?run={run.run_id}">Link to this result</a>'
    return f'<h3>What was asked</h3><dl class="bng-facts">{rows}</dl><p>{link}</p>'
