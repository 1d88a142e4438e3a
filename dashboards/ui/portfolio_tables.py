"""The tables of a portfolio's answer: who gets what, what is short, what is scarce."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from dashboards.ui.paged_table import Listing
from dashboards.ui.tables import Column, Row
from dashboards.ui.text import Cell, module_name, pounds, units

Answer = Mapping[str, Any]
Names = Mapping[str, str]
"""Names of banks by id."""

SITE_COLUMNS = (
    Column("Development"),
    Column("Local planning authority (LPA)"),
    Column("Contract size"),
    Column("Units", is_figure=True),
    Column("Pays together", is_figure=True),
    Column("Pays in order of arrival", is_figure=True),
    Column("Saves", is_figure=True),
    Column("Units short", is_figure=True),
)
PURCHASE_COLUMNS = (
    Column("Development"),
    Column("Habitat bank"),
    Column("Habitat bought"),
    Column("Module"),
    Column("Units", is_figure=True),
    Column("Spatial risk multiplier (SRM)", is_figure=True),
    Column("Price per unit", is_figure=True),
    Column("Cost", is_figure=True),
)
BANK_COLUMNS = (
    Column("Habitat bank"),
    Column("Habitat"),
    Column("Units sold", is_figure=True),
    Column("Developments", is_figure=True),
    Column("Income", is_figure=True),
)
SHORT_COLUMNS = (
    Column("Development"),
    Column("What is short"),
    Column("Way out"),
    Column("Price", is_figure=True),
)
STOCK_COLUMNS = (
    Column("Habitat"),
    Column("Habitat bank"),
    Column("Local planning authority (LPA)"),
    Column("Units in stock", is_figure=True),
    Column("Price of scarcity", is_figure=True),
    Column("One more unit saves", is_figure=True),
)
HABITAT_COLUMNS = (
    Column("Habitat"),
    Column("Module"),
    Column("Units lost", is_figure=True),
    Column("Units in stock", is_figure=True),
    Column("Units sold", is_figure=True),
    Column("Developments that buy it", is_figure=True),
    Column("Units short", is_figure=True),
    Column("Price of scarcity", is_figure=True),
)
CREATE_COLUMNS = (
    Column("Habitat"),
    Column("Near"),
    Column("Worth", is_figure=True),
    Column("Usual local price", is_figure=True),
    Column("Who needs it most"),
)


def by_development(answer: Answer) -> Listing:
    """What each development pays together and in its turn; a saving below 0 is a sacrifice."""
    rows = [
        [
            site["site_id"],
            site["lpa"],
            str(site["contract_size"]),
            units(_units_of(site)),
            pounds(site["cost"]["total_gbp"]),
            pounds(site["order_of_arrival"]["cost"]["total_gbp"]),
            pounds(_exact(site["order_of_arrival"]["cost"]["total_gbp"]) - _paid(site)),
            units(_sum(site["units_short"].values())),
        ]
        for site in answer["sites"]
    ]
    return Listing("By development", SITE_COLUMNS, rows, "development", "developments")


def purchase_lines(answer: Answer) -> Iterator[dict[str, Any]]:
    """Every purchase with its development, as in the answer."""
    for site in answer["sites"]:
        for purchase in site["purchases"]:
            yield {"site_id": site["site_id"], **purchase}


def by_purchase(answer: Answer, names: Names) -> Listing:
    """Who buys what: one line for each development, bank and habitat."""
    rows = [
        [
            line["site_id"],
            _bank(line, names),
            line["habitat"],
            module_name(line["module"]),
            units(line["units"]),
            f"× {_exact(line['srm']).normalize():f}",
            pounds(line["unit_price_gbp"]),
            pounds(line["cost_gbp"]),
        ]
        for line in purchase_lines(answer)
    ]
    return Listing("Who buys what", PURCHASE_COLUMNS, rows, "purchase", "purchases")


def by_bank(answer: Answer, names: Names) -> Listing:
    """Who sells what: one line for each bank and habitat, with its buyers and income."""
    sold: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in purchase_lines(answer):
        sold.setdefault((line["bank_id"], line["habitat"]), []).append(line)
    rows: list[Row] = [
        [
            _bank(lines[0], names),
            habitat,
            units(_sum(line["units"] for line in lines)),
            str(len({line["site_id"] for line in lines})),
            pounds(_sum(line["cost_gbp"] for line in lines)),
        ]
        for (_, habitat), lines in sorted(sold.items())
    ]
    return Listing("By habitat bank", BANK_COLUMNS, rows, "line", "lines")


def short_developments(answer: Answer) -> Listing:
    """What each development cannot buy, and every way out of it with its price."""
    rows = [
        [
            site["site_id"],
            reason["message"],
            remedy["message"],
            _or_dash(remedy["price_gbp"]),
        ]
        for site in answer["sites"]
        for reason in site["reasons"]
        for remedy in reason["remedies"]
    ]
    return Listing("Developments that are short", SHORT_COLUMNS, rows, "way out", "ways out")


def scarce_stock(answer: Answer, names: Names) -> Listing:
    """Stock that others are waiting for, the scarcest first."""
    stock = sorted(answer["scarcity"]["stock"], key=lambda row: -row["price_of_scarcity_gbp"])
    rows = [
        [
            row["habitat"],
            _bank(row, names),
            row["lpa"],
            units(row["units_available"]),
            pounds(row["price_of_scarcity_gbp"]),
            _or_dash(row["one_more_unit_saves_gbp"]),
        ]
        for row in stock
    ]
    return Listing("What one more unit would save", STOCK_COLUMNS, rows, "lot", "lots")


def habitats(answer: Answer) -> Listing:
    """Demand against supply."""
    rows = [
        [
            row["habitat"],
            module_name(row["module"]),
            units(row["units_lost"]),
            units(row["units_in_stock"]),
            units(row["units_sold"]),
            str(row["developments"]),
            units(row["units_short"]),
            pounds(row["price_of_scarcity_gbp"]),
        ]
        for row in answer["scarcity"]["habitats"]
    ]
    return Listing("Demand and supply by habitat", HABITAT_COLUMNS, rows, "habitat", "habitats")


def create_next(answer: Answer) -> Listing:
    """Which habitats a new bank could sell best."""
    rows = [
        [
            row["habitat"],
            row["lpa"],
            pounds(row["worth_gbp"]),
            _or_dash(row["usual_price_gbp"]),
            row["site_id"],
        ]
        for row in answer["scarcity"]["create_next"]
    ]
    return Listing("Which habitat to create next", CREATE_COLUMNS, rows, "habitat", "habitats")


def _bank(row: Mapping[str, Any], names: Names) -> str:
    return names.get(row["bank_id"], row["bank_id"])


def _exact(figure: float) -> Decimal:
    return Decimal(str(figure))


def _sum(figures: Any) -> Decimal:
    return sum((_exact(figure) for figure in figures), Decimal(0))


def _paid(site: Mapping[str, Any]) -> Decimal:
    return _exact(site["cost"]["total_gbp"])


def _units_of(site: Mapping[str, Any]) -> Decimal:
    return _sum(line["units"] for line in site["purchases"])


def _or_dash(gbp: float | None) -> Cell | str:
    return "–" if gbp is None else pounds(gbp)
