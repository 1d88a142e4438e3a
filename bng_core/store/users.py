"""Users: who may sign in, in what role; passwords are set by links that work once.

There is no default user and no default password: the first admin is made by `bng user add`, or on
the set-up page by whoever started the site.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, text, update

from bng_core.actor import Action, Actor, Role, require
from bng_core.errors import BadInput, SignInRefused
from bng_core.passwords import hash_code, hash_password, new_code
from bng_core.plain_text import plain_text
from bng_core.store.audit_log import record
from bng_core.store.postgres import Store, transaction
from bng_core.store.tables_accounts import password_links, sessions, users
from bng_core.store.tables_quotes import promoters

LONGEST_NAME = 200
LINK_LASTS = timedelta(hours=48)

_WRONG_LINK = BadInput(
    "The set-password code is not valid, was used already or has expired; ask an admin for another."
)


@dataclass(frozen=True)
class User:
    """One user as lists show them; a user without password has not used their link yet."""

    login: str
    name: str
    role: Role
    promoter: str | None
    enabled: bool
    has_password: bool
    locked_until: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class NewUser:
    """A user to add; a promoter's user names the promoter they belong to."""

    login: str
    role: Role
    name: str = ""
    promoter: str | None = None


def add_user(store: Store, actor: Actor, new: NewUser) -> str:
    """Add a user and return the code with which they set their password, once, within 48 hours.

    Raises NotAllowed, or BadInput where the login is taken or a text cannot be used.
    """
    require(actor, Action.MANAGE_USERS)
    login = clean_login(new.login)
    _check_role(new.role, new.promoter)
    row = {
        "login": login,
        "name": plain_text("The name", new.name or login, LONGEST_NAME),
        "role": new.role.value,
        "promoter": new.promoter,
    }
    with transaction(store) as connection:
        if connection.scalar(select(users.c.login).where(users.c.login == login)):
            raise BadInput(f"There is a user {login} already; choose another login.")
        _check_promoter(connection, new.promoter)
        connection.execute(insert(users).values(row))
        record(connection, actor, "user.add", f"user {login}", None, row, "")
        return _new_link(connection, login)


def new_link(store: Store, actor: Actor, login: str) -> str:
    """Return a new set-password code; earlier ones are no longer valid. It also ends a lock-out."""
    require(actor, Action.MANAGE_USERS)
    with transaction(store) as connection:
        user = _user(connection, clean_login(login))
        write_user(connection, user.login, tries=0, locked_until=None)
        record(connection, actor, "user.link", f"user {user.login}", None, None, "")
        return _new_link(connection, user.login)


def set_password(store: Store, code: str, password: str) -> str:
    """Use a set-password code and return the login. Raises BadInput."""
    wanted = (
        select(password_links.c.login)
        .join(users, users.c.login == password_links.c.login)
        .where(
            password_links.c.code_sha256 == hash_code(code),
            password_links.c.used_at.is_(None),
            password_links.c.expires_at > func.now(),
            users.c.enabled,
        )
        .with_for_update()
    )
    with transaction(store) as connection:
        login = connection.scalar(wanted)
        if login is None:
            raise _WRONG_LINK
        kept = hash_password(password, login)
        new_password(connection, login, kept)
        record(connection, user_actor(connection, login), "user.password", f"user {login}",
               None, None, "by link")  # fmt: skip
        return login


def new_password(connection: Connection, login: str, kept: str) -> None:
    """Keep the hash of a new password; what the old one opened is closed: links and sessions."""
    write_user(connection, login, password_hash=kept, tries=0, locked_until=None)
    _end_links(connection, login)
    connection.execute(delete(sessions).where(sessions.c.login == login))


def has_users(store: Store) -> bool:
    """Whether anybody was ever added."""
    with transaction(store) as connection:
        return _has_users(connection)


def add_first_admin(store: Store, login: str, password: str) -> Actor:
    """Make the first admin of a store that has no users. Raises BadInput.

    Whoever calls this has made sure that the person runs the site.
    """
    login = clean_login(login)
    kept = hash_password(password, login)
    row = {"login": login, "name": login, "role": Role.ADMIN.value}
    with transaction(store) as connection:
        connection.execute(text("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"))
        if _has_users(connection):
            raise BadInput("The first admin was made already; sign in, or ask an admin for a link.")
        connection.execute(insert(users).values(row | {"password_hash": kept}))
        actor = Actor(login, Role.ADMIN)
        record(connection, actor, "user.add", f"user {login}", None, row, "the first admin")
        return actor


def set_role(
    store: Store, actor: Actor, login: str, role: Role, promoter: str | None = None
) -> User:
    """Give a user another role; their keys and pages follow at once.

    Raises NotAllowed, or BadInput where nobody could manage users afterwards.
    """
    _check_role(role, promoter)
    return _change(store, actor, login, {"role": role.value, "promoter": promoter})


def set_enabled(store: Store, actor: Actor, login: str, enabled: bool) -> User:
    """Close or open a login, with its keys and links.

    Raises NotAllowed, or BadInput where nobody could manage users afterwards.
    """
    return _change(store, actor, login, {"enabled": enabled})


def list_users(store: Store, actor: Actor) -> list[User]:
    """All users, by login. Raises NotAllowed."""
    require(actor, Action.MANAGE_USERS)
    with transaction(store) as connection:
        found = connection.execute(select(users).order_by(users.c.login))
        return [_as_user(row) for row in found]


def actor_of(store: Store, login: str) -> Actor:
    """The actor of a login as its role is now; raises SignInRefused where it was closed."""
    with transaction(store) as connection:
        return user_actor(connection, login)


def clean_login(login: str) -> str:
    """A login as it is kept: lower case, no blanks within. Raises BadInput."""
    cleaned = plain_text("The login", login, LONGEST_NAME).casefold()
    if len(cleaned.split()) > 1:
        raise BadInput(f"The login “{cleaned}” holds a blank; use an e-mail address or one word.")
    return cleaned


def _change(store: Store, actor: Actor, login: str, after: dict[str, object]) -> User:
    require(actor, Action.MANAGE_USERS)
    with transaction(store) as connection:
        _lock_admins(connection)
        user = _user(connection, clean_login(login))
        before = {name: user._mapping[name] for name in after}
        _check_promoter(connection, after.get("promoter"))
        write_user(connection, user.login, **after)
        if user.role == Role.ADMIN and user.enabled and not _has_admin(connection):
            raise BadInput("This is the last admin; make another before closing this login.")
        record(connection, actor, "user.change", f"user {user.login}", before, after, "")
        return _as_user(_user(connection, user.login))


def _check_role(role: Role, promoter: str | None) -> None:
    if role is Role.SYSTEM:
        raise BadInput("The role system is the program's own; choose another.")
    if (role is Role.PROMOTER) != (promoter is not None):
        raise BadInput("A user of the role promoter, and no other, belongs to a promoter; name it.")


def _check_promoter(connection: Connection, promoter: object) -> None:
    known = select(exists().where(promoters.c.promoter == promoter))
    if promoter is not None and not connection.scalar(known):
        raise BadInput(f"There is no promoter “{promoter}”; add it first, or correct the name.")


def _user(connection: Connection, login: str) -> Row:
    user = connection.execute(select(users).where(users.c.login == login).with_for_update())
    found = user.one_or_none()
    if found is None:
        raise BadInput(f"There is no user {login}; see `bng user list`.")
    return found


def user_actor(connection: Connection, login: str) -> Actor:
    """As actor_of, within a transaction."""
    wanted = select(users.c.role, users.c.promoter).where(users.c.login == login, users.c.enabled)
    found = connection.execute(wanted).one_or_none()
    if found is None:
        raise SignInRefused(f"The login {login} is closed; ask an admin.")
    return Actor(login, Role(found.role), found.promoter)


def write_user(connection: Connection, login: str, **values: object) -> None:
    """Change columns of a user's row."""
    connection.execute(update(users).where(users.c.login == login).values(**values))


def _new_link(connection: Connection, login: str) -> str:
    _end_links(connection, login)
    code = new_code()
    row = {"code_sha256": hash_code(code), "login": login, "expires_at": func.now() + LINK_LASTS}
    connection.execute(insert(password_links).values(row))
    return code


def _end_links(connection: Connection, login: str) -> None:
    """A link works once, and only the last one made."""
    unused = password_links.c.used_at.is_(None)
    statement = update(password_links).where(password_links.c.login == login, unused)
    connection.execute(statement.values(used_at=func.now()))


def _lock_admins(connection: Connection) -> None:
    """Let changes of users take turns, so that two admins cannot close each other at once."""
    admins = select(users.c.login).where(users.c.role == Role.ADMIN.value)
    connection.execute(admins.order_by(users.c.login).with_for_update())


def _has_users(connection: Connection) -> bool:
    return bool(connection.scalar(select(exists(select(users.c.login)))))


def _has_admin(connection: Connection) -> bool:
    admin = exists().where(users.c.role == Role.ADMIN.value, users.c.enabled)
    return bool(connection.scalar(select(admin)))


def _as_user(row: Row) -> User:
    return User(
        login=row.login,
        name=row.name,
        role=Role(row.role),
        promoter=row.promoter,
        enabled=row.enabled,
        has_password=row.password_hash is not None,
        locked_until=row.locked_until,
        created_at=row.created_at,
    )
