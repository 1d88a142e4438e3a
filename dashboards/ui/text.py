"""Words and figures as people read them; everything returned as `html` is already escaped."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from html import escape

from bng_core.terms import Module

MODULE_NAMES = {
    Module.AREA: "Area habitats",
    Module.HEDGEROW: "Hedgerows",
    Module.WATERCOURSE: "Watercourses",
}

Figure = Decimal | float | int | str


@dataclass(frozen=True)
class Cell:
    """A table cell: what is read, the exact value where that was rounded, where it leads."""

    text: str
    exact: str | None = None
    address: str | None = None

    @property
    def html(self) -> str:
        """The text, with the exact value as its title, or as a link."""
        if self.address is not None:
            return f'<a href="{escape(self.address)}">{escape(self.text)}</a>'
        if self.exact is None:
            return escape(self.text)
        return f'<span title="{escape(self.exact)}">{escape(self.text)}</span>'


def units(value: Figure) -> Cell:
    """Biodiversity units to two places; text such as "N/A" as the workbook has it.

    >>> units(0.075).text, units("N/A").text
    ('0.08', 'N/A')
    """
    if isinstance(value, str):
        return Cell(value)
    exact = Decimal(str(value))
    rounded = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Cell(f"{rounded + 0:,.2f}", f"{exact:f}" if exact != rounded else None)


def pounds(value: Figure) -> Cell:
    """Money with commas; pence only where there are any.

    >>> pounds("50000").text, pounds(1234.5).text
    ('£50,000', '£1,234.50')
    """
    exact = Decimal(str(value))
    places = 0 if exact == exact.to_integral_value() else 2
    rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    sign = "-" if rounded < 0 else ""
    shown = f"{sign}£{abs(rounded):,.{places}f}"
    return Cell(shown, f"{sign}£{abs(exact):f}" if exact != rounded else None)


def percent(share: Figure) -> str:
    """A share of one in per cent.

    >>> percent(0.1)
    '10 %'
    """
    return f"{(Decimal(str(share)) * 100).normalize():f} %"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "bank"), counted(2, "bank")
    ('1 bank', '2 banks')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def module_name(module: str) -> str:
    """The account as a heading: "area" -> "Area habitats"."""
    return MODULE_NAMES[Module(module)]


def paragraphs(text: str) -> str:
    """Text of several lines as html: the first line a paragraph, the rest a list."""
    first, *rest = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    items = "".join(f"<li>{_with_commands(line)}</li>" for line in rest)
    return f"<p>{_with_commands(first)}</p>" + (f"<ul>{items}</ul>" if items else "")


def _with_commands(line: str) -> str:
    """Escape a line; what it has in backticks is a command."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(line))


def problem(text: str) -> str:
    """An error message, said to be one in words and not only by colour."""
    return f'<div class="bng-error"><h3>There is a problem</h3>{paragraphs(text)}</div>'


def note(text: str) -> str:
    """A message that is not an error."""
    return f'<div class="bng-note">{paragraphs(text)}</div>'


def day_of(text: str) -> str:
    """A date that a table holds as text, in full; other text as it stands.

    >>> day_of("2026-11-04"), day_of("announced")
    ('4 November 2026', 'announced')
    """
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


def day(moment: date) -> str:
    """A date in full.

    >>> from datetime import date
    >>> day(date(2026, 11, 4))
    '4 November 2026'
    """
    return f"{moment.day} {moment:%B %Y}"


def moment(at: datetime | None) -> str:
    """A moment, in UTC, as people read it; a dash where there is none.

    >>> from datetime import UTC, datetime
    >>> moment(datetime(2026, 11, 4, 9, 5, tzinfo=UTC))
    '4 November 2026 at 09:05 UTC'
    """
    if at is None:
        return "–"
    utc = at.astimezone(UTC)
    return f"{day(utc.date())} at {utc:%H:%M} UTC"


def facts(known: Mapping[str, str]) -> str:
    """Facts by name, one below the other."""
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in known.items()
    )
    return f'<dl class="bng-facts">{rows}</dl>'
