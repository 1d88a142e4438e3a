"""What a page has of the rest: who visits it, what the address asks for, the run service."""

import os
from collections.abc import Mapping
from functools import cached_property
from urllib.parse import parse_qs

from bng_core.actor import Actor
from bng_core.runs import RunService
from bng_core.store import Store
from bng_core.store.users import actor_of
from dashboards.ui.jobs import open_service
from dashboards.ui.visit import wait_for_visit

VISITOR = "HTTP_X_BNG_VISITOR"
"""Set by the server for each visit, whatever the browser sent; see dashboards/page_handler.py."""


class Site:
    """One visit; `query` holds the parameters of the address."""

    def __init__(self) -> None:
        self.login = ""
        self.query: Mapping[str, str] = {}

    def wait_for_visitor(self) -> None:
        """Learn who came and what for; a kernel that was started ahead waits here."""
        wait_for_visit()
        query = parse_qs(os.environ.get("QUERY_STRING", ""))
        self.query = {name: values[-1] for name, values in query.items()}
        self.login = os.environ.get(VISITOR, "")

    @cached_property
    def service(self) -> RunService:
        """Opened at first use; where that fails, the next use tries again. Raises StoreError."""
        return open_service()

    @property
    def store(self) -> Store:
        """The store of the run service. Raises StoreError."""
        return self.service.store

    def actor(self) -> Actor:
        """The visitor in the role that they have now. Raises SignInRefused, StoreError."""
        return actor_of(self.store, self.login)
