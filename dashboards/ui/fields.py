"""Form fields with a visible label above and a hint below, linked for screen readers by bng.js."""

from collections.abc import Sequence
from html import escape
from typing import Any

import ipywidgets as widgets


def html(value: str = "", *classes: str) -> widgets.HTML:
    """A piece of html; `bng-live` is announced politely, `bng-urgent` at once."""
    made = widgets.HTML(value)
    for name in classes:
        made.add_class(name)
    return made


def field(control: widgets.DOMWidget, hint: str | widgets.HTML = "") -> widgets.VBox:
    """A control with its hint."""
    shown = hint if isinstance(hint, widgets.HTML) else html(escape(hint))
    shown.add_class("bng-hint")
    box = widgets.VBox([control, shown])
    box.add_class("bng-field")
    return box


def button(label: str, *, primary: bool = False) -> widgets.Button:
    """A button that says what it does."""
    made = widgets.Button(description=label, tooltip=label)
    made.add_class("bng-button")
    if primary:
        made.add_class("bng-primary")
    return made


def file_chooser(
    label: str, what: str, file_types: Sequence[str], *, multiple: bool = False
) -> widgets.FileUpload:
    """A button that chooses files of these types; `what` is its tooltip."""
    made = widgets.FileUpload(
        accept=",".join(file_types), multiple=multiple, description=label, tooltip=what
    )
    made.add_class("bng-button")
    return made


def choices(control: widgets.Dropdown, options: Sequence[tuple[str, Any]]) -> None:
    """Give a list other options; what was chosen stays where it still is one, else the first is."""
    kept = control.value
    control.options = options
    values = [value for _, value in options]
    if values:
        control.index = values.index(kept) if kept in values else 0
