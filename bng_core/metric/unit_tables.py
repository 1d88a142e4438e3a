"""The lookup tables of the unit formulas (sheets G-1 to G-8), keyed as the tool looks them up.

Text keys are in lower case, numbers are numbers; an entry may be a text of the tool such as
"Not Possible ▲", which gives no units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bng_core.metric.cell_values import Value
from bng_core.reference import table

Lookup = Mapping[Value, Value]
Grid = Mapping[Value, Lookup]

_NOT_DATA = ("valid_from", "source")


def as_value(text: str) -> Value:
    """A table's entry: a number where it reads as one."""
    try:
        return float(text)
    except ValueError:
        return text


def _key(text: str) -> Value:
    value = as_value(text)
    return value.casefold() if isinstance(value, str) else value


def _rows(name: str) -> list[dict[str, str]]:
    return list(table(f"units/{name}.csv"))


def _lookup(name: str, key: str, value: str, kind: str | None = None) -> Lookup:
    return {
        _key(row[key]): as_value(row[value])
        for row in _rows(name)
        if kind is None or row["kind"] == kind
    }


def _grid(name: str) -> Grid:
    """A table whose first column names the row; the other columns are looked up by heading."""
    rows = _rows(name)
    first, *others = [column for column in rows[0] if column not in _NOT_DATA]
    return {
        _key(row[first]): {_key(column): as_value(row[column]) for column in others} for row in rows
    }


@dataclass(frozen=True)
class AreaHabitat:
    """A row of G-1 All Habitats: what the formulas ask of an area habitat."""

    label: str
    distinctiveness: str
    trading_rule: str
    difficulty_creation: str
    difficulty_enhancement: str
    irreplaceable: str
    covers_ground: bool


@dataclass(frozen=True)
class LinearHabitat:
    """A hedgerow type (G-6) or watercourse type (G-7)."""

    distinctiveness: str
    score: float
    difficulty_creation: str
    difficulty_enhancement: str
    trading_rule: str


@dataclass(frozen=True)
class UnitTables:
    """Everything that the unit formulas look up."""

    area: Mapping[Value, AreaHabitat]
    area_by_label: Mapping[Value, AreaHabitat]
    hedgerow: Mapping[Value, LinearHabitat]
    watercourse: Mapping[Value, LinearHabitat]
    distinctiveness: Lookup
    condition: Lookup
    area_condition: Grid
    watercourse_condition: Grid
    watercourse_conditions: tuple[str, ...]
    only_condition: Lookup
    encroachment_owner: Mapping[Value, str]
    area_creation_years: Grid
    area_enhancement_years: Grid
    hedgerow_creation_years: Grid
    hedgerow_condition_years: Grid
    hedgerow_type_years: Grid
    hedgerow_changes: Grid
    watercourse_creation_years: Lookup
    watercourse_enhancement_years: Grid
    temporal: Lookup
    difficulty: Lookup
    significance: Mapping[str, Lookup]
    spatial: Mapping[str, Lookup]
    encroachment: Mapping[str, Lookup]
    creation_exceptions: Mapping[str, tuple[int, int]]
    enhancement_exceptions: Mapping[Value, frozenset[str]]
    trees_ha: Lookup
    hedgerow_type_names: tuple[str, ...]
    watercourse_type_names: tuple[str, ...]
    encroachment_names: Mapping[str, tuple[str, ...]]


@cache
def unit_tables() -> UnitTables:
    """The tables of the statutory metric in force since 12 February 2024."""
    area = {_key(row["habitat_type"]): _area_habitat(row) for row in _rows("area_habitats")}
    return UnitTables(
        area=area,
        area_by_label={habitat.label.casefold(): habitat for habitat in area.values()},
        hedgerow=_linear("hedgerow_habitats"),
        watercourse=_linear("watercourse_habitats"),
        distinctiveness=_lookup("distinctiveness_scores", "distinctiveness", "score"),
        condition=_lookup("condition_scores", "condition", "score"),
        area_condition=_grid("area_condition_scores"),
        watercourse_condition=_grid("watercourse_habitats"),
        watercourse_conditions=("good", "fairly good", "moderate", "fairly poor", "poor"),
        only_condition=_lookup("hedgerow_habitats", "habitat_type", "only_condition"),
        encroachment_owner={
            _key(row["category"]): row["only_for"]
            for row in _rows("encroachment")
            if row["only_for"]
        },
        area_creation_years=_grid("area_creation_years"),
        area_enhancement_years=_grid("area_enhancement_years"),
        hedgerow_creation_years=_grid("hedgerow_creation_years"),
        hedgerow_condition_years=_grid("hedgerow_condition_years"),
        hedgerow_type_years=_grid("hedgerow_enhancement_years"),
        hedgerow_changes=_grid("hedgerow_enhancement_changes"),
        watercourse_creation_years=_lookup("watercourse_creation_years", "condition", "years"),
        watercourse_enhancement_years=_grid("watercourse_enhancement_years"),
        temporal=_lookup("temporal_multipliers", "years", "multiplier"),
        difficulty=_lookup("difficulty", "category", "multiplier"),
        significance=_by_kind("strategic_significance", "description"),
        spatial=_by_kind("spatial_categories", "category"),
        encroachment=_by_kind("encroachment", "category"),
        creation_exceptions=_creation_exceptions(),
        enhancement_exceptions=_enhancement_exceptions(),
        trees_ha=_lookup("tree_sizes", "size", "rpa_ha_per_tree"),
        hedgerow_type_names=tuple(row["habitat_type"] for row in _rows("hedgerow_habitats")),
        watercourse_type_names=tuple(row["habitat_type"] for row in _rows("watercourse_habitats")),
        encroachment_names={
            kind: tuple(row["category"] for row in _rows("encroachment") if row["kind"] == kind)
            for kind in ("watercourse", "riparian")
        },
    )


def _area_habitat(row: dict[str, str]) -> AreaHabitat:
    return AreaHabitat(
        label=row["label"],
        distinctiveness=row["distinctiveness"],
        trading_rule=row["trading_rule"],
        difficulty_creation=row["difficulty_creation"],
        difficulty_enhancement=row["difficulty_enhancement"],
        irreplaceable=row["irreplaceable"],
        covers_ground=row["covers_ground"] == "yes",
    )


def _linear(name: str) -> dict[Value, LinearHabitat]:
    return {
        _key(row["habitat_type"]): LinearHabitat(
            row["distinctiveness"],
            float(row["score"]),
            row["difficulty_creation"],
            row["difficulty_enhancement"],
            row["trading_rule"],
        )
        for row in _rows(name)
    }


def _by_kind(name: str, key: str) -> dict[str, Lookup]:
    kinds = dict.fromkeys(row["kind"] for row in _rows(name))
    return {kind: _lookup(name, key, "multiplier", kind) for kind in kinds}


def _creation_exceptions() -> dict[str, tuple[int, int]]:
    return {
        row["habitat_type"].casefold(): (
            int(row["row_below_on_site"]),
            int(row["row_below_off_site"]),
        )
        for row in _rows("creation_exceptions")
    }


def _enhancement_exceptions() -> dict[Value, frozenset[str]]:
    found: dict[Value, set[str]] = {}
    for row in _rows("enhancement_exceptions"):
        found.setdefault(_key(row["habitat_type"]), set()).add(row["only_from"].casefold())
    return {habitat: frozenset(labels) for habitat, labels in found.items()}
