"""Sets of banks, most promising first, until none is left that could be cheaper."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pulp import lpSum

from bng_core.banks.model import BankModel
from bng_core.banks.prices import Ranked, rank
from bng_core.errors import SolverFailed
from bng_core.free import Part, Timer, solve_free, solve_problem
from bng_core.model import ANY_BANKS, Program
from bng_core.solver import HALF_A_PENNY, Limits

FIRST_SEARCHED, WIDER = 30, 4
"""Banks of the first search, and how much wider the next; any give the same optimum."""

SETS_IN_UNITS = 6
"""Sets searched in units that need not be whole, before whole lots are asked for at once."""

MOST_EQUALS = 12
"""Sets that cost the same, beyond which only cheaper ones are looked for."""


def solve_banks(program: Program, limits: Limits, timer: Timer) -> list[Part] | None:
    """The cheapest purchase with bank terms; None where it is proven that there is none.

    Raises SolverFailed where time ran out before any purchase was found.
    """
    anywhere = replace(program, banks=ANY_BANKS)
    if not program.offers:
        return solve_free(anywhere, limits, timer)
    model = BankModel(program, limits, timer)
    if all(row.least <= 0 for row in model.shelves.rows.values()):
        return solve_free(replace(anywhere, offers=()), limits, timer)
    ranked = rank(model)
    return None if ranked is None else _Search(model, ranked).run()


def _sellers(parts: list[Part]) -> frozenset[str]:
    return frozenset(offer.bank_id for part in parts for offer, _ in part.purchases.units())


@dataclass(frozen=True)
class _Done:
    """Sets of banks that need no search: those within `within` that hold all of `having`."""

    within: frozenset[str]
    having: frozenset[str] = frozenset()

    def covers(self, banks: Iterable[str]) -> bool:
        """Whether that is all sets of these banks."""
        return not self.having and self.within.issuperset(banks)


@dataclass
class _Search:
    model: BankModel
    ranked: Ranked
    cost: float = float("inf")
    sets: int = 0
    found: list[tuple[float, list[Part]]] = field(default_factory=list)
    done: list[_Done] = field(default_factory=list)
    searched: frozenset[str] = frozenset()

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
        """Search wider and wider; more sets that cost the same are looked for last, and once."""
        size = max(FIRST_SEARCHED, self.ranked.promising)
        settled: frozenset[str] = frozenset()
        equals: list[str] = []
        while True:
            matter = self.ranked.within(self._equal)
            few = matter[:size]
            chosen, before = self._cheapest_set(few), self.cost
            if chosen is not None:
                self._buy_within(*chosen, few)
                if self.cost > chosen[1] + HALF_A_PENNY:
                    continue
                if not equals or before > self._equal:
                    settled = self.searched
                equals = few
            if len(few) == len(matter):
                break
            self.searched, size = frozenset(few), size * WIDER
        self.searched = settled
        while equals and (chosen := self._cheapest_set(equals)) is not None:
            self._buy_within(*chosen, equals)

    @property
    def _whole(self) -> bool:
        """Whether the search is for whole lots, or what it finds need not be whole anyway."""
        return not self.model.program.lot or self.sets >= SETS_IN_UNITS

    def _cheapest_set(self, banks: list[str]) -> tuple[frozenset[str], float] | None:
        """The banks of the cheapest purchase that is not done, and what none is cheaper than."""
        done_sets = [_Done(self.searched)] if self.searched else []
        done_sets += [done for done in self.done if not done.within <= self.searched]
        if any(done.covers(banks) for done in done_sets):
            return None
        program = self.model.at(banks, self.ranked.offers_within(self._equal))
        problem, x = self.model.build(program, whole=self._whole)
        for number, done in enumerate(done_sets):
            if done.having <= x.opened.keys():
                outside = [v for bank_id, v in x.opened.items() if bank_id not in done.within]
                closed = [1 - x.opened[bank_id] for bank_id in sorted(done.having)]
                problem += lpSum(outside + closed) >= 1, f"not_done_{number:05d}"
        equals = sum(cost <= self._equal for cost, _ in self.found)
        most = self._equal if equals <= MOST_EQUALS else self.cost - HALF_A_PENNY
        outcome = self.model.choose(problem, most)
        if outcome is None:
            return None
        opened = (bank_id for bank_id, v in x.opened.items() if (v.varValue or 0) > 0.5)
        return frozenset(opened), outcome.objective if outcome.proven else self.ranked.bound

    @property
    def _equal(self) -> float:
        """What a purchase may cost that is as cheap as the cheapest known."""
        return self.cost + HALF_A_PENNY

    def _buy_within(self, banks: frozenset[str], least: float, few: list[str]) -> None:
        """The cheapest purchase at some of the banks; `least`: no set that is not done costs less.

        The banks keep to the limit, so it no longer matters.
        """
        terms = replace(self.model.program.banks, limit=None)
        program = replace(self.model.at(banks), banks=terms)
        limits, timer = self.model.limits_to_finish(), self.model.timer
        if terms.matter:
            solved = solve_problem(program, limits, timer, whole=True)
            parts = None if solved is None else [Part(*solved, program.offers)]
        else:
            parts = solve_free(program, limits, timer)
        whole, self.sets = self._whole, self.sets + 1
        self.done.append(_Done(banks))
        if parts is None:
            return
        cost = sum(part.outcome.objective for part in parts)
        if whole and cost <= least + HALF_A_PENNY:
            # more banks beside these sellers cannot make it cheaper, and are no better as equals
            self.done.append(_Done(frozenset(few), _sellers(parts)))
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
