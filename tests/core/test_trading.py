"""Who may replace whom, and what the trading rules leave short: by hand and by the sheets."""

import random
from decimal import Decimal

import pytest

from bng_core.reference import load_habitats, load_trading_rules
from bng_core.terms import Distinctiveness, Habitat, Module
from bng_core.trading import may_replace, trading_deficit, trading_tests
from bng_core.trading_sheets import trading_verdicts
from tests.builders import ACID, CEREALS, MEADOW, MODIFIED, NEUTRAL, ORCHARD, SCRUB

HABITATS = load_habitats().by_label

HAY_MEADOW = "Grassland - Upland hay meadows"
CALCAREOUS = "Grassland - Lowland calcareous grassland"
BIRCHWOOD = "Woodland and forest - Upland birchwoods"
GARDEN = "Urban - Vegetated garden"
SEALED = "Urban - Developed land; sealed surface"
MUD = "Intertidal sediment - Artificial littoral muddy sand"
HARD = "Intertidal hard structures - Artificial hard structures with integrated greening of grey infrastructure (IGGI)"  # noqa: E501

BANKED_TREES = "Species-rich native hedgerow with trees - associated with bank or ditch"
RICH_TREES = "Species-rich native hedgerow with trees"
RICH_BANKED = "Species-rich native hedgerow - associated with bank or ditch"
RICH = "Species-rich native hedgerow"
TREES = "Native hedgerow with trees"
NATIVE = "Native hedgerow"
LINE = "Line of trees"
ORNAMENTAL = "Non-native and ornamental hedgerow"

PRIORITY, RIVER, DITCH, CANAL, CULVERT = (
    "Priority habitat",
    "Other rivers and streams",
    "Ditches",
    "Canals",
    "Culvert",
)


@pytest.mark.parametrize(
    ("lost", "gained", "lawful"),
    [
        # area, Very High: the same habitat
        (MEADOW, MEADOW, True),
        (MEADOW, HAY_MEADOW, False),
        (MEADOW, ORCHARD, False),
        (MEADOW, MODIFIED, False),
        # area, High: the same habitat, and a Very High one does not help
        (ORCHARD, ORCHARD, True),
        (ORCHARD, MEADOW, False),
        (ORCHARD, CALCAREOUS, False),
        (ORCHARD, NEUTRAL, False),
        (ORCHARD, MODIFIED, False),
        # area, Medium: the same group, or anything higher, never Low
        (NEUTRAL, NEUTRAL, True),
        (NEUTRAL, ACID, True),
        (NEUTRAL, SCRUB, False),
        (NEUTRAL, ORCHARD, True),
        (NEUTRAL, BIRCHWOOD, True),
        (NEUTRAL, MEADOW, True),
        (NEUTRAL, MODIFIED, False),
        (NEUTRAL, CEREALS, False),
        (MUD, HARD, True),
        # area, Low: anything of Low or better, never Very Low
        (MODIFIED, MODIFIED, True),
        (MODIFIED, CEREALS, True),
        (MODIFIED, GARDEN, True),
        (MODIFIED, SCRUB, True),
        (MODIFIED, ORCHARD, True),
        (MODIFIED, MEADOW, True),
        (MODIFIED, SEALED, False),
        # hedgerow, Very High: the same type
        (BANKED_TREES, BANKED_TREES, True),
        (BANKED_TREES, RICH_TREES, False),
        # hedgerow, High: the same type, or Very High
        (RICH_TREES, RICH_TREES, True),
        (RICH_TREES, BANKED_TREES, True),
        (RICH_TREES, RICH_BANKED, False),
        (RICH_TREES, RICH, False),
        # hedgerow, Medium: any Medium or better
        (RICH, RICH, True),
        (RICH, TREES, True),
        (RICH, RICH_TREES, True),
        (RICH, BANKED_TREES, True),
        (RICH, NATIVE, False),
        (RICH, ORNAMENTAL, False),
        # hedgerow, Low: any Low or better
        (NATIVE, NATIVE, True),
        (NATIVE, LINE, True),
        (NATIVE, RICH, True),
        (NATIVE, RICH_TREES, True),
        (NATIVE, BANKED_TREES, True),
        (NATIVE, ORNAMENTAL, False),
        # hedgerow, Very Low: any hedgerow
        (ORNAMENTAL, ORNAMENTAL, True),
        (ORNAMENTAL, NATIVE, True),
        (ORNAMENTAL, BANKED_TREES, True),
        # watercourse, Very High, High, Medium: the same type
        (PRIORITY, PRIORITY, True),
        (PRIORITY, RIVER, False),
        (RIVER, RIVER, True),
        (RIVER, PRIORITY, False),
        (DITCH, DITCH, True),
        (DITCH, CANAL, False),
        (DITCH, RIVER, False),
        (DITCH, CULVERT, False),
        (CANAL, CANAL, True),
        (CANAL, PRIORITY, False),
        # watercourse, Low: any watercourse
        (CULVERT, CULVERT, True),
        (CULVERT, DITCH, True),
        (CULVERT, CANAL, True),
        (CULVERT, RIVER, True),
        (CULVERT, PRIORITY, True),
        # units never move between modules
        (MODIFIED, NATIVE, False),
        (NATIVE, ORCHARD, False),
        (CULVERT, BANKED_TREES, False),
        (SEALED, ORNAMENTAL, False),
    ],
)
def test_who_may_replace_whom(lost: str, gained: str, lawful: bool) -> None:
    assert may_replace(HABITATS[lost], HABITATS[gained]) is lawful


def test_very_low_area_habitats_are_in_no_trading_rule() -> None:
    assert may_replace(HABITATS[SEALED], HABITATS[SEALED])
    assert trading_deficit({SEALED: Decimal(-5)}, Module.AREA) == 0


def test_every_band_with_units_has_exactly_one_rule() -> None:
    rules = [(rule.module, rule.distinctiveness) for rule in load_trading_rules()]
    bands = {(h.module, h.distinctiveness) for h in HABITATS.values() if h.score}

    assert sorted(rules) == sorted(bands)


def deficit(module: Module = Module.AREA, **changes: float) -> Decimal:
    return trading_deficit({label: Decimal(str(units)) for label, units in changes.items()}, module)


@pytest.mark.parametrize(
    ("changes", "short"),
    [
        ({}, 0),
        ({ORCHARD: -1, CALCAREOUS: 3, MEADOW: 3}, 1),  # High: like for like only
        ({NEUTRAL: -2, ACID: 0.5}, 1.5),  # Medium: the group nets
        ({NEUTRAL: -2, SCRUB: 5}, 2),  # ... and another group's surplus does not help
        ({NEUTRAL: -2, SCRUB: -1, ORCHARD: 2.5}, 0.5),  # ... but a High surplus does
        ({MODIFIED: -3, SCRUB: 1, ORCHARD: 1}, 1),  # Low: any surplus from above
        ({MODIFIED: -3, NEUTRAL: -1, ORCHARD: 2}, 2),  # ... once, not twice: 1 is left for Low
        # The orchard bought for the High loss frees nothing, and the scrub surplus goes to Low.
        ({ORCHARD: -1, NEUTRAL: -1, SCRUB: 1, MODIFIED: -1}, 2),
        # A High loss takes nothing from another habitat's surplus: it still answers the Medium.
        ({ORCHARD: -1, CALCAREOUS: 1, NEUTRAL: -1}, 1),
    ],
)
def test_the_area_deficit_nets_each_band_from_the_best_down(
    changes: dict[str, float], short: float
) -> None:
    assert deficit(**changes) == Decimal(str(short))


@pytest.mark.parametrize(
    ("changes", "short"),
    [
        ({BANKED_TREES: -1, RICH_TREES: 5}, 1),
        ({RICH_TREES: -1, RICH_BANKED: 5}, 1),
        ({RICH_TREES: -1, BANKED_TREES: 0.75}, 0.25),
        ({RICH: -2, TREES: 1.5}, 0.5),
        ({RICH: -2, RICH_TREES: 3, NATIVE: -2}, 1),
        ({ORNAMENTAL: -1, NATIVE: 0.25}, 0.75),
        ({RICH: -1, NATIVE: 5}, 1),
    ],
)
def test_the_hedgerow_deficit_goes_down_five_bands(changes: dict[str, float], short: float) -> None:
    assert deficit(Module.HEDGEROW, **changes) == Decimal(str(short))


@pytest.mark.parametrize(
    ("changes", "short"),
    [
        ({DITCH: -1, CANAL: 1}, 1),
        ({DITCH: -1, RIVER: 1, PRIORITY: 1}, 1),
        ({CULVERT: -1, DITCH: 0.25, RIVER: 0.25, PRIORITY: 0.25}, 0.25),
    ],
)
def test_only_a_culvert_takes_a_better_watercourse(changes: dict[str, float], short: float) -> None:
    assert deficit(Module.WATERCOURSE, **changes) == Decimal(str(short))


def test_other_modules_do_not_matter() -> None:
    assert deficit(Module.HEDGEROW, **{MODIFIED: -3, NATIVE: -1}) == 1


def random_changes(rng: random.Random, module: Module) -> dict[str, Decimal]:
    labels = [h.label for h in HABITATS.values() if h.module is module and h.score]
    chosen = rng.sample(labels, min(len(labels), rng.randint(1, 8)))
    return {label: Decimal(rng.randint(-4, 4)) for label in chosen}


@pytest.mark.parametrize("module", list(Module))
def test_a_deficit_is_what_the_official_sheets_call_a_broken_rule(module: Module) -> None:
    rng = random.Random(1)
    for _ in range(300):
        changes = random_changes(rng, module)

        verdicts = trading_verdicts((HABITATS[label], units) for label, units in changes.items())

        broken = any(value < 0 for value in verdicts.values())
        assert (trading_deficit(changes, module) > 0) is broken, changes


def answered(changes: dict[str, Decimal], module: Module) -> tuple[dict[str, Decimal], Decimal]:
    """Buy like for like, one unit at a time, wherever an official cell is below 0."""
    bought = Decimal(0)
    changes = dict(changes)
    losses = sorted(
        (HABITATS[label] for label, units in changes.items() if units < 0),
        key=lambda habitat: -habitat.distinctiveness.rank,
    )
    for habitat in losses:
        while _broken_at(changes, habitat) and changes[habitat.label] < 0:
            changes[habitat.label] += 1
            bought += 1
    return changes, bought


def _broken_at(changes: dict[str, Decimal], habitat: Habitat) -> bool:
    """Whether the rules fail for the bands down to this habitat's alone."""
    above = [
        (HABITATS[label], units)
        for label, units in changes.items()
        if HABITATS[label].distinctiveness.rank >= habitat.distinctiveness.rank
    ]
    return any(value < 0 for value in trading_verdicts(above).values())


@pytest.mark.parametrize("module", list(Module))
def test_buying_like_for_like_until_the_sheets_agree_takes_exactly_the_deficit(
    module: Module,
) -> None:
    rng = random.Random(2)
    for _ in range(200):
        changes = random_changes(rng, module)

        lawful, bought = answered(changes, module)

        verdicts = trading_verdicts((HABITATS[label], units) for label, units in lawful.items())
        assert all(value >= 0 for value in verdicts.values()), changes
        assert bought == trading_deficit(changes, module), changes


def test_a_test_states_its_pools_and_the_change_above_them() -> None:
    changes = {NEUTRAL: Decimal(-2), ACID: Decimal(3), SCRUB: Decimal(-1), ORCHARD: Decimal(-4)}

    tests = {test.rule.distinctiveness: test for test in trading_tests(changes, Module.AREA)}

    medium = tests[Distinctiveness.MEDIUM]
    assert medium.pools == {"Grassland": 1, "Heathland and shrub": -1}
    assert (medium.lost(), medium.gained()) == ({"Heathland and shrub": 1}, {"Grassland": 1})
    assert medium.higher == -4
    assert tests[Distinctiveness.LOW].higher == -4
    assert tests[Distinctiveness.VERY_HIGH].pools == {}
