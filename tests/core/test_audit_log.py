"""The audit log: what is written stays as it was written, or it shows."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from bng_core.actor import SYSTEM, Actor, Role
from bng_core.errors import BadInput, NotAllowed, StoreError
from bng_core.store.audit_log import LogSearch, entries, record, search_entries, verify
from bng_core.store.postgres import transaction
from tests.conftest import empty

ANN = Actor("ann", Role.HANDLER)


def write(store, *subjects: str) -> None:
    for subject in subjects:
        with transaction(store) as connection:
            before, after = {"units": "1.00"}, {"units": "0.5", "note": "é “x” \\ \n"}
            record(connection, ANN, "lot.correct", subject, before, after, "counted anew")


@pytest.fixture
def tamper(owner) -> Iterator[Callable[[str], None]]:
    """Changes what nobody may, as the administrator of the server could; the tables go after it."""

    def change(statement: str) -> None:
        foreign_key = "ALTER TABLE audit_seals DROP CONSTRAINT IF EXISTS audit_seals_entry_id_fkey"
        with owner.begin() as connection:
            connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
            connection.execute(text("ALTER TABLE audit_seals DISABLE TRIGGER USER"))
            connection.execute(text(foreign_key))
            connection.execute(text(statement))

    yield change
    empty(owner)


def test_an_entry_says_who_did_what_when_why_and_the_state_before_and_after(store):
    write(store, "lot 1")

    (entry,) = entries(store, SYSTEM)

    assert (entry.who, entry.role, entry.action) == ("ann", "handler", "lot.correct")
    assert (entry.subject, entry.why) == ("lot 1", "counted anew")
    assert (entry.before, entry.after) == (
        {"units": "1.00"},
        {"units": "0.5", "note": "é “x” \\ \n"},
    )
    assert entry.at.utcoffset().total_seconds() == 0


def test_an_untouched_log_is_whole(store):
    write(store, "lot 1", "lot 2", "lot 3")

    verdict = verify(store, SYSTEM)

    assert (verdict.entries, verdict.faults) == (3, [])
    assert verdict.head.startswith("3:")


def test_an_entry_is_stored_with_its_change_or_not_at_all(store):
    with store.connect() as connection:
        record(connection, ANN, "lot.correct", "lot 1", None, None, "")
        connection.rollback()

    assert (entries(store, SYSTEM), verify(store, SYSTEM).entries) == ([], 0)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit_log SET why = 'x' WHERE entry_id = 2", "entry 2 at position 2 is not"),
        ("UPDATE audit_log SET who = 'bob' WHERE entry_id = 2", "entry 2 at position 2 is not"),
        ("UPDATE audit_log SET at = at - interval '1 ms' WHERE entry_id = 2", "entry 2 at"),
        ("UPDATE audit_log SET after = NULL WHERE entry_id = 2", "entry 2 at position 2 is not"),
        ("DELETE FROM audit_log WHERE entry_id = 2", "entry 2 at position 2 was removed"),
        ("DELETE FROM audit_log WHERE entry_id = 3", "entry 3 at position 3 was removed"),
        ("DELETE FROM audit_seals WHERE entry_id = 3", "entry 3 has no seal: it was added by"),
        ("DELETE FROM audit_seals WHERE entry_id = 2", "position 2 of the chain is missing"),
        (
            "UPDATE audit_log a SET why = b.why, subject = b.subject, at = b.at FROM audit_log b "
            "WHERE a.entry_id + b.entry_id = 5 AND a.entry_id <> b.entry_id AND a.entry_id > 1",
            "entry 2 at position 2 is not what was sealed there",
        ),
        (
            "UPDATE audit_seals SET entry_id = -entry_id WHERE entry_id IN (2, 3);"
            "UPDATE audit_seals SET entry_id = 5 + entry_id WHERE entry_id < 0",
            "entry 3 at position 2 is not what was sealed there",
        ),
        (
            "INSERT INTO audit_log (who, role, action, subject) VALUES ('eve', 'x', 'y', 'z')",
            "entry 4 has no seal: it was added by another way, or its seal was removed",
        ),
    ],
)
def test_one_entry_changed_removed_moved_or_slipped_in_is_found(store, tamper, statement, fault):
    write(store, "lot 1", "lot 2", "lot 3")

    tamper(statement)

    faults = verify(store, SYSTEM).faults
    assert any(found.startswith(fault) for found in faults), faults


def test_a_log_whose_end_was_cut_off_does_not_hold_the_head_noted_before(store, tamper):
    write(store, "lot 1", "lot 2")
    head = verify(store, SYSTEM).head
    write(store, "lot 3")
    assert verify(store, SYSTEM, head).faults == []

    tamper("DELETE FROM audit_seals WHERE position > 1")
    tamper("DELETE FROM audit_log WHERE entry_id > 1")

    assert verify(store, SYSTEM).faults == []
    assert verify(store, SYSTEM, head).faults == [
        f"the log does not hold the head {head} that was noted before"
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET why = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log CASCADE",
        "INSERT INTO audit_log (who, role, action, subject, at) VALUES ('a', 'b', 'c', 'd', now())",
        "INSERT INTO audit_seals VALUES (1, 1, 'x')",
        "UPDATE audit_seals SET seal = 'x'",
        "DELETE FROM audit_seals",
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "DROP TABLE audit_seals",
        "CREATE TABLE mine (a int)",
    ],
)
def test_the_application_may_add_entries_and_nothing_else(store, statement):
    write(store, "lot 1")

    refusal = r"does not let 'bng' do this \((permission|must be owner)"
    with pytest.raises(StoreError, match=refusal), transaction(store) as connection:
        connection.execute(text(statement))

    assert verify(store, SYSTEM).faults == []


def test_even_the_owner_cannot_change_an_entry_by_mistake(store, owner):
    write(store, "lot 1")

    refusal = "the audit log can only be added to"
    with pytest.raises(StoreError, match=refusal), transaction(owner) as connection:
        connection.execute(text("UPDATE audit_log SET why = 'x'"))


def test_entries_of_many_writers_at_once_make_one_chain(store):
    subjects = [[f"lot {writer}-{number}" for number in range(10)] for writer in range(8)]
    threads = [threading.Thread(target=write, args=(store, *mine)) for mine in subjects]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    verdict = verify(store, SYSTEM)
    assert (verdict.entries, verdict.faults) == (80, [])


def test_only_admins_read_the_log(store):
    with pytest.raises(NotAllowed) as refused:
        entries(store, ANN)

    assert str(refused.value) == (
        "ann may not see the audit log as handler; that takes the role admin."
    )


@pytest.mark.parametrize(
    ("why", "message"),
    [
        ("x" * 2001, "The reason has 2,001 characters; at most 2,000 are kept."),
        ("a\x00b", "The reason holds a character that does not show (U+0000) at 2."),
        ("a\u202eb", "The reason holds a character that does not show (U+202E) at 2."),
    ],
)
def test_a_reason_that_is_no_plain_text_is_refused(store, why, message):
    with pytest.raises(BadInput) as refused, transaction(store) as connection:
        record(connection, ANN, "lot.correct", "lot 1", None, None, why)

    assert str(refused.value) == message
    assert entries(store, SYSTEM) == []


def test_sql_in_a_reason_is_a_reason(store):
    why = "'); DROP TABLE audit_log; --"
    with transaction(store) as connection:
        record(connection, ANN, "lot.correct", "lot 1", None, None, why)

    assert entries(store, SYSTEM, subject="lot 1")[0].why == why


def test_the_log_is_searched_by_who_and_what_a_page_at_a_time(store):
    bob = Actor("bob", Role.ADMIN)
    with store.begin() as connection:
        for number, (actor, action) in enumerate(
            [(ANN, "lot.hold"), (bob, "lot.hold"), (ANN, "lot.free"), (ANN, "lot.hold")]
        ):
            record(connection, actor, action, f"lot {number}", None, None, "")

    holds = LogSearch(who="ann", action="lot.hold", limit=1)
    (first,) = search_entries(store, SYSTEM, holds)
    (second,) = search_entries(store, SYSTEM, replace(holds, before=first.entry_id))

    assert (first.subject, second.subject) == ("lot 3", "lot 0")
    assert search_entries(store, SYSTEM, replace(holds, before=second.entry_id)) == []
