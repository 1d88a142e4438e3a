"""Trading bands and credit tiers follow the tool's rules for any unit changes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bng_core.metric import layout
from bng_core.metric.headline_cells import ModuleUnits, UnitResults, headline_cells, needs
from bng_core.metric.tier_cells import tier_cells
from bng_core.metric.trading_cells import Cells, TradingCells, trading_cells
from bng_core.terms import Distinctiveness, Module

AREA_TIERS = ("A1", "A2", "A3", "A4", "A5")
ROWS = layout.trading_rows()


def derived(
    changes: dict[str, float], baseline: float = 0, post: float = 0
) -> tuple[TradingCells, Cells, dict[str, float | str]]:
    """Trading cells, headline cells and shortfall per tier of on-site changes by habitat."""
    results = UnitResults(
        target=0.1,
        units={Module.AREA: ModuleUnits(baseline=baseline, post=post)},
        changes={row: (changes[row.habitat], 0.0) for row in ROWS if row.habitat in changes},
    )
    trading = trading_cells(results.all_changes())
    headline = headline_cells(results, trading)
    tiers = tier_cells(results.all_changes(), trading, needs(headline))
    return trading, headline, {tier: tiers[cell] for tier, cell in layout.TIER_CELLS.items()}


def area_bands(trading: TradingCells) -> dict[str, bool]:
    cells = trading.by_module[Module.AREA]
    verdicts = layout.satisfied_cells(Module.AREA).items()
    return {str(band): str(cells[cell]).startswith("Yes") for band, cell in verdicts}


ORCHARD = "Grassland - Traditional orchards"
MEADOW = "Grassland - Lowland meadows"
NEUTRAL = "Grassland - Other neutral grassland"
SCRUB = "Heathland and shrub - Mixed scrub"
WOOD = "Woodland and forest - Other woodland; mixed"
POND = "Lakes - Ponds (non-priority habitat)"
MODIFIED = "Grassland - Modified grassland"
REEDBED = "Wetland - Reedbeds"


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({ORCHARD: -1, MEADOW: 5}, {"High"}),  # Very High does not offset a High loss
        ({ORCHARD: -1, REEDBED: 5}, {"High"}),  # nor does another High habitat
        ({NEUTRAL: -1, SCRUB: 5}, {"Medium"}),  # nor a Medium habitat of another broad group
        ({NEUTRAL: -1, REEDBED: 1}, set()),  # but a higher habitat of any group does
        ({MODIFIED: -1, SCRUB: 1}, set()),  # and any better habitat offsets a Low loss
        ({MODIFIED: -1, NEUTRAL: -1, SCRUB: 2}, {"Medium"}),  # 2 - 1 = 1 is left for Low
        ({MODIFIED: -2, NEUTRAL: -1, SCRUB: 2}, {"Medium", "Low"}),
    ],
)
def test_area_bands_fail_as_the_rules_say(changes: dict[str, float], failed: set[str]) -> None:
    trading, _, _ = derived(changes)

    assert {band for band, satisfied in area_bands(trading).items() if not satisfied} == failed


@pytest.mark.parametrize(
    ("changes", "tiers"),
    [
        # Rule 1: orchard surplus 3 first answers its own group, 2 of neutral grassland.
        ({ORCHARD: 3, NEUTRAL: -2}, {}),
        # Rule 2: the 3 left go to ponds (A4) before woodland (A2) and scrub (A1).
        ({ORCHARD: 3, POND: -2, WOOD: -2, SCRUB: -2}, {"A2": 1, "A1": 2}),
        ({ORCHARD: 5, POND: -2, WOOD: -2, SCRUB: -2}, {"A1": 1}),
        # Rule 5: scrub surplus 1 and the orchard's 1 answer 2 of 3 Low units lost.
        ({ORCHARD: 1, SCRUB: 1, MODIFIED: -3}, {"A1": 1}),
        # A Medium deficit does not shrink what Rule 5 has, unlike the trading summary.
        ({SCRUB: 2, NEUTRAL: -1, MODIFIED: -2}, {"A1": 1}),
    ],
)
def test_credits_follow_rules_1_to_5(changes: dict[str, float], tiers: dict[str, float]) -> None:
    _, _, shortfall = derived(changes)

    assert {tier: units for tier, units in shortfall.items() if units} == tiers


def test_what_trading_losses_do_not_explain_of_the_deficit_goes_to_the_cheapest_tier() -> None:
    # 10 units before, 4 after: 11 - 4 = 7 short, of which the woodland loss explains 2.
    _, _, shortfall = derived({WOOD: -2}, baseline=10, post=4)

    assert (shortfall["A1"], shortfall["A2"]) == (pytest.approx(5), 2)


def test_a_very_high_loss_turns_every_tier_to_error() -> None:
    _, _, shortfall = derived({MEADOW: -1})

    assert set(shortfall.values()) == {"ERROR"}


# Eighths of units: their sums are exact, so that comparisons with zero are too.
eighths = st.integers(-80, 80).map(lambda n: n / 8)
area_changes = st.dictionaries(
    st.sampled_from(
        [
            row.habitat
            for row in ROWS
            if row.module is Module.AREA and row.distinctiveness is not Distinctiveness.VERY_HIGH
        ]
    ),
    eighths,
    max_size=12,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(area_changes, st.integers(0, 400), st.integers(0, 400))
def test_area_credits_always_cover_the_headline_deficit(
    changes: dict[str, float], baseline: int, post: int
) -> None:
    _, headline, shortfall = derived(changes, baseline / 8, post / 8)

    units = [float(shortfall[tier]) for tier in AREA_TIERS]
    assert min(units) >= -1e-9
    assert sum(units) >= float(headline["H61"]) - 1e-9


@settings(max_examples=150, deadline=None, derandomize=True)
@given(area_changes)
def test_no_credits_are_due_where_trading_is_satisfied_and_nothing_is_short(
    changes: dict[str, float],
) -> None:
    trading, _, shortfall = derived(changes)

    if all(area_bands(trading).values()):
        assert {shortfall[tier] for tier in AREA_TIERS} <= {0}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(area_changes, st.sampled_from(sorted(row.habitat for row in ROWS)), st.integers(1, 40))
def test_more_units_never_fail_a_band_that_was_satisfied(
    changes: dict[str, float], habitat: str, gain: int
) -> None:
    before, _, _ = derived(changes)

    after, _, _ = derived({**changes, habitat: changes.get(habitat, 0) + gain / 8})

    for module in Module:
        for cell in layout.satisfied_cells(module).values():
            if str(before.by_module[module][cell]).startswith("Yes"):
                assert str(after.by_module[module][cell]).startswith("Yes")
