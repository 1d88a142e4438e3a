"""What is remarkable in a workbook: each finding with its cell, what it means, what to do.

A clean workbook gives none. A failed trading rule or a unit deficit is no finding: it is what the
workbook requires.
"""

from collections.abc import Callable, Iterator

from bng_core.metric import layout
from bng_core.metric.finding_texts import message_of, with_words
from bng_core.metric.intake import CONSEQUENCES, Intake, stops
from bng_core.metric.layout import Sheet
from bng_core.metric.records import Change, Finding, Metric, Severity, Source
from bng_core.metric.workbook import Grid
from bng_core.terms import Distinctiveness, Module

LEAST_TARGET = 0.1
"""The statutory objective (Environment Act 2021, Schedule 7A paragraph 2(3))."""
_TOLERANCE = 1e-9
_BLOCKING_MODULES = (Module.AREA, Module.WATERCOURSE)
"""Modules whose Very High losses turn every tier to ERROR (Unit shortfall calculations!F9)."""

Sheets = dict[Sheet, Grid]


_CHECKS: dict[str, Callable[[Metric, Sheets], Iterator[Finding]]] = {}
"""Checks of the saved results by the kind of their finding, filled at the end of this file."""

_TOLD_BY_ROWS = {
    layout.IRREPLACEABLE_LOSS_CELL: (
        "irreplaceable_loss",
        "irreplaceable_wrong",
        "bespoke_pending",
    ),
    layout.IRREPLACEABLE_UNSTATED_CELL: ("irreplaceable_unstated",),
    layout.BESPOKE_CELL: ("bespoke_agreed",),
}
"""Messages of Headline Results that say nothing more once a row shows the cause."""


def find(metric: Metric, sheets: Sheets, intake: Intake) -> list[Finding]:
    """All findings, those that stop a quote first."""
    rows = intake.findings()
    messages = {finding.message for finding in rows}
    input_sheets = {table.sheet for table in layout.input_tables().values()}
    row_stops = stops([finding for finding in rows if finding.sheet in input_sheets])
    saved = [
        with_words(kind, finding)
        for kind, check in _CHECKS.items()
        if metric.source is Source.WORKBOOK or kind in _WITHOUT_RESULTS
        if kind not in CONSEQUENCES or not row_stops
        for finding in check(metric, sheets)
    ]
    kept = [finding for finding in saved if not _told(finding, messages)]
    return sorted([*kept, *rows], key=lambda finding: list(Severity).index(finding.severity))


def _told(finding: Finding, messages: set[str]) -> bool:
    """Whether a row's finding says the same more exactly."""
    kinds: tuple[str, ...] = ()
    if finding.sheet == layout.HEADLINE.name:
        kinds = _TOLD_BY_ROWS.get(finding.cell, ())
    if "gain site reference" in finding.message:
        kinds = ("reference_missing",)
    return any(message_of(kind) in messages for kind in kinds)


def _negative_gain_sites(metric: Metric, sheets: Sheets) -> Iterator[Finding]:
    headline = sheets[layout.HEADLINE]
    if found := headline.text(layout.GAIN_SITE_CELL):
        yield Finding(
            Severity.STOPS,
            headline.title,
            layout.GAIN_SITE_CELL,
            found,
            "blank",
            "An off-site gain site loses units, so the tool states no unit deficit at all.",
            "Correct the gain site's rows on the off-site sheets (see 'Off-site gain site "
            "summary'), let Excel calculate, and save.",
        )


def _headline_texts(metric: Metric, sheets: Sheets) -> Iterator[Finding]:
    headline = sheets[layout.HEADLINE]
    explained = bool(headline.text(layout.GAIN_SITE_CELL))
    of_inputs = metric.recomputed if metric.source is Source.RECOMPUTED else None
    for figure in layout.HEADLINE_CELLS:
        for module in Module:
            cell = layout.headline_cell(figure, module)
            found = of_inputs.headline_cells[cell] if of_inputs else headline.value(cell)
            if not isinstance(found, str):
                continue
            if found.strip() == "N/A" and figure == "offsite_net_after_srm":
                continue  # the tool's own word where nothing is gained off site (H32)
            if explained and figure == "deficit":
                continue
            yield Finding(
                Severity.STOPS,
                headline.title,
                cell,
                found.strip(),
                "a number",
                f"The tool could not work out this {module} figure, so nothing can be quoted.",
                "Correct the rows marked ▲ on the input sheets, let Excel calculate, and save.",
            )


def _target(metric: Metric, sheets: Sheets) -> Iterator[Finding]:
    start, cell = sheets[layout.START].title, layout.TARGET_CELL
    if metric.target is None:
        yield Finding(
            Severity.STOPS,
            start,
            cell,
            "blank",
            f"{LEAST_TARGET:g} or more",
            "No net gain target is set, so the workbook requires no net gain.",
            "Enter the target, usually 10%, let Excel calculate, and save.",
        )
    elif metric.target < LEAST_TARGET:
        yield Finding(
            Severity.CONFIRM,
            start,
            cell,
            f"{metric.target:g}",
            f"{LEAST_TARGET:g} or more",
            "The net gain target is below the statutory 10 %.",
            "Confirm with the planning authority that the lower target applies, or enter 10%.",
        )
    elif metric.target > 1:
        yield Finding(
            Severity.CONFIRM,
            start,
            cell,
            f"{metric.target:g}",
            f"{LEAST_TARGET:g} to 1",
            f"The net gain target is {metric.target:.0%}; 10 % is entered as 0.1 or 10%.",
            "Confirm the target, or enter it as a percentage.",
        )


def _very_high_losses(metric: Metric, sheets: Sheets) -> Iterator[Finding]:
    if not (lost := _blocking_losses(metric)):
        return
    tiers, cell = sheets.get(layout.TIERS), layout.TIER_CELLS["A1"]
    names = ", ".join(f"{change.habitat} ({-change.project:g} units)" for change in lost)
    yield Finding(
        Severity.CONFIRM,
        tiers.title if tiers else layout.TIERS.name,
        cell,
        tiers.text(cell) if tiers else "no such sheet",
        "no loss of very high distinctiveness",
        f"Very high distinctiveness habitat is lost: {names}; no statutory credits are stated for "
        "any habitat.",
        "Avoid the loss, supply the same habitat, or agree bespoke compensation with the planning "
        "authority and enter it in the workbook.",
    )


def _blocking_losses(metric: Metric) -> list[Change]:
    return [
        change
        for change in metric.changes
        if change.distinctiveness is Distinctiveness.VERY_HIGH
        and change.module in _BLOCKING_MODULES
        and change.project < 0
    ]


def _unstated_tiers(metric: Metric, sheets: Sheets) -> Iterator[Finding]:
    """Tiers without a number that neither a Very High loss nor a missing deficit explains."""
    tiers = sheets.get(layout.TIERS)
    unstated = [tier for tier, units in metric.credits.items() if units is None]
    explained = _blocking_losses(metric) or any(
        isinstance(line.deficit, str) for line in metric.headline.values()
    )
    if tiers and unstated and not explained:
        cell = layout.TIER_CELLS[unstated[0]]
        yield Finding(
            Severity.CONFIRM,
            tiers.title,
            cell,
            tiers.text(cell),
            "a number",
            f"The tool states no statutory credits for {', '.join(unstated)}.",
            "Correct the errors that the workbook shows, let Excel calculate, and save.",
        )


_MESSAGES = (
    (
        layout.DEVIATIONS_MESSAGE_CELL,
        Severity.CONFIRM,
        "The workbook declares deviations from the statutory metric (Start!F27).",
        "Confirm that the planning authority has agreed the deviations.",
    ),
    (
        layout.IRREPLACEABLE_UNSTATED_CELL,
        Severity.CONFIRM,
        "It is not stated for every baseline row whether its habitat is irreplaceable.",
        "Fill in the irreplaceable column of the baseline sheets, calculate, and save.",
    ),
    (
        layout.IRREPLACEABLE_LOSS_CELL,
        Severity.CONFIRM,
        "Irreplaceable habitat is lost without agreed bespoke compensation; no units can make "
        "this good, and the tool's trading result does not show it.",
        "Avoid the loss, or agree bespoke compensation with the planning authority.",
    ),
    (
        layout.BESPOKE_CELL,
        Severity.INFORMATION,
        "Bespoke compensation is stated; those losses are left out of all results.",
        "Confirm that the planning authority has agreed it.",
    ),
)


def _messages(metric: Metric, sheets: Sheets) -> Iterator[Finding]:
    headline, start = sheets[layout.HEADLINE], sheets[layout.START]
    for cell, severity, message, remedy in _MESSAGES:
        found = headline.text(cell)
        if found:
            yield Finding(severity, headline.title, cell, found, "blank", message, remedy)
    declared = start.text(layout.DEVIATIONS_CELL)
    if declared.casefold() == "yes" and not headline.text(layout.DEVIATIONS_MESSAGE_CELL):
        _, severity, message, remedy = _MESSAGES[0]
        yield Finding(
            severity, start.title, layout.DEVIATIONS_CELL, declared, "blank or No", message, remedy
        )


def _area_checks(metric: Metric, sheets: Sheets) -> Iterator[Finding]:
    message = "The area created is not the area lost, so units are missing or counted twice."
    remedy = "Correct the areas of the baseline and creation rows, let Excel calculate, and save."
    failed = [
        (sheets[sheet], cell)
        for sheet, cell in layout.AREA_CHECKS
        if sheet in sheets
        and sheets[sheet].text(cell)
        and "acceptable" not in sheets[sheet].text(cell).casefold()
    ]
    headline = sheets[layout.HEADLINE]
    if not failed and headline.text(layout.AREA_CHECK_MESSAGE_CELL):
        failed = [(headline, layout.AREA_CHECK_MESSAGE_CELL)]
    for grid, cell in failed:
        expected = "blank" if grid is headline else "Area Acceptable ✓"
        yield Finding(
            Severity.CONFIRM, grid.title, cell, grid.text(cell), expected, message, remedy
        )


def _off_site_references(metric: Metric, sheets: Sheets) -> Iterator[Finding]:
    """A row without a gain site reference counts after the SRM but not before it.

    No multiplier is above 1, so that off-site units times their own SRM can exceed the units
    before it in no other way.
    """
    headline = sheets[layout.HEADLINE]
    for figure in ("offsite_baseline", "offsite_post"):
        for module in Module:
            cell = layout.headline_cell(figure, module)
            before = headline.value(cell)
            after = headline.value(layout.headline_cell(f"{figure}_x_srm", module))
            if not (isinstance(before, float) and isinstance(after, float)):
                continue
            if after > before + _TOLERANCE:
                yield Finding(
                    Severity.CONFIRM,
                    headline.title,
                    cell,
                    f"{before:g} units before the spatial risk multiplier, {after:g} after it",
                    "no more after it than before",
                    f"An off-site {module} row has no gain site reference: it counts for nothing "
                    "in the trading rules.",
                    "Enter the gain site reference in every off-site row, let Excel calculate, and "
                    "save.",
                )


def _missing_tiers(metric: Metric, sheets: Sheets) -> Iterator[Finding]:
    if layout.TIERS not in sheets:
        yield Finding(
            Severity.INFORMATION,
            layout.TIERS.name,
            layout.TIER_CELLS["A1"],
            "no such sheet",
            " or ".join(repr(name) for name in (layout.TIERS.name, layout.TIERS.aliases[0])),
            "The sheet with the statutory credit tiers is missing, so no credits are reported.",
            "Use an unaltered copy of the official calculation tool if credits are needed.",
        )


_WITHOUT_RESULTS = ("headline_texts", "target", "very_high_losses", "missing_tiers")
_CHECKS.update(
    negative_gain_sites=_negative_gain_sites,
    headline_texts=_headline_texts,
    target=_target,
    very_high_losses=_very_high_losses,
    unstated_tiers=_unstated_tiers,
    messages=_messages,
    area_checks=_area_checks,
    off_site_references=_off_site_references,
    missing_tiers=_missing_tiers,
)
