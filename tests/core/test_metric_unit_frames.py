"""Frames of input rows: the units of a workbook's own rows, for any number of developments."""

import json

import pandas as pd
import pytest

from bng_core.errors import BadInput
from bng_core.metric.input_tables import scenario_inputs
from bng_core.metric.recompute import recompute
from bng_core.metric.unit_frames import units_frame, work_out_frame
from tests.oracle.metric_expected import all_scenarios
from tests.oracle.metric_scenarios import NEUTRAL, Scenario, area

SCENARIOS = all_scenarios()


def as_frame(name: str, scenario: Scenario) -> pd.DataFrame:
    """A scenario's rows, each enhancement naming its baseline row's index."""
    rows, indices = [], {}
    for scope in ("onsite", "offsite"):
        for table, listed in scenario[scope].items():
            for number, row in enumerate(listed, start=1):
                index = f"{name} {scope} {table} {number}"
                indices[scope, table, number] = index
                rows.append({"index": index, "scope": scope, "table": table, **row})
    for row in rows:
        if "baseline_ref" in row:
            base = row["table"].replace("_enhancement", "_baseline")
            row["baseline_ref"] = indices[row["scope"], base, row["baseline_ref"]]
    return pd.DataFrame(rows).set_index("index").assign(development=name)


def test_many_developments_in_one_frame_have_the_units_of_their_workbooks() -> None:
    """All of our own developments, their rows mixed with one another."""
    frames = [as_frame(name, scenario) for name, scenario in SCENARIOS.items()]
    mixed = pd.concat(frames).sort_index(key=_row_numbers, kind="stable")

    result = work_out_frame(mixed)

    units = result.groupby(["development", "scope", "table"])["units"].agg(list)
    for name, scenario in SCENARIOS.items():
        worked_out = recompute(scenario_inputs(scenario), scenario["target"]).units
        for (scope, table), rows in worked_out.items():
            expected = [row.result["units"] for row in rows]
            assert units.get((name, scope, table), []) == expected, (name, scope, table)


def _row_numbers(index: pd.Index) -> pd.Index:
    return index.str.rsplit(" ", n=1).str[1].astype(int)


def test_the_frame_out_has_the_index_order_and_columns_of_the_frame_in() -> None:
    rows = pd.DataFrame(
        [
            {"scope": "onsite", "table": "area_baseline", **area(NEUTRAL, 2.0, "Moderate")},
            {"scope": "offsite", "table": "area_creation", **area(NEUTRAL, 1.0, "Good"),
             "spatial_risk_category": "outside", "offsite_reference": "GAIN-1"},
        ],
        index=["b", "a"],
    )  # fmt: skip

    result = work_out_frame(rows)

    # 2 x 4 x 2; 1 x 4 x 3 x 0.965^10 x 1, of which half counts far away
    assert list(result.index) == ["b", "a"]
    assert list(result.columns[: rows.shape[1]]) == list(rows.columns)
    assert result.loc["b", "units"] == 16
    assert result.loc["a", "units"] == pytest.approx(12 * 0.965 ** result.loc["a", "final_years"])
    assert result.loc["a", "units_x_srm"] == pytest.approx(result.loc["a", "units"] / 2)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"scope": "site", "table": "area_baseline"},
            "Row 0 is in site.area_baseline; expected onsite or offsite, and a table such as "
            "area_baseline, hedge_creation or watercourse_enhancement.",
        ),
        (
            {"scope": "onsite", "table": "hedge_enhancement", "baseline_ref": 7},
            "Row 0 is an enhancement of 7, which is the index of no baseline row of its "
            "development, scope and kind.",
        ),
        ({"scope": "onsite"}, "The frame has no column table; expected scope, table and fields."),
        (
            {"scope": "onsite", "table": "area_baseline", **area(NEUTRAL, 1, "Good"),
             "area_enhanced": 1},
            "onsite.area_enhancement has 0 rows, and 1 baseline rows have an enhanced part: give "
            "one enhancement row for each.",
        ),
    ],
)  # fmt: skip
def test_a_frame_that_cannot_be_worked_out_is_refused(row: dict, message: str) -> None:
    with pytest.raises(BadInput) as error:
        work_out_frame(pd.DataFrame([row]))

    assert str(error.value) == message


def test_all_rows_of_a_workbook_are_given_as_one_frame_too() -> None:
    scenario = json.loads(json.dumps(SCENARIOS["trees"]))
    frame = units_frame(recompute(scenario_inputs(scenario), scenario["target"]).units)

    created = frame[frame["sheet"] == "A-2 On-Site Habitat Creation"]
    # 1 ha of developed land gives 0 units, 0.5 ha of garden 0.5 x 2 x 1 x 0.965
    assert list(created["units"].iloc[:2]) == [0, pytest.approx(0.965)]
