"""Who does something, in what role, and what each role may do.

`PERMISSIONS` is the only table of rights. The functions that read or write call `require` with the
actor they were given, so that no page, command or API can go round it.
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


class Action(StrEnum):
    """What can be done; the text completes "may not ...", and is the scope of an API key."""

    OPTIMISE = "compute a purchase"
    SEE_MARKET = "see the market"
    CHANGE_MARKET = "change the market"
    MOVE_STOCK = "move stock"
    MAKE_QUOTE = "make a quote"
    SEE_OWN_QUOTES = "see own quotes"
    SEE_ALL_QUOTES = "see all quotes"
    CHANGE_QUOTE = "change a quote"
    ACCEPT_QUOTE = "accept a quote"
    ALLOCATE_QUOTE = "allocate a quote on the register"
    SEE_CUSTOMERS = "see customers"
    CHANGE_CUSTOMERS = "change customers"
    CHANGE_PROMOTERS = "change promoters and their discounts"
    SEE_ANALYTICS = "see analytics"
    SEE_AUDIT_LOG = "see the audit log"
    CLEAR_CACHE = "clear the cache"
    MANAGE_USERS = "manage users and keys"
    BACK_UP = "back up or restore the store"


_END_USER = frozenset({Action.OPTIMISE, Action.SEE_MARKET})
_PROMOTER = _END_USER | {Action.MAKE_QUOTE, Action.SEE_OWN_QUOTES, Action.ACCEPT_QUOTE}
_HANDLER = _PROMOTER | {
    Action.SEE_ALL_QUOTES,
    Action.CHANGE_QUOTE,
    Action.ALLOCATE_QUOTE,
    Action.MOVE_STOCK,
    Action.SEE_CUSTOMERS,
    Action.CHANGE_CUSTOMERS,
}
_ANALYST = _END_USER | {
    Action.SEE_OWN_QUOTES,
    Action.SEE_ALL_QUOTES,
    Action.SEE_CUSTOMERS,
    Action.SEE_ANALYTICS,
}

PERMISSIONS: dict[Role, frozenset[Action]] = {
    Role.END_USER: _END_USER,
    Role.PROMOTER: _PROMOTER,
    Role.HANDLER: _HANDLER,
    Role.ANALYST: _ANALYST,
    Role.ADMIN: frozenset(Action),
    Role.SYSTEM: frozenset(Action),
}
"""What each role may do; prices, stock lists, users and the log are for admins."""


@dataclass(frozen=True)
class Actor:
    """A person by the name that logs show, and the role in which they act.

    promoter  the promoter that a person of the role promoter belongs to; they see its quotes only
    scopes    what an API key narrows the role to; None: all that the role may do
    """

    who: str
    role: Role
    promoter: str | None = None
    scopes: frozenset[Action] | None = None

    def may(self, action: Action) -> bool:
        """Whether role and key allow it.

        >>> Actor("ann", Role.HANDLER).may(Action.MOVE_STOCK)
        True
        """
        in_scope = self.scopes is None or action in self.scopes
        return in_scope and action in PERMISSIONS[self.role]


SYSTEM = Actor("system", Role.SYSTEM)


def require(actor: Actor, action: Action) -> None:
    """Raise NotAllowed unless the actor may do it."""
    if actor.may(action):
        return
    if actor.scopes is not None and action in PERMISSIONS[actor.role]:
        raise NotAllowed(f"The key of {actor.who} does not allow it to {action}; make a wider one.")
    able = [role for role, actions in PERMISSIONS.items() if action in actions]
    allowed = " or ".join(role for role in able if role != Role.SYSTEM)
    raise NotAllowed(
        f"{actor.who} may not {action} as {actor.role}; that takes the role {allowed}."
    )
