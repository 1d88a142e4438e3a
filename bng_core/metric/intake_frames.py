"""What was found in a workbook, as tables that have their headings when they are empty too."""

from collections.abc import Sequence

import pandas as pd

from bng_core.metric.records import Difference, Finding, Metric
from bng_core.metric.unit_frames import units_frame

FINDING_COLUMNS = {
    "severity": "Severity",
    "sheet": "Sheet",
    "cell": "Cell",
    "found": "Found",
    "expected": "Expected",
    "message": "What is wrong",
    "consequence": "What it does",
    "remedy": "What to do",
    "sentence": "Sentence to the applicant",
}
DIFFERENCE_COLUMNS = {
    "sheet": "Sheet",
    "cell": "Cell",
    "saved": "Saved",
    "recomputed": "Recomputed",
}
ROW_COLUMNS = ["sheet", "row", "habitat", "distinctiveness", "condition", "units", "units_lost"]


def rows_frame(metric: Metric) -> pd.DataFrame:
    """Every input row with its units as recomputed; `units_frame` has all its fields."""
    units = {} if metric.recomputed is None else metric.recomputed.units
    return units_frame(units).reindex(columns=ROW_COLUMNS)


def findings_frame(findings: Sequence[Finding]) -> pd.DataFrame:
    """One line a finding, those that stop a quote first."""
    return _frame(findings, FINDING_COLUMNS)


def differences_frame(differences: Sequence[Difference]) -> pd.DataFrame:
    """One line a cell whose saved value does not follow from the input rows."""
    return _frame(differences, DIFFERENCE_COLUMNS)


def _frame(records: Sequence[object], columns: dict[str, str]) -> pd.DataFrame:
    rows = [vars(record) for record in records]
    return pd.DataFrame(rows, columns=list(columns)).rename(columns=columns)
