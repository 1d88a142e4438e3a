"""What a metric workbook says and requires, as its readers should see it."""

from html import escape

from bng_core.metric import Metric
from bng_core.metric.layout import HEADLINE, headline_cell
from bng_core.metric.requirement import module_requirements, requirement_lines
from bng_core.terms import Module
from dashboards.ui.tables import Column, Row, table
from dashboards.ui.text import MODULE_NAMES, Cell, percent, units
from dashboards.ui.why import because

HEADLINE_COLUMNS = (
    Column("Module"),
    Column("Baseline units", is_figure=True),
    Column("Units after development", is_figure=True),
    Column("Units required", is_figure=True),
    Column("Units missing", is_figure=True),
)

HEADLINE_WORDS = {
    "baseline": "Units of all habitats before the development, on site:",
    "post": "Units on site after the development:",
    "required": "Baseline units × (1 + net gain to reach) (§2.5):",
    "deficit": "Units required less units on site and off site, not below 0 (§2.5):",
}
"""Which figures of the headline are shown, and what each is."""

CHANGE_COLUMNS = (
    Column("Habitat"),
    Column("Module"),
    Column("Distinctiveness"),
    Column("Change in units", is_figure=True),
)

CHAIN_COLUMNS = (
    Column("Loss"),
    Column("Distinctiveness"),
    Column("Units lost", is_figure=True),
    Column("Rule"),
    Column("Official cell"),
    Column("Surplus that answers it"),
    Column("Units required", is_figure=True),
)

LAWFUL_COLUMNS = (
    Column("Module"),
    Column("By the headline alone", is_figure=True),
    Column("By law", is_figure=True),
    Column("Because of"),
)


def requirement(metric: Metric) -> str:
    """The workbook's project, headline and trading as html, each figure with its cell."""
    return "".join([_facts(metric), _headline(metric), _trading(metric), _chain(metric)])


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
        [
            MODULE_NAMES[module],
            *(
                because(units(getattr(line, figure)), f"{words} {_cell(figure, module)}.")
                for figure, words in HEADLINE_WORDS.items()
            ),
        ]
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


def _cell(figure: str, module: Module) -> str:
    return f"{HEADLINE.name}!{headline_cell(figure, module)}"


def _chain(metric: Metric) -> str:
    """From each loss to the units required: the naive figure beside the lawful one (§7.8)."""
    lawful: list[Row] = [
        [
            MODULE_NAMES[each.module],
            _figure(each.naive_units),
            _figure(each.lawful_units),
            "; ".join(each.because_of) or "–",
        ]
        for each in module_requirements(metric)
        if each.lawful_units or each.naive_units is None
    ]
    chain: list[Row] = [
        [
            line.lost,
            line.band,
            units(line.lost_units),
            line.rule,
            line.rule_cell,
            "; ".join(f"{units(u.units).text} of {u.source}" for u in line.surplus_used) or "none",
            units(line.remaining_units),
        ]
        for line in requirement_lines(metric)
    ]
    shown = table("Units required by the headline alone and by law", LAWFUL_COLUMNS, lawful)
    why = table("From each loss to the units required, before the SRM", CHAIN_COLUMNS, chain)
    opened = f"<details><summary>Why so many units?</summary>{why}</details>" if chain else ""
    return (shown if lawful else "") + opened


def _figure(value: float | None) -> Cell:
    return Cell("not stated") if value is None else units(value)
