"""How long a habitat takes: advance, delay, and the years that count (§7.3).

Years are whole numbers or "30+". `standard`, `advance` and `delay` are cells: a blank is 0, and
every text ("30+") is above every number.
"""

from bng_core.metric.cell_values import (
    Value,
    above,
    checked,
    equal,
    look_up,
    number,
    one_of,
)
from bng_core.metric.unit_tables import unit_tables

BOTH = "Error -both advance and delayed habitat creation ▲"
REACHED = "Check details - Is there evidence that habitat has reached target condition? ⚠"
POOR_REACHED = (
    "Check details - Is there evidence habitat creation started and the threshold for Poor "
    "condition reached? ⚠"
)
STANDARD = "Standard time to target condition applied"
CHECK = "Check Data ⚠"
OVER_30 = "30+"
IN_TARGET = "Habitat already in target condition"
LOW = "Low"


def multiplier(years: Value) -> Value:
    """G-4 Temporal multipliers, by final years; an exact lookup, so fractions are not found."""
    if equal(years, CHECK):
        return CHECK
    return look_up(unit_tables().temporal, years)


def difficulty_multiplier(category: Value) -> Value:
    """G-3 Multipliers, by difficulty."""
    return look_up(unit_tables().difficulty, category)


def creation_state(standard: Value, advance: Value, delay: Value, poor: Value) -> str:
    """What A-2!R says of a created area habitat whose distinctiveness counts above 0."""
    if not above(standard, advance):
        return REACHED
    if equal(standard, ""):
        return ""
    if above(advance, 0.0) and not above(poor, advance):
        return POOR_REACHED
    return STANDARD


def area_years(standard: Value, advance: Value, delay: Value, delay_first: bool = False) -> Value:
    """Final years of an area habitat (A-2!S, A-3!AH); on D-3 a delay of "30+" comes first."""
    checked(standard)
    if equal(standard, OVER_30):
        return _over_30_years(advance)
    tests: list[tuple[bool, Value]] = [
        (above(advance, standard), 0.0),
        (equal(delay, OVER_30), OVER_30),
    ]
    for holds, years in reversed(tests) if delay_first else iter(tests):
        if holds:
            return years
    return _sum_of_years(standard, advance, delay)


def _over_30_years(advance: Value) -> Value:
    if equal(advance, 0.0):
        return OVER_30
    if equal(advance, OVER_30):
        return 0.0
    return 30 - number(advance)


def _sum_of_years(standard: Value, advance: Value, delay: Value) -> Value:
    planned, early, late = number(standard), number(advance), number(delay)
    if planned + late > 30 or planned - early > 30:
        return OVER_30
    if planned + late - early <= 0 < planned - early:
        return planned - early
    return planned + late - early


def linear_state(standard: Value, advance: Value, delay: Value) -> str:
    """What the hedgerow and watercourse sheets say of advance and delay (B-2!P, C-2!O)."""
    if above(advance, 0.0) and above(delay, 0.0):
        return BOTH
    if (equal(advance, IN_TARGET) or not above(standard, advance)) and equal(delay, 0.0):
        return REACHED
    return STANDARD


def hedgerow_creation_years(standard: Value, advance: Value, delay: Value) -> Value:
    """Final years of a planted hedgerow (B-2!Q, E-2!S)."""
    if one_of(advance, (OVER_30, IN_TARGET)):
        return 0.0
    if equal(delay, OVER_30):
        return OVER_30
    if equal(standard, OVER_30):
        if one_of(advance, ("", 0.0)):
            return OVER_30
        if above(advance, 0.0):
            return 30 - number(advance)
    return _linear_years(standard, advance, delay, OVER_30)


def hedgerow_enhancement_years(
    standard: Value, advance: Value, delay: Value, over_30: tuple[str, str]
) -> Value:
    """Final years of an enhanced hedgerow (B-3!AB, E-3!AB).

    `over_30` are the texts for a delay of "30+" and for a sum above 30; on B-3 the first has a
    warning sign that no lookup finds (§7.6).
    """
    if equal(advance, OVER_30):
        return 0.0
    if equal(delay, OVER_30):
        return over_30[0]
    if number(standard) + number(delay) > 30:
        return over_30[1]
    if above(advance, 0.0) and above(delay, 0.0):
        return CHECK
    return max(0.0, number(standard) + number(delay) - number(advance))


def watercourse_years(standard: Value, advance: Value, delay: Value, over_30: str) -> Value:
    """Final years of a watercourse; C-2!P writes "30+ " with a blank that no lookup finds."""
    if equal(advance, OVER_30):
        return 0.0
    if equal(delay, OVER_30):
        return OVER_30
    return _linear_years(standard, advance, delay, over_30)


def _linear_years(standard: Value, advance: Value, delay: Value, over_30: str) -> Value:
    planned, early, late = number(standard), number(advance), number(delay)
    if planned + late > 30:
        return over_30
    if planned + late - early <= 0 and planned - early < 0:
        return 0.0
    return planned + late - early
