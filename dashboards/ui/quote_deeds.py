"""The steps of an opened quote; each is asked once more before it is taken."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import ipywidgets as widgets

from bng_core.actor import Actor
from bng_core.quote_steps import QuoteStep, steps_of
from bng_core.store.quote_life import (
    VALID_DAYS,
    accept_quote,
    allocate_quote,
    extend_quote,
    hold_quote,
    issue_quote,
    release_hold,
    withdraw_quote,
)
from bng_core.store.quote_rows import Quote
from dashboards.ui.deed import Deed
from dashboards.ui.fields import field
from dashboards.ui.section import Section

QUESTIONS = {
    QuoteStep.ISSUE: "Send {reference} out? Its units are held as the stock policy says, and its "
    "price holds for the days given. An earlier version that is out is superseded.",
    QuoteStep.ACCEPT: "Accept {reference}? Its units are sold to {customer}.",
    QuoteStep.ALLOCATE: "Note that {reference} is allocated on the gain-site register? It cannot "
    "be withdrawn afterwards.",
    QuoteStep.EXTEND: "Let {reference}, and what it holds, last longer? The days count from now.",
    QuoteStep.HOLD: "Hold all units of {reference}, whatever the stock policy says?",
    QuoteStep.RELEASE: "Give back what {reference} holds? Others can buy it then; the quote stays "
    "out.",
    QuoteStep.REQUOTE: "Ask the question of {reference} again at today's prices? The answer is "
    "saved as a draft, to be compared before it is sent out; {reference} stays as it is.",
    QuoteStep.WITHDRAW: "Withdraw {reference}? This ends it; what it holds or has sold is free "
    "again.",
}
DONE = {
    QuoteStep.ISSUE: "{reference} was sent out.",
    QuoteStep.ACCEPT: "{reference} was accepted.",
    QuoteStep.ALLOCATE: "The allocation of {reference} was noted.",
    QuoteStep.EXTEND: "{reference} was extended.",
    QuoteStep.HOLD: "{reference} holds all its units.",
    QuoteStep.RELEASE: "{reference} holds nothing any more.",
    QuoteStep.WITHDRAW: "{reference} was withdrawn.",
}

Taken = Callable[[Quote, str], Awaitable[None]]


class QuoteDeeds:
    """A Deed for each step, of which those are offered that role and state allow."""

    def __init__(
        self, section: Section, taken: Taken, requote: Callable[[str], Awaitable[None]]
    ) -> None:
        self._section = section
        self._taken = taken
        self._requote = requote
        self._reference = ""
        self._days = {step: _days(step) for step in _WITH_DAYS}
        self._why = {step: widgets.Text(description="Reason") for step in _WITH_REASON}
        self._register = widgets.Text(description="Register reference")
        self._deeds = {step: self._deed(step) for step in QuoteStep}
        self.widget = widgets.VBox([deed.widget for deed in self._deeds.values()])

    def offer(self, actor: Actor, quote: Quote, now: datetime) -> None:
        """Offer what this person may do with this quote now."""
        self._reference = quote.reference
        offered = steps_of(actor, quote, now)
        words = {"reference": quote.reference, "customer": quote.customer_name}
        for step, deed in self._deeds.items():
            deed.ask(QUESTIONS[step].format(**words))
            deed.offer(step in offered)
        for text in (self._register, *self._why.values()):
            text.value = ""

    def _deed(self, step: QuoteStep) -> Deed:
        fields: list[widgets.DOMWidget] = []
        if step in self._days:
            fields.append(field(self._days[step]))
        if step in self._why:
            fields.append(field(self._why[step], "It is kept in the history of the quote."))
        if step is QuoteStep.ALLOCATE:
            fields.append(field(self._register, "As the register gives it, such as BGS-010124001."))

        async def take() -> None:
            await self._take(step)

        return Deed(self._section, step.value, take, fields)

    async def _take(self, step: QuoteStep) -> None:
        if step is QuoteStep.REQUOTE:
            await self._requote(self._reference)
            return
        quote = await self._change(step)
        await self._taken(quote, DONE[step].format(reference=quote.reference))

    async def _change(self, step: QuoteStep) -> Quote:
        ask, reference = self._section.ask, self._reference
        days = self._days[step].value if step in self._days else 0
        why = self._why[step].value if step in self._why else ""
        changes: dict[QuoteStep, Callable[[], Awaitable[Quote]]] = {
            QuoteStep.ISSUE: lambda: ask(issue_quote, reference, days),
            QuoteStep.ACCEPT: lambda: ask(accept_quote, reference),
            QuoteStep.ALLOCATE: lambda: ask(allocate_quote, reference, self._register.value),
            QuoteStep.EXTEND: lambda: ask(extend_quote, reference, days, why),
            QuoteStep.HOLD: lambda: ask(hold_quote, reference, days),
            QuoteStep.RELEASE: lambda: ask(release_hold, reference, why),
            QuoteStep.WITHDRAW: lambda: ask(withdraw_quote, reference, why),
        }
        return await changes[step]()


_WITH_DAYS = (QuoteStep.ISSUE, QuoteStep.EXTEND, QuoteStep.HOLD)
_WITH_REASON = (QuoteStep.EXTEND, QuoteStep.RELEASE, QuoteStep.WITHDRAW)


def _days(step: QuoteStep) -> widgets.BoundedIntText:
    label = "Days that its price holds" if step is QuoteStep.ISSUE else "Days from now"
    return widgets.BoundedIntText(VALID_DAYS, min=1, max=3650, description=label)
