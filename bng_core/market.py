"""Banks, stock and price lists: read, checked and in canonical names (§4.1)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pandas as pd

from bng_core import places
from bng_core.errors import Fault, MarketError
from bng_core.reference import load_habitats
from bng_core.table_checks import Columns, TableChecker, known_columns, read_table
from bng_core.terms import Basis, ContractSize, Place, Relation

COLUMNS: dict[str, Columns] = {
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


def with_own_units(market: Market, own: Mapping[str, str]) -> Market:
    """The market as a customer sees it for whom these bought units, by lot, are held already.

    A lot that is no longer listed stays away: nothing can be bought there.
    """
    more = market.stock["stock_id"].map(own).fillna("0").map(Decimal)
    units = market.stock["units_available"].map(Decimal) + more
    shown = [f"{free.normalize():f}" for free in units]
    return replace(market, stock=market.stock.assign(units_available=shown))


def rows(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[str, ...]]:
    """The rows of a text table, as tuples of the named columns."""
    return zip(*(frame[column].tolist() for column in columns), strict=True)


def read_market(folder: Path, name: str = "") -> Market:
    """Read a market folder; `name` is what errors call it, if not by its path.

    Raises MarketError with every fault of every file.
    """
    if not folder.is_dir():
        fault = Fault(str(folder), None, "is not a folder; give the folder that holds banks.csv")
        raise MarketError("The market cannot be read", [fault])
    faults: list[Fault] = []
    tables = {name: read_table(folder / f"{name}.csv", "market folder", faults) for name in COLUMNS}
    return checked_market(tables, faults, f"The market folder {name or folder} cannot be used")


def market_from_tables(tables: dict[str, pd.DataFrame]) -> Market:
    """A market from text tables with the columns of §4.1. Raises MarketError."""
    numbered = {
        name: frame.set_axis(pd.RangeIndex(2, len(frame) + 2)) for name, frame in tables.items()
    }
    return checked_market(numbered, [], "The market cannot be used")


def checked_market(
    tables: Mapping[str, pd.DataFrame | None], faults: list[Fault], failure: str
) -> Market:
    """A market from text tables whose index is the line in the file.

    Raises MarketError with the faults found before and all that are found here.
    """
    frames = {
        name: None if frame is None else known_columns(f"{name}.csv", frame, COLUMNS[name], faults)
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


def _check_banks(frame: pd.DataFrame, faults: list[Fault]) -> pd.DataFrame:
    check = TableChecker("banks.csv", frame.copy(), faults)
    for column in ("bank_id", "bank_name", "lpa", "nca"):
        check.present(column)
    check.safe("bank_id", "bank_name", "register_reference", "status")
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


def _fill_catchments(check: TableChecker) -> None:
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
    check = TableChecker("stock.csv", frame.copy(), faults)
    for column in ("stock_id", "bank_id"):
        check.present(column)
    check.safe("stock_id")
    check.unique("stock_id")
    check.known("bank_id", known, "banks.csv")
    _check_habitats(check)
    check.number("units_available", "units", "0")
    return check.frame


def _check_prices(frame: pd.DataFrame, known: set[str] | None, faults: list[Fault]) -> pd.DataFrame:
    check = TableChecker("prices.csv", frame.copy(), faults)
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


def _check_habitats(check: TableChecker) -> None:
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


def _check_dates(check: TableChecker) -> None:
    for column in ("valid_from", "valid_to"):
        check.day(column, blank=True)
    ends = check.frame["valid_to"]
    ended = (ends != "") & (ends < check.frame["valid_from"])
    check.refuse(ended, lambda text: f"valid_to {text} is before valid_from", "valid_to")


def _check_single_price(check: TableChecker) -> None:
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
                check.faults.append(Fault(check.file, int(str(line)), message, "unit_price"))
            last = max(last, row["valid_to"] or "9999")
