"""Short texts that people type, checked so that no odd character reaches a table or a page."""

import unicodedata

from bng_core.errors import BadInput

_REFUSED = {"Cc", "Cf", "Cs", "Co", "Cn"}
"""Control characters, invisible marks, halves of characters and what has no meaning."""
_ALLOWED = "\n\t"


def plain_text(what: str, text: str, longest: int, *, blank: bool = False) -> str:
    """The text without blanks around it.

    Raises BadInput where it is no text, blank (unless that is allowed), longer than `longest`
    characters, or holds characters that do not show.
    """
    if not isinstance(text, str):
        raise BadInput(f"{what} must be text; found {type(text).__name__}.")
    if len(text) > longest:
        raise BadInput(f"{what} has {len(text):,} characters; at most {longest:,} are kept.")
    stripped = text.strip()
    if not stripped and not blank:
        raise BadInput(f"{what} is blank; fill it in.")
    for place, character in enumerate(stripped, start=1):
        if character not in _ALLOWED and unicodedata.category(character) in _REFUSED:
            code = f"U+{ord(character):04X}"
            raise BadInput(f"{what} holds a character that does not show ({code}) at {place}.")
    return stripped
