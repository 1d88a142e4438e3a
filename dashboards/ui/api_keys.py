"""Keys of the HTTP API: made for a user with scopes and an end, shown once, revoked."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

import ipywidgets as widgets

from bng_core.actor import Action
from bng_core.errors import BadInput
from bng_core.store.api_keys import LONGEST_DAYS, Key, NewKey, list_keys, new_key, revoke_key
from dashboards.ui.deed import Deed
from dashboards.ui.fields import choices, field, html
from dashboards.ui.guard import guarded
from dashboards.ui.section import Section
from dashboards.ui.site import Site
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import moment

COLUMNS = (
    Column("Key"), Column("User"), Column("What for"), Column("May"), Column("State"),
    Column("Last used"),
)  # fmt: skip
USUAL_DAYS = 90


class ApiKeys(Section):
    """The list, the form for a new key, and ending one."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._list = html()
        self._shown = html("", "bng-live")
        self._login = widgets.Text(description="Login of the user")
        self._label = widgets.Text(description="What the key is for")
        self._days = widgets.BoundedIntText(
            USUAL_DAYS, min=1, max=LONGEST_DAYS, description="Days that it lasts"
        )
        self._scopes = {
            action: widgets.Checkbox(description=action.value.capitalize(), indent=False)
            for action in Action
        }
        scopes = [html("<h4>What it may do</h4>"), *self._scopes.values()]
        fields = [field(self._login), field(self._label), field(self._days), *scopes]
        self._new = Deed(self, "Make a key", self._do_new, fields)
        self._new.ask("A key never does more than its user's role allows; it is shown once.")
        self._chosen = widgets.Dropdown(description="Key in force")
        self._revoke = Deed(self, "Revoke a key", self._do_revoke, [field(self._chosen)])
        self._revoke.ask("Programs that use the key are refused at once; this cannot be undone.")
        self.widget = widgets.VBox(
            [
                html("<h3>API keys</h3>"), self.problem, self.said, self._shown, self._list,
                self._new.widget, self._revoke.widget,
            ]
        )  # fmt: skip

    @guarded
    async def begin(self) -> None:
        """Show all keys."""
        await self._refresh()

    async def _refresh(self) -> None:
        found = await self.ask(list_keys)
        now = datetime.now(UTC)
        self._list.value = keys_html(found, now)
        in_force = [key for key in found if _state(key, now).startswith("until")]
        choices(self._chosen, [(f"{key.key_id}: {key.label}", key.key_id) for key in in_force])

    async def _do_new(self) -> None:
        scopes = frozenset(action for action, box in self._scopes.items() if box.value)
        new = NewKey(self._login.value, self._label.value, scopes, self._days.value)
        made = await self.ask(new_key, new)
        await self._refresh()
        self.say("The key was made.")
        self._shown.value = (
            '<div class="bng-note"><p><strong>Shown this once.</strong> Copy the key now:</p>'
            f"<p><code>{escape(made)}</code></p></div>"
        )

    async def _do_revoke(self) -> None:
        if self._chosen.value is None:
            raise BadInput("No key is chosen: choose one above.")
        key_id = str(self._chosen.value)
        await self.ask(revoke_key, key_id)
        self._shown.value = ""
        await self._refresh()
        self.say(f"The key {key_id} is revoked.")


def keys_html(found: Sequence[Key], now: datetime) -> str:
    """All keys as a table."""
    rows: list[Row] = [
        [
            key.key_id, key.login, key.label,
            "; ".join(Action[scope.upper()].value for scope in key.scopes), _state(key, now),
            moment(key.last_used_at),
        ]
        for key in found
    ]  # fmt: skip
    return table("API keys, the newest first", COLUMNS, rows) if rows else "<p>No key yet.</p>"


def _state(key: Key, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {moment(key.revoked_at)}"
    if key.expires_at <= now:
        return f"ended {moment(key.expires_at)}"
    return f"until {moment(key.expires_at)}"
