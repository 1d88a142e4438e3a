"""Markets in files: a folder of CSV files (§4.1) or a market workbook, read and written whole.

A file is written beside its place and moved there, so that a half-written one is never found.
"""

import secrets
from functools import partial
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import openpyxl
import pandas as pd
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from bng_core.archive import opened_folder
from bng_core.errors import BadInput
from bng_core.market import Market, read_market
from bng_core.market_sheets import SHEETS, law_sheets
from bng_core.market_workbook import ReadWorkbook, read_market_workbook

NUMBERS = {"lat", "lon", "units_available", "unit_price", "multiplier", "level_value"}
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb")
UPLOADS = (".zip", *WORKBOOKS)


def read_market_file(path: Path) -> ReadWorkbook:
    """The market of a folder, a .zip of one or a workbook, with notes on a workbook.

    Raises MarketError with every fault, or BadInput for a .zip that cannot be read.
    """
    if path.suffix.casefold() in WORKBOOKS:
        return read_market_workbook(path)
    with opened_folder(path, "market") as folder:
        return ReadWorkbook(read_market(folder, path.name if folder != path else ""), [])


def read_market_upload(name: str, content: bytes) -> ReadWorkbook:
    """The market of a file that somebody sent: a .zip of a market folder, or a workbook.

    Raises MarketError with every fault, or BadInput for any other kind of file.
    """
    if PurePath(name).suffix.casefold() not in UPLOADS:
        raise BadInput(
            f"{name} is no market: expected a .zip with banks.csv, stock.csv and prices.csv, or a "
            "broker's workbook (.xlsx, .xlsm or .xlsb)."
        )
    with TemporaryDirectory(prefix="bng-market-") as folder:
        path = Path(folder) / PurePath(name).name
        path.write_bytes(content)
        return read_market_file(path)


def write_market_file(market: Market, path: Path) -> None:
    """Write a market as a folder, or as a workbook where the name ends in .xlsx.

    What is written reads back as the same market. Raises BadInput where the place is taken.
    """
    if path.exists():
        raise BadInput(f"{path} exists already; name another place or remove it first.")
    if not path.absolute().parent.is_dir():
        raise BadInput(f"{path.absolute().parent} is not a folder; make it first.")
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    if path.suffix.casefold() == ".xlsx":
        _write_workbook(market, part)
    elif path.suffix.casefold() in WORKBOOKS:
        raise BadInput(f"{path.name}: workbooks are written as .xlsx; end the name so.")
    else:
        part.mkdir()
        for name, frame in market.tables().items():
            _used(frame).to_csv(part / f"{name}.csv", index=False)
    part.replace(path)


def _used(frame: pd.DataFrame) -> pd.DataFrame:
    """Without optional columns that are blank in every row."""
    return frame.loc[:, (frame != "").any() | (len(frame) == 0)]


def _write_workbook(market: Market, path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    for name, frame in market.tables().items():
        sheet = SHEETS[name]
        if name == "prices":
            frame = frame.assign(basis=frame["basis"].replace("", "bought"))
        headings = {column: names[0] for column, names in sheet.columns.items()}
        _add_sheet(book, sheet.title, _used(frame).rename(columns=headings), headings)
    sold = pd.concat([market.stock["habitat"], market.prices["habitat"]])
    for title, frame in law_sheets(sold).items():
        _add_sheet(book, title, frame, {})
    book.save(path)


def _add_sheet(
    book: openpyxl.Workbook, title: str, frame: pd.DataFrame, headings: dict[str, str]
) -> None:
    """Texts are written as texts, also those that look like formulas."""
    sheet = book.create_sheet(title)
    numbers = NUMBERS | {headings[column] for column in NUMBERS if column in headings}
    sheet.append(list(frame.columns))
    kinds = [_number if column in numbers else partial(_plain, sheet) for column in frame.columns]
    for row in frame.itertuples(index=False):
        sheet.append([kind(value) for kind, value in zip(kinds, row, strict=True)])


def _number(value: object) -> float | None:
    return None if value == "" else float(str(value))


def _plain(sheet: WriteOnlyWorksheet, value: object) -> object:
    """A text; one that looks like a formula needs a cell that says it is none."""
    if not str(value).startswith("="):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell
