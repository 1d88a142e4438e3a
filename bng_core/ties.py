"""The order of equals (§2.9): among purchases of the same cost, which one is the answer.

Fewer banks, then nearer, then banks with more stock, then a fixed order of the stock ids: each by
solving again with what came before held as a bound, never by small weights in the cost.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from pulp import LpAffineExpression, LpProblem, LpVariable, lpSum

from bng_core.model import Program, Purchases, build
from bng_core.offers import Offer
from bng_core.solver import HALF_A_PENNY, Limits, run
from bng_core.terms import Relation

Aim = Callable[[LpProblem, Purchases], LpAffineExpression]
_RANK = {relation: rank for rank, relation in enumerate(Relation)}


def first_of_equals(program: Program, cost_gbp: float, limits: Limits) -> Purchases | None:
    """The first, in the order of equals, of the program's purchases that cost no more than given.

    `program` holds the offers that such a purchase can hold. None where a step was not proven in
    time: the purchase at hand is then kept, as cheap, only not the first of its equals.
    """
    problem, x = build(program)
    same = HALF_A_PENNY if program.lot else _SAME_GBP
    problem += problem.objective <= cost_gbp + same, "cost_no_more"
    for number, aim in enumerate((_banks, _distance, _small_stock, _fixed_order)):
        wanted = aim(problem, x)
        if not wanted:
            continue
        problem.setObjective(wanted)
        outcome = run(problem, limits, gap=_SLACK)
        if outcome is None or not outcome.proven:
            return None
        problem += wanted <= outcome.objective + _SLACK, f"aim_{number}"
    return x


_SAME_GBP = 1e-7
"""GBP within which costs are the same where there are no lots to round to."""

_SLACK = 1e-6
"""What a bound allows beyond the value it holds, so that rounding does not cut the optimum off."""


def _banks(problem: LpProblem, x: Purchases) -> LpAffineExpression:
    """Number of banks bought from."""
    if x.program.banks.matter:
        return lpSum(v for v in problem.variables() if v.name.startswith("open_"))
    opened: dict[str, LpVariable] = {}
    for number, (offer, variable) in enumerate(x.items()):
        if offer.bank_id not in opened:
            opened[offer.bank_id] = problem.add_variable(f"used_{len(opened):05d}", cat="Binary")
        problem += variable <= (variable.upBound or 0) * opened[offer.bank_id], f"uses_{number:05d}"
    return lpSum(opened.values())


def _distance(_: LpProblem, x: Purchases) -> LpAffineExpression:
    """Units bought, each counted 0 if local, 1 if adjacent, 2 if far."""
    return x.total(lambda o: o.relation is not Relation.LOCAL, lambda o: _RANK[o.relation])


def _small_stock(_: LpProblem, x: Purchases) -> LpAffineExpression:
    """Less is better where the units come from the larger stocks."""
    largest = max((o.units_available for o, _ in x.items()), default=1)
    return x.total(lambda _: True, lambda o: 1 - o.units_available / (largest or 1))


def _fixed_order(_: LpProblem, x: Purchases) -> LpAffineExpression:
    """A weight for each stock row that depends on its id alone, so that one purchase is first."""
    return x.total(lambda _: True, _weight)


def _weight(offer: Offer) -> int:
    return 1 + int.from_bytes(hashlib.sha256(offer.stock_id.encode()).digest()[:2])


def among(program: Program, candidates: tuple[Offer, ...]) -> Program:
    """The program with only these offers, in the order of their stock ids."""
    return replace(program, offers=tuple(sorted(candidates, key=lambda o: o.stock_id)))
