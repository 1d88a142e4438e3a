"""Stock and price lists as arrays, and how each development sees them (§2.3, §2.10)."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

import numpy as np
from numpy.typing import NDArray

from bng_core.market import Market, rows
from bng_core.offers import Offer, PriceTerms, Tiers, price_of_unit, prices_on
from bng_core.portfolio.folder import Site
from bng_core.portfolio.highs import Floats, Ints
from bng_core.portfolio.rows import Kinds
from bng_core.reference import load_spatial_risk
from bng_core.spatial import SpatialRisk, spatial_risk
from bng_core.terms import Basis, ContractSize, Module, Place, Relation, SpatialRoute

RELATIONS = list(Relation)
_NUMBER = {relation: number for number, relation in enumerate(RELATIONS)}


@dataclass(frozen=True)
class StockRow:
    """One row of stock.csv; units are bought units."""

    stock_id: str
    bank_id: str
    kind: int
    units_available: Decimal


class Shelf:
    """The stock of one module, a position for each row, in the order of the stock ids.

    `steps` is what each row can sell in whole lots, or in units where the lot is 0; `srm` is the
    spatial risk multiplier of each kind of habitat by relation.
    """

    def __init__(self, market: Market, module: Module, lot: Decimal) -> None:
        self.kinds, self.lot = Kinds(module), lot
        columns = ("stock_id", "bank_id", "habitat", "units_available")
        self.rows = [
            StockRow(stock_id, bank_id, self.kinds.number[habitat], Decimal(units))
            for stock_id, bank_id, habitat, units in sorted(rows(market.stock, *columns))
            if habitat in self.kinds.number and Decimal(units) > 0
        ]
        self.kind: Ints = np.array([row.kind for row in self.rows], dtype=np.int64)
        self.steps: Floats = np.array([self._whole_steps(r.units_available) for r in self.rows])
        self._routes = [habitat.route for habitat in self.kinds.habitats]
        self.positions_by_route = {
            route: np.flatnonzero([self._routes[row.kind] is route for row in self.rows])
            for route in dict.fromkeys(self._routes)
        }
        risks = load_spatial_risk()
        self.srm = np.array([[float(risks[r, rel]) for rel in RELATIONS] for r in self._routes])

    def _whole_steps(self, units: Decimal) -> float:
        whole = (units / self.lot).to_integral_value(ROUND_DOWN) if self.lot else units
        return float(whole)

    def route(self, kind: int) -> SpatialRoute:
        """Which geography decides the multiplier of a kind of habitat."""
        return self._routes[kind]

    def units(self, steps: float) -> Decimal:
        """Steps as exact units; whole lots where there are lots."""
        return round(steps) * self.lot if self.lot else Decimal(repr(float(steps)))


class PriceBook:
    """Prices and relations, looked up once for all developments that share them."""

    def __init__(self, market: Market, default_basis: Basis) -> None:
        self._market, self._default_basis = market, default_basis
        self._banks = market.places()
        places = list(dict.fromkeys(self._banks.values()))
        self._places = {place: number for number, place in enumerate(places)}
        self._lists: dict[PriceTerms, dict[tuple[str, str], Tiers]] = {}
        self._tables: dict[tuple[Module, PriceTerms], Floats] = {}
        self._risks: dict[tuple[Place, SpatialRoute], list[SpatialRisk]] = {}
        self._near: dict[tuple[Place, SpatialRoute], NDArray[np.int8]] = {}
        self._at: dict[Module, Ints] = {}

    def relations(self, site: Place, shelf: Shelf) -> NDArray[np.int8]:
        """How near each stock row is to a development, as its number in RELATIONS."""
        module = shelf.kinds.module
        if module not in self._at:
            self._at[module] = np.array([self._bank(row) for row in shelf.rows], dtype=np.int64)
        near = np.zeros(len(shelf.rows), dtype=np.int8)
        for route, positions in shelf.positions_by_route.items():
            near[positions] = self._ranks(site, route)[self._at[module][positions]]
        return near

    def table(self, site: Site, shelf: Shelf) -> Floats:
        """GBP per step by relation and stock row; infinite where there is no price."""
        terms = self._terms(site.contract_size, site.on_date)
        key = (shelf.kinds.module, terms)
        if key not in self._tables:
            step = float(shelf.lot or 1)
            risks = load_spatial_risk()
            table = np.full((len(RELATIONS), len(shelf.rows)), np.inf)
            for position, row in enumerate(shelf.rows):
                tiers = self._listed(terms, shelf, row)
                for number, relation in enumerate(RELATIONS if tiers else ()):
                    srm = risks[shelf.route(row.kind), relation]
                    price = price_of_unit(tiers, SpatialRisk(relation, srm, ""), terms)
                    if price is not None:
                        table[number, position] = float(price) * step
            self._tables[key] = table
        return self._tables[key]

    def offer(self, site: Site, shelf: Shelf, position: int) -> Offer:
        """A stock row as an offer to a development, exactly as `price_offers` makes it."""
        row, terms = shelf.rows[position], self._terms(site.contract_size, site.on_date)
        spatial = self._risk(site.place, shelf.route(row.kind))[self._bank(row)]
        unit_price = price_of_unit(self._listed(terms, shelf, row), spatial, terms)
        if unit_price is None:
            raise KeyError(row.stock_id)
        return Offer(
            row.stock_id, row.bank_id, shelf.kinds.habitats[row.kind], row.units_available,
            spatial.multiplier, spatial.relation, spatial.reason, unit_price,
        )  # fmt: skip

    def _risk(self, site: Place, route: SpatialRoute) -> list[SpatialRisk]:
        if (site, route) not in self._risks:
            self._risks[site, route] = [spatial_risk(site, bank, route) for bank in self._places]
        return self._risks[site, route]

    def _ranks(self, site: Place, route: SpatialRoute) -> NDArray[np.int8]:
        if (site, route) not in self._near:
            ranks = [_NUMBER[risk.relation] for risk in self._risk(site, route)]
            self._near[site, route] = np.array(ranks, dtype=np.int8)
        return self._near[site, route]

    def _bank(self, row: StockRow) -> int:
        return self._places[self._banks[row.bank_id]]

    def _listed(self, terms: PriceTerms, shelf: Shelf, row: StockRow) -> Tiers:
        if terms not in self._lists:
            self._lists[terms] = dict(prices_on(self._market.prices, terms))
        return self._lists[terms].get((row.bank_id, shelf.kinds.habitats[row.kind].label), {})

    def _terms(self, size: ContractSize, day: date) -> PriceTerms:
        return PriceTerms(_ANYWHERE, size, day, self._default_basis)


_ANYWHERE = Place("", "")
"""Prices by relation do not depend on the place."""
