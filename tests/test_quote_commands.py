"""Quotes from the command line: the life of one, and what is refused, in words and in JSON."""

import json

import pytest

from bng_core.store import save_market
from tests.builders import MODIFIED, ORCHARD, a_market, an_offer
from tests.conftest import bng
from tests.quote_builders import a_run

LOT = f"near/{ORCHARD}"


@pytest.fixture
def run_id(in_services, store) -> str:
    save_market(
        store,
        a_market(
            an_offer(ORCHARD, 40_000, 3, bank_id="near"),
            an_offer(MODIFIED, 10_000, 3, bank_id="near"),
        ),
    )
    return str(a_run(store, **{ORCHARD: 2}))


def told(*arguments: str) -> str:
    done = bng(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_quote_goes_from_a_run_to_the_register(store, run_id):
    saved = ("quote", "save", run_id, "--customer", "Acorn Homes", "--site", "Long Field")
    draft = json.loads(told(*saved, "--json"))
    assert (draft["reference"], draft["state"], draft["total_pence"]) == (
        "BNG-00001", "draft", 8_000_000,
    )  # fmt: skip

    told("quote", "set-price", "BNG-00001", "--line", "1", "--price", "39000.50", "--why", "agreed")
    issued = told("quote", "issue", "BNG-00001")
    assert "changed by hand: not what the auditor checked" in issued
    assert "Held     2.0000 units until" in issued
    assert "Total    £78,001.00" in issued
    assert "1.0000 free" in told("stock", "show", LOT)

    told("quote", "accept", "BNG-00001")
    done = told("quote", "allocate", "BNG-00001", "--register", "BGS-010203")
    assert "Register BGS-010203" in done
    assert "BNG-00001  allocated" in told("quote", "list", "--words", "acorn")


def test_a_requote_is_compared_line_by_line(store, run_id):
    told("quote", "save", run_id, "--customer", "Acorn Homes", "--site", "Long Field")
    told("quote", "issue", "BNG-00001")
    told("stock", "policy", "--set", "ignore_quotes", "--why", "a calm market")
    again = str(a_run(store, **{ORCHARD: 1}))

    told("quote", "requote", "BNG-00001", again)

    compared = told("quote", "compare", "BNG-00001", "BNG-00001.1")
    assert compared.splitlines()[0] == (
        "BNG-00001: £80,000.00; BNG-00001.1: £40,000.00 (-£40,000.00). The rules are the same."
    )
    assert "units 2.0000 -> 1.0000; free stock 3 -> 1" in compared


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("quote", "show", "BNG-99999"),
            "There is no quote 'BNG-99999' that you may see; look in the list of quotes.",
        ),
        (
            ("quote", "save", "7", "--customer", "A", "--site", "B"),
            "Argument RUN: “7” is not the number of a run; see the list of runs. "
            "See bng quote save --help.",
        ),
        (
            ("stock", "correct", LOT, "NaN", "--why", "counted"),
            "The units “NaN” are no number; give a decimal, such as 1.25.",
        ),
        (
            ("stock", "correct", LOT, "-3.5", "--why", "counted"),
            f"Bank near has 3.0000 free units of {ORCHARD} (lot {LOT}), and 3.5 are asked. "
            "Nothing was changed.",
        ),
        (
            ("stock", "policy", "--set", "hold_share", "--share", "1.5", "--why", "w"),
            "The share 1.5 cannot be used; expected 0 to 1 in steps of 0.0001.",
        ),
        (
            ("quote", "set-price", "BNG-1", "--line", "1", "--price", "0.001", "--why", "w"),
            "Argument --price: GBP 0.001 is no whole number of pence. "
            "See bng quote set-price --help.",
        ),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_exit_2(run_id, arguments, message):
    done = bng(*arguments)

    assert (done.returncode, done.stderr, done.stdout) == (2, f"{message}\n", "")
