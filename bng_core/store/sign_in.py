"""Signing in: passwords with a lock-out after failed tries, and the sessions of the pages.

A session is told by a secret that only the visitor's browser holds; its hash is kept here.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, insert, or_, select

from bng_core.actor import Actor, Role
from bng_core.errors import SignInRefused
from bng_core.passwords import hash_code, hash_password, is_password, new_code
from bng_core.store.audit_log import record
from bng_core.store.postgres import Store, transaction
from bng_core.store.tables_accounts import sessions, users
from bng_core.store.users import new_password, user_actor, write_user

TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
SESSION_LASTS = timedelta(hours=12)
"""A working day; then the visitor signs in again."""


@dataclass(frozen=True)
class Visitor:
    """Who a session belongs to, in the role that they have now."""

    session_id: str
    actor: Actor
    name: str


def sign_in(store: Store, login: str, password: str) -> Actor:
    """Return who signs in. Raises SignInRefused, in the same words and time for every reason.

    Each try is counted before the password is looked at, so that many at once gain nothing.
    """
    login = login.strip().casefold()
    kept = _count_try(store, login)
    if not is_password(kept, password):
        raise SignInRefused(
            "The login or the password is not right. After "
            f"{TRIES} failed tries a login is closed for {LOCKED_FOR.seconds // 60} minutes."
        )
    with transaction(store) as connection:
        write_user(connection, login, tries=0, locked_until=None)
        actor = user_actor(connection, login)
        record(connection, actor, "user.sign_in", f"user {login}", None, None, "")
    return actor


def change_password(store: Store, login: str, present: str, new: str) -> None:
    """Give a user another password, who knows the present one; all their sessions end.

    Raises SignInRefused, or BadInput for a password that is easily guessed.
    """
    actor = sign_in(store, login, present)
    kept = hash_password(new, actor.who)
    with transaction(store) as connection:
        new_password(connection, actor.who, kept)
        record(connection, actor, "user.password", f"user {actor.who}", None, None, "changed")


def open_session(store: Store, login: str) -> str:
    """Begin a session and return its secret, for the cookie of one browser."""
    secret = new_code()
    row = {
        "session_id": hash_code(secret),
        "login": login,
        "expires_at": func.now() + SESSION_LASTS,
    }
    with transaction(store) as connection:
        connection.execute(delete(sessions).where(sessions.c.expires_at <= func.now()))
        connection.execute(insert(sessions).values(row))
    return secret


def visitor_of(store: Store, secret: str) -> Visitor | None:
    """Who holds this secret; None where the session ended or the login was closed."""
    wanted = (
        select(sessions.c.session_id, users.c.login, users.c.name, users.c.role, users.c.promoter)
        .join(users, users.c.login == sessions.c.login)
        .where(sessions.c.session_id == hash_code(secret), sessions.c.expires_at > func.now())
        .where(users.c.enabled)
    )
    with transaction(store) as connection:
        found = connection.execute(wanted).one_or_none()
    if found is None:
        return None
    return Visitor(
        found.session_id, Actor(found.login, Role(found.role), found.promoter), found.name
    )


def end_session(store: Store, visitor: Visitor) -> None:
    """Sign out: the secret opens nothing any more."""
    with transaction(store) as connection:
        connection.execute(delete(sessions).where(sessions.c.session_id == visitor.session_id))
        subject = f"user {visitor.actor.who}"
        record(connection, visitor.actor, "user.sign_out", subject, None, None, "")


def sessions_in_force(store: Store) -> set[str]:
    """The ids of all sessions that are open now."""
    wanted = select(sessions.c.session_id).join(users, users.c.login == sessions.c.login)
    with transaction(store) as connection:
        return set(
            connection.scalars(wanted.where(sessions.c.expires_at > func.now(), users.c.enabled))
        )


def _count_try(store: Store, login: str) -> str | None:
    """Count a try and return the hash to compare with; None where there is nothing to compare."""
    open_now = or_(users.c.locked_until.is_(None), users.c.locked_until <= func.now())
    wanted = select(users).where(users.c.login == login, users.c.enabled, open_now)
    with transaction(store) as connection:
        user = connection.execute(wanted.with_for_update()).one_or_none()
        if user is None:
            return None
        tries = 1 if user.locked_until is not None else user.tries + 1
        until = func.now() + LOCKED_FOR if tries >= TRIES else None
        write_user(connection, login, tries=tries, locked_until=until)
        if tries >= TRIES:
            record(connection, Actor(login, Role(user.role)), "user.lock", f"user {login}",
                   None, {"tries": tries}, "too many tries to sign in")  # fmt: skip
        return None if user.password_hash is None else str(user.password_hash)
