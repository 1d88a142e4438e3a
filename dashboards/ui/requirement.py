"""What a metric workbook says and requires, as its readers should see it."""

from html import escape

from bng_core.metric import Finding, Metric, Severity
from bng_core.terms import Module
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import MODULE_NAMES, Cell, percent, units

HEADLINE_COLUMNS = (
    Column("Module"),
    Column("Baseline units", is_figure=True),
    Column("Units after development", is_figure=True),
    Column("Units required", is_figure=True),
    Column("Units missing", is_figure=True),
)

CHANGE_COLUMNS = (
    Column("Habitat"),
    Column("Module"),
    Column("Distinctiveness"),
    Column("Change in units", is_figure=True),
)

SEVERITY_ORDER = list(Severity)


def requirement(metric: Metric) -> str:
    """The workbook's project, headline, trading and findings as html."""
    return "".join(
        [_facts(metric), _findings(metric.findings), _headline(metric), _trading(metric)]
    )


def _facts(metric: Metric) -> str:
    facts = {
        "File": metric.name,
        "Project": metric.project_name or "not named in the workbook",
        "Planning authority in the workbook": metric.planning_authority or "not given",
        "Statutory metric version": f"{metric.metric_version:g}",
        "Net gain to reach": "not stated" if metric.target is None else percent(metric.target),
    }
    rows = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts.items())
    return f'<h3>What the workbook requires</h3><dl class="bng-facts">{rows}</dl>'


def _headline(metric: Metric) -> str:
    rows: list[Row] = [
        [MODULE_NAMES[module], *map(units, (line.baseline, line.post, line.required, line.deficit))]
        for module, line in metric.headline.items()
    ]
    hint = (
        "<p>Units are biodiversity units. Units missing are counted after the spatial risk "
        "multiplier (SRM): a unit bought near the site counts in full, next door three quarters, "
        "far away half.</p>"
    )
    return table("Headline requirement of each module", HEADLINE_COLUMNS, rows) + hint


def _trading(metric: Metric) -> str:
    if metric.trading_satisfied:
        return (
            "<p><strong>Trading rules: satisfied.</strong> "
            "Nothing has to be replaced like for like.</p>"
        )
    unmet = [
        f"{MODULE_NAMES[module]}: {', '.join(band.value for band, met in bands.items() if not met)}"
        for module, bands in metric.bands.items()
        if not all(bands.values())
    ]
    items = "".join(f"<li>{escape(line)}</li>" for line in unmet)
    losses = sorted(
        (change for change in metric.changes if change.project < 0), key=lambda c: c.project
    )
    rows: list[Row] = [
        [c.habitat, MODULE_NAMES[Module(c.module)], c.distinctiveness.value, units(c.project)]
        for c in losses
    ]
    lost = table("Habitats that lose units, before the SRM", CHANGE_COLUMNS, rows) if rows else ""
    return f"<p><strong>Trading rules: not satisfied</strong> for</p><ul>{items}</ul>{lost}"


def _findings(findings: list[Finding]) -> str:
    if not findings:
        return "<p><strong>No findings:</strong> nothing in the workbook needs attention.</p>"
    columns = [Column("Finding"), Column("Weight"), Column("Cell"), Column("What to do")]
    ordered = sorted(findings, key=lambda finding: SEVERITY_ORDER.index(finding.severity))
    rows: list[Row] = [
        [finding.message, str(finding.severity), Cell(_where(finding)), finding.remedy]
        for finding in ordered
    ]
    return table("Findings in the workbook", columns, rows)


def _where(finding: Finding) -> str:
    return f"{finding.sheet}!{finding.cell}" if finding.cell else finding.sheet
