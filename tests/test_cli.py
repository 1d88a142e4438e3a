"""The command line: exit status, one JSON object or one sentence, and no traceback ever (§4.3)."""

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bng_core import cli
from bng_core.metric.headline_cells import ModuleUnits
from bng_core.settings import PROJECT_ROOT
from tests.builders import MODIFIED, ORCHARD
from tests.metric_builders import a_metric, a_workbook, an_archive, parts_of, some_results

Json = dict[str, Any]
SAMPLE = PROJECT_ROOT / "sample"
MARKET = SAMPLE / "market"
PLACE = ("--lpa", "South Oxfordshire", "--nca", "Upper Thames Clay Vales", "--date", "2026-11-24")
OFFICIAL = "expected an official name, such as “Grassland - Other neutral grassland”"
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)


@dataclass(frozen=True)
class Ran:
    """What a command returned and printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Json:
        """The one JSON object of stdout."""
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1
        return json.loads(self.out)


class Bng:
    """Runs commands in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Ran:
        status = cli.main([str(argument) for argument in arguments])
        printed = self._capsys.readouterr()
        return Ran(status, printed.out, printed.err)

    def refuses(self, *arguments: object) -> str:
        """The sentence of a refusal, the same with and without --json."""
        plain, asked = self(*arguments), self(*arguments, "--json")

        assert (plain.status, plain.out) == (2, "")
        assert (asked.status, asked.err) == (2, plain.err)
        assert asked.json["error"]["message"] == plain.err.removesuffix("\n")
        assert "Traceback" not in plain.err
        return plain.err.removesuffix("\n")


@pytest.fixture
def bng(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Bng:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    return Bng(capsys)


def a_demand_csv(folder: Path, *rows: str) -> Path:
    path = folder / "demand.csv"
    path.write_text("\n".join(["module,habitat,units", *rows]), encoding="utf-8")
    return path


def a_market(folder: Path, units: str = "10", price: str = "20000") -> Path:
    """One local bank with orchards and modified grassland."""
    (folder / "banks.csv").write_text(
        "bank_id,bank_name,lpa,nca\nB1,Wye Bank,South Oxfordshire,108\n", encoding="utf-8"
    )
    (folder / "stock.csv").write_text(
        f"stock_id,bank_id,habitat,units_available\nS1,B1,{ORCHARD},{units}\nS2,B1,{MODIFIED},5\n",
        encoding="utf-8",
    )
    prices = [
        f"B1,{habitat},{size},any,{price}"
        for habitat in (ORCHARD, MODIFIED)
        for size in ("fractional", "small", "medium", "large")
    ]
    (folder / "prices.csv").write_text(
        "\n".join(["bank_id,habitat,contract_size,tier,unit_price", *prices]), encoding="utf-8"
    )
    return folder


# What works


def test_metric_says_what_the_sample_workbook_requires(bng: Bng) -> None:
    ran = bng("metric", SAMPLE / "metric.xlsx", "--json")

    assert (ran.status, ran.err) == (0, "")
    assert set(ran.json) == {
        "metric_version", "target", "headline", "trading", "credits", "findings",
        "source", "recomputed", "differences", "requirement",
    }  # fmt: skip
    assert ran.json["headline"]["area"]["deficit"] > 0


def test_metric_without_json_is_for_people(bng: Bng) -> None:
    ran = bng("metric", SAMPLE / "metric.xlsx")

    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("metric.xlsx: statutory metric, sheet version 4.1, target 0.1\n")
    assert "Trading rules: NOT satisfied" in ran.out


def test_metric_shows_where_saved_and_recomputed_figures_differ(bng: Bng, tmp_path: Path) -> None:
    path = tmp_path / "metric.xlsx"
    path.write_bytes(a_metric(put={"Headline Results": {"H61": 0.5, "H62": None}}))
    recomputed = bng("metric", path, "--use", "recomputed", "--json").json["headline"]

    out = bng("metric", path, "--use", "recomputed").out

    deficit = recomputed["area"]["deficit"]
    assert "Figures: recomputed from the input rows; 2 cells saved in the workbook differ\n" in out
    assert (
        f"  Headline Results!H61: saved 0.5, recomputed {deficit:.10g} ({0.5 - deficit:+.6g})\n"
        f"  Headline Results!H62: saved 'blank', recomputed 0\n"
    ) in out


def test_optimise_answers_the_sample_workbook_from_the_sample_market(bng: Bng) -> None:
    ran = bng("optimise", SAMPLE / "metric.xlsx", "--market", MARKET, *PLACE, "--json")

    assert (ran.status, ran.err) == (0, "")
    assert ran.json["status"] == "optimal"
    assert ran.json["audit"]["passed"]
    assert ran.json["purchases"]


def test_optimise_buys_by_hand_what_a_demand_asks_for(bng: Bng, tmp_path: Path) -> None:
    market, demand = a_market(tmp_path), a_demand_csv(tmp_path, f"area,{ORCHARD},1.25")

    ran = bng("optimise", demand, "--market", market, *PLACE, "--json")

    # 1.25 units of orchard, local, at 20,000
    assert ran.json["cost"] == {"units_gbp": 25_000, "fees_gbp": 0, "total_gbp": 25_000}
    assert ran.json["contract_size"] == "small"
    assert [(row["stock_id"], row["units"], row["srm"]) for row in ran.json["purchases"]] == [
        ("S1", 1.25, 1)
    ]


def test_optimise_writes_its_purchases_as_off_site_rows_that_the_metric_accepts(
    bng: Bng, tmp_path: Path
) -> None:
    out = tmp_path / "bought.xlsx"

    ran = bng("optimise", SAMPLE / "metric.xlsx", "--market", MARKET, *PLACE, "--json",
              "--offsite-workbook", out)  # fmt: skip

    count = len(ran.json["purchases"])
    assert ran.err == (
        f"{out} was written: {count} purchases; recomputed, the trading rules are met and no unit"
        " is short.\n"
    )
    says = bng("metric", out, "--json").json
    assert (says["trading"]["satisfied"], says["findings"]) == (True, [])
    assert all(line["deficit"] == 0 for line in says["headline"].values())
    assert list(tmp_path.iterdir()) == [out]


def test_off_site_rows_of_a_demand_csv_stand_alone(bng: Bng, tmp_path: Path) -> None:
    market, demand = a_market(tmp_path), a_demand_csv(tmp_path, f"area,{ORCHARD},1.25")
    out = tmp_path / "bought.xlsx"

    ran = bng("optimise", demand, "--market", market, *PLACE, "--offsite-workbook", out)

    assert ran.err == (
        f"{out} was written: 1 purchase, without the development's own rows, which were not "
        "given.\n"
    )
    rows = bng("metric", out, "--json").json["recomputed"]["rows"]
    assert [(row["sheet"][:3], row["offsite_reference"]) for row in rows] == [
        ("D-1", "B1"), ("D-2", "B1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("out.xlsm", "out.xlsm must end in .xlsx, the kind of workbook written."),
        ("none/out.xlsx", "{folder}/none/out.xlsx cannot be written: there is no folder "
                          "{folder}/none."),
        ("folder.xlsx", "{folder}/folder.xlsx is a folder: give the name of a workbook to write."),
        ("metric.xlsx", "metric.xlsx is the workbook that is read: give another name."),
    ],
)  # fmt: skip
def test_a_place_where_no_workbook_can_be_written_is_refused_before_solving(
    bng: Bng, tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "folder.xlsx").mkdir()
    metric = tmp_path / "metric.xlsx"
    metric.write_bytes(a_metric())

    said = bng.refuses("optimise", metric, "--market", tmp_path / "no-market", *PLACE,
                       "--offsite-workbook", tmp_path / name)  # fmt: skip

    assert said == sentence.format(folder=tmp_path)
    assert metric.read_bytes() == a_metric()


def test_optimise_without_json_is_for_people(bng: Bng, tmp_path: Path) -> None:
    market, demand = a_market(tmp_path), a_demand_csv(tmp_path, f"area,{ORCHARD},1.25")

    ran = bng("optimise", demand, "--market", market, *PLACE)

    assert (ran.status, ran.err) == (0, "")
    assert "25,000" in ran.out
    assert "Wye Bank" in ran.out or "B1" in ran.out


def test_a_demand_of_nothing_buys_nothing(bng: Bng, tmp_path: Path) -> None:
    market, demand = a_market(tmp_path), a_demand_csv(tmp_path, f"area,{ORCHARD},0")

    ran = bng("optimise", demand, "--market", market, *PLACE, "--json")

    assert (ran.status, ran.json["purchases"], ran.json["cost"]["total_gbp"]) == (0, [], 0)


def test_the_contract_size_may_be_set(bng: Bng, tmp_path: Path) -> None:
    market, demand = a_market(tmp_path), a_demand_csv(tmp_path, f"area,{ORCHARD},1.25")

    for size in ("fractional", "small", "medium", "large"):
        ran = bng("optimise", demand, "--market", market, *PLACE, "--contract-size", size, "--json")
        assert ran.json["contract_size"] == size


def test_the_basis_is_that_of_lists_that_do_not_say(bng: Bng, tmp_path: Path) -> None:
    market = a_market(tmp_path)
    demand = a_demand_csv(tmp_path, f"area,{ORCHARD},1")
    far = ("--lpa", "Cornwall", "--nca", "Bodmin Moor", "--date", "2026-11-24", "--json")
    command = ("optimise", demand, "--market", market, *far)

    bought, effective = bng(*command), bng(*command, "--basis", "effective")

    # Far: 2 orchard units count 1. At 20,000 a bought unit, or half of it a unit after SRM.
    assert bought.json["cost"]["total_gbp"] == 40_000
    assert effective.json["cost"]["total_gbp"] == 20_000


def test_a_demand_no_bank_can_meet_is_status_1_with_its_reasons(bng: Bng, tmp_path: Path) -> None:
    market, demand = a_market(tmp_path, units="0.35"), a_demand_csv(tmp_path, f"area,{ORCHARD},1.2")

    plain = bng("optimise", demand, "--market", market, *PLACE)
    asked = bng("optimise", demand, "--market", market, *PLACE, "--json")

    assert (plain.status, asked.status, asked.err) == (1, 1, "")
    assert (asked.json["status"], asked.json["purchases"]) == ("infeasible", [])
    [reason] = asked.json["reasons"]
    assert (reason["lost"], reason["units_needed"], reason["units_for_sale"]) == (
        ORCHARD,
        1.2,
        0.35,
    )
    assert [seller["bank_name"] for seller in reason["sellers"]] == ["Wye Bank"]
    assert reason["message"] in plain.out


def test_an_answer_is_audited_from_its_file(bng: Bng, tmp_path: Path) -> None:
    market, demand = a_market(tmp_path), a_demand_csv(tmp_path, f"area,{ORCHARD},1.25")
    result = tmp_path / "result.json"
    result.write_text(bng("optimise", demand, "--market", market, *PLACE, "--json").out)
    audit = ("audit", result, "--market", market, "--metric", demand)

    right, moved = bng(*audit, "--json"), bng(*audit, "--lpa", "Cornwall", "--nca", "Bodmin Moor")

    assert (right.status, right.json["passed"]) == (0, True)
    assert moved.status == 1
    assert moved.out.startswith("The audit FAILED.\n")
    assert "S1: multiplier 1.0; expected 0.5" in moved.out


def test_an_answer_that_was_changed_fails_its_audit(bng: Bng, tmp_path: Path) -> None:
    market, demand = a_market(tmp_path), a_demand_csv(tmp_path, f"area,{ORCHARD},1.25")
    answer = bng("optimise", demand, "--market", market, *PLACE, "--json").json
    answer["purchases"][0]["units"] = 1.24
    result = tmp_path / "result.json"
    result.write_text(json.dumps(answer))

    ran = bng("audit", result, "--market", market, "--metric", demand, "--json")

    assert ran.status == 1
    failed = {check["check"] for check in ran.json["checks"] if not check["passed"]}
    assert {"trading", "headline"} <= failed


# Workbooks that cannot be used


def a_sound_metric() -> bytes:
    return a_metric(results=some_results(ModuleUnits(baseline=8)))


REFUSED = {
    "not a workbook": (
        b"hello",
        "m.xlsx is not a workbook: give the statutory biodiversity metric as .xlsx or .xlsm.",
    ),
    "empty": (
        b"",
        "m.xlsx is empty (0 bytes): save it again in Excel or ask the sender for another copy.",
    ),
    "no metric": (
        a_workbook({"Sheet1": {"A1": "budget"}}),
        "m.xlsx is a workbook but not a biodiversity metric (it has no sheet 'Start'): use the"
        " statutory biodiversity metric calculation tool (version 4.1).",
    ),
    "metric 3.1": (
        a_workbook({"Start": {"B2": "The Biodiversity Metric 3.1 - Calculation Tool"}}),
        "m.xlsx is biodiversity metric 3.1, an older metric with other rules and other sheets:"
        " enter the project anew in the statutory tool; use the statutory biodiversity metric"
        " calculation tool (version 4.1).",
    ),
    "truncated": (
        a_sound_metric()[:-3000],
        "m.xlsx is damaged or incomplete and cannot be read: save it again in Excel or ask the"
        " sender for another copy.",
    ),
    "password": (
        OLE + "EncryptedPackage".encode("utf-16-le") + bytes(512),
        "m.xlsx is protected by a password: open it in Excel, remove the password under File,"
        " Info, Protect Workbook, and save it.",
    ),
    "a part missing": (
        an_archive({k: v for k, v in parts_of(a_sound_metric()).items() if "sheet1.xml" not in k}),
        "m.xlsx is damaged or incomplete and cannot be read: save it again in Excel or ask the"
        " sender for another copy.",
    ),
}


@pytest.mark.parametrize("kind", list(REFUSED))
def test_a_workbook_that_cannot_be_used_is_refused(bng: Bng, tmp_path: Path, kind: str) -> None:
    data, message = REFUSED[kind]
    path = tmp_path / "m.xlsx"
    path.write_bytes(data)

    assert bng.refuses("metric", path) == message
    assert bng.refuses("optimise", path, "--market", MARKET, *PLACE) == message


def test_a_workbook_that_stops_a_quote_is_reported_and_not_quoted(bng: Bng, tmp_path: Path) -> None:
    path = tmp_path / "m.xlsx"
    path.write_bytes(a_metric(put={"Start": {"F22": None}}))

    assert bng("metric", path, "--json").json["findings"][0]["severity"] == "stops a quote"
    assert bng.refuses("optimise", path, "--market", MARKET, *PLACE) == (
        "m.xlsx (Start!F22: blank): No net gain target is set, so the workbook requires no net"
        " gain. Enter the target, usually 10%, let Excel calculate, and save."
    )


def test_figures_that_differ_are_quoted_once_it_is_said_which_count(
    bng: Bng, tmp_path: Path
) -> None:
    market, metric = a_market(tmp_path), tmp_path / "metric.xlsx"
    metric.write_bytes(a_metric(put={"Headline Results": {"F61": 9.0, "H61": 9.0}}))
    asked = ("optimise", metric, "--market", market, *PLACE)

    assert "say which figures count (--use workbook or --use recomputed)" in bng.refuses(*asked)
    costs = {
        bng(*asked, "--use", use, "--json").json["cost"]["total_gbp"]
        for use in ("workbook", "recomputed")
    }
    assert len(costs) == 2


def test_a_missing_workbook_is_named(bng: Bng, tmp_path: Path) -> None:
    assert bng.refuses("metric", tmp_path / "none.xlsx") == (
        "none.xlsx does not exist: check the path of the workbook."
    )


# Places that are not in the tables


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--lpa", "South Oxfordshir"),
            "Local planning authority “South Oxfordshir” is not in the tables. The nearest names"
            " are: South Oxfordshire LPA, West Oxfordshire LPA, South Staffordshire LPA.",
        ),
        (
            ("--lpa", "Telford"),
            "Local planning authority “Telford” is not in the tables. The nearest names are:"
            " Telford and Wrekin LPA.",
        ),
        (
            ("--lpa", ""),
            "Local planning authority “” is not in the tables. Give its official name.",
        ),
        (
            ("--nca", "Cotswold"),
            "National character area “Cotswold” is not in the tables. The nearest names are:"
            " Cotswolds.",
        ),
        (
            ("--waterbody", "GB1"),
            "Waterbody “GB1” is not in the tables. Give its WFD id, such as GB106039023233.",
        ),
        (
            ("--marine-plan-area", "South"),
            "Marine plan area “South” is not in the tables. The nearest names are:"
            " South East Inshore, South Inshore, South Offshore.",
        ),
    ],
)
def test_an_unknown_place_is_refused_with_the_nearest_names(
    bng: Bng, options: tuple[str, str], message: str
) -> None:
    command = ("optimise", SAMPLE / "metric.xlsx", "--market", MARKET, *PLACE, *options)

    assert bng.refuses(*command) == message


# Markets and demands with faults


def test_a_market_with_faults_is_refused_with_all_of_them(bng: Bng, tmp_path: Path) -> None:
    demand = a_demand_csv(tmp_path, f"area,{ORCHARD},1")
    market = a_market(tmp_path)
    (market / "banks.csv").unlink()
    (market / "stock.csv").write_text(
        "stock_id,bank_id,habitat,units_available\n"
        f'S1,"B\n1",{ORCHARD},-1\nS2,B1,Meadow,\nS2,B1,{MODIFIED},1\n'
    )
    (market / "prices.csv").write_text(
        "bank_id,habitat,contract_size,tier,unit_price,valid_from\r\n"
        f"B1,{ORCHARD},small,any,0,\r\nB1,{ORCHARD},medium,any,x,1/1/26\r\n"
    )

    meadow = "habitat “Meadow” is not a habitat of the statutory metric"
    price = "expected GBP per unit, 0.01 to 1,000,000,000"
    assert bng.refuses("optimise", demand, "--market", market, *PLACE).splitlines() == [
        f"The market folder {market} cannot be used: 8 faults.",
        "  banks.csv: is missing from the market folder; add it",
        "  stock.csv line 5: stock_id S2 was used on an earlier line",
        f"  stock.csv line 4: {meadow}; {OFFICIAL}",
        "  stock.csv line 2: units_available is “-1”: expected units, 0 to 1,000,000,000",
        "  stock.csv line 4: units_available is blank: expected units, 0 to 1,000,000,000",
        f"  prices.csv line 2: unit_price is “0”: {price}",
        f"  prices.csv line 3: unit_price is “x”: {price}",
        "  prices.csv line 3: valid_from “1/1/26”: expected a date such as 2026-11-24",
    ]


def test_a_market_that_is_no_folder_is_named(bng: Bng, tmp_path: Path) -> None:
    path = tmp_path / "none"

    assert bng.refuses("optimise", SAMPLE / "metric.xlsx", "--market", path, *PLACE) == (
        "The market cannot be read: 1 fault.\n"
        f"  {path}: is not a folder; give the folder that holds banks.csv"
    )


def test_a_demand_with_faults_is_refused_with_all_of_them(bng: Bng, tmp_path: Path) -> None:
    demand = a_demand_csv(tmp_path, "lake,Ditches,1", "area,Net gain,1e999")

    assert bng.refuses("optimise", demand, "--market", MARKET, *PLACE) == (
        "The demand in demand.csv cannot be used: 2 faults.\n"
        "  demand.csv line 2: module “lake”: expected one of area, hedgerow, watercourse\n"
        "  demand.csv line 3: units are “1e999”: expected units, 0 to 1,000,000,000"
    )


def test_an_audit_of_something_else_is_refused(bng: Bng, tmp_path: Path) -> None:
    demand = a_demand_csv(tmp_path, f"area,{ORCHARD},1")
    result = tmp_path / "result.json"
    result.write_text("{}")

    assert bng.refuses("audit", result, "--market", MARKET, "--metric", demand) == (
        "result.json is not an answer of bng optimise ($: 'status' is a required property);"
        " give what bng optimise printed."
    )


# Options


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--lot", "x", "“x” is not a lot: expected 0 to 100"),
        ("--lot", "NaN", "“NaN” is not a lot: expected 0 to 100"),
        ("--lot", "-0.01", "“-0.01” is not a lot: expected 0 to 100"),
        ("--lot", "1e999", "“1e999” is not a lot: expected 0 to 100"),
        ("--lot", "0.00001", "“0.00001” is not a lot: expected 0, or 0.0001 to 100 units"),
        ("--max-banks", "0", "“0” is not a whole number of 1 or more"),
        ("--max-banks", "1.5", "“1.5” is not a whole number of 1 or more"),
        ("--max-banks", "２", "“２” is not a whole number of 1 or more"),
        ("--date", "24/11/2026", "“24/11/2026” is not a date such as 2026-11-24"),
        ("--date", "2026-02-30", "“2026-02-30” is not a date such as 2026-11-24"),
        ("--time-limit", "inf", "“inf” is not a number of seconds: expected 0.001 to 1000000"),
    ],
)
def test_an_option_that_is_no_number_or_day_is_refused(
    bng: Bng, option: str, value: str, message: str
) -> None:
    command = ("optimise", SAMPLE / "metric.xlsx", "--market", MARKET, *PLACE)

    assert bng.refuses(*command, f"{option}={value}") == (
        f"Argument {option}: {message}. See bng optimise --help."
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "The following arguments are required: COMMAND. See bng --help."),
        (("metric",), "The following arguments are required: file. See bng metric --help."),
        (
            ("optimise", "x.xlsx", "--market", "m"),
            "The following arguments are required: --lpa, --nca. See bng optimise --help.",
        ),
        (("metric", "x.xlsx", "--js"), "Unrecognized arguments: --js. See bng --help."),
        (("metric", "x.xlsx", "--wrong"), "Unrecognized arguments: --wrong. See bng --help."),
    ],
)
def test_a_command_that_is_not_complete_says_what_is_missing(
    bng: Bng, arguments: tuple[str, ...], message: str
) -> None:
    assert bng.refuses(*arguments) == message


def test_help_is_for_everyone(bng: Bng, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["metric"], ["optimise"], ["audit"], ["up"], ["down"], ["status"]):
        with pytest.raises(SystemExit) as stopped:
            cli.main([*command, "--help"])
        assert stopped.value.code == 0
        assert capsys.readouterr().out.startswith("usage: bng")


# In a process of its own


def run(*arguments: object, command: tuple[str, ...] = ("-m", "bng_core.cli")) -> Ran:
    done = subprocess.run(
        [sys.executable, *command, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=PROJECT_ROOT,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_the_installed_command_prints_one_json_object_and_nothing_else(tmp_path: Path) -> None:
    installed = Path(sys.executable).with_name("bng")
    if not installed.exists():
        pytest.skip("bng is not installed in this environment: run make setup")
    market, demand = a_market(tmp_path), a_demand_csv(tmp_path, f"area,{ORCHARD},1.25")

    ran = run("optimise", demand, "--market", market, *PLACE, "--json", command=(str(installed),))

    assert (ran.status, ran.err) == (0, "")
    assert ran.json["cost"]["total_gbp"] == 25_000


def test_a_refusal_in_a_process_of_its_own_is_status_2_and_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "m.xlsx"
    path.write_bytes(b"hello")
    message = REFUSED["not a workbook"][1]

    ran = run("metric", path, "--json")

    assert (ran.status, ran.err) == (2, f"{message}\n")
    assert ran.json == {"error": {"kind": "MetricError", "message": message}}


def test_a_reader_that_stops_reading_is_no_fault(tmp_path: Path) -> None:
    """As in `bng metric FILE | head -1`."""
    command = [sys.executable, "-m", "bng_core.cli", "metric", str(SAMPLE / "metric.xlsx")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=PROJECT_ROOT, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 141


def test_prices_of_the_sample_market_hold_on_any_day() -> None:
    with (MARKET / "prices.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))

    assert not any(row.get("valid_to") for row in rows)


def test_value_gives_stock_rows_of_its_own_template(bng: Bng, tmp_path: Path) -> None:
    template = bng("value", "--template")
    (tmp_path / "site.csv").write_text(template.out, encoding="utf-8")

    ran = bng("value", tmp_path / "site.csv", "--bank", "B1", "--json")

    assert (ran.status, ran.err) == (0, "")
    assert {row["bank_id"] for row in ran.json["stock"]} == {"B1"}
    assert bng("value").err == ("Give the SITE.csv to value, or --template for one to fill in.\n")
