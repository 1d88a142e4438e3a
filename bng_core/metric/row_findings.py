"""The findings of all rows, each fault told once: not again by the enhancement of a faulty row."""

from collections.abc import Iterator

from bng_core.metric import layout
from bng_core.metric.finding_texts import severity_of
from bng_core.metric.quirk_checks import quirks_of
from bng_core.metric.records import Severity
from bng_core.metric.row_checks import Found, findings_of, is_baseline, is_enhancement
from bng_core.metric.units import UnitRow, Units

_NO_UNITS = "no_units"
"""The finding that says nothing more once a quirk explains it."""
_FOLLOWING = ("enhancement_refused", "enhancement_without_baseline", _NO_UNITS, "quirk_")
"""Findings of an enhancement that a faulty baseline row brings about."""
_UNLISTING = ("number_blank", "habitat_missing")
"""Faults for which the tool leaves a baseline row out of its list, so that all others move up."""


def row_findings(units: Units) -> Iterator[tuple[UnitRow, Found]]:
    """What is wrong with each row, or worth knowing."""
    faulty: set[tuple[str, str, int]] = set()
    for (scope, table), rows in units.items():
        for row in rows:
            told = _told(row)
            if is_enhancement(row) and not faulty.isdisjoint(_behind(row)):
                told = [found for found in told if not found[0].startswith(_FOLLOWING)]
            if is_baseline(row):
                stopping = [kind for kind, *_ in told if severity_of(kind) is Severity.STOPS]
                number = row.row - layout.input_tables()[row.key].first_row + 1
                faulty |= {(scope, table, number)} if stopping else set()
                faulty |= {(scope, table, 0)} if not set(stopping).isdisjoint(_UNLISTING) else set()
            yield from ((row, found) for found in told)


def _told(row: UnitRow) -> list[Found]:
    quirks = list(quirks_of(row))
    return [each for each in findings_of(row) if not (quirks and each[0] == _NO_UNITS)] + quirks


def _behind(row: UnitRow) -> set[tuple[str, str, int]]:
    """The baseline row of an enhancement, and 0 for its table as a whole."""
    base = row.key[1].replace("_enhancement", "_baseline")
    return {(row.key[0], base, 0), (row.key[0], base, int(row.result["baseline_ref"] or 0))}
