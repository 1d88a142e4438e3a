"""The figures of an answer, each of which opens its rule, its official cell and its inputs."""

from collections.abc import Sequence
from decimal import Decimal
from html import escape

from bng_core.explain import LineReason, ModuleAccount
from bng_core.reference import load_credit_prices
from bng_core.terms import Basis
from dashboards.ui.quote.found import Json
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import Cell, day_of, module_name, pounds, units
from dashboards.ui.why import because

CREDIT_COLUMNS = (
    Column("Tier"),
    Column("Units", is_figure=True),
    Column("Credits", is_figure=True),
    Column("Price per credit", is_figure=True),
    Column("Cost before VAT", is_figure=True),
)


def cards(accounts: Sequence[ModuleAccount]) -> str:
    """One card per module: required, lawful, bought, after the SRM, cost."""
    items = "".join(f"<li>{_card(account)}</li>" for account in accounts)
    return f'<h3>By module</h3><ul class="bng-cards">{items}</ul>' if items else ""


def _card(account: ModuleAccount) -> str:
    figures = {
        "Required by the headline": because(
            units(account.headline_units),
            "Units that the net gain still needs on site and off site, after the spatial risk "
            "multiplier (§2.5).",
            f"Official tool: {account.headline_cell}.",
        ),
        "Required by trading": because(
            units(account.trading_units),
            "Losses that on-site gains may not answer, before the multiplier (§2.4).",
            f"Official tool: sheet {account.trading_sheet}.",
        ),
        "Required by law": because(
            units(account.required_units),
            "The larger of headline and trading (§2.10, §7.8).",
            f"{units(account.headline_units).text} by the headline, "
            f"{units(account.trading_units).text} by trading.",
        ),
        "Bought": because(
            units(account.bought_units),
            "Units at the banks, before the multiplier (§2.2): the sum of the purchases below.",
        ),
        "After SRM": because(
            units(account.after_srm_units),
            "Each purchase × its own spatial risk multiplier (§2.3), added up.",
        ),
        "Cost": because(
            pounds(account.cost_gbp), "The sum of the costs of the purchases below (§2.7)."
        ),
    }
    rows = "".join(f"<div><dt>{escape(k)}</dt><dd>{v.html}</dd></div>" for k, v in figures.items())
    return f'<h4>{escape(module_name(account.module))}</h4><dl class="bng-facts">{rows}</dl>'


def srm_cell(line: Json, reason: LineReason | None) -> Cell:
    """The multiplier of a purchase, with the route that gives it."""
    cell = Cell(f"× {Decimal(str(line['srm'])).normalize():f}")
    if reason is None:
        return cell
    relation = str(reason.offer.relation)
    return because(
        cell,
        f"This bank is {relation}: {reason.offer.reason} (§2.3, {reason.route} route).",
        "Official tool: G-3 Multipliers; watercourses: G-7 WaterC' Data.",
    )


def units_cell(line: Json, reason: LineReason | None, answers: list[Json]) -> Cell:
    """The units of a purchase: what they answer, and how many the bank has."""
    what = "; ".join(f"{units(row['units']).text} for {row['lost']}" for row in answers)
    stock = reason and f"The bank had {units(reason.offer.units_available).text} free."
    return because(units(line["units"]), f"Answers: {what}." if what else "", stock or "")


def after_cell(line: Json) -> Cell:
    """The units that count in the headline."""
    multiplier = f"{Decimal(str(line['srm'])).normalize():f}"
    sum_ = f"{units(line['units']).text} units × {multiplier} (§2.2)."
    return because(units(line["units_after_srm"]), sum_)


def price_cell(line: Json, reason: LineReason | None, size: str) -> Cell:
    """The price of a unit, with the line of the price list it comes from."""
    cell = pounds(line["unit_price_gbp"])
    if reason is None:
        return cell
    listed = (
        f"Price list of the bank: {pounds(reason.listed_gbp).text} per "
        f"{'bought unit' if reason.basis is Basis.BOUGHT else 'unit after the SRM'}, for {size} "
        f"contracts, {reason.tier} tier (§2.10)."
    )
    effective = reason.basis is Basis.EFFECTIVE
    turned = effective and f"× {reason.offer.srm.normalize():f} makes it a price per bought unit."
    off = reason.discount_percent
    return because(
        cell, listed, turned or "", f"Less {off.normalize():f} % discount." if off else ""
    )


def cost_cell(line: Json) -> Cell:
    """The cost of a purchase."""
    price = pounds(line["unit_price_gbp"]).text
    return because(
        pounds(line["cost_gbp"]),
        f"{Decimal(str(line['units'])):f} units × {price}, to the penny so that all lines add up "
        "to the exact total (§2.7).",
    )


def beside(credits: Json | None) -> str:
    """What statutory credits for everything would cost: the last resort, as dated data (§2.6)."""
    if credits is None:
        return ""
    prices = load_credit_prices()
    heading = "<h3>Beside it: statutory credits for everything</h3>"
    if credits["total_gbp"] is None:
        return f"{heading}<p>{escape(credits['note'])}</p>"
    rows: list[Row] = []
    for tier, amount in credits["tiers"].items():
        price = prices[tier]
        bought = Decimal(str(amount)) * price.credits_per_unit
        source = f"{price.source}, of {day_of(price.valid_from)}; confirm before relying on it."
        rows.append(
            [
                tier,
                units(amount),
                because(units(bought), f"{price.credits_per_unit} credits a unit (§2.6)."),
                because(pounds(price.price_gbp_per_credit), source),
                pounds(bought * price.price_gbp_per_credit),
            ]
        )
    total: Row = ["Total", "", "", "", pounds(credits["total_gbp"])]
    hint = "<p>The last resort, where no units can be bought; for comparison only.</p>"
    return f"{heading}{hint}{table('Statutory credits by tier', CREDIT_COLUMNS, rows, total)}"
