"""Banks, stock and price lists: read, checked and in canonical names (§4.1)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from bng_core import places
from bng_core.csv_table import LARGEST, parse_number, read_csv
from bng_core.errors import Fault, MarketError, UnknownPlace
from bng_core.reference import load_habitats
from bng_core.terms import Basis, ContractSize, Place, Relation

COLUMNS: dict[str, tuple[list[str], list[str]]] = {
    "banks": (
        ["bank_id", "bank_name", "lpa", "nca"],
        [
            *("lat", "lon", "lnrs", "waterbody_id", "operational_catchment", "marine_plan_area"),
            *("register_reference", "status"),
        ],
    ),
    "stock": (["stock_id", "bank_id", "habitat", "units_available"], []),
    "prices": (
        ["bank_id", "habitat", "contract_size", "tier", "unit_price"],
        ["basis", "valid_from", "valid_to"],
    ),
}
"""The tables of a market folder: required columns and optional ones (§4.1)."""

ANY_TIER = "any"


@dataclass(frozen=True)
class Market:
    """Validated tables, as text in canonical names; numbers are read exactly where used."""

    banks: pd.DataFrame
    stock: pd.DataFrame
    prices: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """The three tables with the columns of §4.1, all as text."""
        return {"banks": self.banks, "stock": self.stock, "prices": self.prices}

    def places(self) -> dict[str, Place]:
        """Where each bank lies, by bank id."""
        columns = ("waterbody_id", "operational_catchment", "marine_plan_area", "lnrs")
        return {
            bank_id: Place(lpa, nca, *(text or None for text in others))
            for bank_id, lpa, nca, *others in rows(self.banks, "bank_id", "lpa", "nca", *columns)
        }

    def bank_names(self) -> dict[str, str]:
        """Names of the banks by id."""
        return dict(zip(self.banks["bank_id"], self.banks["bank_name"], strict=True))


def rows(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[str, ...]]:
    """The rows of a text table, as tuples of the named columns."""
    return zip(*(frame[column].tolist() for column in columns), strict=True)


def read_market(folder: Path) -> Market:
    """Read a market folder. Raises MarketError with every fault of every file."""
    if not folder.is_dir():
        fault = Fault(str(folder), None, "is not a folder; give the folder that holds banks.csv")
        raise MarketError("The market cannot be read", [fault])
    faults: list[Fault] = []
    tables = {name: _read_table(folder / f"{name}.csv", faults) for name in COLUMNS}
    return _validated(tables, faults, f"The market folder {folder} cannot be used")


def market_from_tables(tables: dict[str, pd.DataFrame]) -> Market:
    """A market from text tables with the columns of §4.1. Raises MarketError."""
    numbered = {
        name: frame.set_axis(pd.RangeIndex(2, len(frame) + 2)) for name, frame in tables.items()
    }
    return _validated(numbered, [], "The market cannot be used")


def _read_table(path: Path, faults: list[Fault]) -> pd.DataFrame | None:
    """The table of a file with its line numbers as index."""
    if not path.exists():
        faults.append(Fault(path.name, None, "is missing from the market folder; add it"))
        return None
    table = read_csv(path, faults)
    if table is None:
        return None
    return pd.DataFrame(table.rows, table.lines, table.columns, dtype=str)


def _validated(
    tables: Mapping[str, pd.DataFrame | None], faults: list[Fault], failure: str
) -> Market:
    frames = {
        name: None if frame is None else _columns(name, frame, faults)
        for name, frame in tables.items()
    }
    banks, stock, prices = frames["banks"], frames["stock"], frames["prices"]
    known: set[str] | None = None
    if banks is not None:
        banks = _check_banks(banks, faults)
        known = set(banks["bank_id"])
    if stock is not None:
        stock = _check_stock(stock, known, faults)
    if prices is not None:
        prices = _check_prices(prices, known, faults)
    if faults or banks is None or stock is None or prices is None:
        raise MarketError(failure, faults)
    return Market(*(frame.reset_index(drop=True) for frame in (banks, stock, prices)))


def _columns(name: str, frame: pd.DataFrame, faults: list[Fault]) -> pd.DataFrame | None:
    """The known columns in order, blanks trimmed; the index stays the line in the file."""
    required, optional = COLUMNS[name]
    frame = frame.rename(columns=lambda column: str(column).strip())
    missing = [column for column in required if column not in frame]
    if missing:
        found = ", ".join(map(str, frame.columns))
        message = f"has no column {', '.join(missing)}; found {found}"
        faults.append(Fault(f"{name}.csv", 1, message))
        return None
    frame = frame.reindex(columns=required + optional, fill_value="").apply(
        lambda column: column.str.strip()
    )
    return frame[(frame != "").any(axis=1)]


class _Checker:
    """Collects the faults of one table, column by column."""

    def __init__(self, file: str, frame: pd.DataFrame, faults: list[Fault]) -> None:
        self.file, self.frame, self.faults = file, frame, faults

    def refuse(self, bad: "pd.Series[bool]", message: Callable[[str], str], column: str) -> None:
        for line, text in self.frame.loc[bad, column].items():
            self.faults.append(Fault(self.file, int(str(line)), message(text)))

    def refuse_text(self, column: str, text: str, message: str) -> None:
        """The same fault for every line with this text."""
        self.refuse(self.frame[column] == text, lambda _: message, column)

    def present(self, column: str) -> None:
        self.refuse(self.frame[column] == "", lambda _: f"{column} is blank; fill it in", column)

    def unique(self, column: str) -> None:
        values = self.frame[column]
        again = values.duplicated() & (values != "")
        self.refuse(again, lambda text: f"{column} {text} was used on an earlier line", column)

    def known(self, column: str, known: set[str] | None, table: str) -> None:
        if known is not None:
            bad = ~self.frame[column].isin(known) & (self.frame[column] != "")
            self.refuse(bad, lambda text: f"{column} {text} is not in {table}", column)

    def one_of(self, column: str, choices: Iterable[str], blank: bool = False) -> None:
        allowed = [*choices]
        bad = ~self.frame[column].isin([*allowed, ""] if blank else allowed)
        expected = ", ".join(allowed)
        self.refuse(bad, lambda text: f"{column} “{text}”: expected one of {expected}", column)

    def number(self, column: str, unit: str, least: str) -> None:
        """A plain decimal from `least` to LARGEST; faults name the unit."""
        texts, at_least = self.frame[column], Decimal(least)
        numbers = {text: parse_number(text) for text in texts.unique()}
        good = [t for t, number in numbers.items() if number is not None and number >= at_least]

        def message(text: str) -> str:
            found = f"“{text}”" if text else "blank"
            return f"{column} is {found}: expected {unit}, {least} to {LARGEST:,}"

        self.refuse(~texts.isin(good), message, column)

    def canonical(self, column: str, find: Callable[[str], str], blank: bool = False) -> None:
        """Replace names by canonical ones; each unknown name is a fault of its line."""
        found: dict[str, str] = {}
        for text in self.frame[column].unique():
            if text or not blank:
                try:
                    found[text] = find(text)
                except UnknownPlace as error:
                    self.refuse_text(column, text, f"{column}: {error}")
        self.frame[column] = self.frame[column].map(lambda text: found.get(text, text))


def _check_banks(frame: pd.DataFrame, faults: list[Fault]) -> pd.DataFrame:
    check = _Checker("banks.csv", frame.copy(), faults)
    for column in ("bank_id", "bank_name", "lpa", "nca"):
        check.present(column)
    check.unique("bank_id")
    check.canonical("lpa", places.find_lpa, blank=True)
    check.canonical("nca", places.find_nca, blank=True)
    check.canonical("lnrs", places.find_lnrs, blank=True)
    check.canonical("marine_plan_area", places.find_marine_plan_area, blank=True)
    check.canonical("operational_catchment", places.find_operational_catchment, blank=True)
    check.canonical("waterbody_id", lambda text: places.find_waterbody(text)[0], blank=True)
    _fill_catchments(check)
    for column in ("lat", "lon"):
        for text in check.frame[column].unique():
            if text and pd.isna(pd.to_numeric(text, errors="coerce")):
                check.refuse_text(column, text, f"{column} “{text}” is not a number")
    return check.frame


def _fill_catchments(check: _Checker) -> None:
    """A known waterbody decides the operational catchment; a table that says otherwise errs."""
    catchments = check.frame["waterbody_id"].map(places.catchments_by_waterbody()).fillna("")
    stated = check.frame["operational_catchment"]
    check.refuse(
        (catchments != "") & (stated != "") & (stated != catchments),
        lambda text: f"operational_catchment {text} is not that of the waterbody; leave it blank",
        "operational_catchment",
    )
    check.frame["operational_catchment"] = stated.where(stated != "", catchments)


def _check_stock(frame: pd.DataFrame, known: set[str] | None, faults: list[Fault]) -> pd.DataFrame:
    check = _Checker("stock.csv", frame.copy(), faults)
    for column in ("stock_id", "bank_id"):
        check.present(column)
    check.unique("stock_id")
    check.known("bank_id", known, "banks.csv")
    _check_habitats(check)
    check.number("units_available", "units", "0")
    return check.frame


def _check_prices(frame: pd.DataFrame, known: set[str] | None, faults: list[Fault]) -> pd.DataFrame:
    check = _Checker("prices.csv", frame.copy(), faults)
    check.present("bank_id")
    check.known("bank_id", known, "banks.csv")
    _check_habitats(check)
    check.one_of("contract_size", ContractSize)
    check.one_of("tier", [ANY_TIER, *Relation])
    check.number("unit_price", "GBP per unit", "0.01")
    check.one_of("basis", Basis, blank=True)
    _check_dates(check)
    _check_single_price(check)
    return check.frame


def _check_habitats(check: _Checker) -> None:
    habitats = load_habitats()
    found: dict[str, str] = {}
    for text in check.frame["habitat"].unique():
        try:
            habitat = habitats.find(text)
        except KeyError:
            expected = "expected an official name, such as “Grassland - Other neutral grassland”"
            message = f"habitat “{text}” is not a habitat of the statutory metric; {expected}"
        else:
            found[text] = habitat.label
            if habitat.score:
                continue
            message = f"habitat “{text}” has no units in the metric, so it cannot be sold"
        check.refuse_text("habitat", text, message)
    check.frame["habitat"] = check.frame["habitat"].map(lambda text: found.get(text, text))


def _check_dates(check: _Checker) -> None:
    for column in ("valid_from", "valid_to"):
        for text in check.frame[column].unique():
            if text and not _is_day(text):
                message = f"{column} “{text}”: expected a date such as 2026-11-24"
                check.refuse_text(column, text, message)
    ends = check.frame["valid_to"]
    ended = (ends != "") & (ends < check.frame["valid_from"])
    check.refuse(ended, lambda text: f"valid_to {text} is before valid_from", "valid_to")


def _is_day(text: str) -> bool:
    """Whether text is a day as it is compared: year, month and day with hyphens."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _check_single_price(check: _Checker) -> None:
    """One price for one bank, habitat, contract size and tier on any day."""
    key = ["bank_id", "habitat", "contract_size", "tier"]
    several = check.frame[check.frame.duplicated(key, keep=False)]
    for _, rows in several.groupby(key, sort=False):
        last = ""
        for line, row in rows.sort_values("valid_from", kind="stable").iterrows():
            if last and (row["valid_from"] or "0000") <= last:
                message = (
                    "has a second price for the same bank, habitat, contract size, tier and day"
                )
                check.faults.append(Fault(check.file, int(str(line)), message))
            last = max(last, row["valid_to"] or "9999")
