"""A form that remembers: what is filled in outlives a reload, in the visitor's own browser tab.

Nothing half-filled is stored on the server under anybody's name. bng.js keeps the text that is
shown here, by page and visitor, until the tab is closed, and gives it back into the hidden field.
"""

import asyncio
import json
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets

from dashboards.ui.fields import html

LOOK_SECONDS = 0.5

Form = dict[str, Any]


class Memory:
    """`filled` says what is in the form now, `put_back` fills it with what was there before.

    `when_shown` is called first, once the browser shows the page: a widget that is made while the
    browser still fetches those that are there can leave it without any.
    """

    def __init__(
        self,
        filled: Callable[[], Form],
        put_back: Callable[[Form], None],
        when_shown: Callable[[], None],
    ) -> None:
        self._filled, self._put_back, self._when_shown = filled, put_back, when_shown
        self._is_shown = False
        self._kept = html("", "bng-memory-out")
        self._given = widgets.Text(description="What was filled in before")
        self._given.add_class("bng-memory-in")
        self._given.observe(self._back, "value")
        self.widget = widgets.VBox([self._kept, self._given])
        self.widget.add_class("bng-hidden")

    async def watch(self) -> None:
        """Show what is filled in whenever that has changed, as long as the page is there."""
        empty = self._filled()
        last = empty
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if (now := self._filled()) != last:
                last = now
                self._kept.value = f'<span data-form="{escape(json.dumps(now))}"></span>'

    def _back(self, change: dict[str, Any]) -> None:
        if not self._is_shown:
            self._is_shown = True
            self._when_shown()
        try:
            before = json.loads(change["new"])
        except ValueError:  # not what this page has written
            return
        if isinstance(before, dict) and before.keys() == self._filled().keys():
            self._put_back(before)
