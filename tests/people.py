"""Users of the tests: one of each role, who can sign in."""

from bng_core.actor import SYSTEM, Role
from bng_core.quote_words import Discount
from bng_core.store import Store
from bng_core.store.parties import Promoter, save_promoter
from bng_core.store.users import NewUser, add_user, list_users, set_password

PASSWORD = "Correct horse battery"


def person(store: Store, role: Role = Role.HANDLER, name: str = "") -> str:
    """The login of a user of a role, made at first; promoters belong to one of the same name."""
    login = f"{name or role}@example.org"
    if login not in [user.login for user in list_users(store, SYSTEM)]:
        promoter = f"Promoter {login}" if role is Role.PROMOTER else None
        if promoter:
            save_promoter(store, SYSTEM, Promoter(promoter, Discount.NONE), "for the tests")
        new = NewUser(login, role, promoter=promoter)
        set_password(store, add_user(store, SYSTEM, new), PASSWORD)
    return login
