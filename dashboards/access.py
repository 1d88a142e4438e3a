"""Who visits: the session of a browser, looked up in the store at every request.

The cookie holds a random secret; the store holds its hash, the user, and the role that counts now.
Everything but the pages that let people in asks for a session, before any kernel is started.
"""

import asyncio
import logging
import re
from dataclasses import dataclass
from functools import cached_property

from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from bng_core.errors import StoreError
from bng_core.passwords import hash_code
from bng_core.settings import load_settings
from bng_core.store import Store, connect
from bng_core.store.sign_in import Visitor, visitor_of

log = logging.getLogger("bng.pages")


@dataclass
class SignedIn(User):
    """A visitor as Jupyter's handlers know them; `visitor` is who they are to the store."""

    visitor: Visitor | None = None


class StoreIdentityProvider(IdentityProvider):
    """A visitor is whoever holds the secret of a session that is open."""

    @property
    def auth_enabled(self) -> bool:
        """Always: nobody is let in without a session."""
        return True

    @property
    def login_available(self) -> bool:
        """No: the forms of dashboards/forms.py stand in the place of Jupyter's."""
        return False

    @property
    def logout_available(self) -> bool:
        """No: see login_available."""
        return False

    @cached_property
    def store(self) -> Store:
        """Opened at first use; where that fails, the next use tries again. Raises StoreError."""
        return connect(load_settings().database_url)

    @cached_property
    def known(self) -> dict[str, Visitor]:
        """Who was here before, by the hash of their secret."""
        return {}

    async def get_user(self, handler: web.RequestHandler) -> User | None:  # type: ignore[override]
        """Return the visitor; None without an open session.

        While the store does not answer, who was here before stays: their open pages go on.
        """
        secret = handler.get_cookie(cookie_name(handler.request.host))
        if not secret:
            return None
        session_id = hash_code(secret)
        try:
            visitor = await asyncio.to_thread(lambda: visitor_of(self.store, secret))
        except StoreError as error:
            log.warning("Sessions cannot be looked up: %s", error)
            visitor = self.known.get(session_id)
        if visitor is None:
            self.known.pop(session_id, None)
            return None
        self.known[session_id] = visitor
        return SignedIn(visitor.actor.who, visitor.name, visitor.name, visitor=visitor)


def cookie_name(host: str) -> str:
    """A name for this host and port alone: cookies do not tell the ports of one host apart."""
    return "bng-session-" + re.sub(r"[^A-Za-z0-9]", "-", host)


def give_cookie(handler: web.RequestHandler, secret: str) -> None:
    """Let the browser keep the secret of a session, where no script can read it."""
    name, secure = cookie_name(handler.request.host), handler.request.protocol == "https"
    handler.set_cookie(name, secret, httponly=True, samesite="Lax", secure=secure, path="/")


def visitor_here(handler: JupyterHandler) -> Visitor:
    """Who asks; only for handlers that let nobody in without a session."""
    visitor: Visitor = handler.current_user.visitor
    return visitor
