"""Losses typed in, instead of a workbook: the lines of a demand.csv (§4.2)."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from bng_core.demand import Demand, DemandLine, demand_of_lines, read_demand_line
from bng_core.errors import BadInput
from bng_core.reference import load_habitats
from bng_core.terms import NET_GAIN, Module
from dashboards.ui.fields import button, field
from dashboards.ui.text import MODULE_NAMES

MOST_LINES = 60
FILE_NAME = "demand.csv"


def lines_of_csv(content: bytes) -> list[DemandLine]:
    """The lines of a demand.csv that was read before. Raises ValueError."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [read_demand_line(row["module"], row["habitat"], row["units"]) for row in rows]


class LossesForm:
    """Lines of module, habitat and units; a line without units is left out."""

    def __init__(self) -> None:
        self._lines: list[_LineFields] = []
        self._rows = widgets.VBox([])
        self._add = button("Add a line")
        self._add.on_click(lambda _button: self._append())
        self.widget = widgets.VBox([self._rows, self._add])
        self._append()

    def lines(self) -> list[DemandLine]:
        """What is typed. Raises BadInput naming the line at fault."""
        found = []
        for number, line in enumerate(self._lines, start=1):
            if line.is_blank:
                continue
            try:
                found.append(read_demand_line(*line.texts()))
            except ValueError as fault:
                raise BadInput(f"Line {number} of the losses: {fault}.") from None
        if not found:
            raise BadInput("There are no losses yet: type at least one line in step 2.")
        return found

    def demand(self) -> Demand:
        """The demand of the lines. Raises BadInput."""
        return demand_of_lines(self.lines())

    def as_csv(self) -> bytes:
        """The lines as a demand.csv. Raises BadInput."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(["module", "habitat", "units"])
        writer.writerows([module, label, f"{units:f}"] for module, label, units in self.lines())
        return text.getvalue().encode()

    def fill(self, lines: list[DemandLine]) -> None:
        """Show these lines instead of what is typed."""
        self.put_back([(str(m), label, f"{units.normalize():f}") for m, label, units in lines])

    def filled(self) -> list[tuple[str, str, str]]:
        """What is typed in each line, right or wrong."""
        return [line.texts() for line in self._lines if not line.is_blank]

    def put_back(self, lines: Sequence[Sequence[str]]) -> None:
        """Show what was typed before."""
        self._lines = []
        for texts in lines or [("area", "", "")]:
            self._append()
            self._lines[-1].fill(*texts)

    def enable(self, enabled: bool) -> None:
        """Whether the lines may be changed now."""
        self._add.disabled = not enabled
        for line in self._lines:
            line.enable(enabled)

    def _append(self) -> None:
        if len(self._lines) < MOST_LINES:
            self._lines.append(_LineFields(len(self._lines) + 1, self._remove))
            self._show()

    def _remove(self, line: "_LineFields") -> None:
        kept = [one for one in self._lines if one is not line and not one.is_blank]
        self.put_back([one.texts() for one in kept])

    def _show(self) -> None:
        self._rows.children = tuple(line.widget for line in self._lines)


class _LineFields:
    """One line: its three fields and the button that takes it away."""

    def __init__(self, number: int, remove: Callable[["_LineFields"], None]) -> None:
        names = [(MODULE_NAMES[module], str(module)) for module in Module]
        self._module = widgets.Dropdown(description=f"Line {number}: module", options=names)
        self._habitat = widgets.Combobox(description=f"Line {number}: habitat lost")
        self._units = widgets.Text(description=f"Line {number}: units")
        self._remove = button(f"Remove line {number}")
        self._remove.on_click(lambda _button: remove(self))
        self._module.observe(self._module_chosen, "value")
        self._offer()
        hint = f"Type a few letters; “{NET_GAIN}” for units that only the headline requires."
        self.widget = widgets.VBox(
            [
                field(self._module, "The account that the units belong to."),
                field(self._habitat, hint),
                field(self._units, "Units lost after on-site trading, before the SRM."),
                self._remove,
            ]
        )
        self.widget.add_class("bng-line")

    @property
    def is_blank(self) -> bool:
        """Whether nothing is typed in the line."""
        return not (self._habitat.value.strip() or self._units.value.strip())

    def texts(self) -> tuple[str, str, str]:
        """Module, habitat and units as typed."""
        return str(self._module.value), self._habitat.value.strip(), self._units.value.strip()

    def fill(self, module: str, habitat: str, units: str) -> None:
        """Show these values."""
        self._module.value = str(module)
        self._habitat.value, self._units.value = habitat, units

    def enable(self, enabled: bool) -> None:
        """Whether the line may be changed."""
        for control in (self._module, self._habitat, self._units, self._remove):
            control.disabled = not enabled

    def _module_chosen(self, _change: dict[str, Any]) -> None:
        self._offer()

    def _offer(self) -> None:
        module = Module(self._module.value)
        habitats = load_habitats().by_label.values()
        labels = sorted(h.label for h in habitats if h.module is module and h.score)
        self._habitat.options = [NET_GAIN, *labels]
