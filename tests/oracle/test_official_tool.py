"""The official workbook accepts what we buy, refuses less, and says what we read in it.

About half a minute for each workbook that it calculates. Every development and every cut:
ORACLE_SWEEP=1 (half an hour).
"""

import json
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from bng_core.demand import Demand, demand_of_metric
from bng_core.market import Market
from bng_core.metric import metric_json, read_metric
from bng_core.reference import load_habitats
from tests.builders import an_answer
from tests.core.test_metric_results import assert_agrees
from tests.oracle.generated_market import market_for
from tests.oracle.official import Question, calculate, results, shortcomings, why_not
from tests.oracle.rules import failures
from tests.oracle.scenarios import SCENARIOS
from tests.oracle.shared import CASES

Json = dict[str, Any]
REASON = why_not()
pytestmark = [pytest.mark.oracle, pytest.mark.skipif(bool(REASON), reason=str(REASON))]

SWEEP = bool(os.environ.get("ORACLE_SWEEP"))
LOT = Fraction(1, 100)
BUILT = list(SCENARIOS) if SWEEP else list(SCENARIOS)[:2]
JUDGED = list(SCENARIOS) if SWEEP else list(SCENARIOS)[:1]
CUT = {"v1_small_housing", "v3_high_distinctiveness_loss"}
"""Cases of which one purchase is cut by a lot; in a sweep every purchase of every case."""

PERTURBATIONS = 300
NOISE = Fraction(1, 10**8)
"""Units by which our auditor lets a requirement be missed."""


@dataclass(frozen=True)
class Bought:
    """A development, the market made for it, and what it buys there."""

    name: str
    scenario: Json
    demand: Demand
    market: Market

    @property
    def purchases(self) -> list[Json]:
        return an_answer(self.demand, self.market).to_json()["purchases"]


def calculate_all(questions: list[Question], folder: Path) -> dict[str, Path]:
    """Two sessions of LibreOffice side by side."""
    halves = [questions[0::2], questions[1::2]]
    folders = [folder / str(number) for number in range(2)]
    for half in folders:
        half.mkdir()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(calculate, halves, folders)
    return first | second


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The invented developments as the official workbook calculates them."""
    questions = [Question(name, SCENARIOS[name]) for name in BUILT]
    return calculate_all(questions, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def developments(built: dict[str, Path]) -> dict[str, Bought]:
    """Every development that must buy something, with what it buys."""
    sources = {
        case.name: (case / "metric.xlsx", json.loads((case / "scenario.json").read_text()))
        for case in CASES
    }
    sources |= {name: (built[name], SCENARIOS[name]) for name in JUDGED}
    found = {}
    for seed, (name, (workbook, scenario)) in enumerate(sources.items()):
        demand = demand_of_metric(read_metric(workbook, name))
        if demand.modules:
            found[name] = Bought(name, scenario, demand, market_for(demand, seed))
    return found


def lawful(demand: Demand, purchases: list[Json]) -> bool:
    habitats = load_habitats().by_label
    bought = [
        (habitats[p["habitat"]], Fraction(str(p["units"])), Fraction(str(p["srm"])))
        for p in purchases
    ]
    return all(missed <= NOISE for missed in failures(demand, bought))


def cuts(development: Bought) -> Iterator[tuple[str, list[Json]]]:
    """Each purchase less one lot, where that breaks a rule."""
    purchases = development.purchases
    for number, purchase in enumerate(purchases):
        units = Fraction(str(purchase["units"])) - LOT
        less = [dict(p) for p in purchases]
        less[number]["units"] = float(units)
        if not lawful(development.demand, less):
            habitat, bank = purchase["habitat"], purchase["bank_id"]
            kept = [p for p in less if p["units"]]
            yield f"{development.name} less 0.01 {habitat} at {bank}", kept


def refusals(development: Bought) -> list[Question]:
    if not SWEEP and development.name not in CUT:
        return []
    found = [Question(name, development.scenario, less) for name, less in cuts(development)]
    return found if SWEEP else found[:1]


@pytest.fixture(scope="module")
def verdicts(
    developments: dict[str, Bought], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """Why the official workbook refuses each purchase asked about; empty where it accepts."""
    questions = []
    for name, development in developments.items():
        questions.append(Question(name, development.scenario, development.purchases))
        questions += refusals(development)
    calculated = calculate_all(questions, tmp_path_factory.mktemp("judged"))
    found = {name: shortcomings(results(workbook)) for name, workbook in calculated.items()}
    if SWEEP:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    return found


@pytest.mark.parametrize("name", BUILT)
def test_an_invented_development_is_read_as_the_tool_calculates_it(
    name: str, built: dict[str, Path]
) -> None:
    report = metric_json(read_metric(built[name], "metric.xlsx"))

    assert_agrees(json.loads(json.dumps(report)), results(built[name]))


def test_the_tool_accepts_every_purchase(
    developments: dict[str, Bought], verdicts: dict[str, list[str]]
) -> None:
    assert len(developments) >= len(JUDGED)
    assert {name: verdicts[name] for name in developments} == {name: [] for name in developments}


def test_the_tool_refuses_a_purchase_cut_by_one_lot(
    developments: dict[str, Bought], verdicts: dict[str, list[str]]
) -> None:
    refused = [q.name for development in developments.values() for q in refusals(development)]

    assert refused
    assert [name for name in refused if not verdicts[name]] == []


def test_no_change_of_two_purchases_is_lawful_and_cheaper(developments: dict[str, Bought]) -> None:
    for name, development in developments.items():
        answer = an_answer(development.demand, development.market).to_json()
        assert lawful(development.demand, answer["purchases"]), name
        offers = stock_of(development.market)
        rng = random.Random(name)
        for _ in range(PERTURBATIONS):
            changed = perturbed(answer["purchases"], offers, rng)
            cost = sum(p["units"] * p["unit_price_gbp"] for p in changed)
            cheaper = cost < answer["cost"]["total_gbp"] - 0.01
            assert not (cheaper and lawful(development.demand, changed)), (name, changed)


def stock_of(market: Market) -> list[Json]:
    """Every stock row as a purchase of nothing."""
    prices = market.prices.drop_duplicates(["bank_id", "habitat"])
    stock = market.stock.merge(prices, on=["bank_id", "habitat"])
    srm = {"local": 1.0, "adjacent": 0.75, "far": 0.5}
    return [
        {
            "habitat": row["habitat"],
            "stock_id": row["stock_id"],
            "units": 0.0,
            "srm": srm[row["bank_id"][:-1]],
            "unit_price_gbp": float(row["unit_price"]),
            "stock": Decimal(row["units_available"]),
        }
        for row in stock.to_dict("records")
    ]


def perturbed(purchases: list[Json], offers: list[Json], rng: random.Random) -> list[Json]:
    """Some lots less of one or two purchases and some more of another offer, within its stock."""
    lots = {p["stock_id"]: round(p["units"] * 100) for p in purchases}
    for stock_id in rng.sample(sorted(lots), min(len(lots), rng.choice([1, 1, 2]))):
        lots[stock_id] -= rng.randint(0, min(lots[stock_id], rng.choice([1, 3, 20, 500])))
    more = rng.choice(offers)
    room = int(more["stock"] * 100) - lots.get(more["stock_id"], 0)
    taken = rng.randint(0, min(max(room, 0), rng.choice([1, 3, 20, 500])))
    lots[more["stock_id"]] = lots.get(more["stock_id"], 0) + taken
    by_id = {offer["stock_id"]: offer for offer in offers}
    return [
        {**by_id[stock_id], "units": round(count * 0.01, 2)}
        for stock_id, count in lots.items()
        if count
    ]
