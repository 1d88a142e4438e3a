"""The answer to a portfolio (the JSON of `bng portfolio`) as tables and words for people."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

Answer = Mapping[str, Any]

SCARCE_COLUMNS = {
    "stock_id": "Stock",
    "habitat": "Habitat",
    "lpa": "Bank's LPA",
    "units_available": "Units in stock",
    "price_of_scarcity_gbp": "Price of scarcity, GBP per unit",
    "one_more_unit_saves_gbp": "One more unit saves, GBP",
}
HABITAT_COLUMNS = {
    "module": "Module",
    "habitat": "Habitat",
    "units_lost": "Units lost",
    "units_in_stock": "Units in stock",
    "units_sold": "Units sold",
    "developments": "Developments that buy it",
    "units_short": "Units short",
    "price_of_scarcity_gbp": "Price of scarcity, GBP per unit",
}
CREATE_COLUMNS = {
    "habitat": "Habitat",
    "lpa": "Near",
    "worth_gbp": "Worth, GBP per unit",
    "usual_price_gbp": "Usual local price, GBP per unit",
}


def portfolio_verdict(answer: Answer) -> str:
    """Say in plain words what it costs together, how far that is proved, and what is short."""
    return " ".join([_cost(answer), proof(answer), *_short(answer)])


def portfolio_verdict_html(answer: Answer) -> str:
    """The verdict as a box of HTML."""
    status = escape(str(answer["status"]))
    text = escape(portfolio_verdict(answer))
    return f'<div class="bng-verdict bng-{status}" role="status"><p>{text}</p></div>'


def sites_table(answer: Answer) -> pd.DataFrame:
    """One line a development: what it pays together and in its turn, and what is short."""
    return pd.DataFrame(
        [
            {
                "Development": site["site_id"],
                "LPA": site["lpa"],
                "Contract size": site["contract_size"],
                "Units": sum(purchase["units"] for purchase in site["purchases"]),
                "Together, GBP": site["cost"]["total_gbp"],
                "In order of arrival, GBP": site["order_of_arrival"]["cost"]["total_gbp"],
                "Units short": sum(site["units_short"].values()),
            }
            for site in answer["sites"]
        ]
    )


def purchases_by_site(answer: Answer) -> pd.DataFrame:
    """Who buys what: one line for each development, bank and habitat."""
    lines = [
        {"Development": site["site_id"], **purchase}
        for site in answer["sites"]
        for purchase in site["purchases"]
    ]
    columns = {
        "Development": "Development",
        "habitat": "Habitat",
        "bank_id": "Bank",
        "units": "Units",
        "srm": "Spatial risk multiplier",
        "unit_price_gbp": "GBP per unit",
        "cost_gbp": "Cost, GBP",
    }
    return _table(lines, columns)


def banks_table(answer: Answer) -> pd.DataFrame:
    """Who sells what: one line for each bank and habitat, with units, buyers and income."""
    lines = pd.DataFrame(
        [
            {"site_id": site["site_id"], **purchase}
            for site in answer["sites"]
            for purchase in site["purchases"]
        ],
        columns=["bank_id", "habitat", "units", "site_id", "cost_gbp"],
    )
    sold = lines.groupby(["bank_id", "habitat"], as_index=False).agg(
        {"units": "sum", "site_id": "nunique", "cost_gbp": "sum"}
    )
    return sold.rename(
        columns={
            "bank_id": "Bank",
            "habitat": "Habitat",
            "units": "Units",
            "site_id": "Developments",
            "cost_gbp": "Income, GBP",
        }
    )


def scarce_stock_table(answer: Answer) -> pd.DataFrame:
    """Stock that others are waiting for, the scarcest first in each module."""
    return _table(answer["scarcity"]["stock"], SCARCE_COLUMNS)


def habitats_table(answer: Answer) -> pd.DataFrame:
    """Demand against supply by habitat."""
    return _table(answer["scarcity"]["habitats"], HABITAT_COLUMNS)


def create_next_table(answer: Answer) -> pd.DataFrame:
    """Which habitats a new bank could sell best."""
    return _table(answer["scarcity"]["create_next"], CREATE_COLUMNS)


def portfolio_text(answer: Answer) -> str:
    """The verdict, the developments, what is short, and what is scarce."""
    parts = [portfolio_verdict(answer), "", "Developments", _plain(sites_table(answer))]
    reasons = [
        f"  {site['site_id']}: {reason['message']}"
        for site in answer["sites"]
        for reason in site["reasons"]
    ]
    if reasons:
        parts += ["", "What is short", *reasons]
    for title, rows in (
        ("What one more unit would save", answer["scarcity"]["stock"][:10]),
        ("What to create next", answer["scarcity"]["create_next"][:10]),
    ):
        if rows:
            parts += ["", title, *(f"  {row['message']}" for row in rows)]
    return "\n".join(parts)


def _cost(answer: Answer) -> str:
    cost, count = answer["cost"], answer["developments"]
    words = f"{count} development{'s' * (count != 1)} together: £{cost['joint_gbp']:,.2f}."
    arrivals = f"In order of arrival: £{cost['order_of_arrival_gbp']:,.2f}"
    if cost["saving_gbp"] is None:
        short = answer["units_short"]["order_of_arrival"]
        return f"{words} {arrivals}, with {short:,.2f} units short."
    return f"{words} {arrivals}, £{cost['saving_gbp']:,.2f} more."


def proof(answer: Answer) -> str:
    """How far the joint cost is proved, and what the auditor says."""
    return f"{_proved(answer)} {_audit(answer)}"


def _proved(answer: Answer) -> str:
    if answer["proven"]:
        return "Proved: no division of the stock costs less."
    if answer["gap"] is None:
        return "Best found; how far it is from the cheapest is not known."
    most = answer["gap"] * answer["cost"]["joint_gbp"]
    return (
        f"Best found, not proved: another division could save at most £{most:,.2f}"
        f" ({answer['gap']:.4%})."
    )


def _audit(answer: Answer) -> str:
    passed = answer["audit"]["passed"]
    return "The independent audit passed." if passed else "The independent audit FAILED."


def _short(answer: Answer) -> list[str]:
    short = answer["units_short"]["joint"]
    if not short:
        return []
    sites = sum(bool(site["units_short"]) for site in answer["sites"])
    return [
        f"The stock cannot meet all: {short:,.2f} units are short at {sites}"
        f" development{'s' * (sites != 1)}, the fewest possible being"
        f" {answer['units_short']['joint_at_least']:,.2f}; the rest is bought at least cost."
    ]


def _table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns)).rename(columns=dict(columns))


def _plain(table: pd.DataFrame) -> str:
    return table.to_string(index=False, float_format=lambda number: f"{number:,.2f}")
