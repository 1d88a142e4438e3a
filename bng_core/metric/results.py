"""What the workbook says and requires: headline, trading, statutory credits, findings (§4.3)."""

from dataclasses import replace
from pathlib import Path

from bng_core.errors import MetricError
from bng_core.metric import layout
from bng_core.metric.comparison import compare, result_cells
from bng_core.metric.findings import find
from bng_core.metric.input_tables import read_inputs
from bng_core.metric.intake import Intake
from bng_core.metric.layout import Sheet, TradingRow
from bng_core.metric.recognise import (
    never_calculated,
    not_calculated,
    require_calculated,
    require_statutory,
)
from bng_core.metric.recompute import PRINTED_FIGURES, Recomputed, recompute
from bng_core.metric.records import Change, Figure, Headline, Metric, Source
from bng_core.metric.workbook import Grid, Workbook
from bng_core.reference import load_habitats
from bng_core.terms import Distinctiveness, Module

EXCEL_ERROR = "#"
"""How Excel's own errors begin: #VALUE!, #N/A."""
_TOOL_TEXTS = ("n/a", "check data", "error", "0.00", EXCEL_ERROR)
"""What formulas write into number cells; other texts are not theirs."""


class Reader:
    """Reads result cells of the proven sheets; every refusal names the sheet and the cell."""

    def __init__(self, name: str, sheets: dict[Sheet, Grid]) -> None:
        self.name = name
        self.sheets = sheets

    def number(self, sheet: Sheet, cell: str) -> float:
        """A cell that must hold a number."""
        value = self.figure(sheet, cell)
        if isinstance(value, str):
            raise self._not_a_number(sheet, cell, value)
        return value

    def figure(self, sheet: Sheet, cell: str) -> Figure:
        """A result cell: a number, or a text that the tool itself writes there."""
        value = self.sheets[sheet].value(cell)
        if value is None:
            raise not_calculated(self.name, f"{self.sheets[sheet].title}!{cell}")
        if isinstance(value, str) and not value.casefold().startswith(_TOOL_TEXTS):
            raise self._not_a_number(sheet, cell, value)
        return value

    def says_yes(self, sheet: Sheet, cell: str) -> bool:
        """A cell in which the tool answers Yes or No."""
        text = self.sheets[sheet].text(cell)
        if text.casefold().startswith(("yes", "no")):
            return text.casefold().startswith("yes")
        if text.startswith(EXCEL_ERROR):
            raise self._not_a_number(sheet, cell, text)
        raise MetricError(
            f"{self.name}: {self.sheets[sheet].title}!{cell} is {text or 'blank'!r} where the tool "
            "writes 'Yes ✓' or 'No ▲': open the workbook in Excel, let it calculate, and save it."
        )

    def text(self, sheet: Sheet, cell: str) -> str:
        """The stripped text of a cell; "" when blank or when the sheet is missing."""
        grid = self.sheets.get(sheet)
        return "" if grid is None else grid.text(cell)

    def _not_a_number(self, sheet: Sheet, cell: str, value: str) -> MetricError:
        if value.startswith(EXCEL_ERROR):
            return MetricError(
                f"{self.name}: {self.sheets[sheet].title}!{cell} shows the error {value.strip()}: "
                "correct the input rows that the tool marks ▲, let Excel calculate, and save it; "
                "or take the recomputed figures (--use recomputed)."
            )
        return MetricError(
            f"{self.name}: {self.sheets[sheet].title}!{cell} is the text {value.strip()!r} where a "
            "number must be: undo what overwrote the formula, let Excel calculate, and save it."
        )


def read_metric(source: Path | bytes, name: str, use: Source | None = None) -> Metric:
    """Read a statutory metric workbook and recompute it; `name` is how errors call the file.

    The figures are those saved in the workbook, or the recomputed ones where none are saved. `use`
    settles which ones count where the two differ, which otherwise stops a quote. Raises
    MetricError, in one sentence, for everything that is not such a workbook.
    """
    workbook = Workbook(source, name)
    sheets = require_statutory(workbook)
    inputs = read_inputs(sheets)
    recomputed = None
    if any(inputs.values()):
        recomputed = recompute(inputs, sheets[layout.START].value(layout.TARGET_CELL))
    metric = _metric(Reader(name, sheets), recomputed, use)
    intake = Intake(metric, sheets, workbook, use)
    return replace(metric, findings=find(metric, sheets, intake))


def _metric(reader: Reader, recomputed: Recomputed | None, use: Source | None) -> Metric:
    """The figures in use, with the differences between the saved and the recomputed ones."""
    saved = not never_calculated(reader.sheets)
    broken = use is None and recomputed is not None and _shows_errors(reader.sheets, recomputed)
    if recomputed is None or (saved and not broken and use is not Source.RECOMPUTED):
        require_calculated(reader.name, reader.sheets)
        metric = _results(reader)
    else:
        metric = _of_recomputed(reader, recomputed)
    if recomputed is None:
        return metric
    differences = compare(reader.sheets, recomputed) if saved else ()
    return replace(metric, recomputed=recomputed, differences=differences)


def _shows_errors(sheets: dict[Sheet, Grid], recomputed: Recomputed) -> bool:
    """Whether a saved result is an error of Excel where the inputs give a figure."""
    return any(
        sheet in sheets
        and sheets[sheet].text(cell).startswith(EXCEL_ERROR)
        and not str(figure).startswith(EXCEL_ERROR)
        for sheet, cell, figure in result_cells(recomputed)
    )


def _of_recomputed(reader: Reader, recomputed: Recomputed) -> Metric:
    return Metric(
        name=reader.name,
        metric_version=layout.VERSION,
        target=_target(reader),
        headline=recomputed.headline,
        trading_satisfied=recomputed.trading.satisfied,
        bands=recomputed.bands,
        changes=recomputed.changes,
        credits=recomputed.credits,
        planning_authority=reader.text(layout.START, layout.AUTHORITY_CELL) or None,
        project_name=reader.text(layout.START, layout.PROJECT_CELL) or None,
        findings=[],
        source=Source.RECOMPUTED,
    )


def _results(reader: Reader) -> Metric:
    return Metric(
        name=reader.name,
        metric_version=layout.VERSION,
        target=_target(reader),
        headline={module: _headline(reader, module) for module in Module},
        trading_satisfied=reader.says_yes(layout.HEADLINE, layout.TRADING_SATISFIED_CELL),
        bands={module: _bands(reader, module) for module in Module},
        changes=[_change(reader, row) for row in layout.trading_rows()],
        credits=_credits(reader),
        planning_authority=reader.text(layout.START, layout.AUTHORITY_CELL) or None,
        project_name=reader.text(layout.START, layout.PROJECT_CELL) or None,
        findings=[],
    )


def _target(reader: Reader) -> float | None:
    value = reader.sheets[layout.START].value(layout.TARGET_CELL)
    return None if value is None else reader.number(layout.START, layout.TARGET_CELL)


def _headline(reader: Reader, module: Module) -> Headline:
    def figure(name: str) -> Figure:
        return reader.figure(layout.HEADLINE, layout.headline_cell(name, module))

    post, baseline = figure("offsite_post_x_srm"), figure("offsite_baseline_x_srm")
    numbers = isinstance(post, float) and isinstance(baseline, float)
    return Headline(
        **{name: figure(name) for name in PRINTED_FIGURES},
        offsite_change_x_srm=float(post) - float(baseline) if numbers else float("nan"),
    )


def _bands(reader: Reader, module: Module) -> dict[Distinctiveness, bool]:
    sheet = layout.TRADING_SHEETS[module]
    return {
        band: reader.says_yes(sheet, cell) for band, cell in layout.satisfied_cells(module).items()
    }


def _change(reader: Reader, row: TradingRow) -> Change:
    sheet = layout.TRADING_SHEETS[row.module]
    on_site, off_site, project = (
        reader.number(sheet, f"{column}{row.row}") for column in layout.CHANGE_COLUMNS[row.module]
    )
    habitat = load_habitats().by_trading_name(row.module, row.habitat)
    return Change(
        module=row.module,
        distinctiveness=row.distinctiveness,
        habitat=reader.text(sheet, f"{layout.NAME_COLUMN}{row.row}"),
        label=habitat.label,
        broad_habitat=habitat.broad_habitat,
        on_site=on_site,
        off_site=off_site,
        project=project,
    )


def _credits(reader: Reader) -> dict[str, float | None]:
    """Units before doubling per tier; None where the tool says ERROR or has no such sheet."""
    if layout.TIERS not in reader.sheets:
        return dict.fromkeys(layout.TIER_CELLS)
    figures = {tier: reader.figure(layout.TIERS, cell) for tier, cell in layout.TIER_CELLS.items()}
    return {tier: None if isinstance(units, str) else units for tier, units in figures.items()}
