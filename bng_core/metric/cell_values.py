"""Values of cells as the tool's formulas treat them: numbers, texts, blanks and errors.

A formula never stops a spreadsheet: a text in a product gives "#VALUE!", a missed lookup "#N/A",
and IFERROR turns both into a text. Rows are worked out with the same semantics, so that a row with
a fault gives what the tool gives: a text that counts as no units.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

Value = float | str | None
"""A number, a text, or None for a blank cell."""

VALUE_ERROR = "#VALUE!"
NOT_FOUND = "#N/A"
TOO_LARGE = "#NUM!"
LARGEST = 1e15

T = TypeVar("T")


class CellError(Exception):
    """What a formula gives instead of a value: "#VALUE!" or "#N/A"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def checked(value: Value) -> Value:
    """The value, unless it is itself an error."""
    if isinstance(value, str) and value[:1] == "#":
        raise CellError(value)
    return value


def number(value: Value) -> float:
    """The value in arithmetic: a blank is 0, a text that reads as a number is that number.

    Numbers beyond all measure are an error, so that no product or sum is ever infinite.
    """
    if value is None:
        return 0.0
    try:
        found = float(value if isinstance(value, float | int) else str(checked(value)))
    except ValueError:
        raise CellError(VALUE_ERROR) from None
    if not abs(found) <= LARGEST:
        raise CellError(TOO_LARGE)
    return found


def product(*values: Value) -> float:
    """All values multiplied."""
    result = 1.0
    for value in values:
        result *= number(value)
    return result


_NOISE = 2.0**-48
"""Relative difference below which a spreadsheet takes two numbers for equal (§7.1)."""


def plus(first: float, second: float) -> float:
    """A sum that is 0 where only floating-point noise is left, as spreadsheets add."""
    result = first + second
    return 0.0 if abs(result) <= abs(first) * _NOISE else result


def minus(first: Value, second: Value) -> float:
    """A difference that is 0 where only floating-point noise is left."""
    return plus(number(first), -number(second))


def added(first: Value, second: Value) -> float:
    """A sum of cells that is 0 where only floating-point noise is left."""
    return plus(number(first), number(second))


def _close(first: Value, second: Value) -> bool:
    if isinstance(first, float | int) and isinstance(second, float | int):
        return abs(first - second) <= abs(first) * _NOISE
    return False


def _key(value: Value, other: Value) -> tuple[int, float | str]:
    if value is None:
        value = "" if isinstance(other, str) else 0.0
    if isinstance(value, str):
        return 1, str(checked(value)).casefold()
    return 0, value


def above(first: Value, second: Value) -> bool:
    """`first > second`: every text is above every number."""
    return not _close(first, second) and _key(first, second) > _key(second, first)


def equal(first: Value, second: Value) -> bool:
    """`first = second`; case does not count, a blank equals 0 and ""."""
    return _close(first, second) or _key(first, second) == _key(second, first)


def one_of(value: Value, texts: Iterable[Value]) -> bool:
    """Whether the value equals any of the others."""
    return any(equal(value, text) for text in texts)


def look_up(table: Mapping[Value, T], value: Value) -> T:
    """An exact lookup in a table whose text keys are in lower case."""
    key = value.casefold() if isinstance(value, str) else value
    checked(key)
    try:
        return table[key]
    except KeyError:
        raise CellError(NOT_FOUND) from None


def if_error(otherwise: Value, formula: Callable[..., Value], *values: object) -> Value:
    """IFERROR: what the formula gives, or the other value."""
    try:
        return checked(formula(*values))
    except CellError:
        return otherwise


def as_shown(formula: Callable[..., Value], *values: object) -> Value:
    """What a cell without IFERROR shows: the value, or the code of the error."""
    try:
        return formula(*values)
    except CellError as error:
        return error.code


def total(values: Iterable[Value]) -> Value:
    """SUM: texts count for nothing, an error makes the sum an error."""
    result = 0.0
    for value in values:
        if isinstance(value, float | int):
            result += value
        elif isinstance(value, str) and value[:1] == "#":
            return value
    return result
