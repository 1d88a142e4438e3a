"""The words of the stock: how units move, how a hold stands, what quotes hold."""

from enum import StrEnum


class Movement(StrEnum):
    """What happens to units of a lot; `return` undoes a sale, `correct` mends what was received."""

    RECEIVE = "receive"
    CORRECT = "correct"
    HOLD = "hold"
    RELEASE = "release"
    EXPIRE = "expire"
    CONVERT = "convert"
    RETURN = "return"
    ALLOCATE = "allocate"


class HoldState(StrEnum):
    """How a hold stands; converted units are sold."""

    OPEN = "open"
    CONVERTED = "converted"
    RELEASED = "released"
    EXPIRED = "expired"


class Policy(StrEnum):
    """What a quote holds when it goes out: nothing, all of its units, or a share of them."""

    IGNORE_QUOTES = "ignore_quotes"
    HOLD_ALL = "hold_all"
    HOLD_SHARE = "hold_share"
