"""A quote as a workbook holds the same figures, and runs nothing that came from a name."""

import io
from typing import Any

import openpyxl

from bng_core.quote_workbook import answer_workbook
from tests.builders import MODIFIED, ORCHARD, a_demand, a_market, an_answer, an_offer

ANSWER = an_answer(
    a_demand(**{ORCHARD: 1, MODIFIED: 2}),
    a_market(
        an_offer(ORCHARD, 30_000, bank_id="a"), an_offer(MODIFIED, 9_000, units=5, bank_id="b")
    ),
).to_json()


def read(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_the_workbook_holds_purchases_losses_and_audit_of_the_answer() -> None:
    sheets = read(answer_workbook(ANSWER, {"a": "Ash Bank", "b": "Birch Bank"}, {"Site": "Field"}))

    assert list(sheets) == ["About", "Purchases", "Losses", "Audit"]
    assert sheets["About"][0] == ("Site", "Field")
    assert sheets["About"][-1] == ("Total (GBP)", 48_000)
    bought = {row[5]: row[6:11] for row in sheets["Purchases"][1:]}
    assert bought == {ORCHARD: (1, 1, 1, 30_000, 30_000), MODIFIED: (2, 1, 2, 9_000, 18_000)}
    assert {row[1] for row in sheets["Purchases"][1:]} == {"Ash Bank", "Birch Bank"}
    assert {row[1] for row in sheets["Audit"][1:]} == {"yes"}


def test_a_name_that_looks_like_a_formula_stays_text() -> None:
    name = '=HYPERLINK("http://x","y")'

    content = answer_workbook(ANSWER, {"a": name, "b": "+1"}, {"Client": "@SUM(A1)"})

    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    dangerous = [cell for cell in cells if str(cell.value).startswith(("=", "+", "@"))]
    assert {cell.value for cell in dangerous} == {name, "+1", "@SUM(A1)"}
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in dangerous)
