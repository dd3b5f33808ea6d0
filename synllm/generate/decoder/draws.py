"""Random numbers by row: what one row draws depends on no other row and on no batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synllm.rowspace.sample import Floats, Integers

_STEP = np.uint64(0x9E3779B97F4A7C15)


def draw_uniform(seed: int, rows: Integers, purpose: int) -> Floats:
    """Return a number in [0, 1) for each row, the same for the same seed, row and purpose.

    A counter-based generator: SplitMix64 (Steele, Lea & Flood 2014, OOPSLA) over the three numbers.
    """
    mixed = _mix(np.full(rows.shape, np.uint64(seed % 2**64)))
    mixed = _mix(mixed ^ rows.astype(np.uint64))
    mixed = _mix(mixed ^ np.uint64(purpose))
    found: Floats = (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return found


def _mix(number: NDArray[np.uint64]) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        number = number + _STEP
        number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: NDArray[np.uint64] = number ^ (number >> np.uint64(31))
    return mixed
