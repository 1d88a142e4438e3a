"""`bng user ...` and `bng key ...`: who may sign in, and programs that act for them."""

import argparse
import sys

from bng_core.actor import Action, Role
from bng_core.commands.grouping import AddCommand, columns, group, open_store, operator, show

ROLES = [role.value for role in Role if role is not Role.SYSTEM]
SCOPES = [action.name.lower() for action in Action]


def add_user_commands(command: AddCommand) -> None:
    """Add `bng user`."""
    add = group(command, "user", "Users and their roles; the first admin is made here.")
    new = add("add", run_add, "Add a user; prints the code with which they set their password.")
    new.add_argument("login", help="an e-mail address, or one word")
    new.add_argument("--role", choices=ROLES, required=True)
    new.add_argument("--name", default="", help="as pages show it; default: the login")
    new.add_argument("--promoter", help="for the role promoter: whose quotes they see")
    add("list", run_list, "All users.")
    link = add("link", run_link, "Make another set-password code; earlier ones end.")
    link.add_argument("login")
    add("set-password", run_set_password, "Set a password by a code; both are asked for.")
    role = add("role", run_role, "Give a user another role.")
    role.add_argument("login")
    role.add_argument("role", choices=ROLES)
    role.add_argument("--promoter", help="for the role promoter: whose quotes they see")
    for name, words in (("disable", "Close a login with its keys."), ("enable", "Open it again.")):
        switch = add(name, run_disable if name == "disable" else run_enable, words)
        switch.add_argument("login")


def add_key_commands(command: AddCommand) -> None:
    """Add `bng key`."""
    add = group(command, "key", "API keys: scoped, expiring, shown once.")
    new = add("new", run_new_key, "Make a key for a user and print it, once.")
    new.add_argument("login")
    new.add_argument("--label", required=True, help="what it is for")
    new.add_argument("--days", type=int, required=True, metavar="N", help="how long it lasts")
    new.add_argument(
        "--scope", choices=SCOPES, action="append", required=True, help="may be given repeatedly"
    )
    add("list", run_list_keys, "All keys, without their secrets.")
    end = add("revoke", run_revoke, "End a key at once.")
    end.add_argument("key_id", help="the part after bng_, as bng key list shows it")


def run_add(options: argparse.Namespace) -> int:
    """`bng user add`."""
    from bng_core.store.users import NewUser, add_user

    new = NewUser(options.login, Role(options.role), options.name, options.promoter)
    return _show_code(options, add_user(open_store(), operator(), new))


def run_link(options: argparse.Namespace) -> int:
    """`bng user link`."""
    from bng_core.store.users import new_link

    return _show_code(options, new_link(open_store(), operator(), options.login))


def _show_code(options: argparse.Namespace, code: str) -> int:
    text = (
        f"Set-password code, valid once and for 48 hours: {code}\n"
        "They open /password on the site, or use `bng user set-password`."
    )
    return show(options, {"code": code}, text)


def run_set_password(options: argparse.Namespace) -> int:
    """`bng user set-password`: neither code nor password stands in the arguments."""
    from bng_core.store.users import set_password

    code, password = _ask("Code: "), _ask("New password: ")
    login = set_password(open_store(), code.strip(), password)
    return show(options, {"login": login}, f"{login} can sign in now.")


def _ask(prompt: str) -> str:
    """A line that is not shown; from a pipe where there is no terminal."""
    import getpass

    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().rstrip("\n")


def run_list(options: argparse.Namespace) -> int:
    """`bng user list`."""
    from bng_core.store.users import list_users

    found = list_users(open_store(), operator())
    content = {"users": [vars(user) for user in found]}
    rows = [
        (u.login, u.name, u.role.value, u.promoter or "-", "open" if u.enabled else "closed")
        for u in found
    ]
    return show(options, content, columns(("Login", "Name", "Role", "Promoter", "State"), rows))


def run_role(options: argparse.Namespace) -> int:
    """`bng user role`."""
    from bng_core.store.users import set_role

    role = Role(options.role)
    user = set_role(open_store(), operator(), options.login, role, options.promoter)
    return show(options, vars(user), f"{user.login} is {user.role} now.")


def run_disable(options: argparse.Namespace) -> int:
    """`bng user disable`."""
    return _switch(options, enabled=False)


def run_enable(options: argparse.Namespace) -> int:
    """`bng user enable`."""
    return _switch(options, enabled=True)


def _switch(options: argparse.Namespace, *, enabled: bool) -> int:
    from bng_core.store.users import set_enabled

    user = set_enabled(open_store(), operator(), options.login, enabled)
    return show(options, vars(user), f"{user.login} is {'open' if enabled else 'closed'} now.")


def run_new_key(options: argparse.Namespace) -> int:
    """`bng key new`."""
    from bng_core.store.api_keys import NewKey, new_key

    scopes = frozenset(Action[name.upper()] for name in options.scope)
    key = new_key(
        open_store(), operator(), NewKey(options.login, options.label, scopes, options.days)
    )
    return show(options, {"key": key}, f"The key, shown this once: {key}")


def run_list_keys(options: argparse.Namespace) -> int:
    """`bng key list`."""
    from bng_core.store.api_keys import list_keys

    found = list_keys(open_store(), operator())
    content = {"keys": [vars(key) for key in found]}
    rows = [
        (
            key.key_id,
            key.login,
            key.label,
            ", ".join(key.scopes),
            "revoked" if key.revoked_at else f"{key.expires_at:%Y-%m-%d}",
        )
        for key in found
    ]
    return show(options, content, columns(("Key", "Login", "For", "Scopes", "Until"), rows))


def run_revoke(options: argparse.Namespace) -> int:
    """`bng key revoke`."""
    from bng_core.store.api_keys import revoke_key

    revoke_key(open_store(), operator(), options.key_id)
    return show(options, {"revoked": options.key_id}, f"The key {options.key_id} is revoked.")
