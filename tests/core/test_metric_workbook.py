"""What is no readable statutory metric is refused, each kind with its own sentence."""

from pathlib import Path

import pytest

from bng_core.errors import MetricError
from bng_core.metric import read_metric
from bng_core.metric.writer import metric_cells
from tests.metric_builders import (
    SCENARIO,
    a_binary_workbook,
    a_metric,
    a_workbook,
    an_archive,
    parts_of,
    some_results,
)

NOT_A_WORKBOOK = (
    "f.xlsx is not a workbook: give the statutory biodiversity metric as .xlsx or .xlsm."
)
DAMAGED = (
    "f.xlsx is damaged or incomplete and cannot be read: save it again in Excel or ask the sender "
    "for another copy."
)
USE = "use the statutory biodiversity metric calculation tool (version 4.1)"
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)


def refusal(data: bytes | Path) -> str:
    with pytest.raises(MetricError) as error:
        read_metric(data, "f.xlsx")
    return str(error.value)


def test_a_whole_workbook_is_read() -> None:
    assert read_metric(a_metric(), "f.xlsx").planning_authority == "Test District Council"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.xlsx") == (
        "f.xlsx does not exist: check the path of the workbook."
    )


def test_a_folder_is_no_workbook(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (
        "f.xlsx is a folder, not a workbook: give the .xlsx or .xlsm in it."
    )


def test_an_empty_file_is_named() -> None:
    assert refusal(b"") == (
        "f.xlsx is empty (0 bytes): save it again in Excel or ask the sender for another copy."
    )


def test_too_large_a_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with path.open("wb") as file:
        file.truncate(21 * 1024 * 1024)

    assert refusal(path) == (
        "f.xlsx has 21.0 MB, more than the 20 MB a metric workbook may have: remove pictures from "
        "it, or check that it is the right file."
    )


@pytest.mark.parametrize(
    "data",
    [
        b"habitat,units\nGrassland,1\n",
        b"%PDF-1.7 and so on",
        an_archive({"readme.txt": b"hello"}),
        an_archive({"word/document.xml": b"<document/>"}),
        OLE,
    ],
    ids=["text", "pdf", "zip", "docx", "other ole"],
)
def test_another_kind_of_file_is_no_workbook(data: bytes) -> None:
    assert refusal(data) == NOT_A_WORKBOOK


def test_a_password_is_named() -> None:
    assert refusal(OLE + "EncryptedPackage".encode("utf-16-le") + bytes(512)) == (
        "f.xlsx is protected by a password: open it in Excel, remove the password under File, "
        "Info, Protect Workbook, and save it."
    )


def test_an_open_document_is_named() -> None:
    parts = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"}

    assert refusal(an_archive(parts)) == (
        "f.xlsx is an OpenDocument spreadsheet (.ods): open it and save it as .xlsx."
    )


def test_an_old_xls_is_named() -> None:
    assert refusal(OLE + "Workbook".encode("utf-16-le") + bytes(512)) == (
        "f.xlsx is an old Excel 97-2003 workbook (.xls): open it in Excel and save it as .xlsx or "
        ".xlsm."
    )


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_a_truncated_file_is_damaged(share: float) -> None:
    whole = a_metric()

    assert refusal(whole[: int(len(whole) * share)]) == DAMAGED


def test_a_part_that_does_not_fit_its_checksum_is_damage() -> None:
    whole = bytearray(a_metric())
    middle = whole.index(b"xl/worksheets/sheet1.xml") + 200
    whole[middle] ^= 0xFF

    assert refusal(bytes(whole)) == DAMAGED


def test_a_missing_part_is_damage() -> None:
    parts = parts_of(a_metric())
    del parts["xl/worksheets/sheet1.xml"]

    assert refusal(an_archive(parts)) == DAMAGED


def test_entities_are_never_expanded() -> None:
    parts = parts_of(a_metric())
    bomb = b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    parts["xl/workbook.xml"] = bomb + parts["xl/workbook.xml"]

    assert refusal(an_archive(parts)) == DAMAGED


def test_a_zip_bomb_is_not_opened() -> None:
    parts = parts_of(a_metric())
    parts["xl/worksheets/sheet1.xml"] = bytes(65 * 1024 * 1024)

    assert refusal(an_archive(parts)) == (
        f"f.xlsx unpacks to 65 MB in {len(parts)} parts, far more than a metric workbook (256 MB "
        "at most): it was not opened; check where it comes from."
    )


def test_a_sheet_of_a_thousand_million_cells_is_not_opened() -> None:
    parts = parts_of(a_metric())
    part = "xl/worksheets/sheet1.xml"
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts[part] = parts[part].replace(b"</sheetData>", far)

    assert refusal(an_archive(parts)) == (
        "f.xlsx has a sheet that reaches to row 1,048,576 and column 16,384, which no metric "
        "workbook does: delete the stray cells at its far edge and save it."
    )


@pytest.mark.parametrize("tag", [b'<c r="XFD1" s="1"/>', b'<c r="XFD1" s="1" />'])
def test_an_empty_cell_at_the_far_edge_reaches_nowhere(tag: bytes) -> None:
    """The official tool has styled cells there; openpyxl writes their tags with one more blank."""
    parts = parts_of(a_metric())
    part = "xl/worksheets/sheet1.xml"
    parts[part] = parts[part].replace(b"</row>", tag + b"</row>", 1)

    assert read_metric(an_archive(parts), "f.xlsx") == read_metric(a_metric(), "f.xlsx")


def test_cells_without_addresses_cannot_hide_a_huge_sheet() -> None:
    parts = parts_of(a_metric())
    part = "xl/worksheets/sheet1.xml"
    wide = b"<row>" + b"<c><v>1</v></c>" * 4000 + b"</row>" + b"<row/>" * 2000
    parts[part] = parts[part].replace(b"</sheetData>", wide + b"</sheetData>")

    assert "has a sheet that reaches to row" in refusal(an_archive(parts))


def test_a_text_repeated_without_end_is_not_read() -> None:
    parts = parts_of(a_metric())
    part = "xl/worksheets/sheet1.xml"
    parts["xl/sharedStrings.xml"] = b"<sst><si><t>" + b"a" * 1_000_000 + b"</t></si></sst>"
    cells = b"".join(b'<c r="A%d" t="s"><v>0</v></c>' % i for i in range(1, 301))
    parts[part] = parts[part].replace(b"</sheetData>", b"<row>" + cells + b"</row></sheetData>")

    assert refusal(an_archive(parts)) == (
        "f.xlsx has sheets with more than 96 MB of text, which no metric workbook has: it was "
        "not read; check where it comes from."
    )


@pytest.mark.parametrize("address", ["A99999999999", "AAAAAAAA1", "1A", "A1&#49;", "$A$1"])
def test_a_cell_with_an_odd_address_is_damage(address: str) -> None:
    parts = parts_of(a_metric())
    part = "xl/worksheets/sheet1.xml"
    parts[part] = parts[part].replace(b'r="D8"', f'r="{address}"'.encode())

    assert refusal(an_archive(parts)) == DAMAGED


def test_a_plain_workbook_is_no_metric() -> None:
    assert refusal(a_workbook({"Sheet1": {"A1": "habitat", "B1": "units"}})) == (
        "f.xlsx is a workbook but not a biodiversity metric (it has no sheet 'Start'): " + USE + "."
    )


METRIC_3 = {
    "Start": {"D18": "Metric version:", "F18": 3.1},
    "Headline Results": {"F8": "Habitat units"},
    "Trading Summary": {"B2": "Trading Summary"},
    "A-1 Site Habitat Baseline": {"E10": "Broad habitat"},
}


@pytest.mark.parametrize(("version", "named"), [(3.1, "3.1"), (None, "3.x")])
def test_metric_3_is_named_with_its_version(version: float | None, named: str) -> None:
    sheets = METRIC_3 | {"Start": {"D18": "Metric version:", "F18": version}}

    assert refusal(a_workbook(sheets)) == (
        f"f.xlsx is biodiversity metric {named}, an older metric with other rules and other "
        f"sheets: enter the project anew in the statutory tool; {USE}."
    )


@pytest.mark.parametrize(
    "sheets",
    [
        {"Start": {"B2": "The Small Sites Metric (Statutory Biodiversity Metric)"}},
        {"1. Start": {"B2": "Start"}, "3. Desktop Assessment": {"B2": "Designated sites"}},
    ],
    ids=["title", "tabs"],
)
def test_the_small_sites_metric_is_named(sheets: dict) -> None:
    assert refusal(a_workbook(sheets)) == (
        f"f.xlsx is a small sites metric, which cannot be read yet: {USE}."
    )


def test_a_statutory_metric_without_its_results_says_which_sheets_are_missing() -> None:
    data = a_metric(without=["Headline Results", "Trading Summary Area Habitats"])

    assert refusal(data) == (
        "f.xlsx is a statutory metric without its result sheets (missing: 'Headline Results', "
        f"'Trading Summary Area Habitats'): {USE} as published, with all its sheets."
    )


def test_a_statutory_metric_without_start_is_no_other_workbook() -> None:
    assert refusal(a_metric(without=["Start"])) == (
        "f.xlsx is a statutory metric without its result sheets (missing: 'Start'): "
        f"{USE} as published, with all its sheets."
    )


def test_metric_3_is_known_by_its_title_too() -> None:
    sheets = {"Introduction": {"B2": "The Biodiversity Metric 3.0 - calculation tool"}}

    assert refusal(a_workbook(sheets)).startswith("f.xlsx is biodiversity metric 3.0, an older")


def test_another_version_is_named() -> None:
    assert refusal(a_metric(put={"Start": {"D8": 4.0}})) == (
        f"f.xlsx is metric version 4.0 (Start!D8), expected 4.1: {USE}."
    )


def test_a_version_written_as_text_is_the_version() -> None:
    assert read_metric(a_metric(put={"Start": {"D8": " 4.1 "}}), "f.xlsx").metric_version == 4.1


@pytest.mark.parametrize(
    ("sheet", "cell", "found", "expected"),
    [
        ("Start", "D22", "Site area:", "Target %"),
        ("Headline Results", "H60", "Surplus", "Unit deficit"),
        (
            "Trading Summary Area Habitats",
            "B94",
            "Grassland - Lowland meadows",
            "Grassland - Other neutral grassland",
        ),
        ("Trading Summary WaterC's", "B31", "Ditches", "Canals"),
        ("Trading Summary Hedgerows", "B30", "Low Distinctiveness", "Medium Distinctiveness"),
        ("Unit shortfall calculations", "E14", "X", "H"),
    ],
)
def test_another_layout_is_refused_with_its_cell(
    sheet: str, cell: str, found: str, expected: str
) -> None:
    assert refusal(a_metric(put={sheet: {cell: found}})) == (
        f"f.xlsx is not laid out as the statutory metric 4.1: {sheet}!{cell} is {found!r}, "
        f"expected {expected!r}; use an unaltered copy of the official calculation tool."
    )


@pytest.mark.parametrize(
    ("sheet", "cell"),
    [
        ("Headline Results", "H8"),
        ("Headline Results", "L24"),
        ("Headline Results", "H63"),
        ("Headline Results", "F55"),
        ("Trading Summary Area Habitats", "B13"),
        ("Trading Summary Area Habitats", "F94"),
        ("Unit shortfall calculations", "F15"),
    ],
)
def test_blank_results_mean_that_the_workbook_was_not_calculated(sheet: str, cell: str) -> None:
    assert refusal(a_metric(put={sheet: {cell: None}})) == (
        f"f.xlsx has not been calculated ({sheet}!{cell} is blank): open it in Excel, let it "
        "calculate (F9), save it, and try again."
    )


@pytest.mark.parametrize(
    ("sheet", "cell", "text"),
    [
        ("Headline Results", "H8", "eight"),
        ("Headline Results", "F61", "see note"),
        ("Trading Summary Hedgerows", "E22", "none"),
        ("Trading Summary Area Habitats", "D94", "N/A"),
        ("Unit shortfall calculations", "F9", "tbc"),
        ("Start", "F22", "ten per cent"),
    ],
)
def test_a_text_where_a_number_must_be_is_refused(sheet: str, cell: str, text: str) -> None:
    assert refusal(a_metric(put={sheet: {cell: text}})) == (
        f"f.xlsx: {sheet}!{cell} is the text {text!r} where a number must be: undo what overwrote "
        "the formula, let Excel calculate, and save it."
    )


def test_a_verdict_that_is_neither_yes_nor_no_is_refused() -> None:
    data = a_metric(put={"Trading Summary Area Habitats": {"G7": "Maybe"}})

    assert refusal(data) == (
        "f.xlsx: Trading Summary Area Habitats!G7 is 'Maybe' where the tool writes 'Yes ✓' or "
        "'No ▲': open the workbook in Excel, let it calculate, and save it."
    )


def test_sheets_are_found_whatever_the_case_and_blanks_of_their_names() -> None:
    names = {
        "Headline Results": "HEADLINE  results ",
        "Trading Summary WaterC's": "Trading Summary Watercourses",
        "Unit shortfall calculations": "Credits calculations",
    }

    metric = read_metric(a_metric(renamed=names), "f.xlsx")

    assert metric.findings == []
    assert metric.credits["A1"] == pytest.approx(8.8)  # 8 units lost and the 10 % of 8


def test_a_number_stays_a_number_in_a_cell_formatted_as_a_date(tmp_path: Path) -> None:
    parts = parts_of(a_metric())
    styles = parts["xl/styles.xml"]
    parts["xl/styles.xml"] = styles.replace(b'numFmtId="0"', b'numFmtId="14"')

    metric = read_metric(an_archive(parts), "f.xlsx")

    assert metric.target == 0.1


def test_a_binary_workbook_is_read_like_the_others() -> None:
    sheets = metric_cells(SCENARIO, some_results())

    assert read_metric(a_binary_workbook(sheets), "f") == read_metric(a_metric(), "f")


def test_a_huge_binary_sheet_is_not_opened() -> None:
    sheets = metric_cells(SCENARIO, some_results())
    sheets["Start"]["XFD1048576"] = 1

    assert "reaches to row 1,048,576 and column 16,384" in refusal(a_binary_workbook(sheets))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_damaged_binary_sheet_is_damage(share: float) -> None:
    parts = parts_of(a_binary_workbook(metric_cells(SCENARIO, some_results())))
    sheet = parts["xl/worksheets/sheet4.bin"]
    parts["xl/worksheets/sheet4.bin"] = sheet[: int(len(sheet) * share)] + b"\x80\x80"

    assert refusal(an_archive(parts)) == DAMAGED
