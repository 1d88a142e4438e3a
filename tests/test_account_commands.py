"""Users, keys and the audit log from the command line, as an operator meets them."""

import io
import json
import re

import pytest
from sqlalchemy import text

from bng_core.actor import SYSTEM, Action
from bng_core.cli import main
from bng_core.store.api_keys import actor_of_key
from bng_core.store.audit_log import entries
from bng_core.store.sign_in import sign_in

PASSWORD = "Correct horse battery"


@pytest.fixture(autouse=True)
def here(store, in_services):
    """Every command works on the session's services."""


def run(capsys, *arguments: str) -> dict:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def set_password(monkeypatch, capsys, code: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{code}\n{PASSWORD}\n"))
    run(capsys, "user", "set-password")


def test_the_first_admin_is_made_by_a_command_and_signs_in(store, monkeypatch, capsys):
    code = run(capsys, "user", "add", "ann@example.org", "--role", "admin", "--name", "Ann")["code"]
    set_password(monkeypatch, capsys, code)

    assert sign_in(store, "ann@example.org", PASSWORD).may(Action.MANAGE_USERS)
    (user,) = run(capsys, "user", "list")["users"]
    assert (user["name"], user["role"], user["has_password"]) == ("Ann", "admin", True)
    assert "password_hash" not in user
    who = entries(store, SYSTEM, "user ann@example.org")[-1].who
    assert who.endswith("(command line)")


def test_a_login_is_closed_opened_and_given_another_role(store, monkeypatch, capsys):
    set_password(
        monkeypatch, capsys, run(capsys, "user", "add", "ann", "--role", "handler")["code"]
    )

    assert run(capsys, "user", "disable", "ann")["enabled"] is False
    assert run(capsys, "user", "enable", "ann")["enabled"] is True
    assert run(capsys, "user", "role", "ann", "analyst")["role"] == "analyst"

    assert sign_in(store, "ann", PASSWORD).may(Action.SEE_ANALYTICS)


def test_a_forgotten_password_is_set_anew_by_another_code(store, monkeypatch, capsys):
    run(capsys, "user", "add", "ann", "--role", "handler")
    set_password(monkeypatch, capsys, run(capsys, "user", "link", "ann")["code"])

    assert sign_in(store, "ann", PASSWORD).who == "ann"


def test_a_key_is_made_listed_without_its_secret_and_revoked(store, capsys):
    run(capsys, "user", "add", "ann", "--role", "handler")
    key = run(
        capsys, "key", "new", "ann", "--label", "robot", "--days", "30", "--scope", "optimise"
    )
    assert actor_of_key(store, key["key"]).who == "ann"

    (listed,) = run(capsys, "key", "list")["keys"]
    assert key["key"] == f"bng_{listed['key_id']}_{key['key'].split('_', 2)[2]}"
    assert not [value for value in listed.values() if key["key"].split("_", 2)[2] == value]
    run(capsys, "key", "revoke", listed["key_id"])

    assert main(["key", "revoke", listed["key_id"]]) == 2
    assert "There is no key" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["user", "add", "ann", "--role", "system"], "Argument --role: invalid choice: 'system'"),
        (["user", "add", "ann"], "The following arguments are required: --role."),
        (["user", "link", "nobody"], "There is no user nobody; see `bng user list`.\n"),
        (
            ["key", "new", "nobody", "--label", "x", "--days", "9", "--scope", "optimise"],
            "There is no user nobody; see `bng user list`.\n",
        ),
        (["audit-log"], "The following arguments are required: COMMAND."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(capsys, arguments, message):
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(message)


def test_the_log_is_verified_and_tampering_is_found(store, owner, capsys):
    for login in ("ann", "bob", "carl"):
        run(capsys, "user", "add", login, "--role", "handler")
    whole = run(capsys, "audit-log", "verify")
    assert (whole["whole"], whole["entries"]) == (True, 3)
    assert whole["application_may_change_it"] is False
    assert re.fullmatch(r"3:[0-9a-f]{64}", whole["head"])
    assert run(capsys, "audit-log", "verify", "--head", whole["head"])["whole"]

    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE audit_log SET who = 'eve' WHERE entry_id = 2"))

    assert main(["audit-log", "verify"]) == 1
    shown = capsys.readouterr().out
    assert "entry 2 at position 2 is not what was sealed there" in shown
    assert shown.endswith("The log has been tampered with.\n")


def test_the_log_is_shown_newest_first_and_by_subject(capsys):
    for login in ("ann", "bob"):
        run(capsys, "user", "add", login, "--role", "handler")

    everything = run(capsys, "audit-log", "show")["entries"]
    assert [entry["subject"] for entry in everything] == ["user bob", "user ann"]
    (entry,) = run(capsys, "audit-log", "show", "--subject", "user ann")["entries"]
    assert (entry["action"], entry["before"], entry["after"]["role"]) == (
        "user.add",
        None,
        "handler",
    )


def test_a_role_that_owns_the_log_is_told_to_give_it_away(in_services, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", str(in_services.owner_database_url))

    assert main(["audit-log", "verify"]) == 0

    assert "name it in BNG_OWNER_DATABASE_URL" in capsys.readouterr().err
