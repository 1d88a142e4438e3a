"""API keys: `bng_<id>_<secret>`, kept as hashes, narrowed to scopes, never without an end."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, func, insert, or_, select, update

from bng_core.actor import PERMISSIONS, Action, Actor, Role, require
from bng_core.errors import BadInput, SignInRefused
from bng_core.passwords import hash_code, new_code
from bng_core.plain_text import plain_text
from bng_core.store.audit_log import record
from bng_core.store.postgres import Store, transaction
from bng_core.store.tables_accounts import api_keys, users
from bng_core.store.users import LONGEST_NAME, clean_login

LONGEST_DAYS = 366
NOTED_EVERY = timedelta(minutes=1)
"""How often the last use of a key is written down."""


@dataclass(frozen=True)
class Key:
    """One key as lists show it; the secret is shown once, when it is made."""

    key_id: str
    login: str
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class NewKey:
    """A key to make: for which user, what it is for, what it may do and for how many days."""

    login: str
    label: str
    scopes: frozenset[Action]
    days: int


def new_key(store: Store, actor: Actor, new: NewKey) -> str:
    """Make a key for a user and return it; it is not kept and cannot be shown again.

    It does no more than the scopes say, and never more than the user's role allows at the time.
    Raises NotAllowed, or BadInput.
    """
    require(actor, Action.MANAGE_USERS)
    login, scopes = clean_login(new.login), sorted(new.scopes)
    if not 1 <= new.days <= LONGEST_DAYS:
        raise BadInput(f"A key for {new.days} days cannot be made: give 1 to {LONGEST_DAYS}.")
    key_id, secret = secrets.token_hex(6), new_code()
    with transaction(store) as connection:
        role = connection.scalar(select(users.c.role).where(users.c.login == login))
        if role is None:
            raise BadInput(f"There is no user {login}; see `bng user list`.")
        _check_scopes(scopes, Role(role))
        row = {
            "key_id": key_id,
            "login": login,
            "label": plain_text("The label", new.label, LONGEST_NAME),
            "scopes": [scope.name.lower() for scope in scopes],
        }
        ends = func.now() + timedelta(days=new.days)
        kept = row | {"secret_sha256": hash_code(secret), "expires_at": ends}
        connection.execute(insert(api_keys).values(kept))
        record(connection, actor, "key.new", f"key {key_id}", None, row | {"days": new.days}, "")
    return f"bng_{key_id}_{secret}"


def actor_of_key(store: Store, key: str) -> Actor:
    """Who acts with a key: its user, in their role as it is now, within the key's scopes.

    Raises SignInRefused, in the same words for every reason.
    """
    key_id, _, secret = key.removeprefix("bng_").partition("_")
    wanted = (
        select(api_keys, users.c.role, users.c.promoter, users.c.enabled)
        .join(users, users.c.login == api_keys.c.login)
        .where(
            api_keys.c.key_id == _plain_key(key_id),
            api_keys.c.revoked_at.is_(None),
            api_keys.c.expires_at > func.now(),
            users.c.enabled,
        )
    )
    with transaction(store) as connection:
        found = connection.execute(wanted).one_or_none()
        kept = "" if found is None else found.secret_sha256
        if not hmac.compare_digest(kept, hash_code(secret)) or found is None:
            raise SignInRefused(
                "The API key is not valid, has expired or was revoked; ask an admin for another."
            )
        unnoted = or_(
            api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < func.now() - NOTED_EVERY
        )
        used = update(api_keys).where(api_keys.c.key_id == key_id, unnoted)
        connection.execute(used.values(last_used_at=func.now()))
    scopes = frozenset(Action[scope.upper()] for scope in found.scopes)
    return Actor(found.login, Role(found.role), found.promoter, scopes)


def revoke_key(store: Store, actor: Actor, key_id: str) -> None:
    """End a key at once. Raises NotAllowed, or BadInput where there is no such key in force."""
    require(actor, Action.MANAGE_USERS)
    in_force = (api_keys.c.key_id == _plain_key(key_id), api_keys.c.revoked_at.is_(None))
    statement = update(api_keys).where(*in_force).values(revoked_at=func.now())
    with transaction(store) as connection:
        if connection.execute(statement).rowcount == 0:
            raise BadInput(f"There is no key {key_id} in force; see `bng key list`.")
        record(connection, actor, "key.revoke", f"key {key_id}", None, None, "")


def list_keys(store: Store, actor: Actor) -> list[Key]:
    """All keys, newest first. Raises NotAllowed."""
    require(actor, Action.MANAGE_USERS)
    with transaction(store) as connection:
        found = connection.execute(select(api_keys).order_by(api_keys.c.created_at.desc()))
        return [_as_key(row) for row in found]


def _plain_key(key_id: str) -> str:
    """What can be compared with a key's id; nothing else than letters and digits ever is one."""
    return key_id if key_id.isascii() and key_id.isalnum() else ""


def _check_scopes(scopes: list[Action], role: Role) -> None:
    if not scopes:
        raise BadInput("A key without scopes does nothing; name what it is for.")
    beyond = [scope.name.lower() for scope in scopes if scope not in PERMISSIONS[role]]
    if beyond:
        raise BadInput(f"The role {role} does not allow {', '.join(beyond)}; leave it out.")


def _as_key(row: Row) -> Key:
    return Key(
        key_id=row.key_id,
        login=row.login,
        label=row.label,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
