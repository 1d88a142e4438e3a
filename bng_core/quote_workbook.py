"""An answer or a quote as an Excel workbook: for whom, what to buy, which loss it answers, audit.

Texts are written as texts, marked with Excel's own apostrophe where they look like formulas, so
that no name from outside is ever run. Figures are numbers; money is GBP.
"""

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from bng_core.quote_words import LineChange
from bng_core.store.quote_rows import Line, Quote

Json = Mapping[str, Any]
Names = Mapping[str, str]
Rows = Sequence[Sequence[object]]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
PURCHASES = (
    "Line", "Habitat bank", "Bank id", "Stock id", "Module", "Habitat bought", "Units",
    "Spatial risk multiplier", "Units after SRM", "GBP per unit", "Cost, GBP", "Changed by hand",
)  # fmt: skip
LOSSES = ("Lost, or required for net gain", "Distinctiveness", "Units", "Answered by", "Bank")
CHECKS = ("Check", "Passed", "Faults")


def answer_workbook(answer: Json, names: Names, facts: Mapping[str, str]) -> bytes:
    """A computed answer (§4.3) with bank names by id; `facts` say what was asked."""
    lines = [_purchase(number, line, names) for number, line in enumerate(answer["purchases"], 1)]
    cost = answer["cost"]
    money = [[f"{name} (GBP)", cost[key]] for name, key in _MONEY.items()] if cost else []
    about: Rows = [*facts.items(), *money]
    return _workbook({"About": about, "Purchases": [PURCHASES, *lines]} | _proof(answer, names))


def quote_workbook(quote: Quote, names: Names) -> bytes:
    """A quote as it is stored, lines changed by hand with who did so and why."""
    facts: Rows = [
        ("Quote", quote.reference),
        ("State", str(quote.state)),
        ("Customer", quote.customer_name),
        ("Site", quote.site),
        ("Local planning authority", quote.lpa),
        ("National character area", quote.nca),
        ("Valid until (UTC)", f"{quote.valid_until:%Y-%m-%d %H:%M}" if quote.valid_until else ""),
        ("Units (GBP)", _gbp(quote.units_pence)),
        ("Fees (GBP)", _gbp(quote.fees_pence)),
        ("Total (GBP)", _gbp(quote.total_pence)),
        ("Checked", "changed by hand" if quote.is_manual else "audited as computed"),
        ("Run", str(quote.run_id)),
        ("Market version", quote.market_version),
        ("Rulebook version", quote.rulebook_version),
        ("Program version", quote.code_version),
    ]
    lines = [_line(line, names) for line in quote.lines]
    return _workbook(
        {"About": facts, "Purchases": [PURCHASES, *lines]} | _proof(quote.answer, names)
    )


_MONEY = {"Units": "units_gbp", "Fees": "fees_gbp", "Total": "total_gbp"}


def _purchase(number: int, line: Json, names: Names) -> list[object]:
    keys = ("units", "srm", "units_after_srm", "unit_price_gbp", "cost_gbp")
    where = (line["bank_id"], line["stock_id"], line["module"], line["habitat"])
    bank = names.get(line["bank_id"], line["bank_id"])
    return [number, bank, *where, *(line[key] for key in keys), ""]


def _line(line: Line, names: Names) -> list[object]:
    changed = "" if line.change is LineChange.COMPUTED else f"{line.change}, {line.who}: {line.why}"
    return [
        line.line, names.get(line.bank_id, line.bank_id), line.bank_id, line.stock_id,
        line.module, line.habitat, line.units if line.counts else Decimal(0), line.srm,
        line.units * line.srm if line.counts else Decimal(0), line.unit_price_pence / 100,
        _gbp(line.cost_pence) if line.counts else Decimal(0), changed,
    ]  # fmt: skip


def _proof(answer: Json, names: Names) -> dict[str, Rows]:
    losses = [
        [row["lost"], row["band"], row["units"], row["supplied"], names.get(row["bank_id"], "")]
        for row in answer["attribution"]
    ]
    checks = [
        [check["check"], "yes" if check["passed"] else "no", "; ".join(check["faults"])]
        for check in answer["audit"]["checks"]
    ]
    return {"Losses": [LOSSES, *losses], "Audit": [CHECKS, *checks]}


def _workbook(sheets: Mapping[str, Rows]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _cell(sheet: WriteOnlyWorksheet, value: object) -> object:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    cell.quotePrefix = value.startswith(FORMULA_STARTS)
    return cell


def _gbp(pence: int) -> Decimal:
    return Decimal(pence) / 100
