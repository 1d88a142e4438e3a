"""The classical formulation, written apart from bng_core.model: which offer answers which loss.

x[o, d] >= 0 bought units of offer o that answer loss d;  y[o] >= 0 units that answer none;
open[b] in {0, 1} with a bank limit. A unit gained on site, or off site already, is an offer of
price 0 that counts for no headline. Rules: metric/OFFICIAL.md (b), in units before SRM.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pulp

from bng_core.demand import Demand
from bng_core.reference import load_habitats, load_neighbours
from bng_core.terms import Habitat, Module, Place

RANK = {"Very High": 4, "High": 3, "Medium": 2, "Low": 1, "Very Low": 0}


@dataclass(frozen=True)
class Supply:
    """Units of one habitat at one bank; a bank of "" is the development itself."""

    name: str
    bank_id: str
    habitat: Habitat
    units: float
    srm: float
    price_gbp: float


def answers(lost: Habitat, gained: Habitat) -> bool:
    """Whether a unit gained may stand for a unit lost."""
    if lost.module != gained.module:
        return False
    low, high = RANK[lost.distinctiveness], RANK[gained.distinctiveness]
    same = lost.label == gained.label
    if lost.module == "area":
        group = low == high == 2 and lost.trading_group == gained.trading_group
        return same if low >= 3 else group or high > 2 if low == 2 else high >= low
    if lost.module == "hedgerow":
        return same if low == 4 else same or high == 4 if low == 3 else high >= low
    return same if low >= 2 else high >= low


def multiplier(site: Place, lpa: str, nca: str) -> float:
    """Spatial risk by LPA and NCA alone; a market without catchments has no other."""
    if lpa == site.lpa or nca == site.nca:
        return 1.0
    near = lpa in load_neighbours("lpa")[site.lpa] or nca in load_neighbours("nca")[site.nca]
    return 0.75 if near else 0.5


def supplies(
    tables: Mapping[str, list[dict[str, str]]], site: Place, contract_size: str
) -> Iterator[Supply]:
    """Priced stock of a market, from its rows as text; every price is valid on any day."""
    tiers = {1.0: "local", 0.75: "adjacent", 0.5: "far"}
    srm = {row["bank_id"]: multiplier(site, row["lpa"], row["nca"]) for row in tables["banks"]}
    listed = {
        (row["bank_id"], row["habitat"], row["tier"]): row
        for row in tables["prices"]
        if row["contract_size"] == contract_size
    }
    for row in tables["stock"]:
        bank_id, label, factor = row["bank_id"], row["habitat"], srm[row["bank_id"]]
        own = listed.get((bank_id, label, tiers[factor]))
        if price := own or listed.get((bank_id, label, "any")):
            effective = price.get("basis") == "effective"
            price_gbp = float(price["unit_price"]) * (factor if effective else 1)
            habitat = load_habitats().by_label[label]
            units = float(row["units_available"])
            yield Supply(row["stock_id"], bank_id, habitat, units, factor, price_gbp)


@dataclass
class Assignment:
    """The classical problem of one development."""

    demand: Demand
    offers: list[Supply]
    max_banks: int | None = None
    problem: pulp.LpProblem = field(default_factory=lambda: pulp.LpProblem("assignment"))

    def least_cost(self) -> float | None:
        """GBP of the cheapest lawful purchase; None where there is none."""
        self._build()
        self.problem.solve(pulp.HiGHS(msg=False, gapRel=0, gapAbs=1e-3, threads=1))
        if pulp.LpStatus[self.problem.status] == "Infeasible":
            return None
        assert pulp.LpStatus[self.problem.status] == "Optimal"
        return float(pulp.value(self.problem.objective))

    def _build(self) -> None:
        habitats = load_habitats().by_label
        changed = {habitats[label]: float(u) for label, u in self.demand.changes.items()}
        lost = {h: -units for h, units in changed.items() if units < 0}
        surplus = [Supply("", "", h, units, 0, 0) for h, units in changed.items() if units > 0]
        sources = [*surplus, *self.offers]
        answering: dict[Habitat, list[pulp.LpVariable]] = {h: [] for h in lost}
        total: list[pulp.LpAffineExpression] = []
        for number, source in enumerate(sources):
            parts = [self.problem.add_variable(f"y_{number}", 0)]
            for position, habitat in enumerate(lost):
                if answers(habitat, source.habitat):
                    parts.append(self.problem.add_variable(f"x_{number}_{position}", 0))
                    answering[habitat].append(parts[-1])
            total.append(pulp.lpSum(parts))
            self.problem += total[-1] <= source.units
        self.problem += pulp.lpSum(s.price_gbp * t for s, t in zip(sources, total, strict=True))
        for habitat, units in lost.items():
            if RANK[habitat.distinctiveness] or habitat.module != "area":
                self.problem += pulp.lpSum(answering[habitat]) >= units
        for module, need in self.demand.headline.items():
            self._headline(module, float(need.needed), sources, total)
        if self.max_banks is not None:
            self._limit_banks(sources, total)

    def _headline(
        self,
        module: Module,
        needed: float,
        sources: list[Supply],
        total: list[pulp.LpAffineExpression],
    ) -> None:
        counted = [
            source.srm * units
            for source, units in zip(sources, total, strict=True)
            if source.habitat.module is module
        ]
        if needed > 0:
            self.problem += pulp.lpSum(counted) >= needed

    def _limit_banks(self, sources: list[Supply], total: list[pulp.LpAffineExpression]) -> None:
        banks = sorted({source.bank_id for source in self.offers})
        opened = {
            bank: self.problem.add_variable(f"open_{number}", cat="Binary")
            for number, bank in enumerate(banks)
        }
        for source, units in zip(sources, total, strict=True):
            if source.bank_id:
                self.problem += units <= source.units * opened[source.bank_id]
        self.problem += pulp.lpSum(opened.values()) <= self.max_banks
