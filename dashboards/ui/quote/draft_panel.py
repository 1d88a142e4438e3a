"""From an answer to a quote: saved as a draft, changed by hand, sent out, its stock held."""

import asyncio
from collections.abc import Callable, Mapping

import ipywidgets as widgets

from bng_core.actor import Action, Actor
from bng_core.quote_words import QuoteState
from bng_core.store import Run, Store
from bng_core.store.quote_life import VALID_DAYS, hold_quote, issue_quote
from bng_core.store.quote_rows import Quote, open_quote
from bng_core.store.quotes import NewQuote, save_quote
from dashboards.ui.fields import button, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.quote.adjust_form import AdjustForm
from dashboards.ui.quote.client_step import ClientStep
from dashboards.ui.quote.quote_html import quote_files, quote_html
from dashboards.ui.site import Site
from dashboards.ui.text import problem

Deed = Callable[[Store, Actor], Quote]


class DraftPanel:
    """Offers what the visitor may do with an answer, and with the quote made of it."""

    def __init__(self, site: Site, client: ClientStep) -> None:
        self._site, self._client = site, client
        self._run: Run | None = None
        self._names: Mapping[str, str] = {}
        self._quote: Quote | None = None
        self._save = button("Save as quote", primary=True)
        self._said = html("", "bng-live")
        self._problem = html("", "bng-urgent")
        self._shown = html()
        self._adjust = AdjustForm()
        self._apply = button("Apply the change")
        self._adjusting = widgets.VBox(
            [html("<h3>Change the draft by hand</h3>"), self._adjust.widget, self._apply]
        )
        self._days = widgets.BoundedIntText(description="Days", value=VALID_DAYS, min=1, max=365)
        self._issue = button("Send out and hold stock", primary=True)
        self._hold = button("Hold all its units for so many days")
        self._sending = widgets.VBox(
            [
                html("<h3>Send it out, hold its stock</h3>"),
                field(self._days, "How long the quote is valid, or its units are held, from now."),
                self._issue,
                self._hold,
            ]
        )
        self._wire()
        self.widget = widgets.VBox(
            [
                html('<h3 id="make-it-a-quote" tabindex="-1">Make it a quote</h3>'),
                self._save,
                self._problem,
                self._said,
                self._shown,
                self._adjusting,
                self._sending,
            ]
        )
        self.clear()

    def _wire(self) -> None:
        for made, clicked in (
            (self._save, self._save_clicked),
            (self._apply, self._apply_clicked),
            (self._issue, self._issue_clicked),
            (self._hold, self._hold_clicked),
        ):
            made.on_click(clicked)

    def clear(self) -> None:
        """Offer nothing; a quote that was saved stays in the store."""
        self._run = self._quote = None
        self._shown.value = self._said.value = self._problem.value = ""
        _show(self.widget, False)

    @guarded
    async def offer(self, run: Run, names: Mapping[str, str], reference: str = "") -> None:
        """Offer to make a quote of a run, or show the one that was made of it."""
        self.clear()
        self._run, self._names = run, names
        actor = await asyncio.to_thread(self._site.actor)
        if not actor.may(Action.MAKE_QUOTE) or not run.result or not run.result["purchases"]:
            return
        if reference:
            quote = await asyncio.to_thread(open_quote, self._site.store, actor, reference)
            self._quote = quote if quote.run_id == run.run_id else None
        self._draw(actor)
        _show(self.widget, True)

    def show_problem(self, text: str) -> None:
        """Say what could not be done; the quote is as it was."""
        self._said.value = ""
        self._problem.value = problem(text)
        self._enable(True)

    def _save_clicked(self, _button: widgets.Button) -> None:
        self._do(self._save_now, "The quote was saved as a draft.")

    def _apply_clicked(self, _button: widgets.Button) -> None:
        self._do(
            lambda store, actor: self._adjust.apply(store, actor, self._reference()),
            "The draft was changed.",
        )

    def _issue_clicked(self, _button: widgets.Button) -> None:
        days = self._days.value
        self._do(
            lambda store, actor: issue_quote(store, actor, self._reference(), days),
            "The quote is out; its stock is held as the stock policy says.",
        )

    def _hold_clicked(self, _button: widgets.Button) -> None:
        days = self._days.value
        self._do(
            lambda store, actor: hold_quote(store, actor, self._reference(), days),
            "All units of the quote are held.",
        )

    @guarded
    async def _do(self, deed: Deed, words: str) -> None:
        self._problem.value = ""
        self._enable(False)
        actor = await asyncio.to_thread(self._site.actor)
        self._quote = await asyncio.to_thread(deed, self._site.store, actor)
        self._enable(True)
        self._draw(actor)
        self._said.value = f"<p>{words}</p>"

    def _save_now(self, store: Store, actor: Actor) -> Quote:
        assert self._run is not None, "the button is shown with a run only"
        site = self._client.site_name()
        customer = self._client.customer(store, actor)
        new = NewQuote(self._run.run_id, customer.customer_id, site, self._client.promoter())
        return save_quote(store, actor, new)

    def _reference(self) -> str:
        assert self._quote is not None, "these buttons are shown with a quote only"
        return self._quote.reference

    def _draw(self, actor: Actor) -> None:
        quote = self._quote
        draft = quote is not None and quote.state is QuoteState.DRAFT
        out = quote is not None and quote.state is QuoteState.QUOTED
        may_change = actor.may(Action.CHANGE_QUOTE)
        _show(self._save, quote is None)
        _show(self._adjusting, draft and may_change)
        _show(self._issue, draft)
        _show(self._hold, out and may_change)
        _show(self._sending, draft or (out and may_change))
        if quote is not None:
            files = "".join(f"<li>{file.html}</li>" for file in quote_files(quote, self._names))
            links = f'<h3>Take the quote away</h3><ul class="bng-downloads">{files}</ul>'
            self._shown.value = quote_html(quote, self._names) + links
            self._adjust.show(quote)

    def _enable(self, enabled: bool) -> None:
        for made in (self._save, self._apply, self._issue, self._hold):
            made.disabled = not enabled


def _show(part: widgets.DOMWidget, shown: bool) -> None:
    (part.remove_class if shown else part.add_class)("bng-hidden")
