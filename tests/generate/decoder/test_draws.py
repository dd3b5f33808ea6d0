"""Random numbers of rows: uniform, unrelated, and the same in whatever batch a row is written."""

import numpy as np
import pytest

from synllm.generate.decoder.draws import draw_uniform

ROWS = np.arange(100_000)


def chi_square(found: np.ndarray, cells: int) -> float:
    """How far counts are from even ones, in standard deviations of the statistic."""
    counts = np.bincount(found, minlength=cells)
    expected = found.size / cells
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return (statistic - (cells - 1)) / (2 * (cells - 1)) ** 0.5


@pytest.mark.parametrize(("seed", "purpose"), [(0, 0), (1, 0), (0, 1), (2**63, 2**25 + 3)])
def test_they_are_spread_evenly_from_zero_to_one(seed: int, purpose: int) -> None:
    found = draw_uniform(seed, ROWS, purpose)

    assert found.min() >= 0
    assert found.max() < 1
    assert abs(chi_square((found * 1000).astype(int), 1000)) < 4


@pytest.mark.parametrize("other", [(7, 1, 4), (8, 0, 4), (7, 0, 5), (7, 0, (1 << 20) + 4)])
def test_another_seed_row_or_purpose_gives_numbers_that_are_unrelated(
    other: tuple[int, int, int],
) -> None:
    seed, shift, purpose = other
    one, two = draw_uniform(7, ROWS, 4), draw_uniform(seed, ROWS + shift, purpose)
    pairs = (one * 30).astype(int) * 30 + (two * 30).astype(int)

    assert abs(chi_square(pairs, 900)) < 4


def test_a_row_draws_the_same_in_every_batch() -> None:
    together = draw_uniform(3, ROWS[:1000], 2)
    apart = [draw_uniform(3, part, 2) for part in np.array_split(ROWS[:1000], 7)]

    assert (np.concatenate(apart) == together).all()
