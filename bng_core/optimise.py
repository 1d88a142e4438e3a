"""The whole line for one development: demand and market -> an audited answer (§4.3)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bng_core.allocation import Answered, Purchase, attribute, price_purchases
from bng_core.audit import Question, sign
from bng_core.case import Case, Request, make_case
from bng_core.demand import Demand
from bng_core.market import Market
from bng_core.offers import Offer
from bng_core.reasons import find_reasons
from bng_core.solve import Solution
from bng_core.trade_offs import price_preferences

Json = dict[str, Any]
PENNY = Decimal("0.01")


@dataclass(frozen=True)
class Answer:
    """An answer as the JSON of §4.3; only `seconds["read"]` is the caller's to fill in."""

    content: Json

    @property
    def status(self) -> str:
        """optimal, feasible (best found, not proven) or infeasible."""
        return str(self.content["status"])

    def to_json(self, read_seconds: float = 0.0) -> Json:
        """The JSON object of §4.3."""
        seconds = {**self.content["seconds"], "read": round(read_seconds, 4)}
        return {**self.content, "seconds": seconds}


def optimise(demand: Demand, market: Market, request: Request) -> Answer:
    """Find the cheapest lawful purchase, attribute it and have it audited.

    Raises SolverFailed where the solver stops without an answer and AuditFailed where the auditor
    refuses what it gave. A demand that no bank can meet is an answer with reasons.
    """
    started = time.perf_counter()
    case = make_case(demand, market, request)
    priced = time.perf_counter()
    solution = case.solve(request.preferences)
    if solution is None:
        return _no_answer(case, priced - started, time.perf_counter() - priced)
    content = answer_content(case, solution)
    content["seconds"] = _seconds(priced - started + solution.build_s, solution.solve_s)
    content["preferences"] = price_preferences(case, solution)
    return Answer(sign(content, question_of_request(request), demand, market))


def question_of_request(request: Request) -> Question:
    """What the auditor must know of a request."""
    return Question(
        site=request.place,
        lot=request.lot,
        on_date=request.on_date,
        default_basis=request.default_basis,
        preferences=request.preferences,
        charges=request.charges,
    )


def answer_content(case: Case, solution: Solution) -> Json:
    """The JSON of §4.3 for a solution, before its audit."""
    purchases = price_purchases(solution.purchases)
    banks = {purchase.offer.bank_id for purchase in purchases}
    units_gbp = sum((purchase.cost_gbp for purchase in purchases), Decimal(0))
    fees_gbp = case.request.charges.fees_gbp(len(banks)).quantize(PENNY)
    return {
        "status": "optimal" if solution.proven else "feasible",
        "proven": solution.proven,
        "gap": solution.gap,
        "cost": {
            "units_gbp": float(units_gbp),
            "fees_gbp": float(fees_gbp),
            "total_gbp": float(units_gbp + fees_gbp),
        },
        "contract_size": str(case.contract_size),
        "purchases": [_purchase(purchase) for purchase in purchases],
        "attribution": _attribution(attribute(case.demand, purchases)),
        "audit": {},
        "seconds": {},
        "reasons": [],
        "preferences": [],
    }


def _purchase(purchase: Purchase) -> Json:
    offer: Offer = purchase.offer
    return {
        "module": str(offer.habitat.module),
        "habitat": offer.habitat.label,
        "bank_id": offer.bank_id,
        "stock_id": offer.stock_id,
        "units": float(purchase.units),
        "srm": float(offer.srm),
        "units_after_srm": float(purchase.units * offer.srm),
        "unit_price_gbp": float(offer.unit_price_gbp),
        "cost_gbp": float(purchase.cost_gbp),
    }


def _attribution(rows: Sequence[Answered]) -> list[Json]:
    return [
        {
            "lost": row.lost,
            "band": str(row.band),
            "units": float(row.units),
            "supplied": row.supplied,
            "bank_id": row.bank_id,
        }
        for row in rows
    ]


def _no_answer(case: Case, build_s: float, solve_s: float) -> Answer:
    started = time.perf_counter()
    reasons = find_reasons(case)
    return Answer(
        {
            "status": "infeasible",
            "proven": True,
            "gap": None,
            "cost": None,
            "contract_size": str(case.contract_size),
            "purchases": [],
            "attribution": [],
            "audit": {"passed": False, "checks": []},
            "seconds": _seconds(build_s, solve_s + time.perf_counter() - started),
            "reasons": reasons,
            "preferences": [],
        }
    )


def _seconds(build: float, solve: float) -> Json:
    return {"read": 0.0, "build": round(build, 4), "solve": round(solve, 4)}
