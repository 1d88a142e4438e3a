"""The words of the quotes: how a quote stands, how a line came to be, what a promoter gets off."""

from enum import StrEnum


class QuoteState(StrEnum):
    """Where a quote stands in its life."""

    DRAFT = "draft"
    QUOTED = "quoted"
    ACCEPTED = "accepted"
    ALLOCATED = "allocated"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class LineChange(StrEnum):
    """How a line came to be; all but `computed` say who changed it and why."""

    COMPUTED = "computed"
    ADDED = "added"
    REMOVED = "removed"
    PRICE_OVERRIDDEN = "price_overridden"
    PAIRED = "paired"


class Discount(StrEnum):
    """What a promoter's customers get: nothing, a percentage off the units, the next size's price.

    The discount is asked of the optimiser (§2.10), so that it is part of the run and its audit.
    """

    NONE = "none"
    PERCENTAGE = "percentage"
    NEXT_SIZE = "next_size"
