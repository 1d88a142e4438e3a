"""The quote that the address names: all of it, its steps, its requote, its documents."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import ipywidgets as widgets

from bng_core.actor import Actor
from bng_core.errors import BadInput
from bng_core.requoting import ask_requote
from bng_core.store import Run, Store, load_bank_names
from bng_core.store.documents import load_document
from bng_core.store.quote_rows import Quote, open_quote, quote_history
from bng_core.store.requotes import difference, requote
from dashboards.ui.downloads import Download, as_csv
from dashboards.ui.fields import button, choices, field, html
from dashboards.ui.following import Following, run_id_of_link
from dashboards.ui.guard import guarded
from dashboards.ui.quote_deeds import QuoteDeeds
from dashboards.ui.quote_view import QuoteView, quote_html, records_html
from dashboards.ui.section import Section
from dashboards.ui.site import Site

NONE_OPEN = "<p>No quote is open. Choose one from the list below.</p>"
LINE_COLUMNS = (
    "line", "module", "habitat", "bank_id", "stock_id", "units", "srm", "unit_price_gbp",
    "cost_gbp", "change", "who", "why",
)  # fmt: skip


class OpenedQuote(Section):
    """One quote at a time; its address is followed by the browser, so that a reload opens it."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._shown = html(NONE_OPEN)
        self._records = html()
        self._quote: Quote | None = None
        self._deeds = QuoteDeeds(self, self._taken, self._ask_again)
        self._steps = widgets.VBox([html("<h3>What can be done with it</h3>"), self._deeds.widget])
        self._following = Following(lambda: site.service, site.actor, self.show_problem)
        self._documents = widgets.Dropdown(description="Document")
        fetch = button("Get this document")
        fetch.on_click(self._fetch)
        self._file = html()
        self._take_away = widgets.VBox([field(self._documents), fetch, self._file])
        self.widget = widgets.VBox(
            [
                self.problem, self.said, self._following.widget, self._shown, self._steps,
                self._records, self._take_away,
            ]
        )  # fmt: skip
        self._reveal(shown=False)

    def show_problem(self, text: str) -> None:
        """Say what went wrong; nothing is followed any more."""
        self._following.end()
        if self._quote is None:
            self._shown.value = NONE_OPEN
        super().show_problem(text)

    @guarded
    async def open(self, reference: str, run_id: str = "") -> None:
        """Open a quote; with a run, go on with the requote that was under way."""
        self._shown.value = "<p>Opening the quote …</p>"
        await self._open(reference)
        if run_id:
            self._follow(reference, run_id_of_link(run_id))

    async def _open(self, reference: str) -> None:
        view, actor = await self.ask(look_up, reference)
        quote = self._quote = view.quote
        address = f'<a class="bng-run-link" href="?quote={quote.reference}">Link to this quote</a>'
        self._shown.value = quote_html(view) + f"<p>{address}</p>"
        self._records.value = f"{records_html(view)}<p>{lines_file(quote).html}</p>"
        self._deeds.offer(actor, quote, view.now)
        choices(self._documents, [(one.file_name, one.document_id) for one in quote.documents])
        self._file.value = ""
        self._reveal(shown=True)

    def _reveal(self, *, shown: bool) -> None:
        documents = shown and bool(self._quote and self._quote.documents)
        for part, visible in ((self._steps, shown), (self._take_away, documents)):
            if visible:
                part.remove_class("bng-hidden")
            else:
                part.add_class("bng-hidden")

    async def _taken(self, quote: Quote, words: str) -> None:
        await self._open(quote.reference)
        self.say(words)

    async def _ask_again(self, reference: str) -> None:
        self._following.begin("Asking again at today's prices")

        def ask(_store: Store, actor: Actor) -> Run:
            return ask_requote(self.site.service, actor, reference, date.today())

        run = await self.ask(ask)
        self._follow(reference, run.run_id)

    @guarded
    async def _follow(self, reference: str, run_id: uuid.UUID) -> None:
        self._following.address = f"?quote={reference}&run={run_id}"
        done = await self._following.follow(run_id)
        if done is None:
            return
        self._following.end()
        quote = await self.ask(requote, reference, run_id)
        await self._taken(
            quote,
            f"{quote.reference} was saved as a draft. What has changed stands below; send it out, "
            f"or withdraw it to leave {reference} as it is.",
        )

    @guarded
    async def _fetch(self, _button: widgets.Button) -> None:
        if self._documents.value is None:
            raise BadInput("No document is chosen: choose one above.")
        document, content = await self.ask(load_document, self._documents.value)
        made = Download(document.file_name, document.file_name, document.media_type, content)
        self._file.value = f"<p>{made.html}</p>"


def look_up(store: Store, actor: Actor, reference: str) -> tuple[QuoteView, Actor]:
    """A quote with all that is shown around it. Raises QuoteError where the actor has none."""
    quote = open_quote(store, actor, reference)
    view = QuoteView(
        quote=quote,
        history=quote_history(store, actor, reference),
        bank_names=load_bank_names(store, quote.market_version),
        difference=difference(store, actor, quote.thread[quote.version - 1], reference)
        if quote.version
        else None,
        now=datetime.now(UTC),
    )
    return view, actor


def lines_file(quote: Quote) -> Download:
    """The lines of a quote as a file for spreadsheets."""
    rows = [
        vars(line)
        | {
            "unit_price_gbp": line.unit_price_pence / 100,
            "cost_gbp": Decimal(line.cost_pence) / 100,
        }
        for line in quote.lines
    ]
    content = as_csv(rows, LINE_COLUMNS)
    label = "Lines of this quote as CSV"
    return Download(label, f"{quote.reference}.csv", "text/csv;charset=utf-8", content)
