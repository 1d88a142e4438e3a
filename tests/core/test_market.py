"""A market folder: canonical names out, or every fault of every file at its line."""

from pathlib import Path

import pandas as pd
import pytest

from bng_core.errors import MarketError
from bng_core.market import COLUMNS, Market, market_from_tables, read_market
from bng_core.settings import PROJECT_ROOT
from bng_core.terms import Place
from tests.builders import MODIFIED, NEUTRAL

FOLDER = {
    "banks": (
        "bank_id,bank_name,lpa,nca,waterbody_id,operational_catchment,marine_plan_area\n"
        "B1,Wye Bank,South Oxfordshire,108,,,\n"
        "B2,Avon Bank,E60000001,north pennines,gb106039023410,,south inshore\n"
    ),
    "stock": f"stock_id,bank_id,habitat,units_available\nS1,B1,{MODIFIED},2.5\nS2,B2,Ditches,0\n",
    "prices": (
        "bank_id,habitat,contract_size,tier,unit_price,basis,valid_from,valid_to\n"
        f"B1,{MODIFIED},small,any,20000,bought,,\n"
        "B2,Ditches,small,far,90000.50,,2026-01-01,2026-12-31\n"
    ),
}
PRICES = FOLDER["prices"].splitlines()[0] + "\n"


def a_folder(tmp_path: Path, **files: str | bytes) -> Path:
    """A sound market folder with some files replaced."""
    for name, text in {**FOLDER, **files}.items():
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / f"{name}.csv").write_bytes(data)
    return tmp_path


def faults(tmp_path: Path, **files: str | bytes) -> list[str]:
    with pytest.raises(MarketError) as error:
        read_market(a_folder(tmp_path, **files))
    return [str(fault) for fault in error.value.faults]


def price_faults(tmp_path: Path, *rows: str) -> list[str]:
    return faults(tmp_path, prices=PRICES + "".join(f"{row}\n" for row in rows))


def test_places_habitats_and_catchments_come_out_in_official_names(tmp_path: Path) -> None:
    files = {
        "stock": "stock_id,bank_id,habitat,units_available\nS1,B1,modified GRASSLAND,2.5\n",
        "prices": PRICES + "B1,Modified  grassland,small,any,20000,,,\n",
    }

    market = read_market(a_folder(tmp_path, **files))

    assert market.places() == {
        "B1": Place("South Oxfordshire LPA", "Upper Thames Clay Vales"),
        "B2": Place(
            "County Durham LPA", "North Pennines", "GB106039023410", "Ock", "South Inshore"
        ),
    }
    assert market.stock["habitat"].tolist() == market.prices["habitat"].tolist() == [MODIFIED]
    assert market.bank_names() == {"B1": "Wye Bank", "B2": "Avon Bank"}


def test_tables_hold_every_column_as_text_and_make_the_same_market_again(tmp_path: Path) -> None:
    market = read_market(a_folder(tmp_path))

    tables = market.tables()

    for name, (required, optional) in COLUMNS.items():
        assert list(tables[name].columns) == required + optional
    again = market_from_tables(tables)
    assert all(again.tables()[name].equals(table) for name, table in tables.items())


def test_the_tables_given_are_not_changed() -> None:
    given = {name: pd.read_csv(PROJECT_ROOT / f"sample/market/{name}.csv", dtype=str).fillna("")
             for name in COLUMNS}  # fmt: skip
    before = {name: table.copy() for name, table in given.items()}

    market_from_tables(given)

    assert all(given[name].equals(before[name]) for name in COLUMNS)


def test_the_sample_market_is_sound_and_says_that_it_is_synthetic() -> None:
    market = read_market(PROJECT_ROOT / "sample" / "market")

    assert len(market.banks) == 60
    assert market.banks["status"].str.contains("synthetic").all()


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_a_folder_saved_by_a_spreadsheet_is_the_same_market(tmp_path: Path, end: str) -> None:
    saved = {name: b"\xef\xbb\xbf" + t.replace("\n", end).encode() for name, t in FOLDER.items()}
    (tmp_path / "plain").mkdir()
    plain = read_market(a_folder(tmp_path / "plain"))

    market = read_market(a_folder(tmp_path, **saved))

    assert all(market.tables()[name].equals(plain.tables()[name]) for name in COLUMNS)


def test_tables_without_rows_are_a_market_without_offers(tmp_path: Path) -> None:
    headers = {name: f"{text.splitlines()[0]}\n" for name, text in FOLDER.items()}

    market = read_market(a_folder(tmp_path, **headers))

    assert market.places() == {}
    assert all(len(table) == 0 for table in market.tables().values())


def test_further_columns_are_left_alone(tmp_path: Path) -> None:
    stock = "note,stock_id,bank_id,habitat,units_available\nx,S1,B1,Ditches,1\n"

    market = read_market(a_folder(tmp_path, stock=stock))

    assert list(market.stock.columns) == COLUMNS["stock"][0]


def test_a_path_that_is_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MarketError) as error:
        read_market(tmp_path / "none")

    assert str(error.value) == (
        "The market cannot be read: 1 fault.\n"
        f"  {tmp_path / 'none'}: is not a folder; give the folder that holds banks.csv"
    )


def test_all_faults_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path,
        banks="bank_id,bank_name,lpa,nca\nB1,Wye Bank,South Oxfordshir,Chilterns\nB1,,Oxford,999\n",
        stock="stock_id,bank_id,habitat,units_available\nS1,B9,Meadow,-1\nS1,B1,Ditches,\n",
        prices="bank_id,habitat,contract_size,tier,unit_price\nB1,Ditches,tiny,near,0\n",
    )

    with pytest.raises(MarketError) as error:
        read_market(folder)

    unknown = "habitat “Meadow” is not a habitat of the statutory metric"
    official = "expected an official name, such as “Grassland - Other neutral grassland”"
    assert str(error.value).splitlines() == [
        f"The market folder {folder} cannot be used: 12 faults.",
        "  banks.csv line 3: bank_name is blank; fill it in",
        "  banks.csv line 3: bank_id B1 was used on an earlier line",
        "  banks.csv line 2: lpa: Local planning authority “South Oxfordshir” is not in the tables."
        " The nearest names are: South Oxfordshire LPA, West Oxfordshire LPA,"
        " South Staffordshire LPA.",
        "  banks.csv line 3: nca: National character area “999” is not in the tables."
        " Give its official name.",
        "  stock.csv line 3: stock_id S1 was used on an earlier line",
        "  stock.csv line 2: bank_id B9 is not in banks.csv",
        f"  stock.csv line 2: {unknown}; {official}",
        "  stock.csv line 2: units_available is “-1”: expected units, 0 to 1,000,000,000",
        "  stock.csv line 3: units_available is blank: expected units, 0 to 1,000,000,000",
        "  prices.csv line 2: contract_size “tiny”: expected one of fractional, small, medium,"
        " large",
        "  prices.csv line 2: tier “near”: expected one of any, local, adjacent, far",
        "  prices.csv line 2: unit_price is “0”: expected GBP per unit, 0.01 to 1,000,000,000",
    ]


def test_a_missing_file_does_not_hide_the_faults_of_the_others(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, prices=PRICES + f"B1,{MODIFIED},small,any,,,,\n")
    (folder / "stock.csv").unlink()

    with pytest.raises(MarketError) as error:
        read_market(folder)

    assert [str(fault) for fault in error.value.faults] == [
        "stock.csv: is missing from the market folder; add it",
        "prices.csv line 2: unit_price is blank: expected GBP per unit, 0.01 to 1,000,000,000",
    ]


def test_without_a_bank_table_bank_ids_are_not_doubted(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "banks.csv").unlink()

    with pytest.raises(MarketError) as error:
        read_market(folder)

    assert [str(f) for f in error.value.faults] == [
        "banks.csv: is missing from the market folder; add it"
    ]


@pytest.mark.parametrize("name", list(COLUMNS))
def test_an_empty_file_is_named(tmp_path: Path, name: str) -> None:
    assert faults(tmp_path, **{name: b""}) == [
        f"{name}.csv: is empty; expected a line of column names"
    ]


def test_missing_columns_are_named_with_those_found(tmp_path: Path) -> None:
    assert faults(tmp_path, stock="stock_id,bank,habitat\n") == [
        "stock.csv line 1: has no column bank_id, units_available; found stock_id, bank, habitat"
    ]


def test_a_semicolon_table_shows_what_was_found(tmp_path: Path) -> None:
    assert faults(tmp_path, stock="stock_id;bank_id;habitat;units_available\n") == [
        "stock.csv line 1: has no column stock_id, bank_id, habitat, units_available;"
        " found stock_id;bank_id;habitat;units_available"
    ]


def test_the_wrong_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    banks = FOLDER["banks"].replace("Avon Bank", "Avon Bänk").encode("latin-1")

    assert faults(tmp_path, banks=banks) == [
        "banks.csv line 3: is not UTF-8 text; save the file as CSV UTF-8"
    ]


def test_lines_are_right_below_a_value_with_a_line_break_and_blank_lines(tmp_path: Path) -> None:
    banks = 'bank_id,bank_name,lpa,nca\nB1,"Wye\nBank",Oxford,108\n\n,,,\nB2,Avon,Oxford,x y z\n'
    stock = FOLDER["stock"].replace("\n", "\r\n").replace("2.5", "2,5")

    found = faults(tmp_path, banks=banks, stock=stock)

    assert found == [
        "stock.csv line 2: has 5 values for 4 columns; quote values with commas",
        "banks.csv line 6: nca: National character area “x y z” is not in the tables."
        " Give its official name.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "-1",
        "-0.01",
        "",
        "nan",
        "inf",
        "1e999",
        "1_000",
        "１",
        "٣",
        "£5",
        "5%",
        "none",
        "2000000000",
    ],
)
def test_stock_that_is_no_number_of_units_is_refused(tmp_path: Path, text: str) -> None:
    found = f"“{text}”" if text else "blank"

    assert faults(tmp_path, stock=FOLDER["stock"].replace("2.5", text)) == [
        f"stock.csv line 2: units_available is {found}: expected units, 0 to 1,000,000,000"
    ]


@pytest.mark.parametrize(
    "text", ["0", "0.00", "-5", "", "NaN", "1e999", "1e-99", '"1,000"', "1 000", "²", "free", "POA"]
)
def test_a_price_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    found = f"“{text.strip(chr(34))}”" if text else "blank"

    assert price_faults(tmp_path, f"B1,{MODIFIED},small,any,{text},,,") == [
        f"prices.csv line 2: unit_price is {found}: expected GBP per unit, 0.01 to 1,000,000,000"
    ]


@pytest.mark.parametrize("text", ["0", "0.00", "1e2", ".5", "12.345678"])
def test_stock_may_be_any_plain_number_from_0_up(tmp_path: Path, text: str) -> None:
    market = read_market(a_folder(tmp_path, stock=FOLDER["stock"].replace("2.5", text)))

    assert market.stock["units_available"].tolist() == [text, "0"]


def test_habitats_without_units_cannot_be_sold(tmp_path: Path) -> None:
    sealed = "Urban - Developed land; sealed surface"

    assert faults(tmp_path, stock=FOLDER["stock"].replace(MODIFIED, sealed)) == [
        f"stock.csv line 2: habitat “{sealed}” has no units in the metric, so it cannot be sold"
    ]


@pytest.mark.parametrize(
    "text", ["24/11/2026", "2026-13-01", "2026-02-30", "20261124", "2026-W48-2", "2026-11-24T00:00"]
)
@pytest.mark.parametrize("column", ["valid_from", "valid_to"])
def test_days_must_be_written_as_they_are_compared(tmp_path: Path, column: str, text: str) -> None:
    days = f"{text}," if column == "valid_from" else f",{text}"

    assert price_faults(tmp_path, f"B1,{MODIFIED},small,any,20000,,{days}") == [
        f"prices.csv line 2: {column} “{text}”: expected a date such as 2026-11-24"
    ]


def test_a_price_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    row = f"B1,{MODIFIED},small,any,20000,,2026-02-01,2026-01-31"

    assert price_faults(tmp_path, row) == [
        "prices.csv line 2: valid_to 2026-01-31 is before valid_from"
    ]


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        (",", ",", True),
        (",2026-06-30", "2026-07-01,", False),
        (",2026-06-30", "2026-06-30,", True),
        ("2026-07-01,", ",2026-06-30", False),
        ("2026-01-01,2026-12-31", "2026-03-01,2026-03-31", True),
        ("2026-01-01,2026-01-31", "2026-02-01,2026-02-28", False),
        ("2026-01-01,2026-01-01", "2026-01-01,2026-01-01", True),
        (",", "2026-01-01,2026-01-02", True),
    ],
)
def test_there_is_one_price_on_any_day(
    tmp_path: Path, first: str, second: str, overlap: bool
) -> None:
    rows = [f"B1,{MODIFIED},small,any,20000,,{days}" for days in (first, second)]
    folder = a_folder(tmp_path, prices=PRICES + "\n".join(rows))

    if not overlap:
        assert len(read_market(folder).prices) == 2
        return
    with pytest.raises(MarketError) as error:
        read_market(folder)
    assert [fault.message for fault in error.value.faults] == [
        "has a second price for the same bank, habitat, contract size, tier and day"
    ]


def test_a_long_price_does_not_hide_an_overlap_behind_a_short_one(tmp_path: Path) -> None:
    days = ["2026-01-01,2026-12-31", "2026-02-01,2026-02-02", "2026-03-01,2026-03-02"]

    found = price_faults(tmp_path, *(f"B1,{MODIFIED},small,any,20000,,{day}" for day in days))

    assert [fault.split(":")[0] for fault in found] == ["prices.csv line 3", "prices.csv line 4"]


def test_the_same_habitat_by_two_names_has_two_prices(tmp_path: Path) -> None:
    rows = [f"B1,{name},small,any,20000,,," for name in (NEUTRAL, "other neutral grassland")]

    assert price_faults(tmp_path, *rows) == [
        "prices.csv line 3: has a second price for the same bank, habitat, contract size, tier and"
        " day"
    ]


def test_prices_of_other_sizes_and_tiers_stand_beside_each_other(tmp_path: Path) -> None:
    rows = [
        f"B1,{MODIFIED},{size},{tier},20000,,,\n"
        for size in ("fractional", "small", "medium", "large")
        for tier in ("any", "local", "adjacent", "far")
    ]

    assert len(read_market(a_folder(tmp_path, prices=PRICES + "".join(rows))).prices) == 16


@pytest.mark.parametrize(
    ("column", "text", "fault"),
    [
        ("basis", "gross", "basis “gross”: expected one of bought, effective"),
        (
            "contract_size",
            "Small",
            "contract_size “Small”: expected one of fractional, small, medium, large",
        ),
        ("bank_id", "", "bank_id is blank; fill it in"),
        ("bank_id", "B9", "bank_id B9 is not in banks.csv"),
        ("bank_id", "b1", "bank_id b1 is not in banks.csv"),
    ],
)
def test_a_price_line_says_what_is_expected(
    tmp_path: Path, column: str, text: str, fault: str
) -> None:
    row = {"bank_id": "B1", "contract_size": "small", "basis": "bought"} | {column: text}

    assert price_faults(
        tmp_path, f"{row['bank_id']},{MODIFIED},{row['contract_size']},any,20000,{row['basis']},,"
    ) == [f"prices.csv line 2: {fault}"]


@pytest.mark.parametrize(
    ("columns", "values", "fault"),
    [
        (
            "waterbody_id",
            "GB1",
            "waterbody_id: Waterbody “GB1” is not in the tables."
            " Give its WFD id, such as GB106039023233.",
        ),
        (
            "operational_catchment",
            "Tham",
            "operational_catchment: Operational catchment “Tham” is not in the tables."
            " The nearest names are: Thame.",
        ),
        (
            "waterbody_id,operational_catchment",
            "GB106039023410,Thame",
            "operational_catchment Thame is not that of the waterbody; leave it blank",
        ),
        (
            "marine_plan_area",
            "South",
            "marine_plan_area: Marine plan area “South” is not in the tables."
            " The nearest names are: South East Inshore, South Inshore, South Offshore.",
        ),
        (
            "lnrs",
            "Oxfordshir",
            "lnrs: Local nature recovery strategy area “Oxfordshir” is not in the tables."
            " The nearest names are: Oxfordshire, Bedfordshire, Hertfordshire.",
        ),
        ("lat", "51°", "lat “51°” is not a number"),
        ("lon", "nan", "lon “nan” is not a number"),
    ],
)
def test_where_a_bank_lies_must_be_known(
    tmp_path: Path, columns: str, values: str, fault: str
) -> None:
    header = "bank_id,bank_name,lpa,nca"
    banks = f"{header},{columns}\nB1,Wye,Oxford,108,{values}\nB2,Avon,Oxford,108,,\n"

    assert faults(tmp_path, banks=banks) == [f"banks.csv line 2: {fault}"]


def test_a_catchment_in_other_letters_is_the_same_catchment(tmp_path: Path) -> None:
    banks = (
        "bank_id,bank_name,lpa,nca,operational_catchment\n"
        "B1,Wye,Oxford,108,THAME\nB2,Avon,Oxford,108,\n"
    )

    market: Market = read_market(a_folder(tmp_path, banks=banks))

    assert market.places()["B1"].operational_catchment == "Thame"


def test_tables_count_their_lines_as_a_file_would() -> None:
    tables = {name: pd.DataFrame(columns=COLUMNS[name][0], dtype=str) for name in COLUMNS}
    tables["banks"].loc[7] = ["B1", "", "Oxford", "108"]

    with pytest.raises(MarketError) as error:
        market_from_tables(tables)

    assert str(error.value) == (
        "The market cannot be used: 1 fault.\n  banks.csv line 2: bank_name is blank; fill it in"
    )
