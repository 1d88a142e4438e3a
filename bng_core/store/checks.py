"""What people and programs hand in, checked before any of it reaches Postgres."""

from decimal import Decimal, InvalidOperation

from bng_core.errors import BadInput

LONGEST_TEXT = 2_000
LONGEST_NAME = 200
MOST_UNITS = Decimal(1_000_000)
MOST_PENCE = 10**13
STEP = Decimal("0.0001")


def name(what: str, text: str, longest: int = LONGEST_NAME) -> str:
    """A text of one line that is not empty. Raises BadInput."""
    found = line(what, text, longest)
    if not found:
        raise BadInput(f"The {what} is empty; give one.")
    return found


def line(what: str, text: str, longest: int = LONGEST_TEXT) -> str:
    """A text of one line, without blanks around it; it may be empty. Raises BadInput."""
    if not isinstance(text, str):
        raise BadInput(f"The {what} is a {type(text).__name__}; expected text.")
    if len(text) > longest:
        raise BadInput(f"The {what} has {len(text):,} letters; at most {longest:,} are kept.")
    found = " ".join(text.split())
    if not found.isprintable():
        raise BadInput(f"The {what} {found!a} has signs that cannot be printed; remove them.")
    return found


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
