"""Statutory credits that would answer a whole demand: the last resort (§2.6)."""

from decimal import Decimal

from bng_core.demand import Demand
from bng_core.metric.layout import TIER_CELLS, trading_rows
from bng_core.metric.tier_cells import Need, tier_cells
from bng_core.metric.trading_cells import trading_cells
from bng_core.reference import load_credit_prices, load_habitats
from bng_core.terms import Module


def credit_units(demand: Demand) -> dict[str, Decimal] | None:
    """Units by credit tier, before doubling, as `Unit shortfall calculations` finds them.

    None where a very high distinctiveness loss leaves the tool without tiers.
    """
    habitats = load_habitats()
    changes = {}
    for row in trading_rows():
        label = habitats.by_trading_name(row.module, row.habitat).label
        changes[row] = (float(demand.changes.get(label, 0)), 0.0)
    cells = tier_cells(changes, trading_cells(changes), _needs(demand))
    units = {tier: cells[cell] for tier, cell in TIER_CELLS.items()}
    if any(isinstance(value, str) for value in units.values()):
        return None
    return {tier: Decimal(str(value)) for tier, value in units.items()}


def _needs(demand: Demand) -> dict[Module, Need]:
    """Only the net gain part and the deficit count; the tool takes the first as a difference."""
    nothing = Need(0.0, 0.0, 0.0, 0.0)
    return dict.fromkeys(Module, nothing) | {
        module: Need(0.0, 0.0, float(need.net_gain), float(need.deficit))
        for module, need in demand.headline.items()
    }


def price_gbp(units: dict[str, Decimal]) -> Decimal:
    """GBP before VAT for units of each tier, two credits a unit."""
    prices = load_credit_prices()
    return sum((u * prices[tier].price_gbp_per_unit for tier, u in units.items()), Decimal(0))
