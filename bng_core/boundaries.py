"""Outlines of planning areas, where a folder with them is set, and the areas that hold a point.

The outlines are Crown copyright (OGL v3) and too large to travel with the program: the folder of
BNG_BOUNDARIES holds lpa.json, nca.json and lnrs.json as GeoJSON in degrees (WGS 84), as the Office
for National Statistics and Natural England publish them. Without it the nearest postcode
district stands in, and the answer says so.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bng_core.errors import BadInput
from bng_core.places import find_lnrs, find_lpa, find_nca
from bng_core.postcodes import guess_of_point
from bng_core.settings import load_settings

Point = tuple[float, float]
"""Longitude and latitude in degrees, in GeoJSON's order."""

Ring = tuple[Point, ...]


@dataclass(frozen=True)
class Layer:
    """One kind of area: its file, and the property that names an area, whatever its year."""

    file: str
    title: str
    name_property: re.Pattern[str]
    find: Callable[[str], str]


LAYERS = {
    "lpa": Layer("lpa.json", "Local planning authorities", re.compile(r"LPA\d\dNM"), find_lpa),
    "nca": Layer("nca.json", "National character areas", re.compile(r"NCA_Name"), find_nca),
    "lnrs": Layer("lnrs.json", "Nature recovery strategy areas", re.compile(r"Name"), find_lnrs),
}


RIGHTS = (
    "Outlines contain OS data © Crown copyright and database right; © Natural England copyright; "
    "Office for National Statistics, Open Government Licence v3.0."
)
"""What must be said wherever outlines are shown."""


@dataclass(frozen=True)
class Area:
    """One area by its canonical name; a point is inside where it is inside an odd number of rings.

    `box` is west, south, east, north.
    """

    name: str
    rings: tuple[Ring, ...]
    box: tuple[float, float, float, float]

    def holds(self, lat: float, lon: float) -> bool:
        """Whether a point lies in the area; holes and islands are rings like the others."""
        west, south, east, north = self.box
        if not (west <= lon <= east and south <= lat <= north):
            return False
        return sum(_inside(ring, lon, lat) for ring in self.rings) % 2 == 1


@dataclass(frozen=True)
class PointPlace:
    """The areas of a point; `is_guess` where no outline was there to tell one of them."""

    lpa: str
    nca: str
    is_guess: bool

    @property
    def words(self) -> str:
        """What a form says of it."""
        if self.is_guess:
            return (
                f"{self.lpa}, NCA {self.nca}: a guess from the nearest postcode district, because "
                "no boundaries are loaded for this point. Check both."
            )
        return f"The point lies in {self.lpa} and in the NCA {self.nca}."


def boundary_layers() -> list[str]:
    """The kinds of area whose outlines are there."""
    folder = load_settings().boundaries_dir
    return [kind for kind, layer in LAYERS.items() if folder and (folder / layer.file).is_file()]


def boundaries(kind: str) -> Mapping[str, Any]:
    """The outlines of one kind as GeoJSON. Raises BadInput where the file is none."""
    folder = load_settings().boundaries_dir
    if folder is None:
        raise BadInput("No boundaries are loaded: set BNG_BOUNDARIES to the folder with lpa.json.")
    return _read(folder / LAYERS[kind].file)


def areas_in(folder: Path, kind: str) -> tuple[Area, ...]:
    """The areas of one kind in a folder of outlines; none where it lacks the file.

    Raises BadInput for a file that is no GeoJSON.
    """
    path = folder / LAYERS[kind].file
    return _areas(kind, path) if path.is_file() else ()


def place_of_point(lat: float, lon: float) -> PointPlace:
    """The LPA and the NCA of a point, by outline, else those of the nearest postcode district.

    Raises UnknownPlace for a point outside England, BadInput for a file that is no GeoJSON.
    """
    lpa, nca = _holder("lpa", lat, lon), _holder("nca", lat, lon)
    if lpa and nca:
        return PointPlace(lpa, nca, is_guess=False)
    guess = guess_of_point(lat, lon)
    return PointPlace(lpa or guess.lpa, nca or guess.nca, is_guess=True)


def _holder(kind: str, lat: float, lon: float) -> str | None:
    folder = load_settings().boundaries_dir
    areas = areas_in(folder, kind) if folder else ()
    return next((area.name for area in areas if area.holds(lat, lon)), None)


def _inside(ring: Ring, lon: float, lat: float) -> bool:
    """Whether a ray to the east crosses the ring an odd number of times."""
    crossed = False
    previous = ring[-1]
    for point in ring:
        (x, y), (other_x, other_y) = point, previous
        if (y > lat) != (other_y > lat) and lon < x + (lat - y) * (other_x - x) / (other_y - y):
            crossed = not crossed
        previous = point
    return crossed


@cache
def _areas(kind: str, path: Path) -> tuple[Area, ...]:
    layer = LAYERS[kind]
    try:
        return tuple([_area(layer, feature) for feature in _read(path)["features"]])
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        raise _not_geojson(path, "an area has no name or no polygon") from error


def _area(layer: Layer, feature: Mapping[str, Any]) -> Area:
    written = feature["properties"]
    name = next(str(written[key]) for key in written if layer.name_property.fullmatch(key))
    shape = feature["geometry"]
    single = shape["type"] == "Polygon"
    polygons = [shape["coordinates"]] if single else shape["coordinates"]
    rings = tuple(
        tuple((float(lon), float(lat)) for lon, lat, *_ in ring)
        for polygon in polygons
        for ring in polygon
    )
    lons, lats = zip(*(point for ring in rings for point in ring), strict=True)
    return Area(layer.find(name), rings, (min(lons), min(lats), max(lons), max(lats)))


@cache
def _read(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _not_geojson(path, "it cannot be read as JSON") from error
    if not isinstance(found, dict) or found.get("type") != "FeatureCollection":
        raise _not_geojson(path, "it is no FeatureCollection")
    return found


def _not_geojson(path: Path, what: str) -> BadInput:
    return BadInput(
        f"{path.name} in the folder of BNG_BOUNDARIES is not usable: {what}. Expected GeoJSON with "
        "a polygon for each area; replace the file, or unset BNG_BOUNDARIES."
    )
