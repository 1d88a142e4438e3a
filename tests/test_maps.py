"""What a map shows, says in words and lists in its table; browsers see it in the page tests."""

import random
from html import escape
from pathlib import Path
from typing import Any

import pytest

from bng_core.boundaries import PointPlace
from dashboards.pages import PAGES
from dashboards.ui.maps import MOST_MARKERS, MapPoint, MapView, Sign, gather, marker_name, view_of
from dashboards.widget_assets import MAPS, only_used
from tests.core.test_boundaries import an_area, outlines, square

SIGNS = [Sign.LOCAL, Sign.ADJACENT, Sign.FAR]
SCRIPT = "<script>alert('x')</script>"


def a_point(name: str, lat: float = 52.0, lon: float = -1.0, **more: Any) -> MapPoint:
    return MapPoint(name, name, lat, lon, **more)


def many(count: int) -> list[MapPoint]:
    draw = random.Random(7)
    return [
        a_point(
            f"Bank {i}", draw.uniform(50, 55), draw.uniform(-5, 1.5), sign=list(Sign)[i % 3 + 1]
        )
        for i in range(count)
    ]


def html_of(view: MapView) -> str:
    return " ".join(str(child.value) for child in view.widget.children if hasattr(child, "value"))


def test_a_marker_says_the_name_and_how_near_the_bank_is() -> None:
    near = a_point("Long Meadow", sign=Sign.LOCAL, detail="2.50 units")

    assert marker_name([near]) == "Long Meadow, local bank: 2.50 units"


def test_a_thousand_banks_become_few_markers_and_none_is_left_out() -> None:
    points = many(1_000)

    groups = gather(points)

    assert len(groups) <= MOST_MARKERS
    assert sorted(p.key for group in groups for p in group) == sorted(p.key for p in points)
    assert all(len({point.sign for point in group}) == 1 for group in groups)


def test_a_marker_of_several_banks_says_how_many_and_names_the_first() -> None:
    group = [a_point(f"Bank {i}", sign=Sign.FAR) for i in range(5)]

    assert marker_name(group) == "5 far banks close together: Bank 0, Bank 1, Bank 2 and 2 more"


def test_every_point_is_in_the_table_beside_the_map() -> None:
    view = MapView("Banks")

    view.show(many(100))

    assert view.widget.children[-1].value.count('<th scope="row"') == 100
    assert "A sign with a number stands for so many banks close together." in html_of(view)


def test_names_on_a_map_are_text_never_markup() -> None:
    view = MapView(SCRIPT)

    view.show([a_point(SCRIPT, detail=SCRIPT)])

    marker = view._markers.layers[0]
    assert "<script>" not in html_of(view) + marker.icon.html
    assert escape(SCRIPT) in html_of(view)


def test_the_map_shows_all_of_england_when_there_is_no_point() -> None:
    (lat, lon), zoom = view_of([])

    assert (round(lat, 1), round(lon, 1)) == (52.8, -2.3)
    assert 5 <= zoom <= 6


def test_a_click_tells_the_place_and_says_that_it_is_a_guess() -> None:
    told: list[PointPlace] = []
    view = MapView("Where", on_place=told.append)

    view._clicked({"type": "mousemove", "coordinates": [51.7, -1.2]})
    view._clicked({"type": "click", "coordinates": [51.7, -1.2]})

    assert len(told) == 1
    assert told[0].is_guess
    assert told[0].words in html_of(view)


def test_a_click_in_the_sea_is_refused_in_words() -> None:
    view = MapView("Where", on_place=lambda place: None)

    view._clicked({"type": "click", "coordinates": [50.0, 3.0]})

    assert "is not in England" in html_of(view)


def test_picking_a_marker_gives_the_keys_of_its_banks() -> None:
    picked: list[list[str]] = []
    view = MapView("Banks", on_pick=picked.append)
    view.show([a_point("a"), a_point("b", 53.0)])

    view._markers.layers[1]._handle_mouse_events(
        None, {"event": "interaction", "type": "click", "coordinates": [53.0, -1.0]}, None
    )

    assert picked == [["b"]]


def test_outlines_are_offered_only_where_they_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = MapView("Banks")
    bare.show([])
    (tmp_path / "lnrs.json").write_text(
        outlines(an_area("Oxfordshire", [square(-2, 51, 1)], key="Name"))
    )
    monkeypatch.setenv("BNG_BOUNDARIES", str(tmp_path))
    drawn = MapView("Banks")

    drawn.show([])

    assert "no boundaries are loaded on this site" in html_of(bare)
    assert drawn._outlines.options[1] == ("Nature recovery strategy areas", "lnrs")
    assert len(drawn._lines.data["features"]) == 1
    drawn._outlines.value = "none"
    assert drawn._lines.data["features"] == []


@pytest.mark.parametrize("page", PAGES)
def test_only_pages_with_a_map_load_the_code_of_maps(page: Any) -> None:
    config = {"federated_extensions": [{"name": MAPS}, {"name": "other"}]}

    loaded = only_used(config, notebook_path=f"{page.name}.ipynb")["federated_extensions"]

    assert ({"name": MAPS} in loaded) == page.has_map
    assert only_used(config, notebook_path="unknown.ipynb") == {
        "federated_extensions": [{"name": "other"}]
    }
