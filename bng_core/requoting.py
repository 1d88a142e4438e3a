"""Asking the question of a quote again: today's market and prices, and what it holds is its own."""

from datetime import date

from bng_core.actor import Action, Actor, require
from bng_core.runs import RunService, ask_again
from bng_core.store import Queue, Run
from bng_core.store.requotes import question_of_today


def ask_requote(
    service: RunService, actor: Actor, reference: str, day: date, queue: Queue = Queue.INTERACTIVE
) -> Run:
    """Return the run that answers a quote's question at the prices of a day.

    The units that the quote holds count as free, for issuing the next version frees them; the
    promoter's customers get the discount that they have now. Raises QuoteError or NotAllowed.
    """
    require(actor, Action.MAKE_QUOTE)
    run_id, changes = question_of_today(service.store, actor, reference)
    changes = changes | {"on_date": day.isoformat()}
    return ask_again(service, run_id, changes, (queue, actor.who))
