"""Which rows of the rulebook are in force on a day; answers always use the rulebook as it is.

A row holds from its `valid_from` until another of the same key holds. Looking at another day is a
preview: quoting by rules that are not in force would not be lawful, so nothing can switch to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bng_core.reference import table

KEYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "trading_rules.csv": ("Trading rules", ("module", "distinctiveness")),
    "spatial_risk.csv": ("Spatial risk multipliers", ("route", "relation")),
    "statutory_credits.csv": ("Statutory credit prices", ("tier",)),
    "contract_sizes.csv": ("Contract sizes", ("contract_size",)),
    "habitats.csv": ("Habitats", ("label",)),
}
"""By table of rules, its name in words and the columns that say what a row is about."""

ANNOUNCED = "announced"
"""What a row has for a day that the law has not named yet: it is in force on no day."""

Row = dict[str, str]


@dataclass(frozen=True)
class Change:
    """A row that is not the same on two days; None where it is not in force on one of them."""

    about: str
    before: Row | None
    after: Row | None


@dataclass(frozen=True)
class RulesOfDay:
    """One table on a day: how many rows are in force and since when, and what differs from today.

    `since` is the latest day on which a row in force began; None where none is. `announced` rows
    have no day yet.
    """

    name: str
    in_force: int
    announced: int
    since: date | None
    changes: tuple[Change, ...]


def preview(day: date, today: date) -> list[RulesOfDay]:
    """Every table of rules on a day, compared with today."""
    return [_compare(file, day, today) for file in KEYS]


def rows_in_force(rows: list[Row], key: tuple[str, ...], day: date) -> dict[tuple[str, ...], Row]:
    """The rows that hold on a day, by key: of each the last that began by then."""
    dated = [row for row in rows if row["valid_from"] != ANNOUNCED]
    begun = [row for row in dated if date.fromisoformat(row["valid_from"]) <= day]
    begun.sort(key=lambda row: row["valid_from"])
    return {tuple(row[name] for name in key): row for row in begun}


def _compare(file: str, day: date, today: date) -> RulesOfDay:
    name, key = KEYS[file]
    rows = list(table(file))
    then, now = (rows_in_force(rows, key, wanted) for wanted in (day, today))
    began = [date.fromisoformat(row["valid_from"]) for row in then.values()]
    announced = sum(row["valid_from"] == ANNOUNCED for row in rows)
    changes = tuple(_changes(now, then))
    return RulesOfDay(name, len(then), announced, max(began, default=None), changes)


def _changes(now: dict[tuple[str, ...], Row], then: dict[tuple[str, ...], Row]) -> Iterator[Change]:
    for key in dict.fromkeys([*now, *then]):
        if now.get(key) != then.get(key):
            yield Change(", ".join(key), now.get(key), then.get(key))
