"""A part of a page that says by itself what went well and what did not."""

import asyncio
from collections.abc import Callable
from html import escape
from typing import Concatenate, ParamSpec, TypeVar

from bng_core.actor import Actor
from bng_core.store import Store
from dashboards.ui.fields import html
from dashboards.ui.site import Site
from dashboards.ui.text import problem

P = ParamSpec("P")
T = TypeVar("T")


class Section:
    """Its messages, and how it asks the store in the visitor's name without stopping the page."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.problem = html("", "bng-urgent")
        self.said = html("", "bng-live")
        self.said.tabbable = False  # may be given the focus, is no stop of the Tab key

    def show_problem(self, text: str) -> None:
        """Say what went wrong; whoever asked can go on."""
        self.said.value = ""
        self.problem.value = problem(text)

    def say(self, text: str) -> None:
        """Say what was done, and take away what was wrong before."""
        self.problem.value = ""
        self.said.value = f'<div class="bng-good"><p>{escape(text)}</p></div>' if text else ""

    async def ask(
        self, function: Callable[Concatenate[Store, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function of the store returns to the visitor. Raises what it raises."""

        def call() -> T:
            return function(self.site.store, self.site.actor(), *args, **kwargs)

        return await asyncio.to_thread(call)
