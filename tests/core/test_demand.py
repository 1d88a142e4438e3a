"""What a development must buy, from a demand.csv or from a workbook (§2.10, §4.2)."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bng_core.demand import Demand, HeadlineNeed, demand_of_file, demand_of_metric, read_demand
from bng_core.errors import DemandError, MetricError
from bng_core.metric import read_metric
from bng_core.metric.headline_cells import ModuleUnits
from bng_core.settings import PROJECT_ROOT
from bng_core.terms import ContractSize, Module
from tests.builders import MODIFIED, NEUTRAL, ORCHARD, SCRUB
from tests.metric_builders import a_metric, some_results

CASES = PROJECT_ROOT.parent / "shared" / "metric" / "cases"
CASE_SIZES = {
    "v1_small_housing": "small",
    "v2_medium_losses_many_groups": "large",
    "v3_high_distinctiveness_loss": "large",
    "v4_very_high_meadow_loss": "medium",
    "v5_hedgerow_losses_all_bands": "medium",
    "v6_watercourse_encroachment": "small",
    "v7_offsite_three_spatial_categories": "small",
    "v8_fully_compliant": "fractional",
}
MODULES = {"area": "habitat", "hedgerow": "hedgerow", "watercourse": "watercourse"}
MOST = "1,000,000,000"


def a_file(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "demand.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def demand_csv(tmp_path: Path, *rows: str) -> Demand:
    return read_demand(a_file(tmp_path, "module,habitat,units\n" + "\n".join(rows)))


def refusal(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(DemandError) as error:
        read_demand(a_file(tmp_path, text))
    return str(error.value)


def fault(tmp_path: Path, row: str) -> str:
    """The fault of line 2."""
    start, found = refusal(tmp_path, f"module,habitat,units\n{row}\n").split("\n  ")
    assert start == "The demand in demand.csv cannot be used: 1 fault."
    return found.removeprefix("demand.csv line 2: ")


def demand_of(units: ModuleUnits, changes: dict[str, tuple[float, float]]) -> Demand:
    return demand_of_metric(read_metric(a_metric(results=some_results(units, changes)), "f.xlsx"))


def test_losses_are_changes_and_every_line_counts_for_the_headline(tmp_path: Path) -> None:
    demand = demand_csv(
        tmp_path,
        f"area,{ORCHARD},1.25",
        "Area,modified grassland,2",
        "area,NET GAIN,0.5",
        "hedgerow,Native hedgerow,0.1",
    )

    assert demand.changes == {
        ORCHARD: Decimal("-1.25"),
        MODIFIED: Decimal(-2),
        "Native hedgerow": Decimal("-0.1"),
    }
    assert demand.headline == {
        Module.AREA: HeadlineNeed(Decimal("3.75"), net_gain=Decimal("0.5")),
        Module.HEDGEROW: HeadlineNeed(Decimal("0.1")),
    }
    assert demand.units_required == Decimal("3.85")
    assert demand.modules == [Module.AREA, Module.HEDGEROW]


def test_lines_of_one_habitat_add_up(tmp_path: Path) -> None:
    demand = demand_csv(tmp_path, f"area,{ORCHARD},1.1", "area,Traditional orchards,2.2")

    assert demand.changes == {ORCHARD: Decimal("-3.3")}


def test_net_gain_is_no_loss(tmp_path: Path) -> None:
    demand = demand_csv(tmp_path, "watercourse,Net gain,0.2")

    assert demand.changes == {}
    assert demand.headline[Module.WATERCOURSE].deficit == Decimal("0.2")


def test_a_line_of_0_units_asks_for_nothing(tmp_path: Path) -> None:
    demand = demand_csv(tmp_path, f"area,{ORCHARD},0")

    assert demand.modules == []
    assert demand.units_required == 0


def test_columns_may_stand_in_any_order_with_blanks_and_others_beside_them(tmp_path: Path) -> None:
    text = f"\ufeffnote, units ,habitat, module\r\nx, 1.5 ,{ORCHARD},area\r\n\r\n"

    assert read_demand(a_file(tmp_path, text)).changes == {ORCHARD: Decimal("-1.5")}


@pytest.mark.parametrize(
    ("units", "size"),
    [
        ("0", "fractional"),
        ("0.0999999", "fractional"),
        ("0.1", "small"),
        ("2.49999", "small"),
        ("2.5", "medium"),
        ("14.9999", "medium"),
        ("15", "large"),
        ("100000", "large"),
    ],
)
def test_a_contract_size_begins_at_its_threshold(tmp_path: Path, units: str, size: str) -> None:
    assert demand_csv(tmp_path, f"area,Net gain,{units}").contract_size == size


def test_the_noise_of_a_spreadsheet_s_arithmetic_moves_no_threshold() -> None:
    demand = Demand({}, {}, Decimal("2.4999999999999996"))

    assert demand.contract_size is ContractSize.MEDIUM


def test_the_contract_size_follows_the_sum_over_all_modules(tmp_path: Path) -> None:
    demand = demand_csv(
        tmp_path, "area,Net gain,1", "hedgerow,Native hedgerow,1", "watercourse,Ditches,0.5"
    )

    assert demand.contract_size is ContractSize.MEDIUM


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("lake,Ditches,1", "module “lake”: expected one of area, hedgerow, watercourse"),
        (",Ditches,1", "module “”: expected one of area, hedgerow, watercourse"),
        (
            "area,Ditches,1",
            "habitat “Ditches” is not among the area habitats of the statutory metric;"
            " expected an official name or “Net gain”",
        ),
        (
            "hedgerow,,1",
            "habitat “” is not among the hedgerow habitats of the statutory metric;"
            " expected an official name or “Net gain”",
        ),
        ("area,Net gain,", f"units are blank: expected units, 0 to {MOST}"),
        ("area,Net gain", f"units are blank: expected units, 0 to {MOST}"),
        ("area,Net gain,-1", f"units are “-1”: expected units, 0 to {MOST}"),
        ("area,Net gain,NaN", f"units are “NaN”: expected units, 0 to {MOST}"),
        ("area,Net gain,inf", f"units are “inf”: expected units, 0 to {MOST}"),
        ("area,Net gain,1e999", f"units are “1e999”: expected units, 0 to {MOST}"),
        ("area,Net gain,1e10", f"units are “1e10”: expected units, 0 to {MOST}"),
        ('area,Net gain,"1,000"', f"units are “1,000”: expected units, 0 to {MOST}"),
        ("area,Net gain,1_000", f"units are “1_000”: expected units, 0 to {MOST}"),
        ("area,Net gain,１", f"units are “１”: expected units, 0 to {MOST}"),
        ("area,Net gain,1,000", "has 4 values for 3 columns; quote values with commas"),
    ],
)
def test_a_faulty_line_says_what_is_wrong(tmp_path: Path, row: str, message: str) -> None:
    assert fault(tmp_path, row) == message


def test_all_faults_are_reported_at_once_at_their_lines(tmp_path: Path) -> None:
    text = (
        f'module,habitat,units\r\n\r\narea,"{ORCHARD}\r\n",x\r\nlake,Ditches,1\r\narea,Net gain,1'
    )

    assert refusal(tmp_path, text) == (
        "The demand in demand.csv cannot be used: 2 faults.\n"
        f"  demand.csv line 3: units are “x”: expected units, 0 to {MOST}\n"
        "  demand.csv line 5: module “lake”: expected one of area, hedgerow, watercourse"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "demand.csv: is empty; expected a line of column names"),
        (
            "module,habitat,units\n\n,,\n",
            "demand.csv: has no lines; give at least one loss or “Net gain”",
        ),
        (
            "habitat,amount\nDitches,1\n",
            "demand.csv line 1: has no column module, units; found habitat, amount",
        ),
        (
            "module,habitat,units\narea,Orchard\xe9,1".encode("latin-1"),
            "demand.csv line 2: is not UTF-8 text; save the file as CSV UTF-8",
        ),
    ],
)
def test_a_file_without_a_demand_is_named(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert refusal(tmp_path, text) == (
        f"The demand in demand.csv cannot be used: 1 fault.\n  {message}"
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DemandError) as error:
        demand_of_file(tmp_path / "none.CSV")

    assert str(error.value) == (
        "The demand in none.CSV cannot be used: 1 fault.\n"
        "  none.CSV: cannot be opened: No such file or directory"
    )


def test_every_other_ending_is_read_as_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "demand.txt"
    path.write_text("module,habitat,units\narea,Net gain,1\n")

    with pytest.raises(MetricError, match=r"^demand\.txt is not a workbook: "):
        demand_of_file(path)


def test_a_workbook_s_headline_and_changes_are_taken_over_exactly() -> None:
    # A hectare of neutral grassland, 8 units, all lost: 8 x 1.1 are required.
    demand = demand_of(ModuleUnits(baseline=8), {NEUTRAL: (-8.0, 0.0)})

    assert demand.changes == {NEUTRAL: Decimal(-8)}
    need = demand.headline[Module.AREA]
    assert need.needed == pytest.approx(Decimal("8.8"))
    assert need.net_gain == pytest.approx(Decimal("0.8"))
    assert demand.modules == [Module.AREA]
    assert demand.units_required == need.deficit


def test_what_the_workbook_holds_off_site_counts_after_srm_only_above_0() -> None:
    above = HeadlineNeed(Decimal(5), before_srm=Decimal(2), after_srm=Decimal(1))
    below = HeadlineNeed(Decimal(5), before_srm=Decimal(-2), after_srm=Decimal(-1))
    enough = HeadlineNeed(Decimal(1), before_srm=Decimal(4), after_srm=Decimal(2))

    assert (above.deficit, below.deficit, enough.deficit) == (4, 7, 0)


def test_the_larger_of_headline_deficit_and_trading_losses_is_required() -> None:
    # Trading: 3 scrub and 2 neutral grassland lost, 5 modified grassland gained. Headline: 1.
    trading = demand_of(
        ModuleUnits(baseline=10, post=10),
        {SCRUB: (-3.0, 0.0), NEUTRAL: (-2.0, 0.0), MODIFIED: (5.0, 0.0)},
    )
    # Trading: 1 scrub lost. Headline: 10 x 1.1 - 8.
    headline = demand_of(ModuleUnits(baseline=10, post=8), {SCRUB: (-1.0, 0.0)})

    assert trading.units_required == 5
    assert headline.units_required == pytest.approx(Decimal(3))


def test_what_on_site_surplus_answers_is_not_required() -> None:
    # The orchard surplus answers the scrub; the orchard itself is High and answers Medium.
    demand = demand_of(ModuleUnits(baseline=10, post=11), {SCRUB: (-3.0, 0.0), ORCHARD: (4.0, 0.0)})

    assert demand.modules == []
    assert (demand.units_required, demand.contract_size) == (0, ContractSize.FRACTIONAL)


@pytest.mark.parametrize(
    ("put", "message"),
    [
        (
            {"Start": {"F22": None}},
            "f.xlsx (Start!F22: blank): No net gain target is set, so the workbook requires no net"
            " gain. Enter the target, usually 10%, let Excel calculate, and save.",
        ),
        (
            {"Headline Results": {"H12": "N/A"}},
            "f.xlsx (Headline Results!H12: N/A): The tool could not work out this area figure, so"
            " nothing can be quoted. Correct the rows marked ▲ on the input sheets, let Excel"
            " calculate, and save.",
        ),
    ],
)
def test_a_finding_that_stops_a_quote_is_the_error(put: dict[str, Any], message: str) -> None:
    with pytest.raises(MetricError) as error:
        demand_of_metric(read_metric(a_metric(put=put), "f.xlsx"))

    assert str(error.value) == message


@pytest.mark.parametrize("cell", ["H8", "H12", "H20", "H24", "H28", "L20", "L24", "F61", "H61"])
def test_no_result_cell_but_h32_may_say_na(cell: str) -> None:
    with pytest.raises(MetricError, match=rf"^f\.xlsx \(Headline Results!{cell}: N/A\): "):
        demand_of_metric(read_metric(a_metric(put={"Headline Results": {cell: "N/A"}}), "f.xlsx"))
    demand_of_metric(read_metric(a_metric(put={"Headline Results": {"H32": "N/A"}}), "f.xlsx"))


def official_losses(summary: dict[str, Any]) -> dict[str, float]:
    """What each official test cell leaves below 0, summed by module."""
    cells = {
        "area": [
            ("very_high_losses", "high_losses"),
            ("higher_surplus_minus_medium_losses", "cumulative_surplus_after_low"),
        ],
        "hedgerow": [
            ("very_high_losses", "very_high_surplus_minus_high_losses"),
            ("cumulative_after_medium", "cumulative_after_low", "cumulative_after_very_low"),
        ],
        "watercourse": [
            ("very_high_losses", "high_losses"),
            ("medium_losses", "cumulative_after_low"),
        ],
    }
    return {
        module: -sum(min(0.0, summary[module][cell]) for pair in pairs for cell in pair)
        for module, pairs in cells.items()
    }


@pytest.mark.skipif(not CASES.is_dir(), reason="../shared/metric/cases is not beside the project")
@pytest.mark.parametrize(
    ("name", "size"),
    list(CASE_SIZES.items()),
)
def test_the_contract_size_of_the_official_cases_follows_their_own_cells(
    name: str, size: str
) -> None:
    official = json.loads((CASES / name / "official.json").read_text(encoding="utf-8"))
    losses = official_losses(official["trading_summary"])
    required = sum(
        max(official["headline"][shown]["unit_deficit"], losses[module])
        for module, shown in MODULES.items()
    )

    demand = demand_of_file(CASES / name / "metric.xlsx")

    assert float(demand.units_required) == pytest.approx(required, rel=1e-9)
    assert demand.contract_size == size
