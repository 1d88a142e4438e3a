"""Watercourses, row by row: baseline and creation (sheets C-1, C-2, F-1, F-2).

Formulas: §7.2 for units, §7.3 for years. As in area_rows: input cells by field in, official cells
by the names of unit_columns.csv out.
"""

from bng_core.metric.area_rows import NO_REFERENCE, VERY_HIGH_RULE, Result, Row, spatial_risk
from bng_core.metric.cell_values import (
    NOT_FOUND,
    Value,
    above,
    as_shown,
    equal,
    if_error,
    look_up,
    minus,
    number,
    one_of,
    product,
)
from bng_core.metric.timing import (
    BOTH,
    CHECK,
    LOW,
    REACHED,
    difficulty_multiplier,
    linear_state,
    multiplier,
    watercourse_years,
)
from bng_core.metric.unit_tables import LinearHabitat, unit_tables

NOT_POSSIBLE = "Not possible ▲"
LENGTH_ERROR = "Error in Lengths ▲"
SPLIT = "Split retained and enhanced into separate entries ▲"
NO_CATEGORY = "Spatial risk category missing ▲"
AGREED = "Alternative Compensation ✓"
PENDING = "Bespoke compensation must be agreed ▲"
_BLANK = " "
"""What the units cell of a baseline row shows when its formula fails."""


def habitat_of(row: Row) -> LinearHabitat | None:
    """The watercourse type; None where the cell is blank or the type unknown."""
    name = row.get("habitat")
    return unit_tables().watercourse.get(name.casefold()) if isinstance(name, str) else None


def _score(row: Row) -> Value:
    habitat = habitat_of(row)
    return "" if habitat is None else habitat.score


def band_of(row: Row) -> str:
    """The distinctiveness of the row's watercourse type."""
    habitat = habitat_of(row)
    return "" if habitat is None else habitat.distinctiveness


def _condition(row: Row) -> Value:
    def score() -> Value:
        scores = look_up(unit_tables().watercourse_condition, row.get("habitat"))
        condition = row.get("condition")
        return look_up({c: scores[c] for c in unit_tables().watercourse_conditions}, condition)

    return if_error("", score)


def _significance(row: Row) -> Value:
    text = row.get("strategic_significance")
    if text is None:
        return ""
    return as_shown(look_up, unit_tables().significance["watercourse"], text)


def _encroachment(row: Row, kind: str, both_ways: bool = True) -> Value:
    """The encroachment multiplier; a culvert has a category of its own, and only a culvert.

    C-3 and F-3 do not test that a culvert has that category (`both_ways` False).
    """
    text = row.get(f"{kind}_encroachment")
    if text is None:
        return ""
    owner = unit_tables().encroachment_owner.get(str(text).casefold())
    is_owner = equal(row.get("habitat"), owner or "")
    owners = unit_tables().encroachment_owner.values()
    if (owner and not is_owner) or (both_ways and not owner and one_of(row.get("habitat"), owners)):
        return NOT_POSSIBLE
    return as_shown(look_up, unit_tables().encroachment[kind], text)


def factors_of(row: Row, both_ways: bool = True) -> tuple[Value, ...]:
    """Score, condition, significance and both encroachments of a row."""
    return (
        _score(row),
        _condition(row),
        _significance(row),
        _encroachment(row, "watercourse", both_ways),
        _encroachment(row, "riparian", both_ways),
    )


def factor_cells(factors: tuple[Value, ...]) -> Result:
    """The factors by the fields of unit_columns.csv."""
    names = (
        "score",
        "condition_score",
        "significance",
        "watercourse_multiplier",
        "riparian_multiplier",
    )
    return dict(zip(names, factors, strict=True))


def baseline(row: Row, off_site: bool) -> Result:
    """A baseline row of C-1 or F-1."""
    factors = factors_of(row)
    units = if_error(_BLANK, _baseline_units, row, factors, off_site)
    result: Result = {
        "label": row.get("habitat") or "",
        "distinctiveness": band_of(row),
        **factor_cells(factors),
        "units": units,
        "units_retained": if_error("", _retained, row, factors),
        "units_enhanced": if_error("", _enhanced, row, factors),
        "size_lost": if_error("", _lost_km, row),
    }
    result["bespoke_units"] = as_shown(_bespoke_units, row, result, off_site)
    if off_site:
        srm = spatial_risk(row, "watercourse")
        result |= {
            "srm": srm,
            "units_x_srm": if_error(_BLANK, _units_x_srm, row, factors, srm),
            "units_retained_x_srm": if_error("", _retained_x_srm, row, result, srm),
        }
    result["units_lost"] = if_error(CHECK, _units_lost, row, result, off_site)
    return result


def _split(row: Row) -> bool:
    kept = (row.get("length_retained"), row.get("length_enhanced"))
    return all(above(part, 0.0) for part in kept) and above(_kept_km(row), row.get("length_km"))


def _kept_km(row: Row) -> float:
    return number(row.get("length_retained")) + number(row.get("length_enhanced"))


def _baseline_units(row: Row, factors: tuple[Value, ...], off_site: bool) -> Value:
    if _split(row):
        return SPLIT
    no_reference = equal(row.get("offsite_reference"), "")
    if off_site and row.get("spatial_risk_category") is not None and no_reference:
        return NO_REFERENCE
    return product(row.get("length_km"), *factors)


def _units_x_srm(row: Row, factors: tuple[Value, ...], srm: Value) -> Value:
    return SPLIT if _split(row) else product(row.get("length_km"), *factors, srm)


def _retained(row: Row, factors: tuple[Value, ...]) -> Value:
    if above(row.get("length_retained"), row.get("length_km")):
        return LENGTH_ERROR
    return product(row.get("length_retained"), *factors)


def _enhanced(row: Row, factors: tuple[Value, ...]) -> Value:
    if row.get("habitat") is None:
        return ""
    return product(row.get("length_enhanced"), *factors)


def _lost_km(row: Row) -> Value:
    if row.get("habitat") is None:
        return ""
    return max(0.0, minus(row.get("length_km"), _kept_km(row)))


def _very_high(row: Row) -> bool:
    habitat = habitat_of(row)
    return habitat is not None and habitat.trading_rule == VERY_HIGH_RULE


def _bespoke_units(row: Row, result: Result, off_site: bool) -> Value:
    """Units of a Very High loss with bespoke compensation, agreed or pending: left out (§7.5).

    A type that the lookup does not find is an error here, and so in the total of the sheet.
    """
    if row.get("habitat") is not None and habitat_of(row) is None:
        return NOT_FOUND
    if one_of(row.get("bespoke_compensation"), ("Yes", "Pending")) and _very_high(row):
        return _rest(result)
    return "0" if off_site else ""


def _rest(result: Result) -> float:
    return minus(minus(result["units"], result["units_retained"]), result["units_enhanced"])


def _retained_x_srm(row: Row, result: Result, srm: Value) -> Value:
    if above(row.get("length_retained"), row.get("length_km")):
        return LENGTH_ERROR
    return product(result["units_retained"], srm) + product(result["bespoke_units"], srm)


def _units_lost(row: Row, result: Result, off_site: bool) -> Value:
    if row.get("length_km") is None:
        return ""
    if off_site and result["size_lost"] != "" and row.get("spatial_risk_category") is None:
        return NO_CATEGORY
    agreed = row.get("bespoke_compensation")
    if _very_high(row) and one_of(agreed, ("Yes", "Pending")):
        return AGREED if equal(agreed, "Yes") else PENDING
    kept = number(result["units_retained"]) + number(result["units_enhanced"])
    if not above(result["units"], kept):
        return 0.0
    return minus(result["units"], kept)


def creation(row: Row, off_site: bool, over_30: str) -> Result:
    """A creation row of C-2 or F-2; `over_30` is the sheet's text for a sum above 30 years."""
    standard = if_error("", look_up, unit_tables().watercourse_creation_years, row.get("condition"))
    timing = timing_of(row, standard, over_30)
    factors = factors_of(row)
    difficulty = difficulty_of(row, standard, timing, "difficulty_creation")
    result: Result = {
        "label": row.get("habitat") or "",
        **factor_cells(factors),
        "standard_years": standard,
        "final_years": timing[1],
        "time_multiplier": if_error("", multiplier, timing[1]),
        "difficulty": difficulty,
        "difficulty_multiplier": as_shown(multiplier_of, row, difficulty),
    }
    multipliers = (result["time_multiplier"], result["difficulty_multiplier"])
    units = (
        ""
        if row.get("habitat") is None
        else if_error("", product, row.get("length_km"), *factors, *multipliers)
    )
    if not off_site:
        return result | {"units": units}
    srm = spatial_risk(row, "watercourse")
    shown = units
    if row.get("spatial_risk_category") is None:
        shown = ""
    elif equal(row.get("offsite_reference"), ""):
        shown = NO_REFERENCE
    with_srm = if_error("", product, units, srm)
    return result | {"srm": srm, "units": shown, "units_x_srm": with_srm}


def timing_of(row: Row, standard: Value, over_30: str) -> tuple[str, Value]:
    """What the sheet says of advance and delay, and the final years."""
    if equal(standard, "") or equal(standard, CHECK):
        return str(standard), standard
    advance, delay = row.get("advance_years"), row.get("delay_years")
    state = linear_state(standard, advance, delay)
    if state == BOTH:
        return state, CHECK
    return state, as_shown(watercourse_years, standard, advance, delay, over_30)


def difficulty_of(row: Row, standard: Value, timing: tuple[str, Value], field: str) -> Value:
    """The difficulty that applies: Low once the target is reached in advance (§7.4)."""
    if row.get("habitat") is None:
        return ""
    state, years = timing
    if str(years)[:1] == "#":
        return years
    stated = not equal(years, CHECK) and row.get("condition") is not None
    reached = state == REACHED and stated
    if reached and not above(standard, row.get("advance_years")):
        return LOW
    habitat = habitat_of(row)
    return "#N/A" if habitat is None else str(getattr(habitat, field))


def multiplier_of(row: Row, difficulty: Value) -> Value:
    """The multiplier of a difficulty; "" on a blank row."""
    return "" if row.get("habitat") is None else difficulty_multiplier(difficulty)
