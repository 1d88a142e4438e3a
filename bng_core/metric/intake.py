"""Everything about a workbook that its user should know before a quote, beyond its results."""

from collections.abc import Iterator, Sized
from dataclasses import dataclass, replace
from ntpath import basename
from urllib.parse import unquote

from bng_core.metric import layout, sheet_scan
from bng_core.metric.cell_values import Value
from bng_core.metric.comparison import agree, result_cells
from bng_core.metric.finding_texts import Place, finding, message_of
from bng_core.metric.input_tables import unit_columns
from bng_core.metric.layout import Sheet
from bng_core.metric.quirk_checks import totals_quirks
from bng_core.metric.recompute import Recomputed
from bng_core.metric.records import Difference, Figure, Finding, Metric, Severity, Source
from bng_core.metric.row_findings import row_findings
from bng_core.metric.unit_tables import unit_tables
from bng_core.metric.units import UnitRow, Units
from bng_core.metric.workbook import Grid, Workbook

_AREA_TOLERANCE_HA = 0.01
"""How far areas may differ (A-2 On-Site Habitat Creation!G2)."""
_SITE_AREAS = {"onsite": "F24", "offsite": "F25"}


CONSEQUENCES = (
    "negative_gain_sites",
    "headline_texts",
    "unstated_tiers",
    "area_checks",
    "gain_site_loses",
    "quirk_hedgerow_site",
    "srm_not_applied",
)
"""Findings about totals that say nothing of their own while a row stops the quote."""


def stops(found: list[Finding]) -> bool:
    """Whether any of the findings stops a quote."""
    return any(each.severity is Severity.STOPS for each in found)


def _stopping_without_reference(found: Finding) -> Finding:
    """A row without reference is why its gain site loses units: then it stops the quote itself."""
    if found.message != message_of("reference_missing"):
        return found
    return replace(found, severity=Severity.STOPS)


@dataclass(frozen=True)
class Intake:
    """A read workbook with all that its findings need."""

    metric: Metric
    sheets: dict[Sheet, Grid]
    workbook: Workbook
    use: Source | None

    def findings(self) -> list[Finding]:
        """Findings about rows, areas, the file itself, and the recomputation."""
        found = list(self._file())
        recomputed = self.metric.recomputed
        if recomputed is None:
            found.append(self._of_headline("no_inputs", "baseline", "no input rows"))
            return found
        rows, totals = list(self._rows(recomputed.units)), list(totals_quirks(recomputed))
        if any(kind == "gain_site_loses" for kind, _ in totals):
            rows = [_stopping_without_reference(each) for each in rows]
        found += rows
        found += [
            self._named(kind, place)
            for kind, place in totals
            if kind not in CONSEQUENCES or not stops(rows)
        ]
        found += self._areas(recomputed.units)
        found += self._calculation(recomputed)
        return found

    def _named(self, kind: str, place: Place, **values: object) -> Finding:
        """A finding whose sheet is named as this workbook spells it."""
        title = self.titles.get(place.sheet, place.sheet)
        return finding(kind, replace(place, sheet=title), **values)

    @property
    def titles(self) -> dict[str, str]:
        """Official sheet names to those of this workbook."""
        return {sheet.name: grid.title for sheet, grid in self.sheets.items()}

    def _of_headline(self, kind: str, figure: str, found: str) -> Finding:
        cell = f"{layout.HEADLINE_CELLS[figure][0]}{layout.HEADLINE_CELLS[figure][1]}"
        return self._named(kind, Place(layout.HEADLINE.name, cell, found))

    def _rows(self, units: Units) -> Iterator[Finding]:
        for row, (kind, field, values) in row_findings(units):
            place = Place(row.sheet, row.cell(field), _shown(row, field))
            yield self._named(kind, place, **values)

    def _areas(self, units: Units) -> Iterator[Finding]:
        for scope, (sheet, cell) in zip(_SITE_AREAS, layout.AREA_CHECKS, strict=True):
            lost, created = ground_lost(units, scope), ground_created(units, scope)
            saved = self.sheets[sheet].text(cell) if sheet in self.sheets else ""
            if not saved and abs(lost - created) > _AREA_TOLERANCE_HA:
                place = Place(sheet.name, cell, f"{created:g} ha created")
                yield self._named("created_unlike_lost", place, expected=f"{lost:g} ha, as lost")
            stated, area = self.sheets[layout.START].value(_SITE_AREAS[scope]), ground(units, scope)
            if isinstance(stated, float) and abs(stated - area) > _AREA_TOLERANCE_HA:
                place = Place(layout.START.name, _SITE_AREAS[scope], f"{stated:g} ha")
                yield self._named("site_area", place, expected=f"{area:g}")

    def _file(self) -> Iterator[Finding]:
        links = [
            target
            for target in self.workbook.package.external_targets()
            if basename(unquote(target)) not in layout.OFFICIAL_LINKS
        ]
        if links:
            names = ", ".join(dict.fromkeys(basename(unquote(link)) for link in links))
            yield finding("external_links", Place("(workbook)", "", names))
        rows = self.metric.recomputed.units if self.metric.recomputed else {}
        for key, filled in rows.items():
            sheet = layout.input_tables()[key].sheet
            if sheet not in self.titles:
                yield finding("sheet_missing", Place(sheet, "", "no such sheet"))
            yield from self._hidden(sheet, filled)

    def _hidden(self, sheet: str, filled: list[UnitRow]) -> Iterator[Finding]:
        title = self.titles.get(sheet)
        if title is None or not filled:
            return
        xml = self.workbook.package.sheet_xml(title)
        if hidden := sheet_scan.hidden_rows(xml, (row.row for row in filled if row.cells)):
            rows = ", ".join(str(row) for row in hidden)
            first = next(row for row in filled if row.row == hidden[0])
            cell = first.cell("habitat")
            place = Place(sheet, cell, _shown(first, "habitat"))
            yield self._named("hidden_rows", place, rows=rows)

    def _calculation(self, recomputed: Recomputed) -> Iterator[Finding]:
        """Whether the saved results are those of the inputs, by formulas that still stand."""
        overwritten = {
            (sheet, cell): figure
            for sheet, cells in self._formula_cells(recomputed).items()
            for cell, figure in cells.items()
        }
        if self.metric.source is Source.RECOMPUTED and not self.metric.differences:
            yield self._of_headline("not_calculated", "baseline", "blank")
        wrong = False
        for title in dict.fromkeys(sheet for sheet, _ in overwritten):
            cells = {
                cell: figure for (sheet, cell), figure in overwritten.items() if sheet == title
            }
            each = self._overwritten(title, cells)
            wrong = wrong or each.severity is Severity.STOPS
            yield each
        differences = [each for each in self.metric.differences if not _tool_error(each.saved)]
        if differences and not wrong:
            yield self._differs(differences)

    def _overwritten(self, title: str, cells: dict[str, Value]) -> Finding:
        grid = next(grid for grid in self.sheets.values() if grid.title == title)
        wrong = [cell for cell, figure in cells.items() if not agree(grid.value(cell), figure)]
        cell = (wrong or list(cells))[0]
        kind = "overwritten_wrong" if wrong else "overwritten"
        place = Place(title, cell, _text(grid.value(cell)))
        return finding(kind, place, cells=_counted(cells), expected=_text(cells[cell]))

    def _formula_cells(self, recomputed: Recomputed) -> dict[str, dict[str, Value]]:
        """Per sheet of this workbook, the overwritten cells with what the inputs give there."""
        wanted: dict[str, dict[str, Value]] = {}
        for key, rows in recomputed.units.items():
            sheet = layout.input_tables()[key].sheet
            wanted[sheet] = {
                row.cell(field): row.result[field]
                for row in rows
                for field in unit_columns()[key]
                if field in row.result and field != "baseline_ref"
            }
        for result_sheet, cell, figure in result_cells(recomputed):
            wanted.setdefault(result_sheet.name, {})[cell] = figure
        return {
            title: {cell: cells[cell] for cell in found}
            for sheet, cells in wanted.items()
            if (title := self.titles.get(sheet))
            and cells
            and sheet_scan.has_formulas(xml := self.workbook.package.sheet_xml(title))
            and (found := sheet_scan.overwritten(xml, cells))
        }

    def _differs(self, differences: list[Difference]) -> Finding:
        first = differences[0]
        saved = "blank" if first.saved is None else _text(first.saved)
        place = Place(first.sheet, first.cell, saved)
        expected = _text(first.recomputed) or "blank"
        made = finding("differs", place, expected=expected, cells=_counted(differences))
        return made if self.use is None else replace(made, severity=Severity.CONFIRM)


def _tool_error(saved: Figure | None) -> bool:
    """Whether the tool itself says that it could not work the cell out: a finding of its own."""
    return isinstance(saved, str) and saved.casefold().startswith(("error", "check data"))


def _counted(cells: Sized) -> str:
    return f"{len(cells)} cell{'s' if len(cells) != 1 else ''}"


def _text(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float | int) else str(value or "").strip()


def _shown(row: UnitRow, field: str) -> str:
    value = row.cells.get(field, row.result.get(field))
    return _text(value) or "blank"


def _grounded(rows: list[UnitRow]) -> Iterator[UnitRow]:
    """Rows that cover ground of the site: no trees, green walls, hard structures."""
    habitats = unit_tables().area_by_label
    for row in rows:
        habitat = habitats.get(str(row.result.get("label")).casefold())
        if habitat is None or habitat.covers_ground:
            yield row


def ground(units: Units, scope: str) -> float:
    """Hectares of the baseline rows (Start!F24, F25)."""
    rows = _grounded(units[scope, "area_baseline"])
    return sum(_hectares(row.cells.get("area_ha")) for row in rows)


def ground_lost(units: Units, scope: str) -> float:
    """Hectares neither retained nor enhanced (A-1!W261)."""
    rows = _grounded(units[scope, "area_baseline"])
    return sum(_hectares(row.result.get("size_lost")) for row in rows)


def ground_created(units: Units, scope: str) -> float:
    """Hectares created (A-2!G259)."""
    rows = _grounded(units[scope, "area_creation"])
    return sum(_hectares(row.cells.get("area_ha")) for row in rows)


def _hectares(value: object) -> float:
    return float(value) if isinstance(value, float | int) else 0.0
