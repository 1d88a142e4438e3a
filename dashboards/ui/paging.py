"""Lists a page at a time: forward from the last row, and back the way one came."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

import ipywidgets as widgets

from dashboards.ui.fields import button
from dashboards.ui.guard import guarded
from dashboards.ui.section import Section

A_PAGE = 25

R = TypeVar("R")

Load = Callable[[R | None], Awaitable[Sequence[R]]]
"""Loads the rows after a row (None: the first ones), one more than a page where there are more."""


class Paging(Generic[R]):
    """Two buttons, the rows of the page, and where the next one begins."""

    def __init__(
        self, section: Section, load: Load[R], show: Callable[[Sequence[R]], None]
    ) -> None:
        self._section = section
        self._load = load
        self._show = show
        self._starts: list[R | None] = [None]
        self._next: R | None = None
        self._back = button("Page before")
        self._on = button("Next page")
        self._back.on_click(self._go_back)
        self._on.on_click(self._go_on)
        self.widget = widgets.HBox([self._back, self._on]).add_class("bng-buttons")
        self._offer([])

    @property
    def number(self) -> int:
        """Which page is shown, from 1."""
        return len(self._starts)

    def show_problem(self, text: str) -> None:
        """A page that cannot be loaded is said by the section."""
        self._section.show_problem(text)

    async def first(self) -> None:
        """Show the first page anew."""
        self._starts = [None]
        await self._turn()

    @guarded
    async def _go_on(self, _button: widgets.Button) -> None:
        self._starts.append(self._next)
        await self._turn()

    @guarded
    async def _go_back(self, _button: widgets.Button) -> None:
        self._starts.pop()
        await self._turn()

    async def _turn(self) -> None:
        found = await self._load(self._starts[-1])
        self._offer(found)
        self._show(found[:A_PAGE])

    def _offer(self, found: Sequence[R]) -> None:
        more = len(found) > A_PAGE
        self._next = found[A_PAGE - 1] if more else None
        self._on.disabled = not more
        self._back.disabled = len(self._starts) == 1


class PagedSection(Section):
    """A section whose list is shown when the page opens, and anew when the visitor asks."""

    _pages: Paging[Any]

    @guarded
    async def begin(self) -> None:
        """Show the first page."""
        await self._pages.first()

    @guarded
    async def _look(self, _button: widgets.Button) -> None:
        await self._pages.first()
        self.say("")
