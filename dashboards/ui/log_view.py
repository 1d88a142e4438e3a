"""The audit log: filtered, a page at a time; and whether its chain is whole, in words."""

from collections.abc import Sequence

import ipywidgets as widgets

from bng_core.store.audit_log import Entry, LogSearch, State, Verdict, search_entries, verify
from dashboards.ui.fields import button, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.paging import A_PAGE, PagedSection, Paging
from dashboards.ui.site import Site
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import counted, moment, note, problem

LONGEST = 60
COLUMNS = (
    Column("No."), Column("When"), Column("Who"), Column("What"), Column("To"), Column("Why"),
    Column("What has changed"),
)  # fmt: skip


class AuditLog(PagedSection):
    """The filter, the list, the check."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._who = widgets.Text(description="Who (login)")
        self._action = widgets.Text(description="What was done")
        self._subject = widgets.Text(description="To what")
        show, check = button("Show entries"), button("Verify the chain")
        show.on_click(self._look)
        check.on_click(self._verify)
        self._head = widgets.Text(description="Head that was noted before (optional)")
        self._verdict, self._list = html("", "bng-live"), html()
        self._pages: Paging[Entry] = Paging(self, self._load, self._show)
        self.widget = widgets.VBox(
            [
                html("<h3>Audit log</h3>"), field(self._who),
                field(self._action, "Such as quote.accept."),
                field(self._subject, "Such as quote BNG-00001."), show, self.problem, self.said,
                self._list, self._pages.widget, field(self._head, "What an earlier check gave."),
                check, self._verdict,
            ]
        )  # fmt: skip

    async def _load(self, after: Entry | None) -> Sequence[Entry]:
        subject, who, action = (
            text.value.strip() or None for text in (self._subject, self._who, self._action)
        )
        before = after.entry_id if after else None
        return await self.ask(search_entries, LogSearch(subject, who, action, before, A_PAGE + 1))

    def _show(self, found: Sequence[Entry]) -> None:
        self._list.value = log_html(found)

    @guarded
    async def _verify(self, _button: widgets.Button) -> None:
        self._verdict.value = "<p>Checking every entry …</p>"
        self._verdict.value = verdict_html(await self.ask(verify, self._head.value.strip() or None))


def log_html(found: Sequence[Entry]) -> str:
    """Entries as a table."""
    rows: list[Row] = [
        [
            str(entry.entry_id), moment(entry.at), f"{entry.who} ({entry.role.replace('_', ' ')})",
            entry.action, entry.subject, entry.why or "–", changed(entry.before, entry.after),
        ]
        for entry in found
    ]  # fmt: skip
    return table("Entries, the newest first", COLUMNS, rows) if rows else "<p>No entry found.</p>"


def verdict_html(verdict: Verdict) -> str:
    """Whether the log is whole, in words."""
    if verdict.faults:
        faults = "\n".join(verdict.faults[:20])
        return problem(f"The log has been tampered with:\n{faults}")
    return note(
        f"The log is whole: {counted(verdict.entries, 'entry', 'entries')}, each as it was sealed. "
        f"Note the head elsewhere, to see later that nothing was cut off: {verdict.head}"
    )


def changed(before: State, after: State) -> str:
    """What is not as it was, name by name; what has parts of its own is only named.

    >>> changed({"state": "draft", "held": "0"}, {"state": "quoted", "held": "0"})
    'state draft → quoted'
    """
    was, now = before or {}, after or {}
    names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    return "; ".join(_change(name, was.get(name), now.get(name)) for name in names) or "–"


def _change(name: str, was: object, now: object) -> str:
    words = name.replace("_", " ")
    if isinstance(was, dict | list) or isinstance(now, dict | list):
        return f"{words} changed" if was is not None else words
    return f"{words} {_short(now)}" if was is None else f"{words} {_short(was)} → {_short(now)}"


def _short(value: object) -> str:
    words = "nothing" if value is None else str(value)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} …"
