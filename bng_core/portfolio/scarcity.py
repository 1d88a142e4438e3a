"""What is scarce: what one more unit would save, where, and what to create next.

The prices of scarcity are the duals of the joint optimum with divisible units. What one more whole
unit saves is found by solving again with it, so it holds whatever the dual's range is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from bng_core.market import Market
from bng_core.portfolio.block import LOCAL
from bng_core.portfolio.joint import Outcome, Solved
from bng_core.portfolio.shelf import RELATIONS
from bng_core.trading import ZERO

Json = dict[str, Any]

SOLVED_AGAIN = 5
"""Scarce stock rows of each module that are solved again with one more unit."""

A_POUND = 1.0
"""GBP per unit below which nothing is called scarce."""

CREATE_NEXT = 20
"""Habitats named as worth creating, in all modules together."""


def find_scarcity(solved: Sequence[Solved], outcome: Outcome, market: Market) -> Json:
    """Scarce stock, demand against supply by habitat and by area, and what to create next."""
    return {
        "stock": [row for each in solved for row in _scarce_stock(each, market)],
        "habitats": [row for each in solved for row in _habitats(each, outcome)],
        "areas": _areas(solved, outcome, market),
        "create_next": _create_next(solved),
    }


def _scarce_stock(solved: Solved, market: Market) -> Iterator[Json]:
    """Stock rows that others are waiting for, the scarcest first."""
    shelf, names, places = solved.field.shelf, market.bank_names(), market.places()
    prices = solved.relaxed.scarcity / float(shelf.lot or 1)
    order = np.argsort(-prices, kind="stable")
    for rank, position in enumerate(order[prices[order] >= A_POUND]):
        row, price = shelf.rows[position], float(prices[position])
        label = shelf.kinds.habitats[row.kind].label
        saves = one_more_unit_saves(solved, int(position)) if rank < SOLVED_AGAIN else None
        known = f" £{saves:,.0f}" if saves is not None else f" up to £{price:,.0f}"
        yield {
            "stock_id": row.stock_id,
            "bank_id": row.bank_id,
            "habitat": label,
            "lpa": places[row.bank_id].lpa,
            "nca": places[row.bank_id].nca,
            "units_available": float(row.units_available),
            "price_of_scarcity_gbp": round(price, 2),
            "one_more_unit_saves_gbp": None if saves is None else round(saves, 2),
            "message": f"One more unit of {label} at {names[row.bank_id]} would save{known}.",
        }


def one_more_unit_saves(solved: Solved, position: int) -> float:
    """GBP by which the joint cost falls with one more unit in stock, solved anew."""
    master, shelf = solved.master, solved.field.shelf
    before = float(shelf.steps[position])
    master.more_stock(position, before + 1 / float(shelf.lot or 1))
    cost = master.relax().cost
    master.more_stock(position, before)
    return solved.relaxed.cost - cost


@dataclass
class _Sold:
    """Bought units by relation, and how many developments buy them."""

    units: list[Decimal]
    developments: int = 0


def _sold_by_label(outcome: Outcome) -> dict[str, _Sold]:
    sold: dict[str, _Sold] = {}
    for lines in outcome.purchases.values():
        for offer, units in lines:
            row = sold.setdefault(offer.habitat.label, _Sold([ZERO] * len(RELATIONS)))
            row.units[RELATIONS.index(offer.relation)] += units
        for label in {offer.habitat.label for offer, _ in lines}:
            sold[label].developments += 1
    return sold


def _habitats(solved: Solved, outcome: Outcome) -> Iterator[Json]:
    """Demand against supply: units lost, in stock near those who lost them, and sold."""
    shelf, labels = solved.field.shelf, solved.field.shelf.kinds.number
    lost, nearest = _lost_and_nearest(solved)
    sold, short = _sold_by_label(outcome), _short_by_label(outcome)
    prices = solved.relaxed.scarcity / float(shelf.lot or 1)
    for label, kind in sorted(labels.items()):
        here = shelf.kind == kind
        if not here.any() and label not in lost and label not in short:
            continue
        bought = sold.get(label, _Sold([ZERO] * len(RELATIONS)))
        stock = [ZERO] * (len(RELATIONS) + 1)
        for position in np.flatnonzero(here):
            stock[nearest[position]] += shelf.rows[position].units_available
        yield {
            "module": str(shelf.kinds.module),
            "habitat": label,
            "units_lost": float(lost.get(label, ZERO)),
            "units_in_stock": float(sum(stock, ZERO)),
            "stock_by_nearest_demand": _by_relation(stock, nobody=True),
            "units_sold": float(sum(bought.units, ZERO)),
            "sold_by_relation": _by_relation(bought.units),
            "developments": bought.developments,
            "units_short": float(short.get(label, ZERO)),
            "price_of_scarcity_gbp": round(float(prices[here].max(initial=0.0)), 2),
        }


def _lost_and_nearest(solved: Solved) -> tuple[dict[str, Decimal], list[int]]:
    """Units lost by label, and how near each stock row is to any development that lost its kind.

    A number beyond the relations says that no development lost that habitat.
    """
    shelf = solved.field.shelf
    lost: dict[str, Decimal] = {}
    nearest = np.full(len(shelf.rows), len(RELATIONS))
    for block in solved.field.blocks:
        for label, change in block.site.demand.changes.items():
            if change < 0 and label in shelf.kinds.number:
                lost[label] = lost.get(label, ZERO) - change
                here = shelf.kind == shelf.kinds.number[label]
                nearest[here] = np.minimum(nearest[here], block.near[here])
    return lost, nearest.tolist()


def _by_relation(units: Sequence[Decimal], nobody: bool = False) -> Json:
    named = {str(relation): float(units[n]) for n, relation in enumerate(RELATIONS)}
    return named | ({"not_lost": float(units[-1])} if nobody else {})


def _short_by_label(outcome: Outcome) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for short in outcome.short.values():
        for label, units in short.items():
            total[label] = total.get(label, ZERO) + units
    return total


def _areas(solved: Sequence[Solved], outcome: Outcome, market: Market) -> list[Json]:
    """By national character area of the banks: stock, sold, and the scarcest habitat."""
    places = market.places()
    found: dict[str, Json] = {}

    def area(bank_id: str) -> Json:
        empty = {"units_in_stock": ZERO, "units_sold": ZERO, "scarcest": "", "price": 0.0}
        return found.setdefault(places[bank_id].nca, empty)

    for each in solved:
        shelf = each.field.shelf
        prices = each.relaxed.scarcity / float(shelf.lot or 1)
        for position, row in enumerate(shelf.rows):
            here = area(row.bank_id)
            here["units_in_stock"] += row.units_available
            if prices[position] > max(here["price"], A_POUND):
                here["scarcest"] = shelf.kinds.habitats[row.kind].label
                here["price"] = float(prices[position])
    for offer, units in (line for lines in outcome.purchases.values() for line in lines):
        area(offer.bank_id)["units_sold"] += units
    return [
        {
            "nca": nca,
            "units_in_stock": float(row["units_in_stock"]),
            "units_sold": float(row["units_sold"]),
            "scarcest_habitat": row["scarcest"] or None,
            "price_of_scarcity_gbp": round(row["price"], 2),
        }
        for nca, row in sorted(found.items())
    ]


def _create_next(solved: Sequence[Solved]) -> list[Json]:
    """Habitats that a new bank could sell best: what a first local unit is worth, and where.

    The worth is what the development that needs it most would save by a unit that costs nothing; a
    new bank that asks less would sell. Ordered by what that is above the usual local price of the
    habitat, or of the module where nobody sells the habitat.
    """
    found = [row for each in solved for row in _worth_creating(each)]
    found.sort(key=lambda row: (-row["above_usual_gbp"], row["habitat"]))
    return found[:CREATE_NEXT]


def _worth_creating(solved: Solved) -> Iterator[Json]:
    shelf, blocks = solved.field.shelf, solved.field.blocks
    step = float(shelf.lot or 1)
    duals = zip(blocks, solved.relaxed.row_duals, strict=True)
    worths = np.array([block.worth(of_rows)[:, LOCAL] / step for block, of_rows in duals])
    lost, _ = _lost_and_nearest(solved)
    for kind, habitat in enumerate(shelf.kinds.habitats if blocks else ()):
        number = int(worths[:, kind].argmax())
        site, worth = blocks[number].site, float(worths[number, kind])
        if not habitat.score or worth < A_POUND:
            continue
        prices = blocks[number].table[LOCAL]
        own = prices[np.isfinite(prices) & (shelf.kind == kind)] / step
        if not len(own) and habitat.label not in lost:
            continue
        usual = float(np.median(own if len(own) else prices[np.isfinite(prices)] / step))
        yield {
            "habitat": habitat.label,
            "lpa": site.place.lpa,
            "nca": site.place.nca,
            "site_id": site.site_id,
            "worth_gbp": round(worth, 2),
            "usual_price_gbp": round(usual, 2) if len(own) else None,
            "above_usual_gbp": round(worth - usual, 2),
            "message": f"A unit of {habitat.label} near {site.place.lpa} would sell for up to"
            f" £{worth:,.0f} ({site.site_id} needs it most).",
        }
