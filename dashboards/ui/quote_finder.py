"""Finding quotes: words, state, dates, planning authority, customer; a page at a time, and CSV."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import ipywidgets as widgets

from bng_core import places
from bng_core.actor import Actor
from bng_core.errors import BadInput
from bng_core.quote_words import QuoteState
from bng_core.store import Store
from bng_core.store.quote_pages import MOST_ROWS, QuoteRow, Search, list_quotes
from dashboards.ui.downloads import Download, as_csv
from dashboards.ui.fields import button, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.paging import A_PAGE, Paging
from dashboards.ui.section import Section
from dashboards.ui.site import Site
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import Cell, counted, day, pounds

MOST_IN_CSV = 5_000
COLUMNS = (
    Column("Quote"), Column("State"), Column("Customer"), Column("Site"),
    Column("Planning authority"), Column("Total", is_figure=True), Column("Made"),
    Column("Holds until"),
)  # fmt: skip
CSV_COLUMNS = (
    "reference", "state", "customer_name", "promoter", "owner", "site", "lpa", "total_gbp",
    "created_at", "valid_until", "run_id",
)  # fmt: skip
ANY_STATE = ("Any state", "")


class QuoteFinder(Section):
    """The form, the list under it, and the whole list as a file."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._customer_id: int | None = None
        self._search = Search()
        self._words = widgets.Text(description="Reference, site or customer")
        states = [ANY_STATE, *((state.capitalize(), state) for state in QuoteState)]
        self._state = widgets.Dropdown(description="State", options=states)
        self._lpa = widgets.Combobox(
            description="Local planning authority (LPA)", options=places.lpa_names()
        )
        self._since = widgets.DatePicker(description="Made from")
        self._until = widgets.DatePicker(description="Made until")
        find, self._file = button("Find quotes", primary=True), button("Make a CSV of this list")
        find.on_click(self._find)
        self._file.on_click(self._make_file)
        self._list, self._link = html(), html()
        self._pages: Paging[QuoteRow] = Paging(self, self._load, self._show)
        self.widget = widgets.VBox(
            [
                field(self._words, "Three letters or more of the name, or the whole reference."),
                field(self._state), field(self._lpa), field(self._since), field(self._until),
                find, self.problem, self.said, self._list, self._pages.widget, self._file,
                self._link,
            ]
        )  # fmt: skip

    @guarded
    async def begin(self) -> None:
        """Show the newest quotes."""
        await self._pages.first()

    @guarded
    async def of_customer(self, customer_id: int) -> None:
        """Show the quotes of one customer."""
        self._customer_id = customer_id
        await self._start()
        self._customer_id = None

    @guarded
    async def _find(self, _button: widgets.Button) -> None:
        await self._start()

    async def _start(self) -> None:
        self._search = self._asked()
        self._link.value = ""
        await self._pages.first()
        self.problem.value = ""

    def _asked(self) -> Search:
        """The search as the form has it. Raises BadInput."""
        lpa = self._lpa.value.strip()
        since, until = self._since.value, self._until.value
        if since and until and until < since:
            raise BadInput(f"“Made until” ({day(until)}) is before “Made from” ({day(since)}).")
        return Search(
            words=self._words.value.strip(),
            state=self._state.value or None,
            lpa=places.find_lpa(lpa) if lpa else "",
            customer_id=self._customer_id,
            since=_midnight(since),
            until=_midnight(until and until + timedelta(days=1)),
        )

    async def _load(self, after: QuoteRow | None) -> Sequence[QuoteRow]:
        search = replace(self._search, after=after, limit=A_PAGE + 1)
        return await self.ask(list_quotes, search)

    def _show(self, rows: Sequence[QuoteRow]) -> None:
        number = self._pages.number
        found = counted(len(rows), "quote") if rows else "No quote"
        page = f" on page {number}" if number > 1 else ""
        self.said.value = f"<p>{found} found{page}.</p>"
        caption = "Quotes, the newest first"
        self._list.value = table(caption, COLUMNS, [_row(row) for row in rows]) if rows else ""

    @guarded
    async def _make_file(self, _button: widgets.Button) -> None:
        rows = await self.ask(all_rows, self._search)
        whole = f"the newest {MOST_IN_CSV:,}" if len(rows) == MOST_IN_CSV else "all of them"
        label = f"Quotes as CSV: {counted(len(rows), 'quote')}, {whole}"
        self._link.value = f"<p>{as_file(rows, label).html}</p>"


def all_rows(store: Store, actor: Actor, search: Search) -> list[QuoteRow]:
    """The newest quotes that match, as many as a file holds."""
    rows: list[QuoteRow] = []
    while len(rows) < MOST_IN_CSV:
        after = rows[-1] if rows else None
        more = list_quotes(store, actor, replace(search, after=after, limit=MOST_ROWS))
        rows += more
        if len(more) < MOST_ROWS:
            break
    return rows


def as_file(rows: Sequence[QuoteRow], label: str) -> Download:
    """Quotes as a file for spreadsheets."""
    lines = [vars(row) | {"total_gbp": Decimal(row.total_pence) / 100} for row in rows]
    return Download(label, "bng-quotes.csv", "text/csv;charset=utf-8", as_csv(lines, CSV_COLUMNS))


def _row(row: QuoteRow) -> Row:
    until = day(row.valid_until.date()) if row.valid_until else "–"
    return [
        Cell(row.reference, address=f"?quote={row.reference}"),
        _state(row),
        row.customer_name,
        row.site,
        row.lpa,
        pounds(Decimal(row.total_pence) / 100),
        day(row.created_at.date()),
        until,
    ]


def _state(row: QuoteRow) -> str:
    overdue = row.valid_until is not None and row.valid_until <= datetime.now(UTC)
    out = row.state is QuoteState.QUOTED
    return "Quoted, its time has passed" if out and overdue else row.state.capitalize()


def _midnight(wanted: date | None) -> datetime | None:
    return None if wanted is None else datetime.combine(wanted, time(), UTC)
