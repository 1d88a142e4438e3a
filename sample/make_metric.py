"""Writes sample/metric.xlsx: a made-up housing scheme in the layout of the statutory metric.

    python sample/make_metric.py [FILE]

The scheme is synthetic; no real site, applicant or survey stands behind it. The same file comes
out on every run. The units below are worked out by hand with the statutory tables:
baseline = size x distinctiveness x condition x significance; created = that x time to target
(0.965 to the power of the years) x difficulty (1 for all of these).
"""

import sys
from pathlib import Path

from bng_core.metric.headline_cells import ModuleUnits, UnitResults
from bng_core.metric.layout import trading_rows
from bng_core.metric.writer import write_metric
from bng_core.terms import Module

TARGET = 0.1
LOW = "low"  # strategic significance: not in a local strategy, multiplier 1

SCENARIO = {
    "description": (
        "SYNTHETIC SAMPLE shipped with BNG Optimiser: an invented scheme, not a real site. Values "
        "only, without formulas; do not submit."
    ),
    "project": {
        "planning_authority": "South Oxfordshire District Council",
        "project_name": "Sample scheme (synthetic)",
        "applicant": "Invented Homes (synthetic)",
        "application_type": "Full",
        "planning_application_reference": "SAMPLE/0001",
        "completed_by": "BNG Optimiser sample",
        "date_of_metric_completion": "2026-01-15",
        "contains_deviations": "No",
    },
    "onsite": {
        "area_baseline": [
            {
                "broad_habitat": "Grassland",
                "habitat": "Modified grassland",
                "area_ha": 3.0,
                "condition": "Poor",
                "strategic_significance": LOW,
                "area_retained": 0.2,
            },
            {
                "broad_habitat": "Grassland",
                "habitat": "Other neutral grassland",
                "area_ha": 0.5,
                "condition": "Moderate",
                "strategic_significance": LOW,
                "area_retained": 0.15,
            },
            {
                "broad_habitat": "Heathland and shrub",
                "habitat": "Mixed scrub",
                "area_ha": 0.25,
                "condition": "Moderate",
                "strategic_significance": LOW,
            },
        ],
        "area_creation": [
            {
                "broad_habitat": "Urban",
                "habitat": "Developed land; sealed surface",
                "area_ha": 2.1,
                "condition": "N/A - Other",
                "strategic_significance": LOW,
            },
            {
                "broad_habitat": "Urban",
                "habitat": "Vegetated garden",
                "area_ha": 1.0,
                "condition": "Condition Assessment N/A",
                "strategic_significance": LOW,
            },
            {
                "broad_habitat": "Grassland",
                "habitat": "Modified grassland",
                "area_ha": 0.3,
                "condition": "Moderate",
                "strategic_significance": LOW,
            },
        ],
        "hedge_baseline": [
            {
                "hedge_number": "H1",
                "habitat": "Native hedgerow",
                "length_km": 0.3,
                "condition": "Moderate",
                "strategic_significance": LOW,
                "length_retained": 0.18,
            },
            {
                "hedge_number": "H2",
                "habitat": "Species-rich native hedgerow",
                "length_km": 0.1,
                "condition": "Moderate",
                "strategic_significance": LOW,
            },
        ],
        "hedge_creation": [
            {
                "hedge_number": "H3",
                "habitat": "Native hedgerow",
                "length_km": 0.15,
                "condition": "Moderate",
                "strategic_significance": LOW,
            },
        ],
        "watercourse_baseline": [
            {
                "habitat": "Ditches",
                "length_km": 0.25,
                "condition": "Moderate",
                "strategic_significance": LOW,
                "watercourse_encroachment": "No Encroachment",
                "riparian_encroachment": "No Encroachment/ No Encroachment",
                "length_retained": 0.15,
            },
        ],
    },
}

TIME_1, TIME_4, TIME_5 = 0.965, 0.8671800006, 0.8368287006  # G-4 Temporal multipliers!C5, C8, C9

# Area, units: modified grassland 3.0 x 2 x 1 = 6.0, neutral grassland 0.5 x 4 x 2 = 4.0,
# mixed scrub 0.25 x 4 x 2 = 2.0: 12.0 before. Retained 0.2 x 2 x 1 = 0.4 and 0.15 x 4 x 2 = 1.2.
AREA_BASELINE = 6.0 + 4.0 + 2.0
GARDEN = 1.0 * 2 * 1 * TIME_1  # 1.93 after 1 year
NEW_GRASSLAND = 0.3 * 2 * 2 * TIME_4  # 1.04 after 4 years
AREA_POST = 0.4 + 1.2 + GARDEN + NEW_GRASSLAND  # 4.57; 8.63 short of 12.0 x 1.1 = 13.2

# Hedgerow, units: native 0.3 x 2 x 2 = 1.2, species-rich 0.1 x 4 x 2 = 0.8: 2.0 before.
# Retained 0.18 x 2 x 2 = 0.72.
HEDGEROW_BASELINE = 1.2 + 0.8
NEW_HEDGEROW = 0.15 * 2 * 2 * TIME_5  # 0.502 after 5 years
HEDGEROW_POST = 0.72 + NEW_HEDGEROW  # 1.222; 0.978 short of 2.0 x 1.1 = 2.2

# Watercourse, units: ditch 0.25 x 4 x 2 = 2.0 before, 0.15 x 4 x 2 = 1.2 retained, none created:
# 1.0 short of 2.0 x 1.1 = 2.2.
DITCH_BASELINE, DITCH_POST = 2.0, 1.2

CHANGES = {  # kept and created, less what was there before
    "Grassland - Other neutral grassland": 1.2 - 4.0,
    "Heathland and shrub - Mixed scrub": -2.0,
    "Grassland - Modified grassland": 0.4 + NEW_GRASSLAND - 6.0,
    "Urban - Vegetated garden": GARDEN,
    "Species-rich native hedgerow": -0.8,
    "Native hedgerow": 0.72 + NEW_HEDGEROW - 1.2,
    "Ditches": DITCH_POST - DITCH_BASELINE,
}


def sample_results() -> UnitResults:
    """The scheme's units, as worked out above."""
    return UnitResults(
        target=TARGET,
        units={
            Module.AREA: ModuleUnits(baseline=AREA_BASELINE, post=AREA_POST),
            Module.HEDGEROW: ModuleUnits(baseline=HEDGEROW_BASELINE, post=HEDGEROW_POST),
            Module.WATERCOURSE: ModuleUnits(baseline=DITCH_BASELINE, post=DITCH_POST),
        },
        changes={
            row: (CHANGES[row.habitat], 0.0) for row in trading_rows() if row.habitat in CHANGES
        },
    )


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "metric.xlsx"
    write_metric(target, SCENARIO)
