"""What one module of one development must reach, as rows of numbers over kinds of habitat.

The rows are those of model.py (§2.4, §2.5), stated once for every kind of habitat instead of once
for every stock row, so that a thousand developments can be set up in a second.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import count

import numpy as np
from numpy.typing import NDArray

from bng_core.demand import Demand
from bng_core.model import FINEST_UNITS, HeadlineCase, Program, headline_cases
from bng_core.portfolio.highs import Floats
from bng_core.reasons import wanted
from bng_core.reference import TradingRule, load_habitats
from bng_core.terms import Habitat, Module
from bng_core.trading import TradingTest, in_pool, is_higher, trading_tests


class Kinds:
    """The habitats of one module, each with its number."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.habitats = [h for h in load_habitats().by_label.values() if h.module is module]
        self.number = {habitat.label: n for n, habitat in enumerate(self.habitats)}
        self._pools: dict[tuple[TradingRule, str | None], Floats] = {}

    def in_pool(self, rule: TradingRule, pool: str) -> Floats:
        """1 for each habitat that counts in a pool of a rule, else 0."""
        return self._mask(rule, pool)

    def higher(self, rule: TradingRule) -> Floats:
        """1 for each habitat of higher distinctiveness than the rule's band, else 0."""
        return self._mask(rule, None)

    def _mask(self, rule: TradingRule, pool: str | None) -> Floats:
        if (rule, pool) not in self._pools:
            self._pools[rule, pool] = np.array([_counts(h, rule, pool) for h in self.habitats])
        return self._pools[rule, pool]


def _counts(habitat: Habitat, rule: TradingRule, pool: str | None) -> float:
    return float(is_higher(habitat, rule) if pool is None else in_pool(habitat, rule, pool))


@dataclass(frozen=True)
class Rows:
    """at_least <= counts x + spare t <= at_most, x in steps: lots, or units where the lot is 0.

    `counts`: what a bought step of each kind counts in each row; times its spatial risk multiplier
    where `after_srm`. `spare`: what is left to habitats of higher distinctiveness, t >= 0.
    """

    counts: Floats
    after_srm: NDArray[np.bool_]
    spare: Floats
    at_least: Floats
    at_most: Floats


@dataclass(frozen=True)
class _Row:
    counts: Floats
    at_least: float = -np.inf
    at_most: float = np.inf
    after_srm: bool = False
    spare: Mapping[int, float] = field(default_factory=dict)


def rows_of(demand: Demand, kinds: Kinds, lot: Decimal) -> list[Rows]:
    """One set of rows for each case of the headline; nearly always exactly one."""
    spares = count()
    tests = trading_tests(demand.changes, kinds.module)
    trading = [row for test in tests for row in _trading(test, kinds, lot, spares)]
    return [
        _together([*trading, *_headline(case, kinds, lot)])
        for case in headline_cases(demand.headline[kinds.module])
    ]


def wanted_kinds(demand: Demand, kinds: Kinds) -> list[int]:
    """Kinds of which enough units, if anybody sold them, would make any demand lawful."""
    return [kinds.number[h.label] for h in wanted(demand) if h.module is kinds.module]


def _trading(
    test: TradingTest, kinds: Kinds, lot: Decimal, spares: Iterator[int]
) -> Iterator[_Row]:
    """Each loss is answered by its own pool or, where the rule allows it, by better habitats."""
    left: list[int] = []
    for pool, lost in test.lost().items():
        counts = kinds.in_pool(test.rule, pool)
        if test.rule.or_better:
            left.append(next(spares))
            yield _Row(counts, _steps(lost, lot), spare={left[-1]: 1.0})
        else:
            yield _Row(counts, _steps_up(lost, lot))
    if left:
        taken = dict.fromkeys(left, -1.0)
        yield _Row(kinds.higher(test.rule), _steps(-test.higher, lot), spare=taken)


def _headline(case: HeadlineCase, kinds: Kinds, lot: Decimal) -> Iterator[_Row]:
    """Off-site units, after SRM where the tool applies it, reach what the module still needs."""
    every = np.ones(len(kinds.habitats))
    if case.needed > 0 and case.counts_srm:
        yield _Row(every, _steps(case.needed, lot), after_srm=True)
    elif case.needed > 0:
        yield _Row(every, _steps_up(case.needed, lot))
    if case.more_than is not None:
        lifted = Program((), (), {}, lot).next_step(case.more_than)
        yield _Row(every, _steps_up(lifted, lot))
    if case.at_most is not None:
        yield _Row(every, at_most=_steps_down(case.at_most, lot))


def _together(rows: list[_Row]) -> Rows:
    spares = 1 + max((column for row in rows for column in row.spare), default=-1)
    spare = np.zeros((len(rows), spares))
    for number, row in enumerate(rows):
        for column, value in row.spare.items():
            spare[number, column] = value
    return Rows(
        counts=np.array([row.counts for row in rows]),
        after_srm=np.array([row.after_srm for row in rows], dtype=bool),
        spare=spare,
        at_least=np.array([row.at_least for row in rows]),
        at_most=np.array([row.at_most for row in rows]),
    )


def _steps(units: Decimal, lot: Decimal) -> float:
    return float(units / lot) if lot else float(units)


def _steps_up(units: Decimal, lot: Decimal) -> float:
    """What a sum of whole steps must reach to reach the units."""
    if not lot:
        return float(units)
    return float(((units - FINEST_UNITS) / lot).to_integral_value(ROUND_CEILING))


def _steps_down(units: Decimal, lot: Decimal) -> float:
    """What a sum of whole steps may reach without passing the units."""
    if not lot:
        return float(units)
    return float(((units + FINEST_UNITS) / lot).to_integral_value(ROUND_FLOOR))
