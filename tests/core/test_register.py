"""The gain-site register: off unless switched on, read whole or not, compared with the ledger."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from bng_core.actor import SYSTEM, Actor, Role
from bng_core.cli import main
from bng_core.errors import BadInput, NotAllowed, RegisterError
from bng_core.market import market_from_tables
from bng_core.register import read_register
from bng_core.settings import PROJECT_ROOT, load_settings
from bng_core.store import save_market
from bng_core.store.audit_log import entries
from bng_core.store.gain_sites import import_register, reconcile
from tests.builders import MEADOW, ORCHARD, a_market, an_offer

SAMPLE = PROJECT_ROOT / "sample" / "register.json"


def on():
    return replace(load_settings(), register_on=True)


def a_register(folder: Path, **changed: object) -> Path:
    """A register of one site with 5 units of meadow, 1 of them allocated."""
    habitat = {"habitat": MEADOW, "units": 5, "allocated": 1}
    site = {"reference": "BGS-1", "name": "Long Mead", "lpa": "Reading LPA", "habitats": [habitat]}
    path = folder / "register.json"
    path.write_text(json.dumps({"as_at": "2026-11-20", "gain_sites": [site | changed]}))
    return path


def a_market_of(reference: str, *offers: dict[str, object]):
    market = a_market(*offers)
    return market_from_tables(
        market.tables() | {"banks": market.banks.assign(register_reference=reference)}
    )


def test_it_is_off_unless_switched_on_and_says_why(capsys):
    assert main(["register", "check", str(SAMPLE)]) == 2

    assert capsys.readouterr().err == (
        "The gain-site register is off: its entries are Natural England's, under terms of use "
        "of their own. Once you have accepted those terms, set BNG_REGISTER=on.\n"
    )


def test_the_sample_reads_and_is_invented():
    register = read_register(SAMPLE, on())

    assert [site.reference for site in register.sites] == ["SAMPLE-0001", "SAMPLE-0002"]
    assert register.sites[0].habitats[0].habitat == MEADOW
    assert "Invented" in json.loads(SAMPLE.read_text())["note"]


def test_all_faults_are_reported_with_their_places(tmp_path):
    path = a_register(
        tmp_path,
        reference="='x'",
        habitats=[{"habitat": MEADOW, "units": "many", "allocated": -1}, {"habitat": MEADOW}],
    )

    with pytest.raises(RegisterError) as refused:
        read_register(path, on())

    assert sorted({fault.column for fault in refused.value.faults}) == [
        "gain_sites[0].habitats[0].allocated",
        "gain_sites[0].habitats[0].units",
        "gain_sites[0].habitats[1]",
        "gain_sites[0].reference",
    ]


@pytest.mark.parametrize(
    ("habitat", "message"),
    [
        (
            {"habitat": "Lowland medals", "units": 1, "allocated": 0},
            "gain_sites[0].habitats[0]: “Lowland medals” is not a habitat of the metric",
        ),
        (
            {"habitat": MEADOW, "units": 1, "allocated": 2},
            "gain_sites[0].habitats[0]: 2 of 1 units allocated",
        ),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, habitat, message):
    with pytest.raises(RegisterError) as refused:
        read_register(a_register(tmp_path, habitats=[habitat]), on())

    assert [fault.message for fault in refused.value.faults] == [message]


def test_a_file_that_is_no_json_is_one_sentence(tmp_path):
    path = tmp_path / "register.json"
    path.write_text("<html>")

    with pytest.raises(BadInput) as refused:
        read_register(path, on())

    assert str(refused.value) == (
        "register.json is no JSON; give a file such as sample/register.json."
    )


def test_stock_beyond_the_register_and_banks_that_it_lacks_are_told(store, tmp_path):
    save_market(
        store, a_market_of("BGS-1", an_offer(MEADOW, 1, units=5.5), an_offer(ORCHARD, 1, units=2))
    )

    found = reconcile(store, SYSTEM, read_register(a_register(tmp_path), on()))
    other = reconcile(store, SYSTEM, read_register(a_register(tmp_path, reference="BGS-2"), on()))

    assert found.matched == ["BGS-1"]
    assert found.differences == [
        f"BGS-1: {MEADOW}: 5.5000 units in stock, 5 registered",
        f"BGS-1: {ORCHARD}: 2.0000 units in stock, 0 registered",
    ]
    assert (other.unknown, other.unlisted) == (["BGS-2"], ["local (BGS-1)"])


def test_an_import_keeps_the_entries_of_our_banks_and_is_logged(store, owner, tmp_path):
    save_market(store, a_market_of("BGS-1", an_offer(MEADOW, 1, units=5)))

    for _ in range(2):
        import_register(store, SYSTEM, read_register(a_register(tmp_path), on()), "nightly")

    with owner.begin() as connection:
        rows = connection.execute(
            text("SELECT register_reference, site_name, as_at FROM gain_sites")
        )
        ((reference, name, as_at),) = rows
    assert (reference, name, as_at.date().isoformat()) == ("BGS-1", "Long Mead", "2026-11-20")
    assert entries(store, SYSTEM, "gain sites")[0].after == {"as_at": "2026-11-20", "sites": 1}


def test_only_admins_import(store, tmp_path):
    with pytest.raises(NotAllowed):
        import_register(
            store, Actor("ann", Role.HANDLER), read_register(a_register(tmp_path), on()), "x"
        )


def test_the_command_line_says_whether_something_differs(
    store, in_services, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("BNG_REGISTER", "on")
    save_market(store, a_market_of("BGS-1", an_offer(MEADOW, 1, units=5)))
    path = a_register(tmp_path)

    assert main(["register", "check", str(path)]) == 0
    assert main(["register", "import", str(path), "--json"]) == 0
    save_market(store, a_market_of("BGS-1", an_offer(MEADOW, 1, units=6)))
    assert main(["register", "check", str(path)]) == 1
    assert "6.0000 units in stock, 5 registered" in capsys.readouterr().out
