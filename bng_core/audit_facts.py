"""What the auditor reads off an answer: its lines in exact decimals, and the tests of the law."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bng_core.demand import Demand
from bng_core.market import Market
from bng_core.reference import load_habitats
from bng_core.spatial import SpatialRisk, spatial_risk
from bng_core.terms import Place
from bng_core.trading_sheets import trading_verdicts

Json = dict[str, Any]
TOLERANCE = Decimal("1e-6")
"""Units by which a sum of purchases may miss a requirement, a few pence worth. Whole lots meet it
exactly; it is for purchases without lots, of which CBC writes nine digits each."""

ZERO = Decimal(0)


@dataclass(frozen=True)
class Line:
    """One purchase as the answer states it, in exact decimals."""

    module: str
    habitat: str
    bank_id: str
    stock_id: str
    units: Decimal
    srm: Decimal
    units_after_srm: Decimal
    unit_price_gbp: Decimal
    cost_gbp: Decimal

    @classmethod
    def of(cls, purchase: Json) -> "Line":
        """The line of one purchase of the JSON of §4.3."""
        return cls(
            *(purchase[name] for name in ("module", "habitat", "bank_id", "stock_id")),
            *(
                Decimal(str(purchase[name]))
                for name in ("units", "srm", "units_after_srm", "unit_price_gbp", "cost_gbp")
            ),
        )


Risks = Mapping[tuple[str, str], SpatialRisk]


def spatial_risks(lines: list[Line], site: Place, market: Market) -> Risks:
    """By bank and habitat, for those that exist; the others are faults of another check."""
    banks, habitats = market.places(), load_habitats().by_label
    return {
        (line.bank_id, line.habitat): spatial_risk(
            site, banks[line.bank_id], habitats[line.habitat].route
        )
        for line in lines
        if line.bank_id in banks and line.habitat in habitats
    }


def trading_faults(lines: list[Line], demand: Demand, *, after_srm: bool = False) -> Iterable[str]:
    """The official tests; `after_srm` asks the same of the units that the headline counts."""
    habitats = load_habitats().by_label
    changes = dict(demand.changes)
    for line in lines:
        if line.habitat in habitats:
            units = line.units * line.srm if after_srm else line.units
            changes[line.habitat] = changes.get(line.habitat, ZERO) + units
    verdicts = trading_verdicts((habitats[label], units) for label, units in changes.items())
    return (
        f"{cell}: short of {-units:f} units"
        for cell, units in verdicts.items()
        if units < -TOLERANCE
    )
