"""Who may open a page: whoever holds the access token, and nobody else on this machine.

The token comes once in the address (`?token=...`) and is then kept as a signed cookie. Every page,
request and websocket asks for it; a kernel is started only after it was given.
"""

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import IdentityProvider
from jupyter_server.auth.login import LoginFormHandler
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web
from traitlets import default
from voila.tornado.handler import TornadoVoilaHandler

FIRST_PAGE = "/voila/render/quote.ipynb"


class TokenIdentityProvider(IdentityProvider):
    """One shared token; a request without it is nobody's."""

    @default("cookie_options")
    def _cookie_options(self) -> dict[str, str]:
        return {"samesite": "Lax"}

    @property
    def auth_enabled(self) -> bool:
        """Always: the server refuses to start without a token."""
        return True

    @property
    def logout_available(self) -> bool:
        """No: the token belongs to the machine, not to a person."""
        return False


class AccessHandler(LoginFormHandler):
    """The page that asks for the token, in place of Jupyter's log-in form."""

    def _render(self, message: dict[str, str] | None = None) -> None:
        if message is None:
            self.set_status(401)
        next_page = self.get_argument("next", default=FIRST_PAGE)
        self.finish(self.render_template("login.html", next=next_page, refused=bool(message)))

    @allow_unauthenticated
    def post(self) -> None:
        """Accept the token typed into the form."""
        if self.get_argument("password", default="") != self.identity_provider.token:
            self.set_status(401)
            self._render(message={"error": "refused"})
            return
        user = self.identity_provider.generate_anonymous_user(self)
        self.identity_provider.set_login_cookie(self, user)
        self._redirect_safe(self.get_argument("next", default=FIRST_PAGE), default=FIRST_PAGE)


class PageHandler(TornadoVoilaHandler):
    """A page, which can also end its kernel.

    When it is closed Voilà's page posts the cross-site token from a cookie that Voilà never sets:
    the server would refuse, and every kernel would stay until it is culled.
    """

    @web.authenticated
    async def get(self, path: str | None = None) -> None:
        """Set the cookie, then render."""
        _ = self.xsrf_token  # reading it sets its cookie
        await super().get(path)


class HomeHandler(JupyterHandler):
    """The bare address leads to the first page."""

    @web.authenticated
    def get(self) -> None:
        """Send the visitor on, without the token in the address."""
        self.redirect(url_path_join(self.base_url, FIRST_PAGE))


class NotFoundHandler(JupyterHandler):
    """Any other address."""

    @allow_unauthenticated
    def get(self) -> None:
        """Answer 404 with a page in words."""
        raise web.HTTPError(404)
