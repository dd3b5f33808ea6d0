"""Rows as columns of integers, the form in which the column programme reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synllm.spec.core import CoreColumn, CoreSpec
from synllm.spec.values import MISSING, NOT_APPLICABLE, Row, Value

Numbers: TypeAlias = NDArray[Any]
States: TypeAlias = NDArray[np.uint8]

PRESENT, IS_MISSING, IS_NOT_APPLICABLE, UNREADABLE = range(4)
"""What a cell's state can be."""

EXACT_FLOAT = 2**53
"""Integers up to this size are exact in float64."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some rows: by column, each cell's integer and its state.

    `values` are float64, or Python integers in an object array for a column that `is_wide`; NaN
    wherever the cell is not present. Present values must lie in the column's value set: a cell
    outside it is unreadable. `states` hold PRESENT, IS_MISSING, IS_NOT_APPLICABLE or UNREADABLE.
    """

    length: int
    values: Mapping[str, Numbers]
    states: Mapping[str, States]

    def rows(self, start: int, stop: int) -> Batch:
        """Return the rows start..stop (exclusive) without copying them."""
        return Batch(
            min(stop, self.length) - start,
            {name: each[start:stop] for name, each in self.values.items()},
            {name: each[start:stop] for name, each in self.states.items()},
        )


def is_wide(column: CoreColumn) -> bool:
    """Return whether the column's integers may be too large for float64 to hold them exactly."""
    return any(
        end is None or abs(end) > EXACT_FLOAT
        for interval in column.values.intervals
        for end in interval
    )


def batch_from_rows(core: CoreSpec, rows: Sequence[Row]) -> Batch:
    """Return the rows as a batch; a present value outside its column's value set is unreadable."""
    values: dict[str, Numbers] = {}
    states: dict[str, States] = {}
    for column in core.columns:
        cells = [_cell(column, row[column.name]) for row in rows]
        integers = [float("nan") if integer is None else integer for integer, _ in cells]
        values[column.name] = np.array(integers, dtype=object if is_wide(column) else np.float64)
        states[column.name] = np.array([state for _, state in cells], dtype=np.uint8)
    return Batch(len(rows), values, states)


def _cell(column: CoreColumn, value: Value) -> tuple[int | None, int]:
    if value is MISSING:
        return None, IS_MISSING
    if value is NOT_APPLICABLE:
        return None, IS_NOT_APPLICABLE
    integer = _integer(column, value)
    if integer is None or integer not in column.values:
        return None, UNREADABLE
    return integer, PRESENT


def _integer(column: CoreColumn, value: Value) -> int | None:
    if isinstance(value, str):
        return column.labels.index(value) if value in column.labels else None
    if not isinstance(value, Fraction) or column.labels:
        return None
    scaled = value * 10**column.decimals
    return scaled.numerator if scaled.denominator == 1 else None
