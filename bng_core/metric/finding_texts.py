"""The words of findings: each kind with its severity, message, remedy, consequence, sentence."""

import csv
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from bng_core.metric.records import Finding, Severity


@dataclass(frozen=True)
class Place:
    """Where a finding is seen and what stands there."""

    sheet: str
    cell: str
    found: str


@cache
def _texts() -> dict[str, dict[str, str]]:
    with (Path(__file__).parent / "finding_texts.csv").open(encoding="utf-8", newline="") as file:
        return {row["kind"]: row for row in csv.DictReader(file)}


def finding(kind: str, place: Place, **values: object) -> Finding:
    """A finding of a kind; `values` fill the gaps of its words ({expected}, {count}, ...)."""
    text = _texts()[kind]
    words = {"sheet": place.sheet, "cell": place.cell, "found": place.found, **values}

    def filled(column: str) -> str:
        return text[column].format(**words)

    return Finding(
        Severity(text["severity"]),
        place.sheet,
        place.cell,
        place.found,
        filled("expected"),
        filled("message"),
        filled("remedy"),
        filled("consequence"),
        filled("sentence"),
    )


def severity_of(kind: str) -> Severity:
    """How much a kind of finding matters."""
    return Severity(_texts()[kind]["severity"])


def message_of(kind: str) -> str:
    """The message of a kind whose words have no gaps."""
    return _texts()[kind]["message"]


def with_words(kind: str, given: Finding) -> Finding:
    """A finding with the consequence and the sentence of its kind."""
    text = _texts()[kind]
    words = {"sheet": given.sheet, "cell": given.cell, "found": given.found}
    return replace(
        given,
        consequence=text["consequence"].format(**words),
        sentence=text["sentence"].format(**words),
    )
