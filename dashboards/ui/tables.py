"""Real HTML tables: a caption, column and row headers, every text escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from dashboards.ui.text import Cell

Row = Sequence[Cell | str]


@dataclass(frozen=True)
class Column:
    """A column's heading; figures are set to the right."""

    title: str
    is_figure: bool = False


def table(caption: str, columns: Sequence[Column], rows: Sequence[Row], total: Row = ()) -> str:
    """A table whose first cell in each row is the row's header.

    It scrolls sideways by itself, by keyboard too, so that the page never has to.
    """
    head = "".join(
        f'<th scope="col"{_kind(column)}>{escape(column.title)}</th>' for column in columns
    )
    body = "".join(_row(columns, row) for row in rows)
    foot = f"<tfoot>{_row(columns, total)}</tfoot>" if total else ""
    label = escape(caption)
    return (
        f'<div class="bng-scroll" role="region" tabindex="0" aria-label="{label}">'
        f"<table><caption><span>{label}</span></caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody>{foot}</table></div>"
    )


def _kind(column: Column) -> str:
    return ' class="bng-figure"' if column.is_figure else ""


def _row(columns: Sequence[Column], row: Row) -> str:
    cells = [cell if isinstance(cell, Cell) else Cell(cell) for cell in row]
    header, *others = zip(columns, cells, strict=True)
    written = f'<th scope="row"{_kind(header[0])}>{header[1].html}</th>'
    written += "".join(f"<td{_kind(column)}>{cell.html}</td>" for column, cell in others)
    return f"<tr>{written}</tr>"
