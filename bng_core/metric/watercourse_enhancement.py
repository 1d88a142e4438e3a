"""Enhancement rows of watercourses (sheets C-3 and F-3), each from its baseline row (§7.2)."""

from dataclasses import dataclass

from bng_core.metric.area_rows import NO_REFERENCE, Result, Row, spatial_risk
from bng_core.metric.cell_values import (
    CellError,
    Value,
    above,
    as_shown,
    equal,
    if_error,
    look_up,
    number,
    product,
)
from bng_core.metric.timing import CHECK, OVER_30, multiplier
from bng_core.metric.unit_tables import unit_tables
from bng_core.metric.watercourse_rows import (
    band_of,
    difficulty_of,
    factor_cells,
    factors_of,
    multiplier_of,
    timing_of,
)

TRADING_DOWN = "Error Trading Down ▲"
NO_REDUCTION = "Error - Can not reduce condition ▲"
LOWER = "Lower Distinctiveness Habitat"
_RISES = "lower distinctiveness"


@dataclass(frozen=True)
class Quirks:
    """C-3 looks for a trading-down text that it can never find, so that it lets it pass (§7.6)."""

    trading_down_passes: bool = False


def enhancement(before: tuple[Row, Result], after: Row, off_site: bool, quirks: Quirks) -> Result:
    """An enhancement row of C-3 or F-3, from the row that it enhances and its result."""
    row, was = before
    factors = factors_of(after, both_ways=False)
    bands = (
        TRADING_DOWN
        if above(was["score"], factors[0])
        else f"{was['distinctiveness']} - {band_of(after)}"
    )
    change = _change(before, after, factors)
    standard = if_error("", _enhancement_years, before, after, (bands, change, factors), quirks)
    timing = timing_of(after, standard, OVER_30)
    difficulty = difficulty_of(after, standard, timing, "difficulty_enhancement")
    result: Result = {
        "label": after.get("habitat") or "",
        "distinctiveness_change": bands,
        "condition_change": change,
        "size": "" if after.get("habitat") is None else row.get("length_enhanced"),
        **factor_cells(factors),
        "standard_years": standard,
        "final_years": timing[1],
        "time_multiplier": if_error("", multiplier, timing[1]),
        "difficulty": difficulty,
        "difficulty_multiplier": as_shown(multiplier_of, after, difficulty),
    }
    units = if_error("", _enhanced_units, row, was, result)
    if not off_site:
        return result | {"units": units}
    srm = spatial_risk(row, "watercourse")
    shown = units
    if row.get("spatial_risk_category") is None:
        shown = ""
    elif equal(after.get("offsite_reference"), ""):
        shown = NO_REFERENCE
    with_srm = if_error("", product, units, srm)
    return result | {"srm": srm, "units": shown, "units_x_srm": with_srm}


def _change(before: tuple[Row, Result], after: Row, factors: tuple[Value, ...]) -> str:
    row, was = before
    if row.get("habitat") is None:
        return ""
    if above(was["condition_score"], factors[1]):
        return NO_REDUCTION
    same = equal(row.get("habitat"), after.get("habitat") or "")
    rises = not same and above(factors[0], was["score"])
    start = LOWER if rises else (row.get("condition") or "")
    return f"{start} - {after.get('condition') or ''}"


def _enhancement_years(
    before: tuple[Row, Result],
    after: Row,
    proposed: tuple[str, str, tuple[Value, ...]],
    quirks: Quirks,
) -> Value:
    row, was = before
    bands, change, factors = proposed
    if change[:5] == "Error" or (bands == TRADING_DOWN and not quirks.trading_down_passes):
        return CHECK
    years = unit_tables().watercourse_enhancement_years
    if above(factors[0], was["score"]):
        return look_up(years[_RISES], "good")
    conditions = look_up({k: v for k, v in years.items() if k != _RISES}, row.get("condition"))
    return look_up(conditions, after.get("condition"))


def _enhanced_units(before: Row, was: Result, result: Result) -> Value:
    """((new - old) x difficulty x time + old) x proposed encroachments x significance (§7.2).

    The encroachment of the baseline is not in the formula: better encroachment counts at once.
    """
    if before.get("habitat") is None:
        return ""
    size, length = result["size"], before.get("length_km")
    if equal(size, "") and not isinstance(size, float):
        raise CellError("#VALUE!")
    old_size = length if above(size, length) else size
    old = product(old_size, was["score"], was["condition_score"])
    new = product(size, result["score"], result["condition_score"])
    factor = product(result["difficulty_multiplier"], result["time_multiplier"])
    return ((new - old) * factor + old) * product(
        result["riparian_multiplier"], result["significance"], result["watercourse_multiplier"]
    )


def baseline_share(before: Row, was: Result, size: Value) -> Value:
    """Units that the enhanced part had before (C-3!AY, F-3!BD): fewer make the total an error."""

    def share() -> Value:
        enhanced, units = was["units_enhanced"], was["units"]
        if above(enhanced, units):
            return units
        if above(number(before.get("length_retained")) + number(size), before.get("length_km")):
            return number(units) - number(was["units_retained"])
        return enhanced

    return as_shown(share)
