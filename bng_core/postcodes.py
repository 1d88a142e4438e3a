"""A postcode -> a first guess of the place, to be confirmed: the middle of its outcode decides.

The middle of an outcode can lie in another planning authority or character area than the
development; nothing is computed from a guess that nobody has confirmed.
"""

import math
import re
import string
from dataclasses import dataclass
from functools import cache

from bng_core.errors import UnknownPlace
from bng_core.reference import table

_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?)([0-9][A-Z]{2})?")
FARTHEST_DEGREES = 0.25
"""About 28 km; the wildest place in England is nearer to the middle of some district."""


@dataclass(frozen=True)
class PlaceGuess:
    """Where the middle of an outcode lies, in canonical names; latitude and longitude (WGS 84)."""

    outcode: str
    town: str
    lpa: str
    nca: str
    lat: float
    lon: float


def guess_place(postcode: str) -> PlaceGuess:
    """The place of a postcode such as “OX10 8BA”, or of its first half. Raises UnknownPlace."""
    squeezed = re.sub(r"\s", "", postcode).upper()
    written = _POSTCODE.fullmatch(squeezed)
    if written is None:
        raise UnknownPlace(
            f"“{postcode.strip()[:20]}” is not a postcode; expected one such as OX10 8BA, or its "
            "first half, OX10."
        )
    outcode = written[1]
    guess = _outcodes().get(outcode) or _outcodes().get(outcode.rstrip(string.ascii_uppercase))
    if guess is None:
        raise UnknownPlace(
            f"Postcode district {outcode} is not among those of England in the tables. Choose the "
            "planning authority and the character area by name."
        )
    return guess


def guess_of_point(lat: float, lon: float) -> PlaceGuess:
    """The district whose middle is nearest to a point, latitude and longitude in degrees.

    Raises UnknownPlace for a point that is farther from all of them than any place in England is.
    """
    east = math.cos(math.radians(lat))  # a degree of longitude in degrees of latitude

    def distance(guess: PlaceGuess) -> float:
        return math.hypot(guess.lat - lat, (guess.lon - lon) * east)

    nearest = min(_outcodes().values(), key=distance)
    if distance(nearest) > FARTHEST_DEGREES:
        raise UnknownPlace(
            f"The point {lat:.3f}, {lon:.3f} is not in England; choose one on land in England."
        )
    return nearest


@cache
def _outcodes() -> dict[str, PlaceGuess]:
    return {
        row["outcode"]: PlaceGuess(
            row["outcode"],
            row["town"],
            row["lpa"],
            row["nca"],
            float(row["lat"]),
            float(row["lon"]),
        )
        for row in table("geography/outcodes.csv")
    }
