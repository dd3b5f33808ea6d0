"""The rows of a batch to deliver, of a few more that were written."""

from __future__ import annotations

import numpy as np

from synllm.rowspace.sample import Floats, Integers


def pick_rows(values: Floats, sums: Floats, sides: Integers, count: int) -> Integers:
    """Return the places of `count` rows, ascending, that leave the table's figures closest.

    `values` are the rows' moments in units of tolerances, shape (rows, moments), `sums` those of
    the rows delivered before. One row after the other is left out, each time the one without which
    the sums, squared and added up, are smallest; sums on their allowed side count as nothing.
    """
    left = np.arange(len(values))
    total = sums + values.sum(axis=0)
    while left.size > count:
        without = total - values[left]
        off = np.where(without * sides > 0, 0.0, without)
        worst = int(np.argmin((off**2).sum(axis=1)))
        total = without[worst]
        left = np.delete(left, worst)
    return left
