"""What every engine returns: the verdicts on a batch of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synllm.spec.cells import CellProblem
from synllm.spec.values import Row

PROBLEMS = tuple(CellProblem)
"""A cell problem's code is its place in here."""


Rows: TypeAlias = NDArray[np.intp] | slice
"""Some rows of a batch, by their places."""

ALL_ROWS = slice(None)


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch of rows with its verdicts.

    `counts` has a row for each statement, in order, and a column for each verdict. `verdicts`
    finds, for each statement, the verdict's code on each of some rows. `problems` has, for each
    column with unreadable cells, a problem's code per row, -1 where the cell can be read. `row`
    gives a row's exact values in the columns that statements mention, an unreadable cell taken as
    missing.
    """

    rows: int
    counts: NDArray[np.int64]
    verdicts: Callable[[Rows], tuple[NDArray[np.uint8], ...]]
    problems: dict[str, NDArray[np.int8]]
    row: Callable[[int], Row]


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row's exact values, unreadable cells taken as missing, and the names of those."""

    values: Row
    unreadable: frozenset[str]
