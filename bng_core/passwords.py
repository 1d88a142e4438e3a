"""Passwords and the random codes that stand in for them; none is ever stored as it is.

Passwords are hashed with argon2id (RFC 9106) with a salt each. Codes have 256 random bits, so that
their plain SHA-256 gives nothing away.
"""

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from bng_core.errors import BadInput

SHORTEST, LONGEST = 12, 200
FEWEST_CHARACTERS = 5
"""Different characters that a password needs."""

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash(secrets.token_urlsafe())
"""Checked where there is no user, so that both answers take the same time."""


def hash_password(password: str, login: str) -> str:
    """The salted hash to keep. Raises BadInput for a password that is easily guessed."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(
            f"The password has {len(password)} characters; give {SHORTEST} to {LONGEST}."
        )
    if len(set(password)) < FEWEST_CHARACTERS or login.casefold() in password.casefold():
        raise BadInput(
            f"The password is easily guessed; give one with at least {FEWEST_CHARACTERS} different "
            "characters that does not hold your login."
        )
    return _HASHER.hash(password)


def is_password(kept: str | None, password: str) -> bool:
    """Whether a password is the one of this hash; without a hash no password is."""
    try:
        return _HASHER.verify(kept or _NOBODY, password[: LONGEST + 1]) and kept is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def new_code() -> str:
    """A code that nobody guesses, for use in an address."""
    return secrets.token_urlsafe(32)


def hash_code(code: str) -> str:
    """What is kept of a code."""
    return hashlib.sha256(code.encode()).hexdigest()
