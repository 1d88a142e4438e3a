"""A fault in a baseline row that is enhanced is told once, where it is, and not further on."""

from typing import Any

import pytest

from bng_core.metric.input_tables import scenario_inputs
from bng_core.metric.recompute import recompute
from bng_core.metric.writer import metric_bytes
from tests.core.test_metric_intake import (
    A1,
    B1,
    C1,
    D1,
    OFF,
    ON,
    PLACE,
    STOPS,
    clean,
    places,
    put,
)
from tests.oracle.metric_scenarios import MODIFIED, area, enhanced

CULVERT = "N/A - Culvert"
ON_SITE = [
    ("area_baseline", {"habitat": "Nonsense"}, A1, "F11"),
    ("area_baseline", {"condition": None}, A1, "K11"),
    ("area_baseline", {"condition": "N/A - Other"}, A1, "K11"),
    ("area_baseline", {"irreplaceable": "Yes"}, A1, "G11"),
    ("area_baseline", {"strategic_significance": None}, A1, "M11"),
    ("area_baseline", {"area_ha": None}, A1, "H11"),
    ("area_baseline", {"area_ha": "2 ha"}, A1, "H11"),
    ("area_baseline", {"area_ha": -2.0}, A1, "H11"),
    ("hedge_baseline", {"habitat": "Nonsense"}, B1, "D10"),
    ("hedge_baseline", {"condition": None}, B1, "H10"),
    ("hedge_baseline", {"length_km": None}, B1, "E10"),
    ("hedge_baseline", {"length_km": -1.0}, B1, "E10"),
    ("watercourse_baseline", {"habitat": "Nonsense"}, C1, "D10"),
    ("watercourse_baseline", {"condition": None}, C1, "H10"),
    ("watercourse_baseline", {"length_km": "long"}, C1, "E10"),
    ("watercourse_baseline", {"watercourse_encroachment": CULVERT}, C1, "M10"),
    ("watercourse_baseline", {"riparian_encroachment": None}, C1, "O10"),
]
OFF_SITE = [
    ({"habitat": "Nonsense"}, "F12"),
    ({"spatial_risk_category": None}, "R12"),
    ({"spatial_risk_category": "Within waterbody catchment       "}, "R12"),
]


@pytest.mark.parametrize(("table", "cells", "sheet", "cell"), ON_SITE)
def test_a_fault_on_site_is_told_at_its_baseline_row(
    table: str, cells: dict[str, Any], sheet: str, cell: str
) -> None:
    scenario = clean()
    put(ON, table, 0, **cells)(scenario)

    assert places(metric_bytes(scenario)) == [(STOPS, sheet, cell)]


@pytest.mark.parametrize(("cells", "cell"), OFF_SITE)
def test_a_fault_off_site_is_told_at_its_baseline_row(cells: dict[str, Any], cell: str) -> None:
    scenario = clean()
    row = area(MODIFIED, 1.0, "Poor", area_enhanced=1.0, irreplaceable="No", **PLACE)
    scenario[OFF]["area_baseline"].append(row | cells)
    scenario[OFF]["area_enhancement"] = [
        enhanced(2, "Other neutral grassland", "Good", offsite_reference="GAIN-1")
    ]

    assert places(metric_bytes(scenario)) == [(STOPS, D1, cell)]


def test_the_enhancement_of_a_row_in_order_is_still_judged() -> None:
    scenario = clean()
    put(ON, "area_baseline", 1, condition=None)(scenario)
    put(ON, "area_enhancement", 0, condition=None)(scenario)

    assert [cell for _, _, cell in places(metric_bytes(scenario))] == ["K12", "Y12"]


def test_an_unknown_watercourse_leaves_its_module_without_a_total_as_in_the_tool() -> None:
    scenario = clean()
    put(ON, "watercourse_baseline", 0, habitat="Nonsense")(scenario)

    cells = recompute(scenario_inputs(scenario), 0.1).headline_cells

    assert (cells["H14"], cells["H18"], cells["H63"]) == ("Check Data ⚠", "Error ▲", "Error ▲")
