"""The trading rules of the statutory metric, as tests on unit changes before the SRM (§2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bng_core.reference import TradingRule, load_habitats, load_trading_rules
from bng_core.terms import Habitat, Module

ZERO = Decimal(0)


@dataclass(frozen=True)
class TradingTest:
    """One trading rule applied to a project.

    `pools` maps each pool of the rule (a habitat, a trading group, or the whole band) to its unit
    change; `higher` is the change of all habitats of higher distinctiveness in the module. Both are
    before SRM and without the purchases to be found; negative means lost.
    """

    rule: TradingRule
    pools: Mapping[str, Decimal]
    higher: Decimal

    def lost(self) -> dict[str, Decimal]:
        """Units lost by pool, above 0, before anything of higher distinctiveness answers them."""
        return {pool: -change for pool, change in self.pools.items() if change < 0}

    def gained(self) -> dict[str, Decimal]:
        """Units gained by pool, above 0."""
        return {pool: change for pool, change in self.pools.items() if change > 0}


def in_pool(habitat: Habitat, rule: TradingRule, pool: str) -> bool:
    """Whether a gain of this habitat counts in a pool of the rule."""
    return (
        habitat.module is rule.module
        and habitat.distinctiveness is rule.distinctiveness
        and getattr(habitat, rule.same) == pool
    )


def is_higher(habitat: Habitat, rule: TradingRule) -> bool:
    """Whether a habitat is of higher distinctiveness than the band of the rule."""
    return (
        habitat.module is rule.module and habitat.distinctiveness.rank > rule.distinctiveness.rank
    )


def may_replace(lost: Habitat, gained: Habitat) -> bool:
    """Whether a gain of one habitat may answer the loss of another.

    A habitat outside the trading summaries (Very Low area habitats) has no rule: nothing is needed.
    """
    for rule in load_trading_rules():
        if (rule.module, rule.distinctiveness) == (lost.module, lost.distinctiveness):
            same = in_pool(gained, rule, getattr(lost, rule.same))
            return same or (rule.or_better and is_higher(gained, rule))
    return gained.module is lost.module


def trading_tests(changes: Mapping[str, Decimal], module: Module) -> list[TradingTest]:
    """The tests of one module, best band first; `changes` by official label, before SRM."""
    habitats = load_habitats().by_label
    changed = {habitats[label]: units for label, units in changes.items() if units}
    tests = []
    for rule in load_trading_rules():
        if rule.module is module:
            pools: dict[str, Decimal] = {}
            for habitat, units in changed.items():
                pool = getattr(habitat, rule.same)
                if in_pool(habitat, rule, pool):
                    pools[pool] = pools.get(pool, ZERO) + units
            higher = sum((u for h, u in changed.items() if is_higher(h, rule)), ZERO)
            tests.append(TradingTest(rule, pools, higher))
    return tests


def trading_deficit(changes: Mapping[str, Decimal], module: Module) -> Decimal:
    """Units that one module must gain for its trading rules alone, before SRM.

    Band by band from the best, as on the trading summary sheets: what a band loses is answered by
    the surplus carried down to it where its rule accepts better, else it is short. What is short
    in one band counts as bought before the next band is looked at, so nothing is asked for twice.
    """
    short = carried = ZERO
    for test in trading_tests(changes, module):
        lost = sum(test.lost().values(), ZERO)
        answered = min(lost, carried) if test.rule.or_better else ZERO
        short += lost - answered
        carried += sum(test.gained().values(), ZERO) - answered
    return short
