"""Small portfolios for tests, and an independent model of them to compare with."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pulp

from bng_core.market import Market
from bng_core.portfolio.answer import solve_portfolio
from bng_core.portfolio.folder import Site
from bng_core.portfolio.joint import Terms
from bng_core.terms import Basis, Place
from tests.builders import (
    ACID,
    ADJACENT,
    BRAMBLE,
    CEREALS,
    FAR,
    HERE,
    LOCAL,
    MEADOW,
    MODIFIED,
    NEUTRAL,
    ORCHARD,
    SCRUB,
    TODAY,
    a_demand,
    a_market,
    an_offer,
)

ELSEWHERE = Place("Cornwall LPA", "Bodmin Moor")
"""Far from HERE; the banks that are far from HERE are local to it."""

SRM = {(HERE, LOCAL): 1, (HERE, ADJACENT): 0.75, (HERE, FAR): 0.5}
SRM |= {(ELSEWHERE, LOCAL): 0.5, (ELSEWHERE, ADJACENT): 0.5, (ELSEWHERE, FAR): 1}


def a_site(site_id: str, place: Place = HERE, on_date: date = TODAY, **losses: float) -> Site:
    """A development with these losses, at the contract size that follows."""
    demand = a_demand(**losses)
    return Site(site_id, place, demand, demand.contract_size, on_date)


def a_portfolio(sites: Sequence[Site], market: Market, lot: str = "0.01") -> dict:
    return solve_portfolio(sites, market, Terms(Decimal(lot), Basis.BOUGHT))


def two_that_want_one_orchard() -> tuple[list[Site], Market]:
    """High orchard answers the loss of the first too, and is the cheaper for it."""
    sites = [a_site("first", **{NEUTRAL: 1}), a_site("second", **{ORCHARD: 1})]
    offers = [
        an_offer(ORCHARD, 30_000, units=1, bank_id="one"),
        an_offer(NEUTRAL, 31_000, units=1, bank_id="two"),
        an_offer(ORCHARD, 40_000, units=1, bank_id="three"),
    ]
    return sites, market_of(offers)


def random_portfolio(
    seed: int, developments: int, plenty: float = 1.0
) -> tuple[list[Site], list[dict]]:
    """Developments at two places, and offers that with plenty of 1 can just about meet them all."""
    rng = random.Random(seed)
    sites = []
    for number in range(developments):
        lost = rng.sample([ORCHARD, NEUTRAL, ACID, SCRUB, BRAMBLE, MODIFIED, CEREALS], 3)
        losses = {label: round(rng.uniform(0.1, 1.5), 2) for label in lost}
        losses["area_net_gain"] = round(rng.uniform(0.05, 0.6), 2)
        sites.append(a_site(f"D{number}", rng.choice([HERE, ELSEWHERE]), **losses))
    offers = []
    for label in (ORCHARD, MEADOW, NEUTRAL, ACID, SCRUB, BRAMBLE, MODIFIED):
        for number in range(3):
            where = [LOCAL, ADJACENT, FAR][number]
            price = rng.randint(15_000, 40_000)
            units = round(rng.uniform(0.2, 1.0) * developments * plenty, 2)
            bank = f"{where}{rng.randint(1, 2)}"
            offers.append(an_offer(label, price, units, where=where, bank_id=bank))
    return sites, offers


def independent_shortage(sites: Sequence[Site], offers: Sequence[dict]) -> float:
    """The fewest units that someone would have to sell locally, by the same plain model."""
    free = [dict(offer, price=0) for offer in offers]
    endless = [
        an_offer(label, 1, 1e6, where=where)
        for label in (ORCHARD, NEUTRAL, SCRUB, MODIFIED)
        for where in (LOCAL, FAR)
    ]
    return independent_cost(sites, [*free, *endless], 0.0) or 0.0


def independent_cost(sites: Sequence[Site], offers: Sequence[dict], lot: float) -> float | None:
    """The least joint cost by one plain model over every development and every offer."""
    problem = pulp.LpProblem("portfolio", pulp.LpMinimize)
    step = lot or 1.0
    x = {
        (k, o): problem.add_variable(f"x_{k}_{o}", 0, cat="Integer" if lot else "Continuous")
        for k in range(len(sites))
        for o in range(len(offers))
    }
    problem += pulp.lpSum(float(offers[o]["price"]) * step * x[k, o] for k, o in x)
    for o, offer in enumerate(offers):
        units = pulp.lpSum(step * x[k, o] for k in range(len(sites)))
        problem += units <= float(offer["units"]) + 1e-9
    for k, site in enumerate(sites):
        _add_law(problem, site, [(offer, step * x[k, o]) for o, offer in enumerate(offers)], k)
    solver = pulp.HiGHS(msg=False, gapRel=0.0, gapAbs=0.001, threads=1)
    problem.solve(solver)
    return pulp.value(problem.objective) if problem.status == pulp.LpStatusOptimal else None


def _add_law(problem: pulp.LpProblem, site: Site, bought: list, k: int) -> None:
    """The trading rules of the habitats used here, written out; units before SRM."""
    lost = {label: -float(change) for label, change in site.demand.changes.items()}

    def units(*labels: str) -> pulp.LpAffineExpression:
        return pulp.lpSum(u for offer, u in bought if offer["habitat"] in labels)

    high, grass, shrub = (ORCHARD, MEADOW), (NEUTRAL, ACID), (SCRUB, BRAMBLE)
    problem += units(ORCHARD) >= lost.get(ORCHARD, 0)
    short_grass = problem.add_variable(f"grass_{k}", 0)
    short_shrub = problem.add_variable(f"shrub_{k}", 0)
    problem += units(*grass) + short_grass >= sum(lost.get(label, 0) for label in grass)
    problem += units(*shrub) + short_shrub >= sum(lost.get(label, 0) for label in shrub)
    problem += short_grass + short_shrub <= units(*high) - lost.get(ORCHARD, 0)
    problem += units(*high, *grass, *shrub, MODIFIED) >= sum(lost.values())
    headline = pulp.lpSum(SRM[site.place, offer["where"]] * u for offer, u in bought)
    problem += headline >= float(next(iter(site.demand.headline.values())).needed)


def market_of(offers: Sequence[dict]) -> Market:
    return a_market(*_one_row_each(offers))


def _one_row_each(offers: Sequence[dict]) -> list[dict]:
    """Banks hold one row of a habitat, so that stock ids are unique."""
    return [dict(offer, bank_id=f"{offer['bank_id']}-{n}") for n, offer in enumerate(offers)]


def in_other_order(sites: Sequence[Site], market: Market) -> tuple[list[Site], Market]:
    """The same portfolio, every table upside down."""
    turned = {name: table[::-1].reset_index(drop=True) for name, table in market.tables().items()}
    return list(reversed(sites)), replace(market, **turned)
