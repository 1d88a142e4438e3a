"""Area habitats, row by row: factors, and the creation sheets A-2 and D-2.

Formulas: §7.2 for units, §7.3 for years, §7.4 for difficulty. A row is its input cells by field;
the result is the row's official cells by the names of unit_columns.csv. Units are before the SRM;
`..._x_srm` is after it.
"""

from collections.abc import Mapping

from bng_core.metric.cell_values import (
    CellError,
    Value,
    above,
    as_shown,
    equal,
    if_error,
    look_up,
    product,
)
from bng_core.metric.timing import (
    BOTH,
    CHECK,
    LOW,
    POOR_REACHED,
    REACHED,
    STANDARD,
    area_years,
    creation_state,
    difficulty_multiplier,
    multiplier,
)
from bng_core.metric.unit_tables import AreaHabitat, unit_tables

Row = Mapping[str, Value]
Result = dict[str, Value]

VERY_HIGH_RULE = "Same habitat required – bespoke compensation option ⚠"
BROAD_SEPARATOR = " - "
NO_REFERENCE = "Off-site reference required ▲"
TREE_ERROR = "Error - you cannot enhance irreplaceable individual trees ▲"


def habitat_of(row: Row) -> AreaHabitat | None:
    """The habitat by its type alone, as the tool looks it up; None where it is unknown."""
    name = row.get("habitat")
    return unit_tables().area.get(name.casefold()) if isinstance(name, str) else None


def significance(row: Row) -> Value:
    """The strategic significance multiplier: "" when blank, #N/A for an unknown text."""
    text = row.get("strategic_significance")
    if text is None:
        return ""
    return as_shown(look_up, unit_tables().significance["area"], text)


def spatial_risk(row: Row, kind: str = "area") -> Value:
    """The SRM of the row's category: "" when blank, #N/A for an unknown text."""
    text = row.get("spatial_risk_category")
    if text is None:
        return ""
    return as_shown(look_up, unit_tables().spatial[kind], text)


def condition_score(label: str, condition: Value) -> Value:
    """G-8 Condition Look up: a score, or "Not Possible ▲"; "" where either is unknown."""

    def score() -> Value:
        return look_up(look_up(unit_tables().area_condition, label), condition)

    return if_error("", score)


def distinctiveness_score(band: Value) -> Value:
    """The score of a distinctiveness band; "" for a text that is no band."""
    return if_error("", look_up, unit_tables().distinctiveness, band)


def creation(row: Row, off_site: bool, excepted: bool) -> Result:
    """A creation row of A-2 or D-2; `excepted` from enhancement difficulty at Poor (§7.4)."""
    habitat = habitat_of(row)
    label = habitat.label if habitat else ""
    score = distinctiveness_score(habitat.distinctiveness) if habitat else ""
    condition = condition_score(label, row.get("condition"))
    standard, poor = _creation_years(label, row.get("condition")), _creation_years(label, "Poor")
    advance, delay = row.get("advance_years"), row.get("delay_years")
    state = _state(row, score, standard, poor)
    if state == BOTH or equal(standard, "Not Possible"):
        years: Value = CHECK
    elif equal(standard, ""):
        years = ""
    else:
        years = as_shown(area_years, standard, advance, delay)
    timing = (STANDARD if excepted and state == POOR_REACHED else state, standard)
    difficulty = as_shown(_creation_difficulty, row, habitat, timing)
    result: Result = {
        "label": label,
        "distinctiveness": habitat.distinctiveness if habitat else "",
        "score": score,
        "condition_score": condition,
        "significance": significance(row),
        "standard_years": standard,
        "final_years": years,
        "time_multiplier": if_error("", multiplier, years),
        "difficulty": difficulty,
        "difficulty_multiplier": if_error("", difficulty_multiplier, difficulty),
    }
    units = if_error("", _created_units, row, result)
    return result | (with_srm(row, units, spatial_risk(row)) if off_site else {"units": units})


def _creation_years(label: str, condition: Value) -> Value:
    def years() -> Value:
        return look_up(look_up(unit_tables().area_creation_years, label), condition)

    return if_error("", years)


def _state(row: Row, score: Value, standard: Value, poor: Value) -> str:
    advance, delay = row.get("advance_years"), row.get("delay_years")
    if row.get("habitat") is None:
        return ""
    if above(advance, 0.0) and above(delay, 0.0):
        return BOTH
    if equal(score, 0.0):
        return STANDARD
    return creation_state(standard, advance, delay, poor)


def _creation_difficulty(row: Row, habitat: AreaHabitat | None, timing: tuple[str, Value]) -> Value:
    """Low once the target is reached in advance, enhancement difficulty once Poor is (§7.4)."""
    if row.get("habitat") is None:
        return ""
    if habitat is None:
        raise CellError("#N/A")
    state, standard = timing
    advance = row.get("advance_years")
    if state == REACHED:
        return LOW
    if state == POOR_REACHED or not above(standard, advance):
        return habitat.difficulty_enhancement
    return habitat.difficulty_creation


def _created_units(row: Row, result: Result) -> Value:
    return product(
        row.get("area_ha"),
        result["score"],
        result["condition_score"],
        result["significance"],
        result["time_multiplier"],
        result["difficulty_multiplier"],
    )


def with_srm(row: Row, units: Value, srm: Value) -> Result:
    """An off-site creation row's units before and after SRM: none without gain site reference."""
    before: Value = units
    if row.get("spatial_risk_category") is None:
        before = ""
    elif equal(row.get("offsite_reference"), ""):
        before = NO_REFERENCE
    return {"srm": srm, "units": before, "units_x_srm": if_error("", product, units, srm)}
