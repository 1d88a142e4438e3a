"""Which workbook this is: the statutory metric, an older one, the small sites metric, or none.

Each kind that cannot be read is named, so that the user knows which file to send instead.
"""

import re
from itertools import pairwise

from bng_core.errors import MetricError
from bng_core.metric import layout
from bng_core.metric.input_tables import input_sheets
from bng_core.metric.layout import Sheet
from bng_core.metric.workbook import Grid, Value, Workbook, wrong_layout
from bng_core.reference import squeeze

_USE = f"use the statutory biodiversity metric calculation tool (version {layout.VERSION})"
_METRIC_3_SHEETS = ("A-1 Site Habitat Baseline", "D-1 Off Site Habitat Baseline")
_SMALL_SITES_SHEETS = ("Desktop Assessment", "Supporting Information")
_STATUTORY_SHEETS = ("A-1 On-Site Habitat Baseline", "D-1 Off-Site Habitat Baseline")
_OLD_VERSION = re.compile(r"metric (?:version\W*)?v?([23]\.\d+)")
_SEARCHED_ROWS = 40


def require_statutory(workbook: Workbook) -> dict[Sheet, Grid]:
    """The sheets that are read, proven to be those of the statutory metric 4.1."""
    titles = {
        sheet: title
        for sheet in (*layout.REQUIRED_SHEETS, *layout.OPTIONAL_SHEETS)
        if (title := workbook.title_of(sheet))
    }
    missing = [sheet for sheet in layout.REQUIRED_SHEETS if sheet not in titles]
    if missing:
        raise _other_kind(workbook, missing)
    inputs = [title for sheet in input_sheets() if (title := workbook.title_of(sheet))]
    grids = workbook.read(list(dict.fromkeys([*titles.values(), *inputs])))
    sheets = {sheet: grids[title] for sheet, title in titles.items()}
    sheets |= {
        sheet: grids[title] for sheet in input_sheets() if (title := workbook.title_of(sheet))
    }
    _check_version(workbook.name, sheets[layout.START])
    for sheet, grid in sheets.items():
        _check_labels(workbook.name, sheet, grid)
    return sheets


def require_calculated(name: str, sheets: dict[Sheet, Grid]) -> None:
    """Raise MetricError where a result cell of the proven sheets is blank."""
    _check_calculated(name, sheets[layout.HEADLINE])
    _check_trading_rows(name, sheets)


def never_calculated(sheets: dict[Sheet, Grid]) -> bool:
    """Whether no headline figure was ever saved, as in a file that another program wrote."""
    headline = sheets[layout.HEADLINE]
    return all(headline.value(cell) is None for cell in layout.headline_cells())


def _other_kind(workbook: Workbook, missing: list[Sheet]) -> MetricError:
    names = {squeeze(re.sub(r"^\d+[.):]?\s*", "", title)) for title in workbook.sheet_names}
    texts = _opening_texts(workbook)
    if _any_of(_METRIC_3_SHEETS, names):
        return _metric_3(workbook.name, texts)
    if _any_of(_SMALL_SITES_SHEETS, names) or any("small sites metric" in t for t in texts | names):
        return MetricError(
            f"{workbook.name} is a small sites metric, which cannot be read yet: {_USE}."
        )
    if any(_OLD_VERSION.search(text) for text in texts):
        return _metric_3(workbook.name, texts)
    if _any_of(_STATUTORY_SHEETS, names):
        return MetricError(
            f"{workbook.name} is a statutory metric without its result sheets (missing: "
            f"{', '.join(repr(sheet.name) for sheet in missing)}): {_USE} as published, with all "
            "its sheets."
        )
    return MetricError(
        f"{workbook.name} is a workbook but not a biodiversity metric (it has no sheet "
        f"{missing[0].name!r}): {_USE}."
    )


def _any_of(wanted: tuple[str, ...], names: set[str]) -> bool:
    return any(squeeze(name) in names for name in wanted)


def _opening_texts(workbook: Workbook) -> set[str]:
    """The texts at the top of the first sheets, with a label and its value side by side."""
    titles = [t for t in workbook.sheet_names if squeeze(t) in ("start", "introduction")]
    titles = titles or workbook.sheet_names[:1]
    texts: set[str] = set()
    for grid in workbook.read(titles).values():
        for row in grid.rows[:_SEARCHED_ROWS]:
            cells = [str(value) for value in row if str(value).strip()]
            texts.update(squeeze(cell) for cell in cells)
            texts.update(squeeze(f"{a} {b}") for a, b in pairwise(cells))
    return texts


def _metric_3(name: str, texts: set[str]) -> MetricError:
    found = [match.group(1) for text in sorted(texts) if (match := _OLD_VERSION.search(text))]
    version = found[0] if found else "3.x"
    return MetricError(
        f"{name} is biodiversity metric {version}, an older metric with other rules and other "
        f"sheets: enter the project anew in the statutory tool; {_USE}."
    )


def _check_version(name: str, start: Grid) -> None:
    value = start.value(layout.VERSION_CELL)
    if _as_number(value) == layout.VERSION:
        return
    if value is None:
        raise wrong_layout(name, f"Start!{layout.VERSION_CELL}", "", str(layout.VERSION))
    raise MetricError(
        f"{name} is metric version {value} (Start!{layout.VERSION_CELL}), expected "
        f"{layout.VERSION}: {_USE}."
    )


def _as_number(value: Value) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def _check_labels(name: str, sheet: Sheet, grid: Grid) -> None:
    for cell, label in sheet.labels.items():
        found = grid.text(cell)
        accepted = [squeeze(text) for text in label.split("|")]
        if not any(squeeze(found).startswith(text) for text in accepted):
            raise wrong_layout(name, f"{grid.title}!{cell}", found, label.split("|")[0])


def _check_calculated(name: str, headline: Grid) -> None:
    for cell in layout.headline_cells():
        if headline.value(cell) is None:
            raise not_calculated(name, f"{headline.title}!{cell}")


def not_calculated(name: str, where: str) -> MetricError:
    """The error for a result cell that holds no result."""
    return MetricError(
        f"{name} has not been calculated ({where} is blank): open it in Excel, let it calculate "
        "(F9), save it, and try again."
    )


def _check_trading_rows(name: str, sheets: dict[Sheet, Grid]) -> None:
    for row in layout.trading_rows():
        grid = sheets[layout.TRADING_SHEETS[row.module]]
        cell = f"{layout.NAME_COLUMN}{row.row}"
        found = grid.text(cell)
        if not found:
            raise not_calculated(name, f"{grid.title}!{cell}")
        if squeeze(found) != squeeze(row.habitat):
            raise wrong_layout(name, f"{grid.title}!{cell}", found, row.habitat)
