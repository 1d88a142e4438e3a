"""CSV files as people save them: what is read, and each fault at its own line."""

from decimal import Decimal
from pathlib import Path

import pytest

from bng_core.csv_table import CsvTable, parse_number, read_csv
from bng_core.errors import Fault

TABLE = CsvTable(["id", "name", "units"], [["1", "Wye", "2.5"], ["2", "Avon", "3"]], [2, 3])


def read(folder: Path, data: bytes) -> tuple[CsvTable | None, list[str]]:
    faults: list[Fault] = []
    path = folder / "t.csv"
    path.write_bytes(data)
    return read_csv(path, faults), [str(fault) for fault in faults]


@pytest.mark.parametrize(
    "data",
    [
        b"id,name,units\n1,Wye,2.5\n2,Avon,3\n",
        b"id,name,units\n1,Wye,2.5\n2,Avon,3",
        b"id,name,units\r\n1,Wye,2.5\r\n2,Avon,3\r\n",
        b"id,name,units\r1,Wye,2.5\r2,Avon,3\r",
        b"\xef\xbb\xbfid,name,units\n1,Wye,2.5\n2,Avon,3\n",
        b'"id","name","units"\n"1","Wye","2.5"\n"2","Avon","3"\n',
        b" id , name,units \n1 ,  Wye,\t2.5\n2,\xc2\xa0Avon,3\n",
        b"id,name,units\n1,Wye,2.5\n2,Avon,3\n,,\n\n  \n",
        b"id,name,units,,\n1,Wye,2.5,,\n2,Avon,3,,\n",
    ],
    ids=["lf", "no end", "crlf", "cr", "bom", "quoted", "blanks", "blank lines", "blank columns"],
)
def test_the_same_table_however_it_was_saved(tmp_path: Path, data: bytes) -> None:
    table, faults = read(tmp_path, data)

    assert faults == []
    assert table is not None
    assert table == TABLE


def test_lines_are_those_an_editor_shows(tmp_path: Path) -> None:
    data = b'id,name\n\n1,"Wye\nBank"\n2,"Avon\r\nand\r\nmore"\n\n3,x\n'

    table, faults = read(tmp_path, data)

    assert faults == []
    assert table is not None
    # Line 2 is blank; the first value takes lines 3 and 4, the second 5 to 7; line 8 is blank.
    assert table.lines == [3, 5, 9]
    assert table.rows[0] == ["1", "Wye\nBank"]


def test_values_missing_at_the_end_of_a_row_are_blank(tmp_path: Path) -> None:
    table, faults = read(tmp_path, b"id,name,units\n1\n2,Avon\n")

    assert faults == []
    assert table is not None
    assert table.rows == [["1", "", ""], ["2", "Avon", ""]]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "t.csv: is empty; expected a line of column names"),
        (b"\n \n,,\n", "t.csv: is empty; expected a line of column names"),
        (b"\xef\xbb\xbf", "t.csv: is empty; expected a line of column names"),
        (b"id\n1\nW\xffye\n", "t.csv line 3: is not UTF-8 text; save the file as CSV UTF-8"),
        ("id\n1\n".encode("utf-16"), "t.csv line 1: is not UTF-8 text; save the file as CSV UTF-8"),
        ("id\n1\n".encode("utf-16-le"), "t.csv line 1: is not text; save the file as CSV UTF-8"),
        (b"id\n1\n2\x003\n", "t.csv line 3: is not text; save the file as CSV UTF-8"),
        (
            b'id\n1\n"2\n3\n4\n',
            "t.csv line 3: cannot be read from here on (unexpected end of data);"
            " check its quotation marks",
        ),
        (
            b'id\n1\n"2"x\n',
            "t.csv line 3: cannot be read from here on (',' expected after '\"');"
            " check its quotation marks",
        ),
        (
            b"id,name\n1,Wye\n2,1,000\n",
            "t.csv line 3: has 3 values for 2 columns; quote values with commas",
        ),
        (b"id,,name\n1,2,3\n", "t.csv line 1: has no name for column 2; give it one"),
        (
            b"id,name,,\n1,2,3\n",
            "t.csv line 2: has 3 values for 2 columns; quote values with commas",
        ),
        (b"id,name,id,name\n", "t.csv line 1: has the column id, name more than once; keep one"),
    ],
)
def test_each_fault_is_named_with_its_line(tmp_path: Path, data: bytes, fault: str) -> None:
    assert read(tmp_path, data)[1] == [fault]


def test_faulty_rows_do_not_hide_each_other(tmp_path: Path) -> None:
    table, faults = read(tmp_path, b"id\n1,2\n3\n4,5\n")

    assert [fault.split(":")[0] for fault in faults] == ["t.csv line 2", "t.csv line 4"]
    assert table is not None
    assert (table.rows, table.lines) == ([["3"]], [3])


def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    faults: list[Fault] = []

    assert read_csv(tmp_path, faults) is None
    assert read_csv(tmp_path / "none.csv", faults) is None
    assert [fault.message for fault in faults] == [
        "cannot be opened: Is a directory",
        "cannot be opened: No such file or directory",
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("12.50", "12.50"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+3", "3"),
        ("-3", "-3"),
        ("1e3", "1000"),
        ("1.5E-2", "0.015"),
        ("26666.666666666668", "26666.666666666668"),
        ("1000000000", "1000000000"),
    ],
)
def test_plain_decimals_are_read_exactly(text: str, number: str) -> None:
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        *("", "nan", "NaN", "inf", "-inf", "Infinity", "1e999", "1e-999", "1e10", "1000000001"),
        *("1,000", "1 000", "1_000", "£5", "5%", "0x10", "1e", "e5", "--5", ".", "−5", "1.2.3"),
        *("１２", "٣", "½", "²", "5\n", "None", "True", "N/A", "9" * 500),
    ],
)
def test_anything_else_is_no_number(text: str) -> None:
    assert parse_number(text) is None
