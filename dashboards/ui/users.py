"""Users and their roles: added, changed, closed, opened; a link to set a password, shown once."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

import ipywidgets as widgets

from bng_core.actor import Role
from bng_core.errors import BadInput
from bng_core.store.users import (
    NewUser,
    User,
    add_user,
    list_users,
    new_link,
    set_enabled,
    set_role,
)
from dashboards.ui.deed import Deed
from dashboards.ui.fields import choices, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.section import Section
from dashboards.ui.site import Site
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import moment

COLUMNS = (
    Column("Login"), Column("Name"), Column("Role"), Column("Promoter"), Column("State"),
    Column("Since"),
)  # fmt: skip
ROLES = [(role.replace("_", " ").capitalize(), role) for role in Role if role is not Role.SYSTEM]
PASSWORD_PAGE = "/password"


class Users(Section):
    """The list, and what can be done with one of them."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._list = html()
        self._link = html("", "bng-live")
        self._login = widgets.Text(description="Login")
        self._name = widgets.Text(description="Name (optional)")
        self._new_role, self._role = _role_field(), _role_field()
        self._new_promoter, self._promoter = _promoter_field(), _promoter_field()
        self._chosen = widgets.Dropdown(description="User")
        new = [
            field(self._login, "An e-mail address, or one word."), field(self._name),
            field(self._new_role), field(self._new_promoter, "For the role promoter only."),
        ]  # fmt: skip
        change = [field(self._role), field(self._promoter, "For the role promoter only.")]
        self._add = Deed(self, "Add a user", self._do_add, new)
        self._deeds = (
            Deed(self, "Change the role of this user", self._do_role, change),
            Deed(self, "Give this user a new set-password link", self._do_link),
            Deed(self, "Close this login", self._do_close),
            Deed(self, "Open this login again", self._do_open),
        )
        for deed, words in zip((self._add, *self._deeds), _QUESTIONS, strict=True):
            deed.ask(words)
        self.widget = widgets.VBox(
            [
                html("<h3>Users and roles</h3>"), self.problem, self.said, self._link, self._list,
                self._add.widget, field(self._chosen), *(deed.widget for deed in self._deeds),
            ]
        )  # fmt: skip

    @guarded
    async def begin(self) -> None:
        """Show all users."""
        await self._refresh()

    async def _refresh(self) -> None:
        found = await self.ask(list_users)
        self._list.value = users_html(found)
        choices(self._chosen, [(user.login, user.login) for user in found])

    async def _do_add(self) -> None:
        new = NewUser(
            self._login.value, self._new_role.value, self._name.value, _named(self._new_promoter)
        )
        code = await self.ask(add_user, new)
        self._login.value = self._name.value = self._new_promoter.value = ""
        await self._show_link(code, new.login)

    async def _do_link(self) -> None:
        login = self._user()
        await self._show_link(await self.ask(new_link, login), login)

    async def _show_link(self, code: str, login: str) -> None:
        await self._refresh()
        self.say(f"{login} can set a password with the link below, once and within 48 hours.")
        self._link.value = link_html(code)

    async def _do_role(self) -> None:
        user = await self.ask(
            set_role, self._user(), self._role.value, _named(self._promoter)
        )  # fmt: skip
        await self._done(f"{user.login} is {user.role.replace('_', ' ')} now.")

    async def _do_close(self) -> None:
        user = await self.ask(set_enabled, self._user(), enabled=False)
        await self._done(f"The login {user.login} is closed.")

    async def _do_open(self) -> None:
        user = await self.ask(set_enabled, self._user(), enabled=True)
        await self._done(f"The login {user.login} is open.")

    async def _done(self, words: str) -> None:
        self._link.value = ""
        await self._refresh()
        self.say(words)

    def _user(self) -> str:
        if self._chosen.value is None:
            raise BadInput("No user is chosen: choose one above.")
        return str(self._chosen.value)


_QUESTIONS = (
    "The user gets a link with which they set their password; it is shown once.",
    "The user's pages and keys follow the new role at once.",
    "Earlier links end, and so does a lock-out. The new link is shown once.",
    "The user cannot sign in any more, and their keys end to work, until the login is opened.",
    "The user can sign in again with the password that they had.",
)


def users_html(found: Sequence[User]) -> str:
    """All users as a table."""
    rows: list[Row] = [
        [
            user.login, user.name, user.role.replace("_", " ").capitalize(), user.promoter or "–",
            _state(user), moment(user.created_at),
        ]
        for user in found
    ]  # fmt: skip
    return table("Users, by login", COLUMNS, rows)


def link_html(code: str) -> str:
    """The link to set a password, as it is shown once."""
    address = f"{PASSWORD_PAGE}?code={quote(code)}"
    return (
        '<div class="bng-note"><p><strong>Shown this once.</strong> Copy the link and give it to '
        f'the user: <a href="{escape(address)}">link to set the password</a></p>'
        f"<p>Or give them the code: <code>{escape(code)}</code></p></div>"
    )


def _state(user: User) -> str:
    if not user.enabled:
        return "closed"
    if not user.has_password:
        return "open, no password set yet"
    return f"locked until {moment(user.locked_until)}" if user.locked_until else "open"


def _role_field() -> widgets.Dropdown:
    return widgets.Dropdown(description="Role", options=ROLES, value=Role.HANDLER)


def _promoter_field() -> widgets.Text:
    return widgets.Text(description="Promoter that they belong to")


def _named(given: widgets.Text) -> str | None:
    return given.value.strip() or None
