"""A backup restored into an empty server is the same store; a broken one changes nothing."""

import json
import stat
import tarfile
from pathlib import Path

import pytest
from sqlalchemy import text

from bng_core.actor import SYSTEM, Action, Role
from bng_core.cli import main
from bng_core.errors import StoreError
from bng_core.settings import PROJECT_ROOT
from bng_core.store import connect, save_market
from bng_core.store.api_keys import NewKey, actor_of_key, new_key
from bng_core.store.audit_log import verify
from bng_core.store.inventory import inventory
from bng_core.store.postgres import transaction
from bng_core.store.sign_in import sign_in
from bng_core.store.users import NewUser, add_user, set_password
from tests.builders import ORCHARD, a_market, an_offer
from tests.postgres_server import new_server

PASSWORD = "Correct horse battery"
AFTERWARDS = {"audit_log", "audit_seals"}
"""Tables that tell of the backup and the restore themselves."""


@pytest.fixture
def filled(store, in_services, tmp_path) -> Path:
    """The file of a backup of a store with a market that changed, a user and a key."""
    save_market(store, a_market(an_offer(ORCHARD, 40_000, 3)))
    save_market(store, a_market(an_offer(ORCHARD, 41_000, 2.5)))
    set_password(store, add_user(store, SYSTEM, NewUser("ann", Role.HANDLER)), PASSWORD)
    assert main(["backup", str(tmp_path / "store.backup")]) == 0
    return tmp_path / "store.backup"


def content(store) -> dict[str, object]:
    with transaction(store) as connection:
        found = inventory(connection)
    return {name: table for name, table in found.items() if name not in AFTERWARDS}


def test_a_backup_restored_into_an_empty_server_is_the_same_store(
    store, filled, monkeypatch, capsys
):
    key = new_key(store, SYSTEM, NewKey("ann", "robot", frozenset({Action.OPTIMISE}), 30))
    filled.unlink()
    assert main(["backup", str(filled)]) == 0
    before, entries = content(store), verify(store, SYSTEM).entries
    with new_server() as server:
        server.make_databases()
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)

        status = main(["restore", str(filled)])

        assert status == 0, capsys.readouterr().err
        restored = connect(server.url("bng"))
        assert content(restored).keys() == before.keys()
        differing = {name for name, table in content(restored).items() if table != before[name]}
        assert differing == set()
        verdict = verify(restored, SYSTEM)
        assert (verdict.faults, verdict.entries) == ([], entries + 1)
        assert sign_in(restored, "ann", PASSWORD).role is Role.HANDLER
        assert actor_of_key(restored, key).who == "ann"
        save_market(restored, a_market(an_offer(ORCHARD, 42_000, 2)))
        with (
            pytest.raises(StoreError, match="permission denied"),
            transaction(restored) as connection,
        ):
            connection.execute(text("DELETE FROM audit_log"))


def test_a_store_that_is_in_use_is_replaced_only_when_that_is_said(store, filled, capsys):
    add_user(store, SYSTEM, NewUser("bob", Role.HANDLER))

    assert main(["restore", str(filled)]) == 2
    refusal = capsys.readouterr().err
    assert "holds 2 users. To give them up for the backup, say --replace." in refusal

    assert main(["restore", str(filled), "--replace", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] > 0
    with store.begin() as connection:
        assert connection.execute(text("SELECT login FROM users")).scalars().all() == ["ann"]


def test_the_application_may_write_a_backup_but_not_restore_one(
    store, filled, in_services, monkeypatch, capsys
):
    monkeypatch.setenv("DATABASE_URL", str(in_services.database_url))  # the owner is not known now
    filled.unlink()

    assert main(["backup", str(filled)]) == 0
    assert main(["restore", str(filled), "--replace"]) == 3

    assert "must be owner of schema public" in capsys.readouterr().err


def test_a_backup_may_be_read_by_its_owner_only(filled):
    assert stat.S_IMODE(filled.stat().st_mode) == 0o600
    assert sorted(path.name for path in filled.parent.iterdir()) == ["store.backup"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[: len(data) // 2], "is no backup of `bng backup`, or was cut short."),
        (lambda data: b"", "is no backup of `bng backup`, or was cut short."),
        (lambda data: data.replace(b"PGDMP", b"PGDMQ"), "is damaged: its content is not what"),
    ],
)
def test_a_damaged_backup_changes_nothing(store, filled, capsys, damage, message):
    before = content(store)
    filled.write_bytes(damage(filled.read_bytes()))

    assert main(["restore", str(filled), "--replace"]) == 2

    assert message in capsys.readouterr().err
    assert content(store) == before


def test_a_backup_whose_tables_are_not_those_of_its_manifest_changes_nothing(
    store, filled, tmp_path, capsys
):
    before = content(store)
    with tarfile.open(filled) as archive:
        archive.extractall(tmp_path / "parts", filter="data")
    manifest = tmp_path / "parts" / "manifest.json"
    found = json.loads(manifest.read_text())
    found["tables"]["banks"]["checksum"] = "1"
    manifest.write_text(json.dumps(found))
    with tarfile.open(filled, "w") as archive:
        for name in ("manifest.json", "store.dump"):
            archive.add(tmp_path / "parts" / name, name)

    assert main(["restore", str(filled), "--replace"]) == 3

    assert "table banks is not as it was backed up" in capsys.readouterr().err
    assert content(store) == before


def test_a_backup_of_a_later_release_is_refused(store, filled, tmp_path, capsys):
    with tarfile.open(filled) as archive:
        archive.extractall(tmp_path / "parts", filter="data")
    manifest = tmp_path / "parts" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"revision": "9999"}))
    with tarfile.open(filled, "w") as archive:
        for name in ("manifest.json", "store.dump"):
            archive.add(tmp_path / "parts" / name, name)

    assert main(["restore", str(filled), "--replace"]) == 2

    assert "has revision 9999, which this release does not know" in capsys.readouterr().err


def test_a_backup_is_never_written_over_a_file(filled, capsys):
    content = filled.read_bytes()

    assert main(["backup", str(filled)]) == 2

    assert capsys.readouterr().err == f"{filled} exists already; name another file.\n"
    assert filled.read_bytes() == content


def test_the_sample_folder_is_no_backup(store, in_services, capsys):
    assert main(["restore", str(PROJECT_ROOT / "sample")]) == 2

    assert "cannot be read (Is a directory)" in capsys.readouterr().err
