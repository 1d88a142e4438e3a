"""The cheapest purchase where it matters which banks sell: by limit, fee or minimum (§2.9, §3).

The rows of model.py alone bound the cost badly: a bank with much stock opens a little and sells a
lot. Here every row r that only gains from purchases is stated bank by bank. With most[r] the most
that it can ask, and gives[b, r] >= 0 what bank b gives to it, in place of the bank's purchases:

    gives[b, r] <= sum_{o at b} counts[r, o] x[o],      gives[b, r] <= most[r] open[b]

No purchase is lost: gives = min(sum, most) keeps every row, as one full bank already fills it.

1. Prices. Without whole numbers and with a few banks only, the problem gives a price to every row
   and one to a place under the limit. A bank left out could lower the cost only if it is worth more
   (bank_worth.py) than its place and its fee; such banks are added until there is none. Then no
   purchase costs less than that optimum, the bound, and none that buys at bank b costs less than

       least_cost[b] = bound + max(0, place + fee - worth[b])

   First the same with shortage in place of cost: if some shortage cannot be avoided at any cost,
   there is no purchase, and else the few banks can meet every need.
2. Search. Of the banks whose least cost does not exceed the cheapest purchase known, the cheapest
   few are searched first for a set of banks with a lower cost, in units that need not be whole. If
   there is one, the best purchase within that set, in whole lots, is found and the set is done;
   if not, all the few are done and more are taken. Every later set must hold a bank outside each
   set that is done. It ends when all banks that matter are done, so every purchase is at a bank
   that is too dear, or lies within a set that was searched: none is cheaper than the best found.

Only banks are left out for their price, never single offers: a bank's prices bound the cost of
opening it, while the bound on one purchase says nothing once its bank is open. A tolerance of half
a penny keeps the sets that cost the same, for the order of equals.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from pulp import LpAffineExpression, LpProblem, LpVariable, lpSum

from bng_core.bank_worth import NO_END, Floats, OffersByBank, Row, Worth, at_least
from bng_core.errors import SolverFailed
from bng_core.free import Part, Timer, solve_free, solve_problem
from bng_core.model import ANY_BANKS, Program, Purchases, build
from bng_core.offers import Offer
from bng_core.solver import HALF_A_PENNY, Limits, Outcome, run

FIRST_BANKS, MORE_BANKS = 40, 60
"""Banks of the first relaxed problem, and how many join it at a time; any give the same optimum."""

FIRST_SEARCHED, WIDER = 12, 2.5
"""Banks of the first search, and how much wider the next; any give the same optimum."""

_ROUNDING = 1e-6
"""Part of the bound by which rounding in a solver's prices may have moved it."""

_NO_SHORTAGE = 1e-7
"""Part of what a row needs that counts as none."""

_DEAR = 1e12
"""GBP for a unit that a bank does not have."""

_TO_FINISH_S = 5.0
"""Seconds that the small problem within a set of banks may take beyond the time limit."""


def solve_banks(program: Program, limits: Limits, timer: Timer) -> list[Part] | None:
    """The cheapest purchase with bank terms; None where it is proven that there is none.

    Raises SolverFailed where time ran out before any purchase was found.
    """
    started = time.perf_counter()
    offers = OffersByBank(program) if program.offers else None
    timer.build_s += time.perf_counter() - started
    if offers is None or all(row.least <= 0 for row in offers.rows.values()):
        return solve_free(replace(program, offers=(), banks=ANY_BANKS), limits, timer)
    problem = _Problem(program, offers, limits, timer)
    ranked = _rank(problem)
    return None if ranked is None else _Search(problem, ranked).run()


@dataclass(frozen=True)
class _Prices:
    """The optimum of a relaxed problem, its price of each row and of a place, and banks opened."""

    bound: float
    rows: dict[str, float]
    place: float
    opened: set[str]


@dataclass(frozen=True)
class _Ranked:
    """The bound, and the least cost of a purchase that buys at a bank, most promising first."""

    bound: float
    least_cost: dict[str, float]
    promising: int

    def within(self, cost: float) -> list[str]:
        """Banks at which a purchase of at most that cost can buy."""
        return [bank_id for bank_id, least in self.least_cost.items() if least <= cost]


class _Problem:
    """The strengthened model for any of the banks."""

    def __init__(
        self, program: Program, offers: OffersByBank, limits: Limits, timer: Timer
    ) -> None:
        self.program, self.offers, self.limits, self.timer = program, offers, limits, timer
        self._until = time.perf_counter() + limits.time_limit_s
        self._at: dict[str, list[Offer]] = {bank_id: [] for bank_id in offers.banks}
        for offer in sorted(program.offers, key=lambda o: o.stock_id):
            self._at[offer.bank_id].append(offer)

    def at(self, banks: Iterable[str]) -> Program:
        """The program with the offers of some banks alone."""
        chosen = tuple(offer for bank_id in sorted(banks) for offer in self._at[bank_id])
        return replace(self.program, offers=chosen)

    def build(self, banks: Iterable[str]) -> tuple[LpProblem, Purchases]:
        """The model for some banks, stated bank by bank, in units that need not be whole."""
        problem, x = build(self.at(banks))
        for _, variable in x.items():
            variable.cat = "Continuous"
        strengthen(problem, x, self.offers.rows)
        return problem, x

    def run(self, problem: LpProblem, *, whole: bool) -> Outcome | None:
        """Solve in the time that is left; raises SolverFailed where none is."""
        left = self._until - time.perf_counter()
        if left <= 0:
            raise SolverFailed(
                f"There was no answer after {self.limits.time_limit_s:g} s."
                " Allow more time, or take away the bank limit."
            )
        limits = replace(self.limits, time_limit_s=left)
        return run(problem, limits, whole=whole, choosing=whole)

    def limits_to_finish(self) -> Limits:
        """Limits of a small problem that must still be solved."""
        left = self._until - time.perf_counter()
        return replace(self.limits, time_limit_s=max(left, _TO_FINISH_S))


def strengthen(problem: LpProblem, x: Purchases, rows: dict[str, Row]) -> None:
    """State each row bank by bank, where a bank has more stock than the row can ask."""
    bank = {variable: offer.bank_id for offer, variable in x.items()}
    count = 0
    for constraint in list(problem.constraints()):
        row = rows.get(constraint.name)
        if row is None or not 0 < row.most < NO_END:
            continue
        given: dict[str, LpAffineExpression] = {}
        terms, _ = at_least(constraint)
        for variable, weight in terms:
            if variable in bank:
                given.setdefault(bank[variable], LpAffineExpression())[variable] = weight
        for bank_id, units in given.items():
            if sum(w * (variable.upBound or 0) for variable, w in units.items()) <= row.most:
                continue
            gives = problem.add_variable(f"gives_{count:06d}", lowBound=0)
            constraint.addInPlace(units - gives, -constraint.sense)
            problem += units - gives >= 0, f"given_{count:06d}"
            problem += gives - row.most * x.opened[bank_id] <= 0, f"most_{count:06d}"
            count += 1


def _rank(problem: _Problem) -> _Ranked | None:
    """Step 1: the bound and the least cost at each bank; None where a shortage is unavoidable."""
    rows = problem.offers.rows
    needed = {name: row.least for name, row in rows.items() if row.least > 0}
    anyhow = {name: 1 / needed[name] if name in needed else 0.0 for name in rows}
    covered = problem.offers.worth(anyhow, at_no_cost=True).saved
    most = np.argsort(-covered, kind="stable")[:FIRST_BANKS]
    banks = [problem.offers.banks[n] for n in most]
    prices = _relaxed(problem, banks, {})
    if prices is None and not _meet_needs(problem, banks, needed):
        return None
    fee = float(problem.program.banks.fee_gbp)
    while True:
        prices = prices or _relaxed(problem, banks, {})
        if prices is None:  # only by rounding, as the needs can be met: leave no bank out
            more = [bank_id for bank_id in problem.offers.banks if bank_id not in set(banks)]
            if not more:
                return None
        else:
            worth = problem.offers.worth(prices.rows)
            more, excess = _worth_adding(problem, banks, worth.saved - prices.place - fee)
            if excess <= _ROUNDING * prices.bound:
                return _ranked(problem, prices, worth, excess)
        banks += more
        prices = None


def _meet_needs(problem: _Problem, banks: list[str], needed: dict[str, float]) -> bool:
    """Let banks join, in place, until they can meet all needs; False where no banks can."""
    while True:
        shortage = _relaxed(problem, banks, needed)
        if shortage is None or shortage.bound <= _NO_SHORTAGE:
            return shortage is not None
        worth = problem.offers.worth(shortage.rows, at_no_cost=True)
        more, excess = _worth_adding(problem, banks, worth.saved - shortage.place)
        if excess <= _NO_SHORTAGE:
            return False
        banks += more


def _worth_adding(problem: _Problem, banks: list[str], gain: Floats) -> tuple[list[str], float]:
    """The banks left out that could lower the optimum, best first, and by how much they all can."""
    gain = gain.copy()
    chosen = set(banks)
    gain[[n for n, bank_id in enumerate(problem.offers.banks) if bank_id in chosen]] = 0
    best = [n for n in np.argsort(-gain, kind="stable")[:MORE_BANKS] if gain[n] > 0]
    return [problem.offers.banks[n] for n in best], float(gain[gain > 0].sum())


def _relaxed(problem: _Problem, banks: list[str], needed: dict[str, float]) -> _Prices | None:
    """The optimum over some banks without whole numbers: of the cost, or of shortage if given."""
    started = time.perf_counter()
    model, x = problem.build(banks)
    if needed:
        _allow_shortage(model, needed)
    built = time.perf_counter()
    outcome = problem.run(model, whole=False)
    problem.timer.build_s += built - started
    problem.timer.solve_s += time.perf_counter() - built
    if outcome is None:
        return None
    paid = {row.name: abs(row.pi or 0.0) for row in model.constraints()}
    opened = {bank_id for bank_id, variable in x.opened.items() if (variable.varValue or 0) > 0}
    rows = {name: paid[name] for name in problem.offers.rows}
    return _Prices(outcome.objective, rows, paid.get("bank_limit", 0.0), opened)


def _allow_shortage(model: LpProblem, needed: dict[str, float]) -> None:
    """Let each row fall short, and count by how much of its need."""
    short: list[LpVariable] = []
    for row in list(model.constraints()):
        if row.name in needed:
            short.append(model.add_variable(f"short_{len(short):03d}", lowBound=0))
            row.addInPlace(short[-1] * needed[row.name], row.sense)
    model.setObjective(lpSum(short))


def _ranked(problem: _Problem, prices: _Prices, worth: Worth, excess: float) -> _Ranked:
    """The least cost of a purchase that buys at each bank, those that the optimum opens first."""
    program, terms = problem.program, problem.program.banks
    missing = np.maximum(0, float(terms.minimum_units / (program.lot or 1)) - worth.bought)
    lost = np.where(missing > 0, missing * np.minimum(worth.loss, _DEAR), 0)
    extra = np.maximum(0, prices.place + float(terms.fee_gbp) - worth.saved + lost)
    bound = (prices.bound - excess) * (1 - _ROUNDING)
    least = {bank_id: bound + extra[n] for n, bank_id in enumerate(problem.offers.banks)}
    order = sorted(least, key=lambda b: (b not in prices.opened, least[b], b))
    return _Ranked(bound, {bank_id: least[bank_id] for bank_id in order}, len(prices.opened))


@dataclass
class _Search:
    """Step 2: sets of banks, best first, until none is left that could be cheaper."""

    problem: _Problem
    ranked: _Ranked
    cost: float = float("inf")
    found: list[tuple[float, list[Part]]] = field(default_factory=list)
    done: list[frozenset[str]] = field(default_factory=list)

    def run(self) -> list[Part] | None:
        """The parts of the cheapest purchase."""
        try:
            self._search()
        except SolverFailed:
            if not self.found:
                raise
            return _not_proven(self._best(), self.ranked.bound)
        return self._best() if self.found else None

    def _search(self) -> None:
        size = max(FIRST_SEARCHED, self.ranked.promising)
        while True:
            matter = self.ranked.within(self.cost + HALF_A_PENNY)
            few = matter[:size]
            banks = self._cheaper_set(few)
            if banks is not None:
                self._buy_within(banks)
            elif len(few) == len(matter):
                return
            else:
                self.done = [s for s in self.done if not s <= set(few)] + [frozenset(few)]
                size = int(size * WIDER)

    def _cheaper_set(self, banks: list[str]) -> frozenset[str] | None:
        """The banks of the cheapest purchase outside what is done, in units not whole."""
        if any(done.issuperset(banks) for done in self.done):
            return None
        started = time.perf_counter()
        model, x = self.problem.build(banks)
        for number, done in enumerate(self.done):
            others = [variable for bank_id, variable in x.opened.items() if bank_id not in done]
            model += lpSum(others) >= 1, f"outside_{number:05d}"
        if self.found:
            model += model.objective <= self.cost + HALF_A_PENNY, "no_dearer"
        built = time.perf_counter()
        outcome = self.problem.run(model, whole=True)
        self.problem.timer.build_s += built - started
        self.problem.timer.solve_s += time.perf_counter() - built
        if outcome is None:
            return None
        return frozenset(b for b, variable in x.opened.items() if (variable.varValue or 0) > 0.5)

    def _buy_within(self, banks: frozenset[str]) -> None:
        """The cheapest purchase at some of the banks; a set that is within the limit."""
        terms = replace(self.problem.program.banks, limit=None)
        program = replace(self.problem.at(banks), banks=terms)
        limits, timer = self.problem.limits_to_finish(), self.problem.timer
        if terms.matter:
            solved = solve_problem(program, limits, timer, whole=True)
            parts = None if solved is None else [Part(*solved, program.offers)]
        else:
            parts = solve_free(program, limits, timer)
        self.done.append(banks)
        if parts is not None:
            cost = sum(part.outcome.objective for part in parts)
            self.found.append((cost, parts))
            self.cost = min(self.cost, cost)
            if not all(part.outcome.proven for part in parts):
                raise SolverFailed("Time ran out within a set of banks.")

    def _best(self) -> list[Part]:
        """The cheapest purchase, with the offers of every set that costs the same."""
        cost, parts = min(self.found, key=lambda found: found[0])
        same = [p for c, others in self.found if c <= cost + HALF_A_PENNY for p in others]
        offers = {offer: None for part in [*parts, *same] for offer in part.candidates}
        own = {offer for part in parts[1:] for offer in part.candidates}
        first = replace(parts[0], candidates=tuple(o for o in offers if o not in own))
        return [first, *parts[1:]]


def _not_proven(parts: list[Part], bound: float) -> list[Part]:
    """The same purchase, of which only the bound is known."""
    cost = sum(part.outcome.objective for part in parts)
    first = parts[0].outcome
    below = min(0.0, bound - cost)
    first = replace(first, proven=False, bound=first.objective + below)
    others = [replace(p, outcome=replace(p.outcome, bound=p.outcome.objective)) for p in parts[1:]]
    return [replace(parts[0], outcome=first), *others]
