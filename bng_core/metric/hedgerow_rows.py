"""Hedgerows, row by row: baseline and creation (sheets B-1, B-2, E-1, E-2).

Formulas: §7.2 for units, §7.3 for years. As in area_rows: input cells by field in, official cells
by the names of unit_columns.csv out.
"""

from bng_core.metric.area_rows import (
    NO_REFERENCE,
    Result,
    Row,
    significance,
    spatial_risk,
    with_srm,
)
from bng_core.metric.cell_values import (
    Value,
    above,
    as_shown,
    equal,
    if_error,
    look_up,
    minus,
    number,
    product,
)
from bng_core.metric.timing import (
    BOTH,
    CHECK,
    difficulty_multiplier,
    hedgerow_creation_years,
    linear_state,
    multiplier,
)
from bng_core.metric.unit_tables import LinearHabitat, unit_tables

MISSING = "Check data ⚠"
MISSING_UNITS = "Check data ▲"
NOT_POSSIBLE = "Not possible ▲"
LENGTH_ERROR = "Error in Lengths ▲"


def habitat_of(row: Row) -> LinearHabitat | None:
    """The hedgerow type; None where the cell is blank. Raises CellError for an unknown type."""
    name = row.get("habitat")
    return None if name is None else look_up(unit_tables().hedgerow, name)


def type_score(row: Row) -> Value:
    """The score of the row's hedgerow type; raises CellError for an unknown type."""
    habitat = habitat_of(row)
    return "" if habitat is None else habitat.score


def condition_score(row: Row) -> Value:
    """The condition score: some types are never better than one condition (column I)."""

    def score() -> Value:
        condition, habitat = row.get("condition"), row.get("habitat")
        if condition is None:
            return ""
        only = look_up(unit_tables().only_condition, habitat) if habitat is not None else ""
        if only and not equal(condition, only):
            return NOT_POSSIBLE
        return look_up(unit_tables().condition, condition)

    return if_error("", score)


def _baseline_condition(row: Row) -> Value:
    if row.get("habitat") is not None and row.get("condition") is None:
        return MISSING
    return condition_score(row)


def baseline(row: Row, off_site: bool) -> Result:
    """A baseline row of B-1 or E-1."""
    score, condition = as_shown(type_score, row), _baseline_condition(row)
    factors = (score, condition, significance(row))
    units = if_error("", _baseline_units, row, factors, off_site)
    retained = if_error("", product, row.get("length_retained"), *factors)
    enhanced = if_error("", product, row.get("length_enhanced"), *factors)
    lost_km = as_shown(_lost_km, row)
    result: Result = {
        "label": row.get("habitat") or "",
        "score": score,
        "condition_score": condition,
        "significance": factors[2],
        "units": units,
        "units_retained": retained,
        "units_enhanced": enhanced,
        "size_lost": lost_km,
    }
    if off_site:
        srm = spatial_risk(row)
        result |= {
            "srm": srm,
            "units_x_srm": if_error("", product, row.get("length_km"), *factors, srm),
            "units_retained_x_srm": if_error("", product, retained, srm),
        }
        result["units_lost"] = as_shown(_units_lost, row, result, result["units_x_srm"])
    else:
        result["units_lost"] = if_error(MISSING, _units_lost, row, result, units)
    return result


def _baseline_units(row: Row, factors: tuple[Value, Value, Value], off_site: bool) -> Value:
    unstated = row.get("habitat") is not None and row.get("strategic_significance") is None
    if unstated or factors[1] == MISSING:
        return MISSING_UNITS
    if off_site:
        if row.get("spatial_risk_category") is None:
            return ""
        if equal(row.get("offsite_reference"), ""):
            return NO_REFERENCE
    return product(row.get("length_km"), *factors)


def _kept_km(row: Row) -> float:
    return number(row.get("length_retained")) + number(row.get("length_enhanced"))


def _lost_km(row: Row) -> Value:
    if row.get("habitat") is None:
        return ""
    if above(_kept_km(row), row.get("length_km")):
        return LENGTH_ERROR
    kept = row.get("length_retained"), row.get("length_enhanced")
    return minus(minus(row.get("length_km"), kept[0]), kept[1])


def _units_lost(row: Row, result: Result, tested: Value) -> Value:
    if row.get("length_km") is None or equal(tested, ""):
        return ""
    if above(_kept_km(row), row.get("length_km")):
        return LENGTH_ERROR
    return minus(minus(result["units"], result["units_retained"]), result["units_enhanced"])


def creation(row: Row, off_site: bool) -> Result:
    """A creation row of B-2 or E-2."""
    standard = as_shown(_creation_years, row)
    advance, delay = row.get("advance_years"), row.get("delay_years")
    years = as_shown(_final_years, standard, advance, delay)
    shown = row.get("habitat") is not None and not (standard == "" and not off_site)
    habitat_difficulty = as_shown(difficulty_of, row)
    result: Result = {
        "label": row.get("habitat") or "",
        "score": as_shown(type_score, row),
        "condition_score": condition_score(row),
        "significance": significance(row),
        "standard_years": standard,
        "final_years": years,
        "time_multiplier": as_shown(multiplier, years) if shown else "",
        "difficulty": habitat_difficulty,
        "difficulty_multiplier": as_shown(_multiplier, row, habitat_difficulty),
    }
    units = if_error("", _created_units, row, result)
    return result | (with_srm(row, units, spatial_risk(row)) if off_site else {"units": units})


def _creation_years(row: Row) -> Value:
    if row.get("habitat") is None or row.get("condition") is None:
        return ""
    years = look_up(unit_tables().hedgerow_creation_years, row.get("habitat"))
    return look_up(years, row.get("condition"))


def _final_years(standard: Value, advance: Value, delay: Value) -> Value:
    if equal(standard, ""):
        return ""
    if linear_state(standard, advance, delay) == BOTH:
        return CHECK
    return hedgerow_creation_years(standard, advance, delay)


def difficulty_of(row: Row) -> Value:
    """The difficulty of the row's hedgerow type."""
    habitat = habitat_of(row)
    return "" if habitat is None else habitat.difficulty_creation


def _multiplier(row: Row, difficulty: Value) -> Value:
    return "" if row.get("habitat") is None else difficulty_multiplier(difficulty)


def _created_units(row: Row, result: Result) -> Value:
    return product(
        row.get("length_km"),
        result["score"],
        result["condition_score"],
        result["significance"],
        result["time_multiplier"],
        result["difficulty_multiplier"],
    )
