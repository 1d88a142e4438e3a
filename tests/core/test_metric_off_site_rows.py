"""A quote's purchases as off-site rows: the units bought, and what the metric makes of them."""

import pytest

from bng_core.errors import MetricError
from bng_core.metric import read_metric
from bng_core.metric.input_tables import scenario_inputs
from bng_core.metric.off_site_rows import Purchase, with_purchases
from bng_core.metric.off_site_workbook import accepts, scenario_of, workbook_with_purchases
from bng_core.metric.recompute import recompute
from bng_core.metric.writer import metric_bytes
from bng_core.reference import load_habitats
from bng_core.terms import Module, Relation
from tests.metric_builders import SCENARIO
from tests.oracle import metric_scenarios as make
from tests.oracle.metric_scenarios import MODIFIED, NEUTRAL, area

LOST = make.scenario(
    "Lost",
    area_baseline=[area(NEUTRAL, 1.0, "Moderate", irreplaceable="No")],
    area_creation=[area(MODIFIED, 1.0, "Moderate")],
)
"""8 units of neutral grassland become 3.728 of modified grassland: 8 are lost, 5.072 short."""


def bought(habitat: str, units: float, relation: Relation = Relation.LOCAL) -> Purchase:
    return Purchase(habitat, units, relation, "BGS-240101001", " from a bank (S1-1)")


@pytest.mark.parametrize("relation", list(Relation))
@pytest.mark.parametrize("module", list(Module))
def test_the_rows_of_every_habitat_give_the_units_bought(
    module: Module, relation: Relation
) -> None:
    for habitat in load_habitats().by_label.values():
        if habitat.module is not module or habitat.score == 0:
            continue
        scenario = with_purchases({}, [bought(habitat.label, 1.23, relation)])

        result = recompute(scenario_inputs(scenario), 0.1)

        change = result.headline[module].offsite_net_before_srm
        assert 1.23 < change == pytest.approx(1.23, abs=3e-8), habitat.label


def test_a_far_purchase_counts_half_in_the_headline() -> None:
    scenario = with_purchases(SCENARIO, [bought(NEUTRAL, 2.0, Relation.FAR)])

    result = recompute(scenario_inputs(scenario), 0.1)

    assert result.headline[Module.AREA].offsite_net_before_srm == pytest.approx(2.0)
    assert result.headline[Module.AREA].offsite_net_after_srm == pytest.approx(1.0)


def test_a_purchase_that_just_meets_the_loss_is_accepted_and_a_smaller_one_is_not() -> None:
    metric = read_metric(metric_bytes(LOST), "lost.xlsx")

    for units, accepted in ((8.0, True), (7.999999, False)):
        _, result = workbook_with_purchases(metric, [bought(NEUTRAL, units)])
        assert accepts(result) is accepted


def test_the_workbook_written_reads_back_without_findings_and_with_its_remarks() -> None:
    metric = read_metric(metric_bytes(LOST), "lost.xlsx")

    data, _ = workbook_with_purchases(metric, [bought(NEUTRAL, 8.0), bought("Native hedgerow", 1)])

    read = read_metric(data, "out.xlsx")
    assert (read.findings, read.differences, read.trading_satisfied) == ([], (), True)
    assert read.recomputed is not None
    [created] = read.recomputed.units["offsite", "area_creation"]
    assert created.cells["offsite_reference"] == "BGS-240101001"
    assert str(created.cells["user_comments"]).startswith("8 units bought from a bank (S1-1). ")


def test_rows_keep_their_places_blank_ones_and_unfilled_enhancements_included() -> None:
    scenario = make.scenario(
        "Gaps",
        area_baseline=[
            area(NEUTRAL, 1.0, "Moderate", irreplaceable="No", area_enhanced=0.5),
            {},
            area(NEUTRAL, 2.0, "Poor", irreplaceable="No", area_enhanced=2.0),
        ],
        area_creation=[{}, area(MODIFIED, 0.5, "Moderate")],
        area_enhancement=[
            {"baseline_ref": 1},
            make.enhanced(3, "Other neutral grassland", "Good"),
        ],
    )
    metric = read_metric(metric_bytes(scenario), "gaps.xlsx")
    assert metric.recomputed is not None

    again = scenario_inputs(scenario_of(metric))

    assert again == metric.recomputed.inputs
    assert [row.row for row in again["onsite", "area_baseline"]] == [11, 13]
    assert [row.row for row in again["onsite", "area_enhancement"]] == [13]


def test_a_sheet_without_room_is_an_error_in_one_sentence() -> None:
    with pytest.raises(MetricError) as error:
        workbook_with_purchases(None, [bought("Native hedgerow", 0.1)] * 249)

    assert str(error.value) == (
        "E-2 Off-Site Hedge Creation has room for 248 rows, and the purchases would make 249: "
        "clear rows that are not needed, or enter purchases of one habitat together."
    )
