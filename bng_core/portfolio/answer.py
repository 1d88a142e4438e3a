"""The whole line for a portfolio: developments and market -> the JSON of `bng portfolio` (§4.3)."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bng_core.allocation import attribute, price_purchases
from bng_core.audit import Question, sign, stock_faults
from bng_core.audit_facts import Line
from bng_core.case import Case, Request, make_case
from bng_core.errors import AuditFailed
from bng_core.market import Market
from bng_core.offers import Offer
from bng_core.optimise import answer_content, question_of_request
from bng_core.portfolio.arrivals import solve_in_order_of_arrival
from bng_core.portfolio.folder import Site
from bng_core.portfolio.joint import Outcome, Terms, make_fields, relieved, solve_jointly
from bng_core.portfolio.scarcity import find_scarcity
from bng_core.reasons import by_loss, explain_shortage, missing_units
from bng_core.reference import load_habitats
from bng_core.solve import Bought, Solution
from bng_core.solver import HALF_A_PENNY
from bng_core.terms import ContractSize
from bng_core.trading import ZERO

Json = dict[str, Any]


def solve_portfolio(sites: Sequence[Site], market: Market, terms: Terms) -> Json:
    """The joint least cost, the order of arrival beside it, and what is scarce; all audited.

    Raises SolverFailed, and AuditFailed where the auditor refuses any purchase.
    """
    clock = _Clock()
    fields = make_fields(sites, market, terms)
    clock.stop("build")
    joint, solved = solve_jointly(fields, terms)
    clock.stop("solve")
    arrivals = solve_in_order_of_arrival(fields, sites)
    clock.stop("order_of_arrival")
    joint = _the_cheaper(joint, arrivals)
    scarcity = find_scarcity(solved, joint, market)
    clock.stop("scarcity")
    proof = _proof(joint, terms)
    desk = _Desk(market, terms, proof)
    answers = [desk.answer(site, joint) for site in sites]
    queue = [desk.answer(site, arrivals) for site in sites]
    checks = [check_stock("joint", answers, market), check_stock("arrivals", queue, market)]
    clock.stop("audit")
    return {
        **proof,
        "developments": len(sites),
        "lot": float(terms.lot),
        "cost": _cost(answers, queue),
        "units_short": _units_short(joint, arrivals),
        "sites": [_beside(answer, other) for answer, other in zip(answers, queue, strict=True)],
        "scarcity": scarcity,
        "audit": {"passed": True, "checks": checks},
        "seconds": {"read": 0.0, **clock.seconds},
    }


class _Clock:
    """Seconds between stops, by what was done."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def stop(self, done: str) -> None:
        """Name what was done since the last stop."""
        now = time.perf_counter()
        self.seconds[done], self._last = round(now - self._last, 4), now


def _the_cheaper(joint: Outcome, arrivals: Outcome) -> Outcome:
    """Rounding to whole lots may miss what chance hits: never dearer than the order of arrival."""
    if joint.units_short or arrivals.units_short or arrivals.exact_gbp >= joint.exact_gbp:
        return joint
    return replace(arrivals, bound_gbp=joint.bound_gbp, fewest_short=joint.fewest_short)


def _proof(joint: Outcome, terms: Terms) -> Json:
    """Status, and what is proven of the joint cost; what is short is no lawful answer for all."""
    cost, bound = float(joint.exact_gbp), joint.bound_gbp
    distance = None if bound is None else max(0.0, cost - bound)
    proven = distance is not None and distance <= HALF_A_PENNY
    gap = None if distance is None else 0.0 if proven else distance / cost
    status = "infeasible" if joint.units_short else "optimal" if proven else "feasible"
    return {"status": status, "proven": proven, "gap": gap}


class _Desk:
    """Turns purchases into audited answers; `proof` is the portfolio's status and gap."""

    def __init__(self, market: Market, terms: Terms, proof: Json) -> None:
        self.market, self.terms, self.proof = market, terms, proof
        self._by_bank = [table.groupby("bank_id").indices for table in (market.banks, market.stock)]
        self._prices = market.prices.groupby(["bank_id", "contract_size"]).indices

    def answer(self, site: Site, outcome: Outcome) -> Json:
        """One development's purchases as the JSON of §4.3, and what is short with its remedies."""
        bought = tuple(sorted(outcome.purchases.get(site.site_id, []), key=_stock_id))
        short = outcome.short.get(site.site_id, {})
        demand = relieved(site.demand, short)
        request = Request(
            place=site.place,
            on_date=site.on_date,
            contract_size=site.contract_size,
            default_basis=self.terms.default_basis,
            lot=self.terms.lot,
        )
        banks = self._only({offer.bank_id for offer, _ in bought}, site.contract_size)
        case = Case(demand, banks, request, site.contract_size, (), ())
        solution = Solution(bought, bool(self.proof["proven"]), self.proof["gap"])
        question: Question = question_of_request(request)
        content = sign(answer_content(case, solution), question, demand, banks)
        for name in ("seconds", "preferences"):
            del content[name]
        status = "infeasible" if short else self.proof["status"]
        if status == "infeasible" and not short:
            status = "feasible"
        reasons = self._reasons(site, request, bought, short) if short else []
        return {
            "site_id": site.site_id,
            "lpa": site.place.lpa,
            "nca": site.place.nca,
            **content,
            "status": status,
            "units_short": {label: float(units) for label, units in sorted(short.items())},
            "reasons": reasons,
        }

    def _only(self, banks: Iterable[str], size: ContractSize) -> Market:
        """The market of some banks and one size: all that the auditor looks up, and quicker."""
        banks = sorted(banks)
        own = [[row for bank in banks for row in rows.get(bank, ())] for rows in self._by_bank]
        prices = [row for bank in banks for row in self._prices.get((bank, size), ())]
        market = self.market
        return Market(
            market.banks.iloc[own[0]], market.stock.iloc[own[1]], market.prices.iloc[prices]
        )

    def _reasons(
        self, site: Site, request: Request, bought: Bought, short: Mapping[str, Decimal]
    ) -> list[Json]:
        """Which losses are left short, by the attribution of what is bought and what is short."""
        case = make_case(site.demand, self.market, request)
        habitats = load_habitats().by_label
        lines = [(missing_units(habitats[h], site.demand), units) for h, units in short.items()]
        answered = attribute(site.demand, price_purchases([*bought, *lines]))
        reasons = [explain_shortage(shortage, case) for shortage in by_loss(answered)]
        for reason in reasons:
            if reason["units_for_sale"] >= reason["units_short"] > 0:
                reason["message"] += " Other developments take what is for sale."
        return reasons


def _stock_id(line: tuple[Offer, Decimal]) -> str:
    return line[0].stock_id


def check_stock(name: str, answers: Sequence[Json], market: Market) -> Json:
    """The stock over all developments together. Raises AuditFailed where it is sold twice."""
    lines = [Line.of(purchase) for answer in answers for purchase in answer["purchases"]]
    faults = list(stock_faults(lines, market))
    if faults:
        raise AuditFailed(f"The portfolio did not pass its audit ({name}): {'; '.join(faults)}.")
    return {"check": f"stock over all developments, {name}", "passed": True, "faults": []}


def _total(answers: Sequence[Json]) -> Decimal:
    return sum((Decimal(str(answer["cost"]["total_gbp"])) for answer in answers), ZERO)


def _cost(answers: Sequence[Json], queue: Sequence[Json]) -> Json:
    """Both costs; their difference only where both buy all that is needed."""
    joint, arrivals = _total(answers), _total(queue)
    alike = [a["units_short"] for a in answers] == [a["units_short"] for a in queue]
    return {
        "joint_gbp": float(joint),
        "order_of_arrival_gbp": float(arrivals),
        "saving_gbp": float(arrivals - joint) if alike else None,
    }


def _units_short(joint: Outcome, arrivals: Outcome) -> Json:
    return {
        "joint": float(joint.units_short),
        "joint_at_least": float(joint.fewest_short),
        "order_of_arrival": float(arrivals.units_short),
    }


def _beside(answer: Json, other: Json) -> Json:
    """One development, with what it would buy in its turn."""
    names = ("cost", "purchases", "units_short", "reasons")
    return {**answer, "order_of_arrival": {name: other[name] for name in names}}
