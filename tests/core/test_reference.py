"""The reference tables: complete, dated, sourced, and the same as the official tool's lists."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

import bng_core.reference
from bng_core.reference import (
    Habitats,
    load_contract_sizes,
    load_credit_prices,
    load_habitats,
    load_neighbours,
    load_spatial_risk,
    load_trading_rules,
    rulebook_version,
    table,
)
from bng_core.settings import PROJECT_ROOT
from bng_core.terms import ContractSize, Distinctiveness, Habitat, Module, SpatialRoute

ROOT = Path(str(files(bng_core.reference)))
TABLES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.csv"))
OFFICIAL = PROJECT_ROOT.parent / "shared" / "metric" / "reference"
SHORT_BANDS = {"V.High": "Very High", "V.Low": "Very Low", "V.low": "Very Low"}

needs_official = pytest.mark.skipif(
    not OFFICIAL.is_dir(), reason="../shared/metric/reference is not beside the project"
)


def official(name: str) -> Iterator[dict[str, str]]:
    with (OFFICIAL / name).open(encoding="utf-8-sig", newline="") as handle:
        yield from csv.DictReader(handle)


def names_of(kind: str) -> set[str]:
    file = "marine_plan_areas" if kind == "marine_plan_area" else kind
    return {row["name"] for row in table(f"geography/{file}.csv")}


@pytest.mark.parametrize("name", TABLES)
def test_every_row_says_since_when_and_from_where(name: str) -> None:
    rows = list(table(name))

    assert rows
    for row in rows:
        assert None not in row, row
        assert row["source"].strip(), row
        if row["valid_from"] != "announced":  # the LNRS geography: no day is set
            date.fromisoformat(row["valid_from"])


@pytest.mark.parametrize("name", TABLES)
def test_no_row_stands_twice(name: str) -> None:
    rows = Counter(tuple(row.values()) for row in table(name))

    assert [row for row, count in rows.items() if count > 1] == []


def test_the_origin_file_names_every_table() -> None:
    origin = (ROOT / "ORIGIN.md").read_text(encoding="utf-8")

    stems = {name.removeprefix("geography/").removesuffix(".csv").split("_")[0] for name in TABLES
             if not name.startswith("units/")}  # fmt: skip
    assert [stem for stem in stems if stem not in origin] == []


@needs_official
def test_area_habitats_are_those_of_the_official_tool() -> None:
    expected = {
        row["label"]: (
            row["broad_habitat"],
            row["habitat"],
            SHORT_BANDS.get(row["distinctiveness_band"], row["distinctiveness_band"]),
            int(row["distinctiveness_score"]),
            row["medium_trading_group"],
            "" if row["credit_tier"].startswith("none") else row["credit_tier"],
        )
        for row in official("area_habitats.csv")
    }

    found = {
        h.label: (
            h.broad_habitat,
            h.habitat_type,
            str(h.distinctiveness),
            h.score,
            h.trading_group,
            h.credit_tier,
        )
        for h in load_habitats().by_label.values()
        if h.module is Module.AREA
    }

    assert found == expected


@needs_official
@pytest.mark.parametrize(
    ("module", "name"),
    [(Module.HEDGEROW, "hedgerow_types.csv"), (Module.WATERCOURSE, "watercourse_types.csv")],
)
def test_hedgerows_and_watercourses_are_those_of_the_official_tool(
    module: Module, name: str
) -> None:
    expected = {
        row["habitat"]: (
            SHORT_BANDS.get(row["distinctiveness_band"], row["distinctiveness_band"]),
            int(row["distinctiveness_score"]),
        )
        for row in official(name)
    }

    found = {
        h.label: (str(h.distinctiveness), h.score)
        for h in load_habitats().by_label.values()
        if h.module is module
    }

    assert found == expected


@needs_official
def test_the_trading_rows_of_the_area_sheet_name_the_same_habitats() -> None:
    for row in official("area_trading_rows.csv"):
        habitat = load_habitats().by_trading_name(Module.AREA, row["habitat"])
        assert str(habitat.distinctiveness) == row["band"]
        assert habitat.trading_group == row["medium_sum_group"]


@needs_official
def test_spatial_risk_is_that_of_the_official_tool() -> None:
    expected = {Decimal(row["multiplier"]) for row in official("spatial_risk.csv")}

    assert set(load_spatial_risk().values()) == expected


def test_every_route_has_three_multipliers_that_fall_with_distance() -> None:
    risk = load_spatial_risk()

    for route in SpatialRoute:
        values = [risk[route, relation] for relation in ("local", "adjacent", "far")]  # type: ignore[index]
        assert values == [Decimal(1), Decimal("0.75"), Decimal("0.5")]


def test_scores_follow_distinctiveness() -> None:
    scores = {"Very High": 8, "High": 6, "Medium": 4, "Low": 2}

    for habitat in load_habitats().by_label.values():
        very_low = 1 if habitat.module is Module.HEDGEROW else 0
        assert habitat.score == scores.get(habitat.distinctiveness, very_low), habitat.label


def test_only_medium_area_habitats_have_a_trading_group() -> None:
    for habitat in load_habitats().by_label.values():
        medium = habitat.distinctiveness is Distinctiveness.MEDIUM
        expected = medium and habitat.module is Module.AREA
        assert bool(habitat.trading_group) is expected, habitat.label


def test_every_habitat_goes_by_the_geography_of_its_kind() -> None:
    """Watercourses by catchment, intertidal habitats by marine plan area, others by LPA and NCA."""
    routes: dict[SpatialRoute, set[str]] = {}
    for habitat in load_habitats().by_label.values():
        routes.setdefault(habitat.route, set()).add(habitat.broad_habitat or habitat.module)

    assert routes[SpatialRoute.CATCHMENT] == {"watercourse"}
    assert routes[SpatialRoute.MARINE] == {
        "Coastal lagoons",
        "Coastal saltmarsh",
        "Intertidal hard structures",
        "Intertidal sediment",
        "Rocky shore",
    }
    assert set(routes) == {SpatialRoute.PLANNING, SpatialRoute.CATCHMENT, SpatialRoute.MARINE}


def test_a_habitat_is_found_by_label_by_bare_type_and_in_any_letters() -> None:
    habitats = load_habitats()

    for habitat in habitats.by_label.values():
        assert habitats.find(habitat.label) is habitat
        assert habitats.find(f"  {habitat.habitat_type.upper()} ") is habitat
        assert habitats.find(habitat.habitat_type, habitat.module) is habitat


def test_a_habitat_is_not_found_in_another_module_or_by_a_word_of_its_name() -> None:
    for name, module in (("Ditches", Module.AREA), ("grassland", None), ("", None)):
        with pytest.raises(KeyError):
            load_habitats().find(name, module)


def test_a_bare_type_that_two_habitats_share_finds_neither() -> None:
    def felled(broad: str) -> Habitat:
        return Habitat(f"{broad} - Felled", Module.AREA, broad, "Felled", Distinctiveness.LOW, 2,
                       "", "A1", SpatialRoute.PLANNING)  # fmt: skip

    both = Habitats([felled("Woodland"), felled("Individual trees")], {})

    assert both.find("woodland - felled").broad_habitat == "Woodland"
    with pytest.raises(KeyError):
        both.find("Felled")


def test_labels_are_listed_by_module_in_official_order() -> None:
    labels = load_habitats().labels(Module.WATERCOURSE)

    assert labels == [
        "Priority habitat", "Other rivers and streams", "Ditches", "Canals", "Culvert",
    ]  # fmt: skip
    assert len(load_habitats().labels()) == sum(len(load_habitats().labels(m)) for m in Module)


def test_rules_are_listed_best_band_first_with_their_official_cell() -> None:
    for module in Module:
        rules = [rule for rule in load_trading_rules() if rule.module is module]
        ranks = [rule.distinctiveness.rank for rule in rules]
        assert ranks == sorted(ranks, reverse=True)
        assert all(rule.source.startswith("Trading Summary") and rule.words for rule in rules)


def test_every_credit_tier_of_a_habitat_has_a_price_of_two_credits_a_unit() -> None:
    prices = load_credit_prices()
    tiers = {h.credit_tier for h in load_habitats().by_label.values()} - {""}

    assert tiers == set(prices) == {"A1", "A2", "A3", "A4", "A5", "H", "W"}
    # A1: 42,000 GBP a credit, 2 credits a unit
    assert prices["A1"].price_gbp_per_unit == 84_000
    assert all(price.credits_per_unit == 2 for price in prices.values())


def test_contract_sizes_rise_and_the_last_has_no_end() -> None:
    assert load_contract_sizes() == (
        (ContractSize.FRACTIONAL, Decimal("0.1")),
        (ContractSize.SMALL, Decimal("2.5")),
        (ContractSize.MEDIUM, Decimal(15)),
        (ContractSize.LARGE, None),
    )


@pytest.mark.parametrize("kind", ["lpa", "nca", "lnrs", "marine_plan_area"])
def test_neighbours_are_known_places_each_other_s_and_never_their_own(kind: str) -> None:
    neighbours = load_neighbours(kind)

    assert set(neighbours) <= names_of(kind)
    for name, others in neighbours.items():
        assert name not in others
        assert all(name in neighbours[other] for other in others)


@pytest.mark.parametrize(
    ("kind", "islands"),
    [
        ("lpa", {"Isle of Wight LPA", "Isles of Scilly LPA"}),
        ("nca", {"Isle of Wight", "Isles of Scilly", "Lundy"}),
    ],
)
def test_only_islands_have_no_neighbour(kind: str, islands: set[str]) -> None:
    assert names_of(kind) - set(load_neighbours(kind)) == islands


def test_every_authority_lies_in_known_character_areas_that_fill_it() -> None:
    """All but the water of its ports and rivers, which no character area covers."""
    shares: Counter[str] = Counter()
    for row in table("geography/lpa_nca_overlap.csv"):
        assert row["nca"] in names_of("nca")
        shares[row["lpa"]] += float(row["share_of_lpa"])  # type: ignore[assignment]

    assert set(shares) == names_of("lpa")
    assert all(0.89 < share < 1.01 for share in shares.values())


def test_the_rulebook_version_is_a_digest_that_stays() -> None:
    assert len(rulebook_version()) == 64
    assert rulebook_version.__wrapped__() == rulebook_version()
