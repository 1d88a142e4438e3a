"""Who does something, and in what role; every function that writes asks for one.

Permissions are checked by those functions, so that no page, command or API can go round them.
"""

from dataclasses import dataclass
from enum import StrEnum

from bng_core.errors import NotAllowed


class Role(StrEnum):
    """What a person may do; `system` is the program itself, for what falls due by the clock."""

    END_USER = "end_user"
    PROMOTER = "promoter"
    HANDLER = "handler"
    ANALYST = "analyst"
    ADMIN = "admin"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """A person by the name that logs show, and the role in which they act."""

    who: str
    role: Role


SYSTEM = Actor("system", Role.SYSTEM)


def require(actor: Actor, deed: str, *roles: Role) -> None:
    """Raise NotAllowed unless the actor has one of these roles; admins and the system have all.

    >>> require(Actor("ann", Role.HANDLER), "hold stock", Role.HANDLER)
    """
    if actor.role not in (*roles, Role.ADMIN, Role.SYSTEM):
        allowed = " or ".join(dict.fromkeys([*roles, Role.ADMIN]))
        raise NotAllowed(
            f"{actor.who} may not {deed} as {actor.role}; that takes the role {allowed}."
        )
