"""What people and programs hand in, checked before any of it reaches Postgres."""

from decimal import Decimal, InvalidOperation

from bng_core.errors import BadInput

LONGEST_TEXT = 2_000
LONGEST_NAME = 200
MOST_UNITS = Decimal(1_000_000)
MOST_PENCE = 10**13
STEP = Decimal("0.0001")


def units(value: Decimal | str | int, *, least: Decimal = STEP) -> Decimal:
    """Units in steps of 0.0001, before the spatial risk multiplier. Raises BadInput."""
    number = _decimal("units", value)
    if not least <= number <= MOST_UNITS:
        raise BadInput(f"{value} units cannot be used; expected {least} to {MOST_UNITS:,}.")
    if number % STEP:
        raise BadInput(f"{value} units cannot be kept; units come in steps of {STEP}.")
    return number


def pence(value: int) -> int:
    """An amount of money in pence. Raises BadInput."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(f"The amount {str(value)[:40]} is no whole number of pence.")
    if not 0 <= value <= MOST_PENCE:
        raise BadInput(f"{value:,} pence cannot be kept; expected 0 to {MOST_PENCE:,}.")
    return value


def share(value: Decimal | str) -> Decimal:
    """A share between 0 and 1, four decimals. Raises BadInput."""
    number = _decimal("share", value)
    if not 0 <= number <= 1 or number % STEP:
        raise BadInput(f"The share {value} cannot be used; expected 0 to 1 in steps of {STEP}.")
    return number


def _decimal(what: str, value: Decimal | str | int) -> Decimal:
    shown = str(value)[:40]
    if isinstance(value, bool) or not isinstance(value, Decimal | str | int):
        raise BadInput(f"The {what} {shown} are no exact number; give a decimal, such as 1.25.")
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadInput(f"The {what} “{shown}” are no number; give a decimal, such as 1.25.")
    return number
