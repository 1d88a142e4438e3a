"""Enhancement rows of area habitats (sheets A-3 and D-3), each from its baseline row (§7.2)."""

from dataclasses import dataclass

from bng_core.metric.area_rows import (
    NO_REFERENCE,
    TREE_ERROR,
    Result,
    Row,
    condition_score,
    habitat_of,
    significance,
    spatial_risk,
)
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
from bng_core.metric.timing import (
    BOTH,
    CHECK,
    IN_TARGET,
    LOW,
    OVER_30,
    REACHED,
    STANDARD,
    area_years,
    difficulty_multiplier,
    multiplier,
)
from bng_core.metric.unit_tables import AreaHabitat, unit_tables

NOT_SATISFIED = "Error - Trading rules not satisfied ▲"
TRADING_DOWN = "Error Trading Down ▲"
NOT_POSSIBLE = "Error - Enhancement not possible ▲"
NOT_REPLACEABLE = "Error you cannot replace an irreplaceable habitat ▲"
NOT_LIKE_FOR_LIKE = "Error - Not like for like ▲"
NO_REDUCTION = "Error - Can not reduce condition ▲"
NO_REDUCTION_EITHER = "Error - condition cannot be reduced ▲"
NO_ENHANCEMENT = "Error - No enhancement ▲"
LOWER = "Lower Distinctiveness Habitat"
_LIKE = 55
"""Characters of the label that must agree where both are High (A-3!U)."""


@dataclass(frozen=True)
class Quirks:
    """Where one sheet or row of the tool departs from its neighbours (§7.6).

    `reduction_unchecked`: the first row of A-3 lacks the test of a lower condition; `check_hidden`:
    A-3 looks for a text that its years cell never has, and shows "" as time multiplier;
    `lower_condition`: A-3 counts the baseline at the proposed condition where that is lower;
    `delay_first`: D-3 takes a delay of "30+" before an advance beyond the standard years.
    """

    reduction_unchecked: bool = False
    check_hidden: bool = False
    lower_condition: bool = False
    delay_first: bool = False


@dataclass(frozen=True)
class Pair:
    """An enhancement row with its baseline row: what was there, what is proposed."""

    before: Row
    before_result: Result
    after: Row
    habitat: AreaHabitat | None

    @property
    def old_label(self) -> str:
        """Label of the baseline habitat."""
        return str(self.before_result["label"])

    @property
    def new_label(self) -> str:
        """Label of the proposed habitat, "" where unknown."""
        return self.habitat.label if self.habitat else ""

    @property
    def new_band(self) -> str:
        """Distinctiveness of the proposed habitat."""
        return self.habitat.distinctiveness if self.habitat else ""

    @property
    def new_score(self) -> Value:
        """Its score."""
        return if_error("", look_up, unit_tables().distinctiveness, self.new_band)

    @property
    def new_condition(self) -> Value:
        """Score of the proposed condition."""
        return condition_score(self.new_label, self.after.get("condition"))

    @property
    def same_label(self) -> bool:
        """Whether the habitat stays the same."""
        return equal(self.old_label, self.new_label)

    @property
    def same_beginning(self) -> bool:
        """Whether the first 55 characters of both labels agree."""
        return equal(self.old_label[:_LIKE], self.new_label[:_LIKE])


def distinctiveness_change(pair: Pair) -> str:
    """What A-3!T shows: the bands, or why the change is not allowed."""
    rule = str(pair.before_result["trading_rule"]).casefold()
    old, new = pair.before_result["score"], pair.new_score
    falls = above(old, new)
    if rule.startswith("same d") and falls:
        return NOT_SATISFIED
    if rule.startswith("same b") and falls and pair.old_label[:5] != pair.new_label[:5]:
        return NOT_SATISFIED
    if rule.startswith(("same h", "bespok")) and not pair.same_label:
        return NOT_SATISFIED
    if falls:
        return TRADING_DOWN
    name = pair.after.get("habitat")
    allowed = unit_tables().enhancement_exceptions.get(
        name.casefold() if isinstance(name, str) else None
    )
    if allowed is not None and pair.old_label.casefold() not in allowed:
        return NOT_POSSIBLE
    return f"{pair.before_result['distinctiveness']} - {pair.new_band}"


def condition_change(pair: Pair, bands: str, quirks: Quirks) -> str:
    """What A-3!U shows: the key of the years table, or why the change is no enhancement."""
    old, new = pair.before_result["score"], pair.new_score
    worse = above(pair.before_result["condition_score"], pair.new_condition)
    if pair.old_label == "":
        return ""
    if not pair.same_label and equal(pair.before.get("irreplaceable"), "Yes"):
        return NOT_REPLACEABLE
    if not pair.same_beginning and bands.casefold() == "high - high":
        return NOT_LIKE_FOR_LIKE
    if worse and not quirks.reduction_unchecked:
        return NO_REDUCTION if equal(old, new) else NO_REDUCTION_EITHER
    if equal(old, new) and equal(pair.before_result["condition_score"], pair.new_condition):
        return NO_ENHANCEMENT
    if above(old, new):
        return TRADING_DOWN
    rises = not pair.same_label and above(new, old)
    start = LOWER if rises else (pair.before.get("condition") or "")
    return f"{start} - {pair.after.get('condition') or ''}"


def enhancement(pair: Pair, off_site: bool, quirks: Quirks, rule_above: Value) -> Result:
    """An enhancement row; `rule_above` is the trading rule shown one row further up."""
    bands = distinctiveness_change(pair)
    change = condition_change(pair, bands, quirks)
    refused = change[:5].casefold() == "error" or bands[:5].casefold() == "error"
    standard = CHECK if refused else if_error("", _standard_years, pair.new_label, change)
    state = _state(pair, standard, rule_above)
    years = _final_years(pair.after, standard, state, quirks)
    difficulty = as_shown(_difficulty, pair, standard, state)
    result: Result = {
        "label": pair.new_label,
        "distinctiveness_change": bands,
        "condition_change": change,
        "size": "" if not pair.new_label else pair.before.get("area_enhanced"),
        "baseline_condition_score": pair.before_result["condition_score"],
        "condition_score": pair.new_condition,
        "significance": significance(pair.after),
        "standard_years": standard,
        "final_years": years,
        "time_multiplier": _time_multiplier(years, quirks),
        "difficulty": difficulty,
        "difficulty_multiplier": if_error("", _multiplier, pair, years, difficulty),
    }
    units = if_error("", _units, pair, result, quirks)
    return result | (_off_site_units(pair, units) if off_site else {"units": units})


def _standard_years(label: str, change: str) -> Value:
    return look_up(look_up(unit_tables().area_enhancement_years, label), change)


def _state(pair: Pair, standard: Value, rule_above: Value) -> str:
    """What A-3!AG says of advance and delay."""
    advance, delay = pair.after.get("advance_years"), pair.after.get("delay_years")
    if equal(standard, ""):
        return ""
    if equal(standard, CHECK):
        return CHECK
    if pair.after.get("habitat") is None:
        return ""
    if above(advance, 0.0) and above(delay, 0.0):
        return BOTH
    reached = equal(advance, IN_TARGET) or not above(standard, advance)
    if reached and equal(delay, 0.0):
        return REACHED
    return "" if equal(rule_above, "") else STANDARD


def _final_years(after: Row, standard: Value, state: str, quirks: Quirks) -> Value:
    if state in (BOTH, CHECK):
        return CHECK
    if equal(standard, ""):
        return ""
    advance, delay = after.get("advance_years"), after.get("delay_years")
    if equal(standard, OVER_30) and equal(advance, IN_TARGET):
        return "#VALUE!"
    return as_shown(area_years, standard, advance, delay, quirks.delay_first)


def _difficulty(pair: Pair, standard: Value, state: str) -> Value:
    if state == REACHED and not above(standard, pair.after.get("advance_years")):
        return LOW
    if pair.habitat is None:
        if pair.new_label == "":
            return ""
        raise CellError("#N/A")
    return pair.habitat.difficulty_enhancement


def _multiplier(pair: Pair, years: Value, difficulty: Value) -> Value:
    if pair.old_label == "":
        return ""
    if equal(years, CHECK):
        return CHECK
    return difficulty_multiplier(difficulty)


def _time_multiplier(years: Value, quirks: Quirks) -> Value:
    if isinstance(years, str) and years[:1] == "#":
        return years
    if quirks.check_hidden and equal(years, CHECK):
        return ""
    return if_error("", multiplier, years)


def _units(pair: Pair, result: Result, quirks: Quirks) -> Value:
    """((new - old) x difficulty x time + old) x significance, old at its share of the area."""
    if pair.before_result["units"] == TREE_ERROR:
        return TREE_ERROR
    size, proposed = result["size"], result["condition_score"]
    if pair.new_label == "":
        raise CellError("#VALUE!")
    condition = pair.before_result["condition_score"]
    if quirks.lower_condition and above(condition, proposed):
        condition = proposed
    old = product(size, pair.before_result["score"], condition)
    new = product(size, pair.new_score, proposed)
    factor = product(result["difficulty_multiplier"], result["time_multiplier"])
    return ((new - old) * factor + old) * number(result["significance"])


def _off_site_units(pair: Pair, units: Value) -> Result:
    srm = spatial_risk(pair.before)
    before = units
    if pair.before.get("spatial_risk_category") is None:
        before = ""
    elif equal(pair.after.get("offsite_reference"), ""):
        before = NO_REFERENCE
    with_srm = "" if units == TREE_ERROR else if_error("", product, units, srm)
    return {"srm": srm, "units": before, "units_x_srm": with_srm}


def pair_of(before: Row, before_result: Result, after: Row) -> Pair:
    """The pair of an enhancement row and the baseline row that it enhances."""
    return Pair(before, before_result, after, habitat_of(after))
