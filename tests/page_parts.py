"""The parts of pages without a browser: pressed and filled by their visible names."""

import asyncio
from collections.abc import Callable

import ipywidgets as widgets

from bng_core.store import Store
from dashboards.ui.site import Site


class Visit(Site):
    """A visit of the site on the store of the test."""

    def __init__(self, store: Store, login: str) -> None:
        super().__init__()
        self.login = login
        self._tested = store

    @property
    def store(self) -> Store:
        return self._tested


def done(begin: Callable[[], object]) -> None:
    """Let a callback of a page, and the tasks that it starts, come to their end."""

    async def run() -> None:
        begin()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.gather(*others)

    asyncio.run(run())


def parts(widget: widgets.Widget) -> list[widgets.Widget]:
    """A widget with all that it holds and shows."""
    if "bng-hidden" in getattr(widget, "_dom_classes", ()):
        return []
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


def text_of(widget: widgets.Widget) -> str:
    return "".join(part.value for part in parts(widget) if isinstance(part, widgets.HTML))


def press(widget: widgets.Widget, label: str) -> None:
    """Click the visible button of that name."""
    (found,) = [
        part
        for part in parts(widget)
        if isinstance(part, widgets.Button) and part.description == label
    ]
    done(found.click)


def fill(widget: widgets.Widget, label: str, value: object) -> None:
    """Set the visible field of that label."""
    (found,) = [
        part
        for part in parts(widget)
        if getattr(part, "description", "") == label and not isinstance(part, widgets.Button)
    ]
    found.value = value


def buttons(widget: widgets.Widget) -> list[str]:
    return [part.description for part in parts(widget) if isinstance(part, widgets.Button)]
