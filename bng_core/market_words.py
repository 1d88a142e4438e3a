"""A market as tables for people: habitats on sale with their prices, and what each bank holds."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from bng_core.market import Market
from bng_core.reference import load_habitats
from bng_core.terms import ContractSize

TITLES = {
    "bank_id": "Bank",
    "bank_name": "Name",
    "habitat": "Habitat",
    "lpa": "LPA",
    "near": "How near",
    "reason": "Why",
    "units": "Units",
    "habitats": "Habitats",
}


def titled(table: pd.DataFrame) -> pd.DataFrame:
    """A table of banks or stock with the columns that people read, under their titles."""
    return table[[column for column in TITLES if column in table]].rename(columns=TITLES)


def habitats_on_sale(market: Market, size: ContractSize | str, on_date: date) -> pd.DataFrame:
    """One line a habitat, the most units first: banks, units, and the prices that hold that day.

    Prices are as listed, GBP per unit, of one contract size over all tiers; stock without such a
    price counts in the units, and its price stays blank.
    """
    stock = market.stock.assign(units=pd.to_numeric(market.stock["units_available"]))
    stock = stock[stock["units"] > 0]
    held = stock.groupby("habitat").agg(banks=("bank_id", "nunique"), units=("units", "sum"))
    prices = prices_that_hold(market, on_date)
    prices = prices[prices["contract_size"] == size].merge(
        stock[["bank_id", "habitat"]].drop_duplicates(), on=["bank_id", "habitat"]
    )
    asked = prices.groupby("habitat")["gbp"].agg(["min", "median", "max"])
    found = held.join(asked).sort_values("units", ascending=False, kind="stable").reset_index()
    modules = found["habitat"].map(lambda label: str(load_habitats().by_label[label].module))
    found.insert(0, "module", modules)
    return found.set_axis(
        ["Module", "Habitat", "Banks", "Units", "Lowest, GBP", "Median, GBP", "Highest, GBP"],
        axis=1,
    )


def contract_sizes(market: Market, on_date: date) -> pd.DataFrame:
    """What a larger contract saves: the median listed price by contract size and module."""
    prices = prices_that_hold(market, on_date)
    habitats = load_habitats().by_label
    prices = prices.assign(
        Module=prices["habitat"].map(lambda label: str(habitats[label].module)),
        size=pd.Categorical(prices["contract_size"], [*ContractSize], ordered=True),
    )
    table = prices.pivot_table("gbp", "Module", "size", "median", observed=True)
    return table.rename_axis(columns=None).rename(columns=lambda size: f"{size}, GBP per unit")


def banks_and_stock(market: Market, habitat: str = "") -> pd.DataFrame:
    """One line a bank, the largest stock first: where it lies, its units and habitats.

    With the label of a habitat, the units of that habitat alone.
    """
    stock = market.stock.assign(units=pd.to_numeric(market.stock["units_available"]))
    stock = stock[(stock["habitat"] == habitat) | (not habitat)]
    held = stock.groupby("bank_id").agg(units=("units", "sum"), habitats=("habitat", "nunique"))
    banks = market.banks.set_index("bank_id").join(held, how="inner")
    banks[["lat", "lon"]] = banks[["lat", "lon"]].apply(pd.to_numeric)
    columns = ["bank_name", "lpa", "nca", "lat", "lon", "units", "habitats"]
    return banks[columns].sort_values("units", ascending=False, kind="stable").reset_index()


def on_request(market: Market, on_date: date) -> pd.DataFrame:
    """Units for which no price holds that day in any contract size, by bank and habitat."""
    stock = market.stock.assign(units=pd.to_numeric(market.stock["units_available"]))
    keys = ["bank_id", "habitat"]
    priced = pd.MultiIndex.from_frame(prices_that_hold(market, on_date)[keys])
    unpriced = ~pd.MultiIndex.from_frame(stock[keys]).isin(priced)
    return stock.loc[unpriced & (stock["units"] > 0), [*keys, "units"]]


def records(tables: Mapping[str, pd.DataFrame]) -> dict[str, list[dict[str, Any]]]:
    """Tables as plain values to be saved; a blank cell is None."""
    return {name: json.loads(table.to_json(orient="records")) for name, table in tables.items()}


def prices_that_hold(market: Market, on_date: date) -> pd.DataFrame:
    """The price lists of a day, with `gbp` as a number."""
    day, prices = on_date.isoformat(), market.prices
    holds = (prices["valid_from"] <= day) & (
        (prices["valid_to"] == "") | (prices["valid_to"] >= day)
    )
    return prices[holds].assign(gbp=lambda rows: pd.to_numeric(rows["unit_price"]))
