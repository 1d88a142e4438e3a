"""The whole line for one development: demand and market -> an audited answer (§4.3)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from bng_core.allocation import Answered, Purchase, attribute, price_purchases
from bng_core.audit import Question, sign
from bng_core.demand import Demand
from bng_core.market import Market
from bng_core.model import BankTerms, PurchaseTerms
from bng_core.offers import Offer, PriceTerms, price_offers
from bng_core.reasons import Supply, find_reasons
from bng_core.solve import Solution, cheapest
from bng_core.solver import Limits
from bng_core.terms import Basis, ContractSize, Place

Json = dict[str, Any]
DEFAULT_LOT = Decimal("0.01")


@dataclass(frozen=True)
class Request:
    """What the user asks for; `contract_size` None follows the units required (§2.10).

    `lot` is in bought units, 0 for none; `on_date` is the day whose prices hold.
    """

    place: Place
    on_date: date
    contract_size: ContractSize | None = None
    max_banks: int | None = None
    default_basis: Basis = Basis.BOUGHT
    lot: Decimal = DEFAULT_LOT
    limits: Limits = field(default_factory=Limits)


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
    contract_size = request.contract_size or demand.contract_size
    terms = PriceTerms(request.place, contract_size, request.on_date, request.default_basis)
    offers, unpriced = price_offers(market, terms, set(demand.modules))
    priced = time.perf_counter() - started
    terms_of_purchase = PurchaseTerms(request.lot, BankTerms(request.max_banks))
    solution = cheapest(demand, tuple(offers), terms_of_purchase, request.limits)
    if solution is None:
        supply = Supply(tuple(offers), tuple(unpriced), market.bank_names())
        return _no_answer(demand, supply, request, contract_size, started)
    content = _content(demand, solution, contract_size)
    content["seconds"] = _seconds(priced + solution.build_s, solution.solve_s)
    question = Question(
        request.place, request.lot, request.on_date, request.default_basis, request.max_banks
    )
    return Answer(sign(content, question, demand, market))


def _content(demand: Demand, solution: Solution, contract_size: ContractSize) -> Json:
    purchases = price_purchases(solution.purchases)
    units_gbp = float(sum((purchase.cost_gbp for purchase in purchases), Decimal(0)))
    return {
        "status": "optimal" if solution.proven else "feasible",
        "proven": solution.proven,
        "gap": solution.gap,
        "cost": {"units_gbp": units_gbp, "fees_gbp": 0.0, "total_gbp": units_gbp},
        "contract_size": str(contract_size),
        "purchases": [_purchase(purchase) for purchase in purchases],
        "attribution": _attribution(attribute(demand, purchases)),
        "audit": {},
        "seconds": {},
        "reasons": [],
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


def _no_answer(
    demand: Demand, supply: Supply, request: Request, contract_size: ContractSize, started: float
) -> Answer:
    reasons = find_reasons(demand, supply, request.lot, request.max_banks, request.limits)
    return Answer(
        {
            "status": "infeasible",
            "proven": True,
            "gap": None,
            "cost": None,
            "contract_size": str(contract_size),
            "purchases": [],
            "attribution": [],
            "audit": {"passed": False, "checks": []},
            "seconds": _seconds(0.0, time.perf_counter() - started),
            "reasons": reasons,
        }
    )


def _seconds(build: float, solve: float) -> Json:
    return {"read": 0.0, "build": round(build, 4), "solve": round(solve, 4)}
