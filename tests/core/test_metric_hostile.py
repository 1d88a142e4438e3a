"""A seeded part of the mutated workbooks; all of them: python -m tests.mutated_workbooks 2000."""

import pytest

from tests.mutated_workbooks import KINDS, inflate, mutated, originals, read_all

SEEDS = [seed for seed in range(100) if KINDS[seed % len(KINDS)] is not inflate or seed < 10]


@pytest.fixture(scope="module")
def whole() -> list[bytes]:
    return originals()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mutated_workbook_is_read_or_refused_in_one_sentence(
    whole: list[bytes], seed: int
) -> None:
    assert read_all(mutated(whole, seed)) in ("read", "refused")
