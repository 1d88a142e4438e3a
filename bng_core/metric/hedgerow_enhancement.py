"""Enhancement rows of hedgerows (sheets B-3 and E-3), each from its baseline row (§7.2)."""

from dataclasses import dataclass

from bng_core.metric.area_rows import NO_REFERENCE, Result, Row, significance, spatial_risk
from bng_core.metric.cell_values import (
    Value,
    above,
    as_shown,
    equal,
    if_error,
    look_up,
    number,
    product,
)
from bng_core.metric.hedgerow_rows import condition_score, difficulty_of, type_score
from bng_core.metric.timing import (
    CHECK,
    OVER_30,
    difficulty_multiplier,
    hedgerow_enhancement_years,
    multiplier,
)
from bng_core.metric.unit_tables import unit_tables

NOT_LIKE_FOR_LIKE = "Error - Not like for like ▲"
NO_REDUCTION = "Error - Can not reduce condition ▲"
NO_ENHANCEMENT = "Error - No enhancement ▲"
LOWER = "Lower Distinctiveness Habitat"
_LIKE = 55


@dataclass(frozen=True)
class Quirks:
    """Where B-3 and E-3 differ (§7.6): texts of years over 30, bands in which type must agree."""

    over_30: tuple[str, str] = (OVER_30, OVER_30)
    like_for_like: tuple[str, ...] = ("high - high",)


def enhancement(before: tuple[Row, Result], after: Row, off_site: bool, quirks: Quirks) -> Result:
    """An enhancement row of B-3 or E-3, from the row that it enhances and its result."""
    row, was = before
    score, condition = as_shown(type_score, after), condition_score(after)
    bands = if_error("", _bands, row, after)
    change = if_error("", _change, (row, was), after, (score, condition, bands), quirks)
    standard = if_error("", _enhancement_years, (row, was), after, (score, bands, change))
    advance, delay = after.get("advance_years"), after.get("delay_years")
    years: Value = (
        standard
        if standard in ("", CHECK)
        else as_shown(hedgerow_enhancement_years, standard, advance, delay, quirks.over_30)
    )
    blank = after.get("habitat") is None or after.get("condition") is None
    difficulty = as_shown(difficulty_of, after)
    result: Result = {
        "label": after.get("habitat") or "",
        "distinctiveness_change": bands,
        "condition_change": change,
        "size": row.get("length_enhanced"),
        "score": score,
        "condition_score": condition,
        "significance": significance(after),
        "standard_years": standard,
        "final_years": years,
        "time_multiplier": "" if blank else as_shown(multiplier, years),
        "difficulty": difficulty,
        "difficulty_multiplier": ""
        if change == ""
        else if_error("", difficulty_multiplier, difficulty),
    }
    if blank or after.get("strategic_significance") is None:
        units: Value = ""
    else:
        units = if_error("", enhanced_units, was, result)
    return result | (_off_site_units(row, after, units) if off_site else {"units": units})


def _bands(before: Row, after: Row) -> Value:
    changes = look_up(unit_tables().hedgerow_changes, before.get("habitat"))
    return look_up(changes, after.get("habitat"))


def _change(
    before: tuple[Row, Result], after: Row, proposed: tuple[Value, Value, Value], quirks: Quirks
) -> Value:
    """What B-3!O shows: the key of the years table, or why the change is no enhancement."""
    row, was = before
    score, condition, bands = proposed
    old, new = str(row.get("habitat") or ""), str(after.get("habitat") or "")
    unlike = not equal(old[:_LIKE], new[:_LIKE])
    if unlike and str(bands).casefold() in quirks.like_for_like:
        return NOT_LIKE_FOR_LIKE
    if above(was["condition_score"], condition):
        return NO_REDUCTION
    if equal(was["score"], score) and equal(was["condition_score"], condition):
        return NO_ENHANCEMENT
    rises = not equal(old, new) and above(score, was["score"])
    start = LOWER if rises else (row.get("condition") or "")
    return f"{start} - {after.get('condition') or ''}"


def _enhancement_years(
    before: tuple[Row, Result], after: Row, proposed: tuple[Value, Value, Value]
) -> Value:
    row, was = before
    score, bands, change = proposed
    if str(change)[:5].casefold() == "error" or str(bands)[:5].casefold() == "error":
        return CHECK
    tables = unit_tables()
    if above(score, was["score"]):
        years = look_up(tables.hedgerow_type_years, row.get("habitat"))
        return look_up(years, after.get("habitat"))
    return look_up(look_up(tables.hedgerow_condition_years, after.get("habitat")), change)


def enhanced_units(was: Result, result: Result) -> Value:
    """((new - old) x difficulty x time + old) x significance."""
    old = product(result["size"], was["score"], was["condition_score"])
    new = product(result["size"], result["score"], result["condition_score"])
    factor = product(result["difficulty_multiplier"], result["time_multiplier"])
    return ((new - old) * factor + old) * number(result["significance"])


def _off_site_units(before: Row, after: Row, units: Value) -> Result:
    srm = spatial_risk(before)
    shown = units
    if before.get("spatial_risk_category") is None:
        shown = units = ""
    elif equal(after.get("offsite_reference"), ""):
        shown = NO_REFERENCE
    return {"srm": srm, "units": shown, "units_x_srm": if_error("", product, units, srm)}
