"""The pages without a kernel: signing in and out, passwords, the first admin, accessibility."""

import asyncio
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.login import LoginFormHandler
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from bng_core.errors import BadInput, BngError, SignInRefused, StoreError
from bng_core.passwords import SHORTEST
from bng_core.store import Store
from bng_core.store.sign_in import change_password, end_session, open_session, sign_in
from bng_core.store.users import add_first_admin, has_users, set_password
from dashboards.access import cookie_name, give_cookie, visitor_here
from dashboards.kernels import end_kernels
from dashboards.pages import menu

Values = Mapping[str, str]
PASSWORD_HINT = f"At least {SHORTEST} characters; three or four unrelated words are easy to keep."


@dataclass(frozen=True)
class Field:
    """One field of a form; its name is that of the value sent."""

    name: str
    label: str
    kind: str = "password"
    autocomplete: str = "new-password"
    hint: str = ""

    @property
    def kept(self) -> bool:
        """Whether the form comes back with what was typed."""
        return self.kind != "password"


LOGIN = Field("login", "Login (your e-mail address)", "text", "username")
SET_UP_TOKEN = Field("token", "Set-up token", "text", "off", "From the address of bng up.")
LINK_CODE = Field("code", "Code of the link", "text", "off", "From the link that you were given.")
NEW_PASSWORD = Field("password", "New password", hint=PASSWORD_HINT)
AGAIN = Field("again", "The new password again")


class FormHandler(LoginFormHandler):
    """A form that ends with its visitor signed in; what is refused is said above the fields."""

    title: ClassVar[str]
    intro: ClassVar[str]
    fields: ClassVar[Sequence[Field]]
    button: ClassVar[str]

    @property
    def store(self) -> Store:
        """The store of the site. Raises StoreError."""
        store: Store = self.identity_provider.store
        return store

    def accept(self, values: Values) -> str:
        """Do what the form is for and return the login. Raises BngError. Off the server's loop."""
        raise NotImplementedError

    async def get(self) -> None:
        """Show the form, with what the address gives already."""
        self.show(HTTPStatus.OK)

    async def post(self) -> None:
        """Take the form."""
        values = {
            field.name: self.get_argument(field.name, "", strip=False) for field in self.fields
        }
        try:
            login = await asyncio.to_thread(self.accept, values)
            secret = await asyncio.to_thread(lambda: open_session(self.store, login))
        except StoreError as error:
            raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE) from error
        except SignInRefused as refused:
            self.show(HTTPStatus.UNAUTHORIZED, str(refused))
        except BngError as refused:
            self.show(HTTPStatus.BAD_REQUEST, str(refused))
        else:
            give_cookie(self, secret)
            self._redirect_safe(self.get_argument("next", "/"), default="/")

    def show(self, status: HTTPStatus, refused: str = "") -> None:
        """Write the form; what is secret is never written back."""
        self.set_status(status)
        given = {
            field.name: self.get_argument(field.name, "") for field in self.fields if field.kept
        }
        form = {"title": self.title, "intro": self.intro, "fields": self.fields}
        form |= {"button": self.button, "given": given, "refused": refused}
        form |= {"next": self.get_argument("next", "/"), "visitor": frame(self)}
        self.finish(self.render_template("form.html", **form))


class PublicFormHandler(FormHandler):
    """A form for people who are not signed in."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form, if the store answers that will be asked."""
        await self.has_users()
        await super().get()

    async def has_users(self) -> bool:
        """Whether anybody has a login. Raises HTTPError without the store."""
        try:
            return await asyncio.to_thread(lambda: has_users(self.store))
        except StoreError as error:
            raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE) from error

    @allow_unauthenticated
    async def post(self) -> None:
        """Take the form."""
        await super().post()


class LoginHandler(PublicFormHandler):
    """Sign in."""

    title = "Sign in"
    intro = (
        "Use the login that your administrator gave you. If you have no password yet, or forgot "
        "it, ask them for a link that sets one."
    )
    fields = (LOGIN, Field("password", "Password", autocomplete="current-password"))
    button = "Sign in"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form, or go on for those who are signed in."""
        if self.current_user is not None:
            self._redirect_safe(self.get_argument("next", "/"), default="/")
        else:
            await super().get()

    def accept(self, values: Values) -> str:
        """Check login and password."""
        return sign_in(self.store, values["login"], values["password"]).who


class SetUpHandler(PublicFormHandler):
    """Make the first admin; for whoever started the site and so was told its token."""

    title = "Set up this site"
    intro = (
        "Nobody has a login yet. Choose yours: it will be the first administrator's, who gives "
        "logins to all others."
    )
    fields = (SET_UP_TOKEN, LOGIN, NEW_PASSWORD, AGAIN)
    button = "Make the first administrator"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form while there is nobody; else the way in is to sign in."""
        if await self.has_users():
            self.redirect("/")
        else:
            await super().get()

    def accept(self, values: Values) -> str:
        """Check the token, then make the admin."""
        if not hmac.compare_digest(values["token"].encode(), self.identity_provider.token.encode()):
            raise SignInRefused(
                "That is not the set-up token of this site: open the address that bng up or "
                "bng status prints."
            )
        return add_first_admin(self.store, values["login"], twice(values)).who


class PasswordHandler(PublicFormHandler):
    """Set a password with the code of a link."""

    title = "Set your password"
    intro = "The link works once, and for 48 hours."
    fields = (LINK_CODE, NEW_PASSWORD, AGAIN)
    button = "Set the password and sign in"

    def accept(self, values: Values) -> str:
        """Use the code."""
        return set_password(self.store, values["code"], twice(values))


class AccountHandler(FormHandler):
    """Change one's own password."""

    title = "Your account"
    intro = "Changing the password signs you out everywhere else."
    fields = (
        Field("present", "Present password", autocomplete="current-password"),
        NEW_PASSWORD,
        AGAIN,
    )
    button = "Change the password"

    def accept(self, values: Values) -> str:
        """Check the present password, then change it."""
        login = visitor_here(self).actor.who
        change_password(self.store, login, values["present"], twice(values))
        return login


class LogoutHandler(JupyterHandler):
    """Sign out; by POST alone, so that no other site can do it."""

    async def post(self) -> None:
        """End the session and its kernels."""
        visitor = visitor_here(self)
        store = self.identity_provider.store
        try:
            await asyncio.to_thread(lambda: end_session(store, visitor))
        except StoreError as error:
            raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE) from error
        owners = self.settings["kernel_owners"]
        await end_kernels(self.kernel_manager, owners, {visitor.session_id})
        self.clear_cookie(cookie_name(self.request.host))
        self.redirect("/login")


class HomeHandler(JupyterHandler):
    """The bare address leads to the first page that the visitor may open."""

    async def get(self) -> None:
        """Send the visitor on."""
        self.redirect(menu(visitor_here(self).actor)[0].path)


class StatementHandler(JupyterHandler):
    """The accessibility statement."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show it to anybody."""
        self.finish(self.render_template("accessibility.html", visitor=frame(self)))


class NotFoundHandler(JupyterHandler):
    """Any other address."""

    @allow_unauthenticated
    def get(self) -> None:
        """Answer 404 with a page in words."""
        raise web.HTTPError(HTTPStatus.NOT_FOUND)


def frame(handler: JupyterHandler) -> str:
    """The menu and the visitor for the header; nothing where nobody is signed in."""
    if handler.current_user is None:
        return ""
    visitor = visitor_here(handler)
    role = visitor.actor.role.replace("_", " ")
    shown = {"who": visitor.name, "role": role, "pages": menu(visitor.actor)}
    return handler.render_template("visitor.html", here=handler.request.path, **shown)


def twice(values: Values) -> str:
    """The new password, if it was typed alike twice. Raises BadInput."""
    if values["password"] != values["again"]:
        raise BadInput("The two new passwords differ; type the same one twice.")
    return values["password"]
