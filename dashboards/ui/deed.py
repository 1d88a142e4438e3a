"""A step that is asked once more, in words, before it is taken; by mouse or keyboard alike."""

from collections.abc import Awaitable, Callable, Sequence
from html import escape

import ipywidgets as widgets

from dashboards.ui.fields import button, html
from dashboards.ui.guard import guarded
from dashboards.ui.section import Section

Take = Callable[[], Awaitable[None]]


class Deed:
    """A button that opens a question with its fields; only its Yes takes the step.

    `take` does it and may raise; the question then stays open with what was typed.
    """

    def __init__(
        self, section: Section, label: str, take: Take, fields: Sequence[widgets.DOMWidget] = ()
    ) -> None:
        self._section = section
        self._take = take
        self._opener = button(label)
        self._question = html()
        self._yes = button(f"Yes: {label[0].lower()}{label[1:]}", primary=True)
        self._no = button("No, go back")
        self._fields = fields
        self._panel = widgets.VBox(
            [self._question, *fields, widgets.HBox([self._yes, self._no]).add_class("bng-buttons")]
        )
        self._panel.add_class("bng-asked").add_class("bng-hidden")
        self._opener.on_click(self._open)
        self._yes.on_click(self._confirmed)
        self._no.on_click(self._close)
        self.widget = widgets.VBox([self._opener, self._panel])

    def ask(self, question: str) -> None:
        """What is asked before the step is taken."""
        self._question.value = f"<p>{escape(question)}</p>"

    def offer(self, offered: bool) -> None:
        """Whether the step is there at all; its question is closed."""
        self._panel.add_class("bng-hidden")
        if offered:
            self.widget.remove_class("bng-hidden")
        else:
            self.widget.add_class("bng-hidden")

    def _open(self, _button: widgets.Button) -> None:
        self._section.say("")
        self._panel.remove_class("bng-hidden")
        first = self._fields[0] if self._fields else self._no
        _control(first).focus()

    def _close(self, _button: widgets.Button) -> None:
        self._panel.add_class("bng-hidden")
        self._opener.focus()

    @guarded
    async def _confirmed(self, _button: widgets.Button) -> None:
        self._yes.disabled = True
        try:
            await self._take()
        finally:
            self._yes.disabled = False
        self._panel.add_class("bng-hidden")
        self._section.said.focus()

    def show_problem(self, text: str) -> None:
        """What the step was refused for is said by its section; the question stays."""
        self._section.show_problem(text)


def _control(shown: widgets.DOMWidget) -> widgets.DOMWidget:
    """The control in a field with its hint."""
    return shown.children[0] if isinstance(shown, widgets.VBox) else shown
