"""Users sign in by what only they know; keys do what they were made for and end."""

import threading

import pytest
from sqlalchemy import text

from bng_core.actor import PERMISSIONS, SYSTEM, Action, Actor, Role
from bng_core.errors import BadInput, NotAllowed, SignInRefused
from bng_core.passwords import hash_password, is_password
from bng_core.store.api_keys import NewKey, actor_of_key, list_keys, new_key, revoke_key
from bng_core.store.audit_log import entries
from bng_core.store.sign_in import (
    TRIES,
    change_password,
    end_session,
    open_session,
    sessions_in_force,
    sign_in,
    visitor_of,
)
from bng_core.store.users import (
    NewUser,
    actor_of,
    add_first_admin,
    add_user,
    has_users,
    list_users,
    new_link,
    set_enabled,
    set_password,
    set_role,
)

PASSWORD = "Correct horse battery"
REFUSAL = (
    "The login or the password is not right. After 5 failed tries a login is closed for 15 minutes."
)


def a_user(store, login: str = "ann", role: Role = Role.HANDLER, promoter: str | None = None):
    set_password(store, add_user(store, SYSTEM, NewUser(login, role, promoter=promoter)), PASSWORD)
    return login


def later(owner, table: str, column: str, interval: str) -> None:
    """Let time pass for what the store keeps."""
    with owner.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET {column} = {column} - interval '{interval}'"))


def kept_secrets(owner) -> str:
    with owner.begin() as connection:
        rows = [
            *connection.execute(text("SELECT * FROM users")),
            *connection.execute(text("SELECT * FROM password_links")),
            *connection.execute(text("SELECT * FROM api_keys")),
            *connection.execute(text("SELECT * FROM sessions")),
            *connection.execute(text("SELECT * FROM audit_log")),
        ]
    return repr(rows)


def test_a_new_store_has_no_user_and_no_password_that_works(store):
    assert list_users(store, SYSTEM) == []
    for login in ("admin", "bng", "postgres", ""):
        with pytest.raises(SignInRefused):
            sign_in(store, login, login)


def test_a_user_sets_a_password_by_link_and_signs_in_by_any_spelling_of_the_login(store):
    code = add_user(store, SYSTEM, NewUser("Ann@Example.org", Role.HANDLER, name="Ann"))

    assert set_password(store, code, PASSWORD) == "ann@example.org"
    assert sign_in(store, " ANN@example.org", PASSWORD) == Actor("ann@example.org", Role.HANDLER)


def test_neither_password_nor_code_nor_key_is_kept(store, owner):
    code = add_user(store, SYSTEM, NewUser("ann", Role.ADMIN))
    set_password(store, code, PASSWORD)
    key = new_key(store, SYSTEM, NewKey("ann", "robot", frozenset([Action.OPTIMISE]), 30))

    kept = kept_secrets(owner)
    assert "$argon2id$" in kept
    assert [secret for secret in (PASSWORD, code, key, key.split("_")[2]) if secret in kept] == []


def test_a_link_works_once(store):
    code = add_user(store, SYSTEM, NewUser("ann", Role.HANDLER))
    set_password(store, code, PASSWORD)

    with pytest.raises(BadInput) as refused:
        set_password(store, code, "Another password 1")

    assert str(refused.value) == (
        "The set-password code is not valid, was used already or has expired; "
        "ask an admin for another."
    )
    assert sign_in(store, "ann", PASSWORD).who == "ann"


def test_a_link_ends_after_two_days_and_when_another_is_made(store, owner):
    first = add_user(store, SYSTEM, NewUser("ann", Role.HANDLER))
    second = new_link(store, SYSTEM, "ann")
    with pytest.raises(BadInput):
        set_password(store, first, PASSWORD)

    later(owner, "password_links", "expires_at", "48 hours")
    with pytest.raises(BadInput):
        set_password(store, second, PASSWORD)


def test_a_link_used_by_two_at_once_works_for_one(store):
    code = add_user(store, SYSTEM, NewUser("ann", Role.HANDLER))
    outcomes = []

    def use(password: str) -> None:
        try:
            outcomes.append(set_password(store, code, password))
        except BadInput:
            outcomes.append(None)

    threads = [threading.Thread(target=use, args=(f"{PASSWORD} {n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [None, None, "ann"]


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short", "The password has 5 characters; give 12 to 200."),
        ("x" * 201, "The password has 201 characters; give 12 to 200."),
        (
            "aaaaaaaaaaaaaaaa",
            "The password is easily guessed; give one with at least 5 different characters "
            "that does not hold your login.",
        ),
        (
            "Ann is my name 1",
            "The password is easily guessed; give one with at least 5 different characters "
            "that does not hold your login.",
        ),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_and_the_link_still_works(
    store, password, message
):
    code = add_user(store, SYSTEM, NewUser("ann", Role.HANDLER))

    with pytest.raises(BadInput) as refused:
        set_password(store, code, password)

    assert str(refused.value) == message
    assert set_password(store, code, PASSWORD) == "ann"


def test_a_login_is_closed_after_five_failed_tries_and_opens_after_fifteen_minutes(store, owner):
    a_user(store)
    for _ in range(TRIES):
        with pytest.raises(SignInRefused):
            sign_in(store, "ann", "not the password")

    with pytest.raises(SignInRefused) as refused:
        sign_in(store, "ann", PASSWORD)
    assert str(refused.value) == REFUSAL
    assert entries(store, SYSTEM, "user ann")[0].action == "user.lock"

    later(owner, "users", "locked_until", "15 minutes")
    assert sign_in(store, "ann", PASSWORD).who == "ann"


def test_tries_at_once_gain_nothing(store):
    a_user(store)

    def guess() -> None:
        with pytest.raises(SignInRefused):
            sign_in(store, "ann", "not the password")

    threads = [threading.Thread(target=guess) for _ in range(TRIES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with pytest.raises(SignInRefused):
        sign_in(store, "ann", PASSWORD)


def test_a_sign_in_forgets_the_failed_tries_before_it(store):
    a_user(store)
    for _ in range(2):
        for _ in range(TRIES - 1):
            with pytest.raises(SignInRefused):
                sign_in(store, "ann", "not the password")
        assert sign_in(store, "ann", PASSWORD).who == "ann"


@pytest.mark.parametrize("login", ["nobody", "' OR 1=1 --", "bob", "carl"])
def test_whoever_may_not_sign_in_hears_the_same_words(store, login):
    a_user(store, "bob")
    set_enabled(store, SYSTEM, "bob", False)
    add_user(store, SYSTEM, NewUser("carl", Role.HANDLER))

    with pytest.raises(SignInRefused) as refused:
        sign_in(store, login, PASSWORD)

    assert str(refused.value) == REFUSAL


@pytest.mark.parametrize(
    ("login", "message"),
    [
        ("", "The login is blank; fill it in."),
        ("ann smith", "The login “ann smith” holds a blank; use an e-mail address or one word."),
        ("x" * 10_000_000, "The login has 10,000,000 characters; at most 200 are kept."),
        ("ann\x00", "The login holds a character that does not show (U+0000) at 4."),
        ("ANN", "There is a user ann already; choose another login."),
    ],
)
def test_a_login_that_cannot_be_used_is_refused(store, login, message):
    a_user(store)

    with pytest.raises(BadInput) as refused:
        add_user(store, SYSTEM, NewUser(login, Role.HANDLER))

    assert str(refused.value) == message
    assert len(list_users(store, SYSTEM)) == 1


def test_only_admins_manage_users(store):
    for role in (Role.END_USER, Role.PROMOTER, Role.HANDLER, Role.ANALYST):
        actor = Actor("ann", role)
        with pytest.raises(NotAllowed) as refused:
            add_user(store, actor, NewUser("eve", Role.ADMIN))
        assert str(refused.value) == (
            f"ann may not manage users and keys as {role}; that takes the role admin."
        )
    assert list_users(store, SYSTEM) == []


def test_the_last_admin_stays(store):
    a_user(store, "ann", Role.ADMIN)

    for change, to in ((set_enabled, False), (set_role, Role.HANDLER)):
        with pytest.raises(BadInput) as refused:
            change(store, SYSTEM, "ann", to)
        assert str(refused.value) == (
            "This is the last admin; make another before closing this login."
        )
    assert actor_of(store, "ann").role is Role.ADMIN


def test_a_promoter_acts_for_the_promoter_they_belong_to(store, owner):
    with owner.begin() as connection:
        connection.execute(
            text("INSERT INTO promoters (promoter, discount) VALUES ('Meadow Brokers', 'none')")
        )
    a_user(store, "pat", Role.PROMOTER, promoter="Meadow Brokers")

    assert sign_in(store, "pat", PASSWORD).promoter == "Meadow Brokers"
    with pytest.raises(BadInput, match="of the role promoter, and no other, belongs to"):
        add_user(store, SYSTEM, NewUser("eve", Role.PROMOTER))
    with pytest.raises(BadInput) as refused:
        add_user(store, SYSTEM, NewUser("eve", Role.PROMOTER, promoter="Nobody"))
    assert str(refused.value) == (
        "There is no promoter “Nobody”; add it first, or correct the name."
    )


def test_a_change_of_a_user_is_logged_with_before_and_after(store):
    a_user(store)

    set_role(store, SYSTEM, "ann", Role.ANALYST)

    entry = entries(store, SYSTEM, "user ann")[0]
    assert (entry.who, entry.action) == ("system", "user.change")
    assert (entry.before["role"], entry.after["role"]) == ("handler", "analyst")


def test_a_key_acts_for_its_user_within_its_scopes(store):
    a_user(store)
    key = new_key(
        store, SYSTEM, NewKey("ann", "robot", frozenset([Action.OPTIMISE, Action.SEE_MARKET]), 30)
    )

    actor = actor_of_key(store, key)

    assert (actor.who, actor.role) == ("ann", Role.HANDLER)
    assert [action for action in Action if actor.may(action)] == [
        Action.OPTIMISE,
        Action.SEE_MARKET,
    ]
    assert list_keys(store, SYSTEM)[0].last_used_at is not None


def test_a_key_never_does_more_than_the_role_of_the_day(store):
    a_user(store)
    key = new_key(
        store, SYSTEM, NewKey("ann", "robot", frozenset([Action.MOVE_STOCK, Action.SEE_MARKET]), 30)
    )

    set_role(store, SYSTEM, "ann", Role.ANALYST)

    assert not actor_of_key(store, key).may(Action.MOVE_STOCK)
    assert actor_of_key(store, key).may(Action.SEE_MARKET)


def test_keys_end_by_time_by_revocation_and_with_their_user(store, owner):
    for login in ("ann", "bob", "carl"):
        a_user(store, login)
    old, revoked, closed = (
        new_key(store, SYSTEM, NewKey(login, "robot", frozenset([Action.OPTIMISE]), 30))
        for login in ("ann", "bob", "carl")
    )
    with owner.begin() as connection:
        connection.execute(text("UPDATE api_keys SET expires_at = now() WHERE login = 'ann'"))
    revoke_key(store, SYSTEM, revoked.split("_")[1])
    set_enabled(store, SYSTEM, "carl", False)

    for key in (old, revoked, closed, "", "bng_", "bng_x_y", old[:-1] + "é", f"{old} "):
        with pytest.raises(SignInRefused) as refused:
            actor_of_key(store, key)
        assert str(refused.value) == (
            "The API key is not valid, has expired or was revoked; ask an admin for another."
        )


@pytest.mark.parametrize(
    ("scopes", "days", "message"),
    [
        ([Action.OPTIMISE], 0, "A key for 0 days cannot be made: give 1 to 366."),
        ([Action.OPTIMISE], 367, "A key for 367 days cannot be made: give 1 to 366."),
        ([], 30, "A key without scopes does nothing; name what it is for."),
        (
            [Action.MANAGE_USERS],
            30,
            "The role handler does not allow manage_users; leave it out.",
        ),
    ],
)
def test_a_key_without_end_or_beyond_its_user_is_refused(store, scopes, days, message):
    a_user(store)

    with pytest.raises(BadInput) as refused:
        new_key(store, SYSTEM, NewKey("ann", "robot", frozenset(scopes), days))

    assert str(refused.value) == message
    assert list_keys(store, SYSTEM) == []


def test_equal_passwords_have_different_hashes_and_a_broken_hash_is_no_password():
    one, other = hash_password(PASSWORD, "ann"), hash_password(PASSWORD, "bob")

    assert one != other
    assert is_password(one, PASSWORD)
    assert not is_password(one, PASSWORD.lower())
    assert not is_password("", PASSWORD)
    assert not is_password(None, PASSWORD)


def test_every_role_has_a_line_in_the_table_of_rights_and_only_admins_have_all():
    assert set(PERMISSIONS) == set(Role)
    everything = [role for role, actions in PERMISSIONS.items() if actions == set(Action)]
    assert everything == [Role.ADMIN, Role.SYSTEM]
    assert not Actor("pat", Role.PROMOTER).may(Action.SEE_ALL_QUOTES)
    assert not Actor("ann", Role.HANDLER).may(Action.CHANGE_MARKET)


def test_the_first_admin_can_be_made_once_only(store):
    assert not has_users(store)
    admin = add_first_admin(store, "Ann@Example.org", PASSWORD)

    assert admin == Actor("ann@example.org", Role.ADMIN)
    assert sign_in(store, "ann@example.org", PASSWORD) == admin
    assert has_users(store)
    with pytest.raises(BadInput) as refused:
        add_first_admin(store, "eve", PASSWORD)
    assert str(refused.value) == (
        "The first admin was made already; sign in, or ask an admin for a link."
    )


def test_a_session_is_told_by_its_secret_and_shows_the_role_of_now(store, owner):
    login = a_user(store)
    secret = open_session(store, login)

    visitor = visitor_of(store, secret)
    assert visitor is not None
    assert visitor.actor == Actor("ann", Role.HANDLER)
    assert sessions_in_force(store) == {visitor.session_id}
    assert secret not in kept_secrets(owner)
    set_role(store, SYSTEM, login, Role.ANALYST)
    assert visitor_of(store, secret).actor == Actor("ann", Role.ANALYST)
    assert visitor_of(store, secret + "x") is None


def test_a_session_ends_by_signing_out_by_time_and_with_its_login(store, owner):
    login = a_user(store)
    first, second, third = (open_session(store, login) for _ in range(3))
    end_session(store, visitor_of(store, first))
    assert visitor_of(store, first) is None
    assert visitor_of(store, second) is not None

    set_enabled(store, SYSTEM, login, False)
    assert visitor_of(store, second) is None
    assert sessions_in_force(store) == set()
    set_enabled(store, SYSTEM, login, True)
    assert visitor_of(store, second) is not None

    later(owner, "sessions", "expires_at", "12 hours")
    assert visitor_of(store, third) is None
    assert sessions_in_force(store) == set()


def test_a_changed_password_needs_the_present_one_and_ends_all_sessions(store):
    login = a_user(store)
    secret = open_session(store, login)

    with pytest.raises(SignInRefused):
        change_password(store, login, "guessed", "Another horse battery")
    assert visitor_of(store, secret) is not None
    change_password(store, login, PASSWORD, "Another horse battery")
    assert visitor_of(store, secret) is None
    assert sign_in(store, login, "Another horse battery").who == login
    with pytest.raises(SignInRefused):
        sign_in(store, login, PASSWORD)
