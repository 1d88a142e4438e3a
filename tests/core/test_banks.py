"""The right banks are chosen: by hand, against the plain model, and never proven too early."""

import random
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from pulp import LpBinary, LpMinimize, LpProblem

from bng_core.banks import solve_banks
from bng_core.banks.worth import Shelves
from bng_core.demand import Demand
from bng_core.errors import SolverFailed
from bng_core.free import Timer, solve_problem
from bng_core.model import ANY_BANKS, BankTerms, Program, PurchaseTerms, Wishes, build, programs
from bng_core.offers import Offer, PriceTerms, price_offers
from bng_core.solve import Solution, cheapest
from bng_core.solver import HALF_A_PENNY, Limits, Solver, choose
from bng_core.terms import ContractSize, Module
from tests.builders import (
    ACID,
    ADJACENT,
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

HEDGE, HEDGE_TREES = "Native hedgerow", "Species-rich native hedgerow with trees"
LOT, NO_LOT = Decimal("0.01"), Decimal(0)
LOTS = pytest.mark.parametrize("lot", [NO_LOT, LOT], ids=["any_units", "whole_lots"])


def priced(*offers: dict[str, object]) -> tuple[Offer, ...]:
    terms = PriceTerms(HERE, ContractSize.SMALL, TODAY)
    return tuple(price_offers(a_market(*offers), terms, set(Module))[0])


def solved(
    demand: Demand,
    offers: tuple[Offer, ...],
    lot: Decimal = LOT,
    limits: Limits | None = None,
    wishes: Wishes | None = None,
    **banks: object,
) -> Solution | None:
    terms = PurchaseTerms(lot, BankTerms(**banks), wishes or Wishes())  # type: ignore[arg-type]
    return cheapest(demand, offers, terms, limits or Limits())


def banks_of(solution: Solution | None) -> list[str]:
    return sorted({offer.bank_id for offer, _ in solution.purchases}) if solution else []


TWO_LOSSES = a_demand(**{ORCHARD: 1, NEUTRAL: 1})
THREE_BANKS = priced(
    an_offer(ORCHARD, 30_000, bank_id="a"),
    an_offer(NEUTRAL, 25_000, bank_id="b"),
    an_offer(ORCHARD, 32_000, bank_id="c"),
    an_offer(NEUTRAL, 26_000, bank_id="c"),
)


@LOTS
def test_a_limit_of_one_bank_takes_the_bank_that_sells_all(lot):
    assert banks_of(solved(TWO_LOSSES, THREE_BANKS, lot)) == ["a", "b"]
    assert banks_of(solved(TWO_LOSSES, THREE_BANKS, lot, limit=1)) == ["c"]


@LOTS
@pytest.mark.parametrize(
    ("fee", "banks", "cost"), [(2_999, ["a", "b"], 60_998), (3_001, ["c"], 61_001)]
)
def test_a_fee_is_paid_for_each_bank_until_one_dearer_bank_costs_less(lot, fee, banks, cost):
    solution = solved(TWO_LOSSES, THREE_BANKS, lot, fee_gbp=Decimal(fee))

    assert banks_of(solution) == banks
    assert solution.cost_gbp(PurchaseTerms(banks=BankTerms(fee_gbp=Decimal(fee)))) == cost


@LOTS
@pytest.mark.parametrize(("minimum", "bought"), [("0.4", {"a": 0.4, "b": 0.6}), ("0.7", {"b": 1})])
def test_a_bank_sells_its_minimum_or_nothing(lot, minimum, bought):
    offers = priced(
        an_offer(ORCHARD, 30_000, units=0.4, bank_id="a"), an_offer(ORCHARD, 32_000, bank_id="b")
    )

    solution = solved(a_demand(**{ORCHARD: 1}), offers, lot, minimum_units=Decimal(minimum))

    assert {offer.bank_id: float(units) for offer, units in solution.purchases} == bought


def test_more_than_needed_is_bought_where_the_minimum_asks_for_it():
    offers = priced(an_offer(ORCHARD, 30_000, bank_id="a"))

    solution = solved(a_demand(**{ORCHARD: "0.2"}), offers, minimum_units=Decimal("0.5"))

    assert [units for _, units in solution.purchases] == [Decimal("0.5")]


@LOTS
@pytest.mark.parametrize("terms", [{"limit": 1}, {"limit": 0}, {"minimum_units": Decimal(101)}])
def test_no_answer_is_proven_where_no_banks_within_the_terms_suffice(lot, terms):
    demand = a_demand(**{ORCHARD: 1, HEDGE: 1})
    offers = priced(
        an_offer(ORCHARD, 30_000, bank_id="a"),
        an_offer(HEDGE, 25_000, bank_id="b"),
        an_offer(MEADOW, 25_000, bank_id="b"),
    )

    assert banks_of(solved(demand, offers, lot, limit=2)) == ["a", "b"]
    assert solved(demand, offers, lot, **terms) is None


def test_no_answer_is_proven_where_only_whole_lots_are_impossible():
    """0.999 units are one whole lot of 0.9 short of the two that are needed."""
    offers = priced(an_offer(ORCHARD, 30_000, units=0.999, bank_id="a"))
    demand = a_demand(**{ORCHARD: 0.95})

    assert banks_of(solved(demand, offers, NO_LOT, limit=1)) == ["a"]
    assert solved(demand, offers, Decimal("0.9"), limit=1) is None


def test_nothing_needed_opens_no_bank():
    solution = solved(a_demand(area_net_gain=0), THREE_BANKS, fee_gbp=Decimal(100))

    assert solution.purchases == ()
    assert solution.proven


@LOTS
def test_a_purchase_that_is_kept_takes_up_its_place_under_the_limit(lot):
    keep = Wishes(keep={f"b/{NEUTRAL}": Decimal("0.1")})

    assert banks_of(solved(TWO_LOSSES, THREE_BANKS, lot, wishes=keep, limit=2)) == ["a", "b"]
    assert solved(TWO_LOSSES, THREE_BANKS, lot, wishes=keep, limit=1) is None


@LOTS
@pytest.mark.parametrize("limit", [3, 4, 10])
def test_a_hundred_sets_of_banks_at_the_same_cost_are_not_all_searched(lot, limit):
    alike = [an_offer(ORCHARD, 30_000, units=0.4, bank_id=f"b{n:02d}") for n in range(10)]
    dear = an_offer(ORCHARD, 40_000, bank_id="dear")

    solution = solved(a_demand(**{ORCHARD: 1}), priced(*alike, dear), lot, limit=limit)

    assert solution.proven
    assert solution.units_gbp == 30_000
    assert len(banks_of(solution)) == 3


def test_a_purchase_of_one_module_is_kept_beside_purchases_of_another():
    demand = a_demand(**{ORCHARD: 1, HEDGE: 1})
    offers = priced(
        an_offer(ORCHARD, 30_000, bank_id="a"),
        an_offer(ORCHARD, 31_000, bank_id="b"),
        an_offer(HEDGE, 25_000, bank_id="b"),
    )
    keep = Wishes(keep={f"b/{ORCHARD}": Decimal("0.1")})

    for terms in ({}, {"limit": 2}, {"fee_gbp": Decimal(1)}):
        solution = solved(demand, offers, wishes=keep, **terms)
        assert {o.stock_id: float(units) for o, units in solution.purchases} == {
            f"a/{ORCHARD}": 0.9,
            f"b/{ORCHARD}": 0.1,
            f"b/{HEDGE}": 1,
        }


def test_of_two_sets_of_banks_at_the_same_cost_the_one_with_fewer_banks_is_first():
    offers = priced(
        an_offer(ORCHARD, 30_000, bank_id="a"),
        an_offer(NEUTRAL, 25_000, bank_id="b"),
        an_offer(ORCHARD, 29_000, bank_id="c"),
        an_offer(NEUTRAL, 26_000, bank_id="c"),
        an_offer(NEUTRAL, 26_000, bank_id="d"),
    )

    # c + b: 54,000; without b: c alone, or c + d, at 55,000
    assert banks_of(solved(TWO_LOSSES, offers, limit=2)) == ["b", "c"]
    others = tuple(offer for offer in offers if offer.bank_id != "b")
    assert banks_of(solved(TWO_LOSSES, others, limit=2)) == ["c"]


AREA = [ORCHARD, MEADOW, NEUTRAL, SCRUB, ACID, MODIFIED]
HEDGEROWS = [HEDGE, HEDGE_TREES]


def a_random_market(rng: random.Random) -> tuple[Offer, ...]:
    """Five to twelve banks with one to five habitats each."""
    offers = []
    for bank in range(rng.randint(5, 12)):
        where = rng.choice([LOCAL, ADJACENT, FAR])
        for habitat in rng.sample(AREA + HEDGEROWS, rng.randint(1, 5)):
            price = rng.randint(150, 600) * 100
            units = round(rng.uniform(0.05, 4), 2)
            offers.append(an_offer(habitat, price, units, where=where, bank_id=f"b{bank:02d}"))
    return priced(*offers)


def a_random_demand(rng: random.Random) -> Demand:
    lost = rng.sample(AREA, rng.randint(1, 4)) + rng.sample(HEDGEROWS, rng.randint(0, 2))
    units = {habitat: round(rng.uniform(0.02, 2.5), 3) for habitat in lost}
    return a_demand(**units, area_net_gain=round(rng.uniform(0.05, 1.5), 3))


def random_terms(rng: random.Random) -> BankTerms:
    terms = BankTerms(
        rng.choice([None, 1, 2, 2, 3, 4]),
        Decimal(rng.choice([0, 0, 500, 4_000])),
        Decimal(rng.choice(["0", "0", "0.3", "1"])),
    )
    return terms if terms.matter else replace(terms, limit=3)


def random_wishes(rng: random.Random, offers: tuple[Offer, ...]) -> Wishes:
    if rng.random() < 0.6:
        return Wishes()
    kept = rng.choice(offers)
    keep = {kept.stock_id: Decimal("0.03")} if rng.random() < 0.5 else {}
    share = Decimal(rng.choice(["0", "0.3", "0.6"]))
    return Wishes(keep, make_up_in_kind=rng.random() < 0.4, local_share=share)


def a_random_program(seed: int, lot: Decimal) -> Program:
    rng = random.Random(f"banks-{seed}")
    offers, demand = a_random_market(rng), a_random_demand(rng)
    terms = PurchaseTerms(lot, random_terms(rng), random_wishes(rng, offers))
    return next(programs(demand, offers, terms))


def plain_cost(program: Program) -> float | None:
    """GBP by model.build as it is, all banks in one problem."""
    found = solve_problem(program, Limits(), Timer(), whole=True)
    return None if found is None else found[0].objective


def cost_by_banks(program: Program, limits: Limits | None = None) -> float | None:
    parts = solve_banks(program, limits or Limits(), Timer())
    if parts is None:
        return None
    assert all(part.outcome.proven for part in parts)
    return sum(part.outcome.objective for part in parts)


@pytest.mark.parametrize("batch", range(8))
def test_the_cost_is_that_of_the_plain_model(batch):
    answered = 0
    for seed in range(batch * 20, batch * 20 + 20):
        program = a_random_program(seed, LOT if seed % 2 else NO_LOT)
        plain = plain_cost(program)
        answered += plain is not None
        expected = None if plain is None else pytest.approx(plain, abs=2 * HALF_A_PENNY)
        assert cost_by_banks(program) == expected, seed
    assert answered > 5


def test_cbc_chooses_the_same_banks_as_highs():
    for seed in range(6):
        program = a_random_program(seed, LOT)
        expected = cost_by_banks(program)
        if expected is not None:
            expected = pytest.approx(expected, abs=2 * HALF_A_PENNY)
        assert cost_by_banks(program, Limits(Solver.CBC)) == expected, seed


@pytest.mark.parametrize("seed", range(40))
def test_offers_of_one_kind_count_alike_in_every_row_of_the_model(seed):
    """What lets the rows for a hundred offers speak for all; a new kind of row is caught here."""
    program = replace(a_random_program(seed, LOT), banks=ANY_BANKS)
    offers = Shelves(program)
    problem, x = build(program)
    column = {variable: number for number, (_, variable) in enumerate(x.items())}

    for row in problem.constraints():
        counts = np.zeros(len(column))
        for variable, weight in row.items():
            if variable in column:
                counts[column[variable]] = weight * row.sense
        assert offers.counts(row.name).tolist() == counts.tolist(), row.name


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_a_time_limit_gives_an_answer_with_its_gap_and_no_false_proof(seconds):
    """However fast this machine is: whatever comes back is true."""
    for seed in range(8):
        program = a_random_program(seed, LOT)
        optimum = cost_by_banks(program)
        try:
            parts = solve_banks(program, Limits(time_limit_s=seconds), Timer())
        except SolverFailed:
            continue  # no answer in time is no false answer
        if parts is None:
            assert optimum is None
            continue
        cost = sum(part.outcome.objective for part in parts)
        bound = sum(part.outcome.bound for part in parts)
        assert bound - 2 * HALF_A_PENNY <= optimum <= cost + 2 * HALF_A_PENNY
        if all(part.outcome.proven for part in parts):
            assert cost == pytest.approx(optimum, abs=2 * HALF_A_PENNY)


@pytest.mark.parametrize("solver", list(Solver))
@pytest.mark.parametrize(("most", "expected"), [(float("inf"), 5), (5.001, 5), (4.999, None)])
def test_choosing_banks_finds_what_costs_so_much_or_less_and_nothing_dearer(solver, most, expected):
    """Open a for 3 or b for 2 and c for 3: the cheapest that holds a or c, and b, costs 5."""
    problem = LpProblem("open", LpMinimize)
    a, b, c = (problem.add_variable(name, cat=LpBinary) for name in "abc")
    problem.setObjective(3 * a + 2 * b + 3 * c)
    problem += a + c >= 1
    problem += b >= 0.5

    found = choose(problem, Limits(solver), most)

    assert (found and found.objective) == expected
