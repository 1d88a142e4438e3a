"""What law, Defra and geography fix, as tables; no other module opens these files.

Each row carries `valid_from` and `source`; ORIGIN.md says where each file came from and how to
refresh it. Loaders are cached and return immutable views: read, never changed.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from bng_core.terms import (
    ContractSize,
    Distinctiveness,
    Habitat,
    Module,
    Relation,
    SpatialRoute,
)


def table(name: str) -> Iterator[dict[str, str]]:
    """Rows of one reference table, `name` relative to this folder."""
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def squeeze(text: str) -> str:
    """Text as compared everywhere: case and surplus blanks do not count."""
    return " ".join(text.split()).casefold()


class Habitats:
    """The habitats of the statutory metric, by official label and by the names people write."""

    def __init__(self, habitats: list[Habitat], trading_names: dict[tuple[Module, str], Habitat]):
        self.by_label: dict[str, Habitat] = {h.label: h for h in habitats}
        self._trading_names = trading_names
        self._names: dict[str, list[Habitat]] = {}
        for habitat in habitats:
            for name in {squeeze(habitat.label), squeeze(habitat.habitat_type)}:
                self._names.setdefault(name, []).append(habitat)

    def find(self, text: str, module: Module | None = None) -> Habitat:
        """The habitat of an official label, or of a bare habitat type where only one has it.

        Raises KeyError.
        """
        found = [h for h in self._names.get(squeeze(text), []) if module in (None, h.module)]
        if len(found) != 1:
            raise KeyError(text)
        return found[0]

    def by_trading_name(self, module: Module, text: str) -> Habitat:
        """The habitat of a row of the trading summary sheets, whose spelling differs at places.

        Raises KeyError.
        """
        return self._trading_names[module, squeeze(text)]

    def labels(self, module: Module | None = None) -> list[str]:
        """Official labels, in the order of the official lists."""
        return [h.label for h in self.by_label.values() if module in (None, h.module)]


@cache
def load_habitats() -> Habitats:
    """All habitats; source: G-1 All Habitats, G-6 Hedgerow Data, G-7 WaterC' Data."""
    habitats, trading_names = [], {}
    for row in table("habitats.csv"):
        habitat = Habitat(
            label=row["label"],
            module=Module(row["module"]),
            broad_habitat=row["broad_habitat"],
            habitat_type=row["habitat_type"],
            distinctiveness=Distinctiveness(row["distinctiveness"]),
            score=int(row["score"]),
            trading_group=row["trading_group"],
            credit_tier=row["credit_tier"],
            route=SpatialRoute(row["route"]),
        )
        habitats.append(habitat)
        if row["trading_sheet_name"]:
            trading_names[habitat.module, squeeze(row["trading_sheet_name"])] = habitat
    return Habitats(habitats, trading_names)


@dataclass(frozen=True)
class TradingRule:
    """What may answer a loss of one band: habitats that agree in `same`, and whether any better.

    `same` is a field of Habitat: label, trading_group or module.
    """

    module: Module
    distinctiveness: Distinctiveness
    same: str
    or_better: bool
    words: str
    source: str


@cache
def load_trading_rules() -> tuple[TradingRule, ...]:
    """The trading rules of the statutory metric, best band first in each module (§2.4)."""
    return tuple(
        TradingRule(
            Module(row["module"]),
            Distinctiveness(row["distinctiveness"]),
            row["same"],
            row["or_better"] == "yes",
            row["words"],
            row["source"],
        )
        for row in table("trading_rules.csv")
    )


@cache
def load_spatial_risk() -> dict[tuple[SpatialRoute, Relation], Decimal]:
    """Spatial risk multipliers by route and relation (§2.3)."""
    return {
        (SpatialRoute(row["route"]), Relation(row["relation"])): Decimal(row["multiplier"])
        for row in table("spatial_risk.csv")
    }


@dataclass(frozen=True)
class CreditPrice:
    """Price of statutory credits of one tier, GBP per credit before VAT, and credits per unit."""

    price_gbp_per_credit: Decimal
    credits_per_unit: int
    valid_from: str
    source: str

    @property
    def price_gbp_per_unit(self) -> Decimal:
        """GBP for one biodiversity unit that only credits can answer (§2.6)."""
        return self.price_gbp_per_credit * self.credits_per_unit


@cache
def load_credit_prices() -> dict[str, CreditPrice]:
    """Statutory credit prices by tier A1-A5, H, W."""
    return {
        row["tier"]: CreditPrice(
            Decimal(row["price_gbp_per_credit"]),
            int(row["credits_per_unit"]),
            row["valid_from"],
            row["source"],
        )
        for row in table("statutory_credits.csv")
    }


@cache
def load_contract_sizes() -> tuple[tuple[ContractSize, Decimal | None], ...]:
    """Contract sizes, smallest first, each with the units below which it applies (§2.10)."""
    return tuple(
        (
            ContractSize(row["contract_size"]),
            Decimal(row["below_units"]) if row["below_units"] else None,
        )
        for row in table("contract_sizes.csv")
    )


@cache
def load_neighbours(kind: str) -> dict[str, frozenset[str]]:
    """Neighbours of each lpa, nca, lnrs or marine_plan_area, by canonical name."""
    found: dict[str, set[str]] = {}
    for row in table(f"geography/{kind}_neighbours.csv"):
        found.setdefault(row["name_a"], set()).add(row["name_b"])
        found.setdefault(row["name_b"], set()).add(row["name_a"])
    return {name: frozenset(others) for name, others in found.items()}


@cache
def rulebook_version() -> str:
    """SHA-256 over every reference table: the same text means the same rules."""
    digest = hashlib.sha256()
    root = files(__name__)
    names = [entry.name for entry in root.iterdir() if entry.name.endswith(".csv")]
    for folder in ("geography", "units"):
        names += [f"{folder}/{entry.name}" for entry in root.joinpath(folder).iterdir()]
    for name in sorted(names):
        digest.update(name.encode() + b"\0" + root.joinpath(name).read_bytes())
    return digest.hexdigest()
