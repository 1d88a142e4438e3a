"""Rows where a quirk of the tool counts: it is followed, and said (§7.6)."""

from collections.abc import Iterator

from bng_core.metric import layout
from bng_core.metric.area_rows import habitat_of
from bng_core.metric.cell_values import above, equal
from bng_core.metric.finding_texts import Place
from bng_core.metric.gain_sites import MESSAGE_MODULES, GainSite
from bng_core.metric.recompute import Recomputed
from bng_core.metric.row_checks import Found
from bng_core.metric.timing import OVER_30
from bng_core.metric.unit_tables import unit_tables
from bng_core.metric.unit_totals import losing_enhancements
from bng_core.metric.units import MODULES, SCOPES, UnitRow, Units
from bng_core.metric.watercourse_enhancement import TRADING_DOWN
from bng_core.terms import Module


def quirks_of(row: UnitRow) -> Iterator[Found]:
    """The quirks that decide a row's units."""
    if row.key == ("offsite", "area_creation"):
        yield from _pond(row)
    years = row.result.get("final_years")
    if isinstance(years, str) and years.startswith(OVER_30) and years != OVER_30:
        yield "quirk_years_blank", "final_years", {}
    if row.key == ("onsite", "area_enhancement"):
        yield from _reduced_condition(row)
    if row.key == ("onsite", "watercourse_enhancement"):
        downwards = row.result.get("distinctiveness_change") == TRADING_DOWN
        if downwards and isinstance(row.result["units"], float | int):
            yield "quirk_trading_down", "distinctiveness_change", {}
    if row.row > layout.LAST_TRADED_ROWS.get(row.key, row.row):
        yield "quirk_untraded", "units", {}


def _pond(row: UnitRow) -> Iterator[Found]:
    """An excepted habitat of D-2 that got enhancement difficulty all the same."""
    habitat = habitat_of(row.cells)
    name = str(row.cells.get("habitat")).casefold()
    if habitat is None or name not in unit_tables().creation_exceptions:
        return
    difficulty, meant = row.result["difficulty"], habitat.difficulty_creation
    early = above(row.cells.get("advance_years"), 0.0)
    if early and equal(difficulty, habitat.difficulty_enhancement) and difficulty != meant:
        yield "quirk_pond", "difficulty", {"expected": meant}


def _reduced_condition(row: UnitRow) -> Iterator[Found]:
    """The first row of A-3 with units although its condition falls."""
    first = layout.input_tables()[row.key].first_row
    if row.row == first and isinstance(row.result["units"], float | int):
        before, after = row.result["baseline_condition_score"], row.result["condition_score"]
        if above(before, after):
            yield "quirk_reduced_condition", "condition", {}


def totals_quirks(recomputed: Recomputed) -> Iterator[tuple[str, Place]]:
    """Faults and quirks of the totals: gain sites and enhancements that lose, SRM not applied."""
    units = recomputed.units
    worse = [row for scope in SCOPES for row in losing_enhancements(units, scope)]
    for row in worse:
        yield (
            "enhancement_loses",
            Place(row.sheet, row.cell("units"), f"{row.result['units']:g} units"),
        )
    losing = [site for site in recomputed.gain_sites if site.loses]
    for site in losing:
        if site.module is Module.WATERCOURSE and any(row.off_site for row in worse):
            continue
        kind = "quirk_hedgerow_site" if site.module is Module.HEDGEROW else "gain_site_loses"
        yield kind, _site_place(units, site)
    explained = {site.module for site in losing if site.module in MESSAGE_MODULES}
    for module in Module:
        change = recomputed.headline[module].offsite_net_before_srm
        if isinstance(change, float | int) and change < 0 and module not in explained:
            cell = layout.headline_cell("offsite_net_before_srm", module)
            yield "srm_not_applied", Place(layout.HEADLINE.name, cell, f"{change:g} units")


def _site_place(units: Units, site: GainSite) -> Place:
    """The first baseline row of a gain site."""
    kind = next(kind for kind, module in MODULES.items() if module is site.module)
    row = next(
        row
        for row in units["offsite", f"{kind}_baseline"]
        if equal(str(row.cells.get("offsite_reference")), site.reference)
    )
    return Place(row.sheet, row.cell("offsite_reference"), site.reference)
