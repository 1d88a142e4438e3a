"""The cheapest purchase where it does not matter which banks sell.

Modules share no row of the model, so each is solved by itself. Whole lots are found through the
relaxed problem: with lots left out, the solver's reduced cost says what one lot of an offer costs
beyond the relaxed optimum. An offer whose lot costs more than the best whole-lot purchase known is
above the relaxed optimum cannot be in a better one; so a few offers are solved first, then all that
the gap leaves open, until none is left out. Purchases without lots need no such step.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bng_core.model import Program, Purchases, build
from bng_core.offers import Offer
from bng_core.prune import prune
from bng_core.solver import HALF_A_PENNY, Limits, Outcome, run

FIRST_OFFERS = 40
"""Offers of the first whole-lot problem; any number gives the same optimum."""


@dataclass
class Timer:
    """Seconds spent on building and on solving."""

    build_s: float = 0.0
    solve_s: float = 0.0


@dataclass(frozen=True)
class Part:
    """A solved part: its purchases, and every offer that an equally cheap purchase can hold."""

    outcome: Outcome
    purchases: Purchases
    candidates: tuple[Offer, ...]


def solve_free(program: Program, limits: Limits, timer: Timer) -> list[Part] | None:
    """The cheapest purchase of each independent part; None where a part has none."""
    parts = []
    for part in independent_parts(program):
        solved = _solve_part(replace(part, offers=prune(part)), limits, timer)
        if solved is None:
            return None
        parts.append(solved)
    return parts


def extra_costs(program: Program, limits: Limits) -> dict[Offer, float]:
    """GBP that a lot (a unit where the lot is 0) of each offer costs beyond the relaxed optimum.

    Of the offers that a cheapest purchase can need; empty where there is no answer.
    """
    extra: dict[Offer, float] = {}
    for part in independent_parts(program):
        relaxed = solve_problem(replace(part, offers=prune(part)), limits, Timer(), whole=False)
        if relaxed is None:
            return {}
        extra |= {offer: variable.dj or 0.0 for offer, variable in relaxed[1].items()}
    return extra


def independent_parts(program: Program) -> Iterator[Program]:
    """Programs that share no row: one a module, or one in all where a wish ties them together."""
    if program.wishes.tie_modules:
        yield program
        return
    module_of = {offer.stock_id: offer.habitat.module for offer in program.offers}
    keep = program.wishes.keep.items()
    for module, case in program.headline.items():
        # what nobody offers stays in every part, so that none can be answered
        kept = {stock_id: n for stock_id, n in keep if module_of.get(stock_id, module) is module}
        yield replace(
            program,
            offers=tuple(o for o in program.offers if o.habitat.module is module),
            tests=tuple(t for t in program.tests if t.rule.module is module),
            headline={module: case},
            wishes=replace(program.wishes, keep=kept),
        )


def _solve_part(program: Program, limits: Limits, timer: Timer) -> Part | None:
    relaxed = solve_problem(program, limits, timer, whole=False)
    if relaxed is None:
        return None
    outcome, x = relaxed
    extra = {offer: variable.dj or 0.0 for offer, variable in x.items()}
    if not program.lot:
        return Part(outcome, x, _within(program, extra, 1e-6))
    return _solve_lots(program, extra, outcome.objective, limits, timer)


def _solve_lots(
    program: Program, extra: dict[Offer, float], bound: float, limits: Limits, timer: Timer
) -> Part | None:
    """Whole lots; `extra` is GBP that a lot of each offer costs beyond the relaxed optimum."""
    tried: tuple[Offer, ...] = tuple(sorted(extra, key=lambda o: extra[o])[:FIRST_OFFERS])
    while True:
        few = replace(program, offers=_in_order(program, tried))
        solved = solve_problem(few, limits, timer, whole=True)
        if solved is not None and not solved[0].proven:
            return Part(replace(solved[0], bound=bound), solved[1], program.offers)
        gap = float("inf") if solved is None else solved[0].objective - bound + HALF_A_PENNY
        candidates = _within(program, extra, gap)
        if set(candidates) <= set(tried):
            return None if solved is None else Part(*solved, candidates)
        tried = tuple({*tried, *candidates})


def solve_problem(
    program: Program, limits: Limits, timer: Timer, *, whole: bool
) -> tuple[Outcome, Purchases] | None:
    """Build and solve one program; None where it is proven to have no solution."""
    started = time.perf_counter()
    problem, x = build(program)
    built = time.perf_counter()
    if problem.variables():
        outcome = run(problem, limits, whole=whole)
    else:
        outcome = None if problem.constraints() else Outcome(0.0, True, 0.0)
    timer.build_s += built - started
    timer.solve_s += time.perf_counter() - built
    return None if outcome is None else (outcome, x)


def _within(program: Program, extra: dict[Offer, float], gap: float) -> tuple[Offer, ...]:
    return tuple(offer for offer in program.offers if extra[offer] <= gap)


def _in_order(program: Program, offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    wanted = set(offers)
    return tuple(offer for offer in program.offers if offer in wanted)
