"""What `bng portfolio` prints and returns, and the words of its answer."""

import json

import pytest

from bng_core import cli
from bng_core.portfolio.words import portfolio_text, portfolio_verdict, sites_table
from bng_core.settings import PROJECT_ROOT
from tests.builders import MODIFIED, ORCHARD, an_offer
from tests.portfolio_builders import a_portfolio, a_site, market_of, two_that_want_one_orchard

SAMPLE = PROJECT_ROOT / "sample"


def bng(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = cli.main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_the_sample_portfolio_is_divided_and_proved(capsys):
    folder = SAMPLE / "portfolio"

    status, out, err = bng(capsys, "portfolio", folder, "--market", SAMPLE / "market", "--json")

    answer = json.loads(out)
    assert (status, err, out.count("\n")) == (0, "", 1)
    assert (answer["status"], answer["proven"], answer["gap"]) == ("optimal", True, 0)
    assert answer["cost"]["saving_gbp"] > 0
    assert len(answer["sites"]) == answer["developments"] == 12
    assert all(site["audit"]["passed"] for site in answer["sites"])
    assert set(answer) == {
        "status", "proven", "gap", "developments", "lot", "cost", "units_short", "sites",
        "scarcity", "audit", "seconds",
    }  # fmt: skip


def test_a_portfolio_that_cannot_be_met_is_status_1(capsys, tmp_path):
    (tmp_path / "sites.csv").write_text("site_id,lpa,nca\nA,South Oxfordshire,108\n")
    line = f"A,area,{ORCHARD},99999\n"
    (tmp_path / "site_demand.csv").write_text("site_id,module,habitat,units\n" + line)

    status, out, _ = bng(capsys, "portfolio", tmp_path, "--market", SAMPLE / "market")

    assert status == 1
    assert "The stock cannot meet all: " in out
    assert f"  A: {ORCHARD} (area, High): 99999.00 units needed" in out


def test_a_portfolio_with_faults_is_status_2_with_all_of_them(capsys, tmp_path):
    (tmp_path / "sites.csv").write_text("site_id,lpa,nca\nA,,108\n")

    status, out, err = bng(capsys, "portfolio", tmp_path, "--market", SAMPLE / "market")

    assert (status, out) == (2, "")
    assert err == (
        f"The portfolio {tmp_path} cannot be used: 2 faults.\n"
        "  site_demand.csv: is missing from the portfolio folder; add it\n"
        "  sites.csv line 2: lpa is blank; fill it in\n"
    )


def test_the_verdict_says_both_costs_and_the_proof():
    answer = a_portfolio(*two_that_want_one_orchard())

    assert portfolio_verdict(answer) == (
        "2 developments together: £61,000.00. In order of arrival: £70,000.00, £9,000.00 more."
        " Proved: no division of the stock costs less. The independent audit passed."
    )
    table = sites_table(answer)
    assert list(table["Together, GBP"]) == [31_000, 30_000]
    assert list(table["In order of arrival, GBP"]) == [30_000, 40_000]


def test_an_answer_without_a_proof_says_what_could_still_be_saved():
    answer = a_portfolio([a_site("A", **{MODIFIED: 1})], market_of([an_offer(MODIFIED, 20_000)]))

    verdict = portfolio_verdict({**answer, "proven": False, "gap": 0.001})

    assert (
        "Best found, not proved: another division could save at most £20.00 (0.1000%)." in verdict
    )


def test_what_is_short_is_never_silent():
    sites = [a_site("first", **{ORCHARD: 1}), a_site("second", **{ORCHARD: 1})]

    text = portfolio_text(a_portfolio(sites, market_of([an_offer(ORCHARD, 30_000, units=1.5)])))

    assert (
        "The stock cannot meet all: 0.50 units are short at 1 development, the fewest possible"
        " being 0.50; the rest is bought at least cost." in text
    )
    assert "Other developments take what is for sale." in text
