"""Which steps a quote can take, and who may take them; pages offer these and no others.

The functions that take a step check it themselves; a test holds the two together.
"""

from datetime import datetime
from enum import StrEnum

from bng_core.actor import Action, Actor
from bng_core.quote_words import QuoteState
from bng_core.store.quote_rows import Quote


class QuoteStep(StrEnum):
    """A step in the life of a quote; the text is what its button says."""

    ISSUE = "Send it out"
    ACCEPT = "Accept it"
    ALLOCATE = "Note its allocation on the register"
    EXTEND = "Extend it"
    HOLD = "Hold all its units"
    RELEASE = "Release what it holds"
    REQUOTE = "Requote at today's prices"
    WITHDRAW = "Withdraw it"


_OPEN = (QuoteState.DRAFT, QuoteState.QUOTED, QuoteState.ACCEPTED)
_AGAIN = (QuoteState.QUOTED, QuoteState.EXPIRED, QuoteState.WITHDRAWN)

STEPS: dict[QuoteStep, tuple[Action, tuple[QuoteState, ...]]] = {
    QuoteStep.ISSUE: (Action.MAKE_QUOTE, (QuoteState.DRAFT,)),
    QuoteStep.ACCEPT: (Action.ACCEPT_QUOTE, (QuoteState.QUOTED,)),
    QuoteStep.ALLOCATE: (Action.ALLOCATE_QUOTE, (QuoteState.ACCEPTED,)),
    QuoteStep.EXTEND: (Action.CHANGE_QUOTE, (QuoteState.QUOTED,)),
    QuoteStep.HOLD: (Action.CHANGE_QUOTE, (QuoteState.QUOTED,)),
    QuoteStep.RELEASE: (Action.CHANGE_QUOTE, (QuoteState.QUOTED,)),
    QuoteStep.REQUOTE: (Action.MAKE_QUOTE, _AGAIN),
    QuoteStep.WITHDRAW: (Action.CHANGE_QUOTE, _OPEN),
}
"""What each step takes: a right, and the state that the quote is in."""


def steps_of(actor: Actor, quote: Quote, now: datetime) -> list[QuoteStep]:
    """The steps that somebody may take with a quote now, the usual one first."""
    return [
        step
        for step, (action, states) in STEPS.items()
        if actor.may(action) and quote.state in states and _fits(step, quote, now)
    ]


def is_overdue(quote: Quote, now: datetime) -> bool:
    """Whether a quote that is out has passed its time, swept or not."""
    out = quote.state is QuoteState.QUOTED
    return out and quote.valid_until is not None and quote.valid_until <= now


def _fits(step: QuoteStep, quote: Quote, now: datetime) -> bool:
    if step is QuoteStep.ACCEPT:
        return not is_overdue(quote, now)
    if step is QuoteStep.RELEASE:
        return quote.open_hold() is not None
    return quote.latest or step is not QuoteStep.REQUOTE
