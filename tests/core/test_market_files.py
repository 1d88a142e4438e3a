"""Markets in files: every fault by file, row and column; what is written reads back the same."""

import json
from pathlib import Path

import openpyxl
import pytest

from bng_core.archive import pack
from bng_core.cli import main
from bng_core.errors import BadInput, MarketError
from bng_core.market import read_market
from bng_core.market_diff import market_diff
from bng_core.market_files import read_market_file, read_market_upload, write_market_file
from bng_core.settings import PROJECT_ROOT
from tests.builders import MEADOW, ORCHARD, a_market, an_offer

SAMPLE_MARKET = PROJECT_ROOT / "sample" / "market"
LOCAL = {"lpa_name": "Bedford LPA", "nca_name": "Bedfordshire and Cambridgeshire Claylands"}
SHEETS = {
    "Banks": [
        ["bank_id", "bank_name", "lpa_name", "nca_name", "postcode", "address", "lat", "lon"],
        [
            101,
            "Oak Bank",
            "Bedford",
            "Bedfordshire and Cambridgeshire Claylands",
            "MK40 1AA",
            "Mill Lane",
            52.1,
            -0.4,
        ],
    ],
    "Pricing": [
        ["bank_id", "habitat_name", "contract_size", "tier", "price", "broader_type"],
        [101, "Traditional orchards", "Small", "Local", 40_000, "Grassland"],
        [101, "Traditional orchards", "Small", "Adjacent", 53_333.33, "Grassland"],
        [101, "Traditional orchards", "Small", "Far", None, "Grassland"],
    ],
    "HabitatCatalog": [
        ["habitat_name", "broader_type", "distinctiveness_name", "UmbrellaType"],
        ["Traditional orchards", "Grassland", "High", "area"],
    ],
    "Stock": [
        ["bank_id", "habitat_name", "stock_id", "quantity_available", "quoted"],
        [101, "Traditional orchards", "L1", 0.1 + 0.2, 0],
    ],
    "DistinctivenessLevels": [["distinctiveness_name", "level_value"], ["High", 6]],
    "SRM": [["tier", "multiplier"], ["local", 1.0], ["adjacent", 1.3333], ["far", 2]],
    "TradingRules": [["demand_habitat", "allowed_supply_habitat"]],
}


def workbook(folder: Path, **changed: list[list[object]] | None) -> Path:
    """A market workbook as a broker keeps it; sheets may be replaced, or left out by None."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in (SHEETS | changed).items():
        if rows is not None:
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
    path = folder / "market.xlsx"
    book.save(path)
    return path


def faults_of(path: Path) -> list[tuple[str, int | None, str, str]]:
    with pytest.raises(MarketError) as refused:
        read_market_file(path)
    return [(f.file, f.line, f.column, f.message) for f in refused.value.faults]


def test_a_brokers_workbook_becomes_the_tables_of_the_market(tmp_path):
    read = read_market_file(workbook(tmp_path))

    (bank,) = read.market.banks.to_dict("records")
    assert (bank["bank_id"], bank["lpa"], bank["lat"]) == ("101", "Bedford LPA", "52.1")
    (lot,) = read.market.stock.to_dict("records")
    assert lot["habitat"] == "Grassland - Traditional orchards"
    assert lot["units_available"] == "0.3"
    prices = read.market.prices[["tier", "contract_size", "unit_price", "basis"]]
    assert prices.values.tolist() == [
        ["local", "small", "40000", "effective"],
        ["adjacent", "small", "53333.33", "effective"],
    ]
    assert read.notes == ["Pricing: 1 rows have no price; what they list is not for sale."]


def test_what_a_workbook_says_against_the_law_is_told_and_not_followed(tmp_path):
    catalogue = [
        SHEETS["HabitatCatalog"][0],
        ["Traditional orchards", "Grassland", "V.High", "area"],
        ["Lowland meadows", "Grassland", "V.High", "area"],
    ]
    path = workbook(
        tmp_path,
        HabitatCatalog=catalogue,
        SRM=[["tier", "multiplier"], ["local", 1], ["adjacent", 1.15], ["far", 0.5]],
        TradingRules=[["demand_habitat", "allowed_supply_habitat"], ["a", "b"], ["c", "d"]],
    )

    assert read_market_file(path).notes == [
        "HabitatCatalog: Traditional orchards is High in the metric, not V.High.",
        "SRM: adjacent is 0.75 by the rulebook, not 1.15.",
        "TradingRules: 2 rows are not imported; the metric's rules are followed.",
        "Pricing: 1 rows have no price; what they list is not for sale.",
    ]


def test_every_fault_of_every_sheet_is_reported_at_once_with_row_and_column(tmp_path):
    path = workbook(
        tmp_path,
        Banks=[
            ["bank_id", "bank_name", "lpa_name", "nca_name", "lat"],
            ["A", "", "Bedford", "Bedfordshire and Cambridgeshire Claylands", "north"],
            [],
            ["A", '=HYPERLINK("x")', "Nowhere", "Bedfordshire and Cambridgeshire Claylands", 1],
        ],
        Pricing=[
            ["bank_id", "habitat_name", "contract_size", "tier", "price"],
            ["A", "Traditional orchards", "small", "local", 0],
            ["B", "Traditional orchards", "huge", "next door", "40,000"],
        ],
        Stock=[
            ["bank_id", "habitat_name", "stock_id", "quantity_available"],
            ["A", "Traditional orchids", "L1", "NaN"],
            ["A", "Traditional orchards", "L1", -1],
        ],
    )
    book = openpyxl.load_workbook(path)
    book["Banks"]["B4"].data_type = "s"  # a text that looks like a formula
    book.save(path)

    assert sorted((file, row, column) for file, row, column, _ in faults_of(path)) == [
        ("market.xlsx Banks", 2, "bank_name"),
        ("market.xlsx Banks", 2, "lat"),
        ("market.xlsx Banks", 4, "bank_id"),
        ("market.xlsx Banks", 4, "bank_name"),
        ("market.xlsx Banks", 4, "lpa_name"),
        ("market.xlsx Pricing", 2, "price"),
        ("market.xlsx Pricing", 3, "bank_id"),
        ("market.xlsx Pricing", 3, "contract_size"),
        ("market.xlsx Pricing", 3, "price"),
        ("market.xlsx Pricing", 3, "tier"),
        ("market.xlsx Stock", 2, "habitat_name"),
        ("market.xlsx Stock", 2, "quantity_available"),
        ("market.xlsx Stock", 3, "quantity_available"),
        ("market.xlsx Stock", 3, "stock_id"),
    ]


@pytest.mark.parametrize(
    ("sheet", "rows", "fault"),
    [
        ("Stock", None, ("market.xlsx", None, "", "has no sheet Stock; add it")),
        (
            "Stock",
            [["bank_id", "habitat_name", "stock_id"], ["A", "Traditional orchards", "L1"]],
            (
                "market.xlsx Stock",
                1,
                "quantity_available",
                "has no column units_available; found bank_id, habitat, stock_id",
            ),
        ),
        (
            "Stock",
            [["bank_id", "bank_id", "habitat_name", "stock_id", "quantity_available"]],
            ("market.xlsx Stock", 1, "", "has the column bank_id more than once; keep one"),
        ),
        (
            "Stock",
            [*SHEETS["Stock"][:1], [101, "Traditional orchards", "L1", "inf"]],
            (
                "market.xlsx Stock",
                2,
                "quantity_available",
                "quantity_available is “inf”: expected units, 0 to 1,000,000,000",
            ),
        ),
        (
            "Pricing",
            [*SHEETS["Pricing"][:2], SHEETS["Pricing"][1]],
            (
                "market.xlsx Pricing",
                3,
                "price",
                "has a second price for the same bank, habitat, contract size, tier and day",
            ),
        ),
        (
            "Banks",
            [
                *SHEETS["Banks"],
                ["B", "x" * 501, "Bedford", "Bedfordshire and Cambridgeshire Claylands"],
            ],
            (
                "market.xlsx Banks",
                3,
                "bank_name",
                "bank_name has 501 characters; at most 500",
            ),
        ),
        (
            "Banks",
            [
                *SHEETS["Banks"],
                ["B", "no\u200bbreak", "Bedford", "Bedfordshire and Cambridgeshire Claylands"],
            ],
            (
                "market.xlsx Banks",
                3,
                "bank_name",
                "bank_name holds a sign that does not show; remove it",
            ),
        ),
    ],
)
def test_one_fault_is_told_by_sheet_row_and_column(tmp_path, sheet, rows, fault):
    assert fault in faults_of(workbook(tmp_path, **{sheet: rows}))


def test_a_file_that_is_no_workbook_is_one_fault(tmp_path):
    path = tmp_path / "market.xlsx"
    path.write_text("bank_id,bank_name")

    assert faults_of(path) == [
        ("market.xlsx", None, "", "is not a workbook; give a market workbook as .xlsx")
    ]


def test_the_faults_of_a_folder_have_file_row_and_column_as_well(tmp_path, capsys):
    for name in ("banks", "prices"):
        (tmp_path / f"{name}.csv").write_bytes((SAMPLE_MARKET / f"{name}.csv").read_bytes())
    (tmp_path / "stock.csv").write_text(
        "stock_id,bank_id,habitat,units_available\nL1,S001,Traditional orchards,many\n"
    )

    status = main(["market", "diff", str(tmp_path), str(SAMPLE_MARKET), "--json"])

    assert status == 2
    assert json.loads(capsys.readouterr().out)["error"]["faults"] == [
        {
            "file": "stock.csv",
            "row": 2,
            "column": "units_available",
            "message": "units_available is “many”: expected units, 0 to 1,000,000,000",
        }
    ]


@pytest.mark.parametrize("name", ["copy", "copy.xlsx"])
def test_the_sample_market_reads_back_as_it_was_written(tmp_path, name):
    market = read_market(SAMPLE_MARKET)

    write_market_file(market, tmp_path / name)

    read = read_market_file(tmp_path / name)
    assert market_diff(market, read.market).is_empty
    assert read.notes == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_dates_bases_and_names_like_formulas_survive_a_workbook(tmp_path):
    market = a_market(an_offer(ORCHARD, 40_000), an_offer(MEADOW, 52_000.55, bank_id="0101"))
    prices = market.prices.assign(valid_from="2026-01-01", valid_to="2026-12-31")
    market = type(market)(market.banks.assign(status="1 of 2; ±“é”"), market.stock, prices)

    write_market_file(market, tmp_path / "market.xlsx")

    assert market_diff(market, read_market_file(tmp_path / "market.xlsx").market).is_empty


def test_a_date_cell_is_a_date(tmp_path):
    headings = [*SHEETS["Pricing"][0], "valid_from", "valid_to"]
    row = [*SHEETS["Pricing"][1], 46023, "2026-12-31"]

    read = read_market_file(workbook(tmp_path, Pricing=[headings, row]))

    assert read.market.prices[["valid_from", "valid_to"]].values.tolist() == [
        ["2026-01-01", "2026-12-31"]
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("taken", "exists already; name another place or remove it first."),
        ("missing/market.xlsx", "is not a folder; make it first."),
        ("market.xlsm", "market.xlsm: workbooks are written as .xlsx; end the name so."),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_and_nothing_is_left(tmp_path, name, message):
    (tmp_path / "taken").mkdir()

    with pytest.raises(BadInput) as refused:
        write_market_file(a_market(an_offer(ORCHARD, 40_000)), tmp_path / name)

    assert str(refused.value).endswith(message)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_difference_names_rows_and_cells():
    before = a_market(an_offer(ORCHARD, 40_000, 3), an_offer(MEADOW, 52_000, bank_id="M"))
    after = a_market(an_offer(ORCHARD, 41_000.50, 3), an_offer(MEADOW, 52_000, bank_id="N"))

    diff = market_diff(before, after)

    banks = diff.tables["banks"]
    assert (list(banks.added), list(banks.removed)) == ([("N",)], [("M",)])
    changes = diff.to_json()["prices"]["changed"]
    assert [change["row"]["contract_size"] for change in changes] == [
        "fractional",
        "large",
        "medium",
        "small",
    ]
    assert changes[0]["cells"] == {"unit_price": ["40000", "41000.5"]}
    assert "unit_price 40000 → 41000.5" in diff.text()


def test_numbers_are_compared_as_numbers_and_a_blank_basis_as_bought():
    market = a_market(an_offer(ORCHARD, 40_000, 3))
    prices = market.prices.assign(unit_price="40000.00", basis="bought")
    stock = market.stock.assign(units_available="3.000")

    assert market_diff(market, type(market)(market.banks, stock, prices)).is_empty
    assert market_diff(market, market).text() == "The markets are the same."


def test_a_market_comes_as_one_zip_with_or_without_a_folder_in_it() -> None:
    files = {f"market/{path.name}": path.read_bytes() for path in SAMPLE_MARKET.glob("*.csv")}

    read = read_market_upload("sample.zip", pack(files))

    assert market_diff(read_market(SAMPLE_MARKET), read.market).is_empty


def test_faults_of_a_zip_name_the_zip_and_not_where_it_was_unpacked() -> None:
    with pytest.raises(MarketError) as refusal:
        read_market_upload("sample.zip", pack({"banks.csv": b"bank_id,bank_name,lpa,nca\n"}))

    assert str(refusal.value).splitlines() == [
        "The market folder sample.zip cannot be used: 2 faults.",
        "  stock.csv: is missing from the market folder; add it",
        "  prices.csv: is missing from the market folder; add it",
    ]


def test_another_kind_of_file_is_no_market() -> None:
    with pytest.raises(BadInput) as refusal:
        read_market_upload("prices.pdf", b"%PDF")

    assert str(refusal.value) == (
        "prices.pdf is no market: expected a .zip with banks.csv, stock.csv and prices.csv, or a "
        "broker's workbook (.xlsx, .xlsm or .xlsb)."
    )
