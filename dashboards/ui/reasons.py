"""Why there is no lawful answer, and what each way out costs, as html."""

from collections.abc import Mapping
from html import escape
from typing import Any

from bng_core.report import reasons


def no_lawful_answer(answer: Mapping[str, Any]) -> str:
    """Each reason with the units needed, the units for sale and by whom, and priced remedies."""
    return "<h3>No lawful purchase is possible</h3>" + "".join(
        f"<p>{escape(r)}</p>" for r in reasons(answer)
    )
