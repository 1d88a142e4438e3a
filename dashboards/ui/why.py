"""A figure that opens: beside it the rule, the cell of the official tool and the inputs."""

from dataclasses import dataclass, field
from html import escape

from dashboards.ui.text import Cell


@dataclass(frozen=True)
class Explained(Cell):
    """A figure with the lines that explain it."""

    lines: tuple[str, ...] = field(default=())

    @property
    def html(self) -> str:
        """The figure as the name of a part that opens."""
        said = "".join(f"<p>{escape(line)}</p>" for line in self.lines)
        return (
            f'<details class="bng-why"><summary aria-label="{escape(self.text)}: why?">'
            f"{super().html}</summary>{said}</details>"
        )


def because(cell: Cell, *lines: str) -> Cell:
    """The same figure with an explanation; without lines it stays as it is.

    >>> because(Cell("2.00"), "Cell H61.").html.count("H61")
    1
    """
    kept = tuple(line for line in lines if line)
    return Explained(cell.text, cell.exact, lines=kept) if kept else cell
