"""What the workbook says and requires: headline, trading, statutory credits, findings (§4.3)."""

from dataclasses import asdict, replace
from pathlib import Path

from bng_core.errors import MetricError
from bng_core.metric import layout
from bng_core.metric.findings import find
from bng_core.metric.layout import Sheet, TradingRow
from bng_core.metric.recognise import not_calculated, require_statutory
from bng_core.metric.records import Change, Figure, Headline, Metric
from bng_core.metric.workbook import Grid, Workbook
from bng_core.reference import load_habitats
from bng_core.terms import Distinctiveness, Module

_TOOL_TEXTS = ("n/a", "check data", "error", "0.00", "#")
"""What formulas write into number cells ("#": Excel's own errors); other texts are not theirs."""

_PRINTED_FIGURES = (
    "baseline",
    "post",
    "net",
    "offsite_net_before_srm",
    "offsite_net_after_srm",
    "required",
    "deficit",
)


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
        raise MetricError(
            f"{self.name}: {self.sheets[sheet].title}!{cell} is {text or 'blank'!r} where the tool "
            "writes 'Yes ✓' or 'No ▲': open the workbook in Excel, let it calculate, and save it."
        )

    def text(self, sheet: Sheet, cell: str) -> str:
        """The stripped text of a cell; "" when blank or when the sheet is missing."""
        grid = self.sheets.get(sheet)
        return "" if grid is None else grid.text(cell)

    def _not_a_number(self, sheet: Sheet, cell: str, value: str) -> MetricError:
        return MetricError(
            f"{self.name}: {self.sheets[sheet].title}!{cell} is the text {value.strip()!r} where a "
            "number must be: undo what overwrote the formula, let Excel calculate, and save it."
        )


def read_metric(source: Path | bytes, name: str) -> Metric:
    """Read a statutory metric workbook's saved results; `name` is how errors call the file.

    Raises MetricError, in one sentence, for everything that is not such a workbook.
    """
    workbook = Workbook(source, name)
    sheets = require_statutory(workbook)
    metric = _results(Reader(name, sheets))
    return replace(metric, findings=find(metric, sheets))


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
        **{name: figure(name) for name in _PRINTED_FIGURES},
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


def metric_json(metric: Metric) -> dict[str, object]:
    """The JSON object of `bng metric` (§4.3)."""
    return {
        "metric_version": metric.metric_version,
        "target": metric.target,
        "headline": {
            str(module): {name: getattr(line, name) for name in _PRINTED_FIGURES}
            for module, line in metric.headline.items()
        },
        "trading": {
            "satisfied": metric.trading_satisfied,
            "bands": {
                str(module): {str(band): satisfied for band, satisfied in bands.items()}
                for module, bands in metric.bands.items()
            },
            "changes": [
                {
                    "module": str(change.module),
                    "band": str(change.distinctiveness),
                    "habitat": change.habitat,
                    "broad_habitat": change.broad_habitat,
                    "on_site": change.on_site,
                    "off_site": change.off_site,
                    "project": change.project,
                }
                for change in metric.changes
            ],
        },
        "credits": metric.credits,
        "findings": [asdict(finding) for finding in metric.findings],
    }
