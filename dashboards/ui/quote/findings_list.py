"""The findings of a workbook as a list to work through, each with a box to tick off."""

from collections.abc import Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from bng_core.metric import Finding, Severity
from dashboards.ui.fields import field, html
from dashboards.ui.text import counted

MOST_SHOWN = 60
SEVERITY_ORDER = list(Severity)


class FindingsList:
    """What is open, what is dealt with, and the sentences for the applicant."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._ticks: list[widgets.Checkbox] = []
        self._summary = html("", "bng-live")
        self._items = widgets.VBox([])
        self._sentences = widgets.Textarea(description="Sentences to paste to the applicant")
        self._box = field(self._sentences, "Of the findings that are not ticked off.")
        self.widget = widgets.VBox([self._summary, self._items, self._box])
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self._findings, self._ticks = [], []
        self._summary.value, self._items.children = "", ()
        self._box.add_class("bng-hidden")

    def show(self, findings: Sequence[Finding]) -> None:
        """Show the findings, those that stop a quote first."""
        self.clear()
        ordered = sorted(findings, key=lambda found: SEVERITY_ORDER.index(found.severity))
        self._findings = ordered[:MOST_SHOWN]
        self._ticks = [_tick(found) for found in self._findings]
        for tick in self._ticks:
            tick.observe(self._ticked, "value")
        self._items.children = tuple(
            _item(found, tick) for found, tick in zip(self._findings, self._ticks, strict=True)
        )
        if len(ordered) > MOST_SHOWN:
            more = (
                f"<p>{len(ordered) - MOST_SHOWN} more findings are in the JSON of bng metric.</p>"
            )
            self._items.children = (*self._items.children, html(more))
        self._tell()

    def open(self) -> list[Finding]:
        """The findings that are not ticked off."""
        pairs = zip(self._findings, self._ticks, strict=True)
        return [found for found, tick in pairs if not tick.value]

    def _ticked(self, _change: dict[str, Any]) -> None:
        self._tell()

    def _tell(self) -> None:
        if not self._findings:
            self._summary.value = (
                "<p><strong>No findings:</strong> nothing in the workbook needs attention.</p>"
            )
            return
        left = self.open()
        stops = sum(found.severity is Severity.STOPS for found in left)
        told = f"{len(left)} of {counted(len(self._findings), 'finding')} still open"
        told += f"; {stops} of them stop a quote." if stops else "."
        self._summary.value = f"<h3>Findings in the workbook</h3><p>{told}</p>"
        sentences = [found.sentence for found in left if found.sentence]
        self._sentences.value = "\n\n".join(dict.fromkeys(sentences))
        (self._box.remove_class if sentences else self._box.add_class)("bng-hidden")


def where(finding: Finding) -> str:
    """The cell, as sheet!cell."""
    return f"{finding.sheet}!{finding.cell}" if finding.cell else finding.sheet


def finding_html(finding: Finding) -> str:
    """One finding: weight, cell, what it means for the requirement, what to do, the sentence."""
    facts = {
        "Cell": where(finding),
        "Found": finding.found,
        "Expected": finding.expected,
        "What it means for the requirement": finding.consequence,
        "What to do": finding.remedy,
    }
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in facts.items()
        if value
    )
    sentence = finding.sentence and (
        "<details><summary>Sentence for the applicant</summary>"
        f"<blockquote>{escape(finding.sentence)}</blockquote></details>"
    )
    weight = str(finding.severity).capitalize()
    return (
        f"<h4>{escape(weight)}: {escape(finding.message)}</h4>"
        f'<dl class="bng-facts">{rows}</dl>{sentence}'
    )


def _tick(finding: Finding) -> widgets.Checkbox:
    return widgets.Checkbox(description=f"Dealt with: {where(finding)}", indent=False)


def _item(finding: Finding, tick: widgets.Checkbox) -> widgets.VBox:
    box = widgets.VBox([html(finding_html(finding)), field(tick)])
    box.add_class("bng-finding")
    return box
