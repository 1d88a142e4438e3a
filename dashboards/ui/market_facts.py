"""What the market page shows: the banks, lots and prices that match, as points and rows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache

from bng_core.actor import Actor
from bng_core.errors import BadInput
from bng_core.market import ANY_TIER, Market, rows
from bng_core.places import find_lpa, find_nca
from bng_core.reference import load_contract_sizes, load_habitats, table
from bng_core.store import Store, market_version
from bng_core.store.ledger import Lot, list_lots
from bng_core.store.market_exchange import market_of_version
from bng_core.terms import Basis
from dashboards.ui.maps import MapPoint
from dashboards.ui.paged_table import Listing
from dashboards.ui.tables import Column
from dashboards.ui.text import Cell, counted, day, pounds, units

NOTHING = Decimal(0)
MOST_PRICES = 10_000
"""More than these are not listed: nobody turns a thousand pages."""

BASES = {
    Basis.BOUGHT: "bought unit",
    Basis.EFFECTIVE: "unit after the spatial risk multiplier",
}
UNIT_COLUMNS = (
    Column("Free", is_figure=True),
    Column("Held by quotes", is_figure=True),
    Column("Sold", is_figure=True),
    Column("Received", is_figure=True),
)


@dataclass(frozen=True)
class Wanted:
    """What to look for; blank or empty is everything. Banks are meant by their ids."""

    habitat: str = ""
    lpa: str = ""
    nca: str = ""
    bank_ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class MarketFacts:
    """A version of the market with the lots as they stand, or the part of it that matches."""

    version: str
    market: Market
    lots: list[Lot]


def load_facts(store: Store, actor: Actor) -> MarketFacts:
    """The market as it stands. Raises NotAllowed, StoreError."""
    version = market_version(store)
    return MarketFacts(version, market_of_version(store, actor, version), list_lots(store, actor))


def narrowed(facts: MarketFacts, wanted: Wanted) -> MarketFacts:
    """The banks that match, and their lots and prices of the habitat.

    Habitats and places may be written as people do. Raises BadInput, UnknownPlace.
    """
    habitat = _label(wanted.habitat)
    banks, stock, prices = facts.market.tables().values()
    if habitat:
        stock = stock[stock["habitat"] == habitat]
        prices = prices[prices["habitat"] == habitat]
        banks = banks[banks["bank_id"].isin(set(stock["bank_id"]))]
    if wanted.lpa:
        banks = banks[banks["lpa"] == find_lpa(wanted.lpa)]
    if wanted.nca:
        banks = banks[banks["nca"] == find_nca(wanted.nca)]
    if wanted.bank_ids:
        banks = banks[banks["bank_id"].isin(wanted.bank_ids)]
    kept = set(banks["bank_id"])
    stock, prices = (frame[frame["bank_id"].isin(kept)] for frame in (stock, prices))
    lots = [lot for lot in facts.lots if lot.bank_id in kept and habitat in ("", lot.habitat)]
    return replace(facts, market=Market(banks, stock, prices), lots=lots)


def habitats_for_sale(facts: MarketFacts) -> list[str]:
    """The habitats of which there are lots, in the order of the official lists."""
    known = {lot.habitat for lot in facts.lots}
    return [label for label in load_habitats().labels() if label in known]


def points(facts: MarketFacts) -> list[MapPoint]:
    """The banks as points; one without coordinates stands at the centre of its LPA and says so."""
    free = _free_by_bank(facts.lots)
    found = []
    for bank_id, name, lpa, lat, lon in rows(
        facts.market.banks, "bank_id", "bank_name", "lpa", "lat", "lon"
    ):
        place = (float(lat), float(lon)) if lat and lon else _centres()[lpa]
        about = "" if lat and lon else "; no coordinates, shown at the centre of its LPA"
        detail = f"{units(free.get(bank_id, NOTHING)).text} units free{about}"
        found.append(MapPoint(bank_id, name, *place, detail=detail))
    return found


def listed_banks(facts: MarketFacts) -> Listing:
    """The banks with what they have free."""
    free = _free_by_bank(facts.lots)
    habitats: dict[str, set[str]] = {}
    for lot in facts.lots:
        if lot.units_available:
            habitats.setdefault(lot.bank_id, set()).add(lot.habitat)
    listed = [
        [
            name,
            bank_id,
            lpa,
            nca,
            reference or "–",
            Cell(str(len(habitats.get(bank_id, ())))),
            units(free.get(bank_id, NOTHING)),
        ]
        for bank_id, name, lpa, nca, reference in rows(
            facts.market.banks, "bank_id", "bank_name", "lpa", "nca", "register_reference"
        )
    ]
    columns = [
        Column("Habitat bank"),
        Column("Id"),
        Column("Local planning authority (LPA)"),
        Column("National character area (NCA)"),
        Column("Register reference"),
        Column("Habitats with free units", is_figure=True),
        Column("Free units", is_figure=True),
    ]
    return Listing("Habitat banks", columns, listed, "bank", "banks")


def listed_habitats(facts: MarketFacts) -> Listing:
    """What is left and held, by habitat; units before the spatial risk multiplier."""
    lots: dict[str, list[Lot]] = {}
    for lot in facts.lots:
        lots.setdefault(lot.habitat, []).append(lot)
    listed = [
        [
            habitat,
            Cell(str(len({lot.bank_id for lot in lots[habitat] if lot.units_available}))),
            *_figures(lots[habitat]),
        ]
        for habitat in habitats_for_sale(facts)
    ]
    columns = [Column("Habitat"), Column("Banks with free units", is_figure=True), *UNIT_COLUMNS]
    caption = "Units by habitat, before the spatial risk multiplier"
    return Listing(caption, columns, listed, "habitat", "habitats")


def listed_lots(facts: MarketFacts) -> Listing:
    """Every lot as it stands."""
    listed = [[lot.stock_id, lot.bank_name, lot.habitat, *_figures([lot])] for lot in facts.lots]
    columns = [Column("Lot"), Column("Habitat bank"), Column("Habitat"), *UNIT_COLUMNS]
    return Listing("Lots of units", columns, listed, "lot", "lots")


def listed_prices(facts: MarketFacts, today: date) -> Listing:
    """The price lists with the days on which they hold."""
    names = facts.market.bank_names()
    columns = ("bank_id", "habitat", "contract_size", "tier", "unit_price", "basis")
    listed = [
        [
            names[bank_id],
            habitat,
            size,
            "any" if tier == ANY_TIER else tier,
            pounds(price),
            BASES[Basis(basis or Basis.BOUGHT)],
            validity(since, until, today),
        ]
        for bank_id, habitat, size, tier, price, basis, since, until in rows(
            facts.market.prices, *columns, "valid_from", "valid_to"
        )
    ]
    titles = (
        Column("Habitat bank"),
        Column("Habitat"),
        Column("Contract size"),
        Column("How near"),
        Column("Price", is_figure=True),
        Column("Per"),
        Column("Holds"),
    )
    return Listing("Price lists", titles, listed, "price", "prices")


def validity(since: str, until: str, today: date) -> str:
    """The days on which a price holds, and whether today is one of them.

    >>> validity("", "2026-01-31", date(2026, 2, 1))
    'ended on 31 January 2026'
    """
    first = date.fromisoformat(since) if since else None
    last = date.fromisoformat(until) if until else None
    if last and last < today:
        return f"ended on {day(last)}"
    to = f" until {day(last)}" if last else ""
    if first and first > today:
        return f"not yet; from {day(first)}{to}"
    return f"now{f', since {day(first)}' if first else ''}{to}"


def size_words() -> str:
    """The contract sizes in a sentence (§2.10)."""
    parts, below = [], ""
    for size, limit in load_contract_sizes():
        end = f"below {limit:f}" if limit is not None else "and more"
        parts.append(f"{size} {f'{below} to ' if below and limit is not None else below} {end}")
        below = f"{limit:f}" if limit is not None else ""
    told = "; ".join(" ".join(part.split()) for part in parts)
    return f"Contract sizes go by the units required in total: {told} units."


def summary(facts: MarketFacts, wanted: Wanted) -> str:
    """What matches, in a sentence."""
    limits = [limit for limit in (wanted.habitat, wanted.lpa, wanted.nca) if limit]
    chosen = " chosen on the map" if wanted.bank_ids else ""
    of = f" for {', '.join(limits)}" if limits else ""
    free = units(sum((lot.units_available for lot in facts.lots), NOTHING)).text
    return (
        f"{counted(len(facts.market.banks), 'bank')}{chosen}{of}, "
        f"{counted(len(facts.lots), 'lot')}, {free} units free."
    )


def _label(text: str) -> str:
    """The official label of a habitat that somebody typed; blank stays blank."""
    if not text:
        return ""
    try:
        return load_habitats().find(text).label
    except KeyError:
        raise BadInput(
            f"“{text[:60]}” is not a habitat of the statutory metric; choose one of the list."
        ) from None


def _free_by_bank(lots: Iterable[Lot]) -> dict[str, Decimal]:
    free: dict[str, Decimal] = {}
    for lot in lots:
        free[lot.bank_id] = free.get(lot.bank_id, NOTHING) + lot.units_available
    return free


def _figures(lots: list[Lot]) -> list[Cell]:
    fields = ("units_available", "held", "sold", "received")
    return [units(sum((getattr(lot, field) for lot in lots), NOTHING)) for field in fields]


@cache
def _centres() -> dict[str, tuple[float, float]]:
    centres = table("geography/lpa.csv")
    return {row["name"]: (float(row["lat"]), float(row["lon"])) for row in centres}
