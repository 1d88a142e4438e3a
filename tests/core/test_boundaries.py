"""Outlines of planning areas: which area holds a point, and what stands in without them."""

import json
from pathlib import Path
from typing import Any

import pytest

from bng_core.boundaries import boundaries, boundary_layers, place_of_point
from bng_core.errors import BadInput, UnknownPlace


def square(west: float, south: float, side: float) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def an_area(name: str, *polygons: list[Any], key: str) -> dict[str, Any]:
    shape = {"type": "MultiPolygon", "coordinates": list(polygons)}
    return {"type": "Feature", "properties": {key: name}, "geometry": shape}


def outlines(*areas: dict[str, Any]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(areas)})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Cherwell is a square with a hole of its own size / 4, in which Oxford lies, and an island."""
    ring = [square(-2, 51, 1), square(-1.75, 51.25, 0.5)]
    lpa = [
        an_area("Cherwell LPA", ring, [square(0, 51, 0.5)], key="LPA24NM"),
        an_area("Oxford LPA", [square(-1.75, 51.25, 0.5)], key="LPA24NM"),
    ]
    nca = [an_area("Cotswolds", [square(-2, 51, 3)], key="NCA_Name")]
    (tmp_path / "lpa.json").write_text(outlines(*lpa))
    (tmp_path / "nca.json").write_text(outlines(*nca))
    monkeypatch.setenv("BNG_BOUNDARIES", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("lat", "lon", "lpa"),
    [
        (51.1, -1.9, "Cherwell LPA"),
        (51.5, -1.5, "Oxford LPA"),  # the hole
        (51.25, 0.25, "Cherwell LPA"),  # the island
    ],
)
def test_an_outline_tells_the_area_of_a_point(
    folder: Path, lat: float, lon: float, lpa: str
) -> None:
    found = place_of_point(lat, lon)

    assert (found.lpa, found.nca, found.is_guess) == (lpa, "Cotswolds", False)
    assert found.words == f"The point lies in {lpa} and in the NCA Cotswolds."


def test_a_point_outside_every_outline_is_a_guess_from_the_nearest_district(folder: Path) -> None:
    assert place_of_point(53.95, -1.08).is_guess  # York
    assert place_of_point(53.95, -1.08).lpa == "York LPA"


def test_without_outlines_the_nearest_district_stands_in_and_is_called_a_guess(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("BNG_BOUNDARIES", raising=False)

    found = place_of_point(51.7, -1.2)

    assert boundary_layers() == []
    assert found.words == (
        f"{found.lpa}, NCA {found.nca}: a guess from the nearest postcode district, because no "
        "boundaries are loaded for this point. Check both."
    )


def test_a_point_in_the_sea_is_in_no_area(folder: Path) -> None:
    with pytest.raises(UnknownPlace):
        place_of_point(50.0, 3.0)


def test_only_the_files_that_are_there_are_offered(folder: Path) -> None:
    assert boundary_layers() == ["lpa", "nca"]
    assert len(boundaries("lpa")["features"]) == 2


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "it cannot be read as JSON"),
        ("[]", "it is no FeatureCollection"),
        (outlines({"properties": {"x": "y"}}), "an area has no name or no polygon"),
        (
            outlines(an_area("Cherwell LPA", [[["a", 1]]], key="LPA23NM")),
            "an area has no name or no polygon",
        ),
    ],
)
def test_a_file_that_is_no_geojson_is_refused_with_what_to_do(
    folder: Path, content: str, what: str
) -> None:
    (folder / "lpa.json").write_text(content)

    with pytest.raises(BadInput) as refusal:
        place_of_point(51.1, -1.9)

    assert str(refusal.value) == (
        f"lpa.json in the folder of BNG_BOUNDARIES is not usable: {what}. Expected GeoJSON with a "
        "polygon for each area; replace the file, or unset BNG_BOUNDARIES."
    )
