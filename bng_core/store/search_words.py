"""Searching names by words that people type."""

from sqlalchemy import ColumnElement

from bng_core.errors import BadInput
from bng_core.plain_text import plain_text

FEWEST_LETTERS = 3
"""Shorter words would match nearly everything, and no index of trigrams helps."""
LONGEST_WORDS = 100


def contains(lower_case: ColumnElement[str], words: str) -> ColumnElement[bool]:
    """Whether a text in lower case contains these words; % and _ are letters like others.

    Raises BadInput for fewer than three letters.
    """
    return lower_case.contains(search_words(words), autoescape=True)


def search_words(words: str) -> str:
    """The words in lower case. Raises BadInput."""
    typed = plain_text("What to search", words, LONGEST_WORDS).lower()
    if len(typed) < FEWEST_LETTERS:
        raise BadInput(f"{typed!r} is too short to search; give at least {FEWEST_LETTERS} letters.")
    return typed
