"""Whether a purchase keeps to the preferences it was asked with; part of the audit (§2.8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bng_core.audit_facts import TOLERANCE, ZERO, Line, Risks, trading_faults
from bng_core.demand import Demand
from bng_core.market import Market
from bng_core.preferences import Preferences
from bng_core.terms import Relation


@dataclass(frozen=True)
class Kept:
    """A purchase beside the preferences that it must keep."""

    lines: list[Line]
    preferences: Preferences
    demand: Demand
    risks: Risks

    def relation(self, line: Line) -> Relation | None:
        """How near the bank of a line is; None where the bank or the habitat does not exist."""
        risk = self.risks.get((line.bank_id, line.habitat))
        return risk.relation if risk else None


def preference_faults(kept: Kept, market: Market) -> Iterable[str]:
    """What the purchase does against the user's wishes."""
    yield from _bank_faults(kept, market)
    yield from _nearness_faults(kept)
    bought = {line.stock_id: line.units for line in kept.lines}
    for stock_id, units in kept.preferences.keep.items():
        if bought.get(stock_id, ZERO) < units - TOLERANCE:
            yield f"{stock_id}: {bought.get(stock_id, ZERO)} units; {units} were to be kept"
    if kept.preferences.make_up_in_kind:
        yield from trading_faults(kept.lines, kept.demand, after_srm=True)


def _bank_faults(kept: Kept, market: Market) -> Iterable[str]:
    wanted = kept.preferences
    banks: dict[str, Decimal] = {}
    for line in kept.lines:
        banks[line.bank_id] = banks.get(line.bank_id, ZERO) + line.units
    if wanted.max_banks is not None and len(banks) > wanted.max_banks:
        yield f"{len(banks)} banks; at most {wanted.max_banks} were allowed"
    registered = market.banks.loc[market.banks["register_reference"] != "", "bank_id"].tolist()
    for bank, units in banks.items():
        if (wanted.only_banks and bank not in wanted.only_banks) or bank in wanted.never_banks:
            yield f"{bank} was not to be bought from"
        if wanted.registered_only and bank not in registered:
            yield f"{bank} has no register reference"
        if units < wanted.minimum_units - TOLERANCE:
            yield f"{bank}: {units} units; at least {wanted.minimum_units} from each bank"


def _nearness_faults(kept: Kept) -> Iterable[str]:
    order, wanted = list(Relation), kept.preferences
    local = total = ZERO
    for line in kept.lines:
        relation = kept.relation(line)
        total += line.units
        local += line.units if relation is Relation.LOCAL else ZERO
        if wanted.nearest and relation and order.index(relation) > order.index(wanted.nearest):
            yield f"{line.stock_id} is {relation}; nothing beyond {wanted.nearest} was allowed"
    if local < wanted.local_share * total - TOLERANCE:
        yield f"{local} of {total} units are local; expected {wanted.local_share:.0%}"
