"""What cells were seen that no condition counts: missing codes, and the numbers near thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synllm.columns.batch import IS_MISSING, PRESENT
from synllm.spec.cells import code_matches
from synllm.spec.model import Column
from synllm.spec.types import NumberType
from synllm.validate.decode import Decoded


@dataclass(slots=True)
class SeenColumn:
    """What the cells of a written column were, over all batches added; memory stays the same.

    `codes` counts the cells with each missing code, `nulls` the missing ones of a typed table that
    hold no code. `nearest` has for each threshold, as far as there is one, the greatest number
    seen below it and the least above it.
    """

    column: Column
    thresholds: Sequence[Fraction]
    codes: list[int] = field(init=False)
    nulls: int = 0
    unreadable: int = 0
    least: Fraction | None = None
    greatest: Fraction | None = None
    nearest: dict[Fraction, tuple[Fraction | None, Fraction | None]] = field(init=False)

    def __post_init__(self) -> None:
        self.codes = [0] * len(self.column.missing_codes)
        self.nearest = dict.fromkeys(self.thresholds, (None, None))

    def add(self, decoded: Decoded, cells: pa.DictionaryArray) -> None:
        """Take in a batch: its numbers and the texts that they were read from."""
        name = self.column.name
        states = decoded.batch.states[name]
        if name in decoded.problems:
            self.unreadable += int(np.count_nonzero(decoded.problems[name] >= 0))
        if self.column.missing_codes:
            self._add_codes(states == IS_MISSING, cells)
        if isinstance(self.column.type, NumberType):
            self._add_numbers(decoded.batch.values[name][states == PRESENT])

    def _add_codes(self, missing: NDArray[np.bool_], cells: pa.DictionaryArray) -> None:
        if not missing.any():
            return
        texts: list[str | None] = [*cells.dictionary.to_pylist(), None]
        places = cells.indices.fill_null(len(texts) - 1).to_numpy()[missing]
        for place, times in enumerate(np.bincount(places, minlength=len(texts)).tolist()):
            text = texts[place]
            if times and text is None:
                self.nulls += times
            elif times:
                self.codes[self._code_place(text)] += times

    def _code_place(self, text: str | None) -> int:
        assert text is not None
        return next(
            place
            for place, each in enumerate(self.column.missing_codes)
            if code_matches(each.code, text)
        )

    def _add_numbers(self, present: NDArray[Any]) -> None:
        if not len(present):
            return
        if not self.thresholds:
            self._widen(present.min(), present.max())
            return
        distinct = np.unique(present)
        self._widen(distinct[0], distinct[-1])
        for threshold, (below, above) in self.nearest.items():
            scaled = threshold * self._scale
            # The integers on either side; one at the threshold itself is neither.
            left = int(np.searchsorted(distinct, -(-scaled // 1), "left"))
            right = int(np.searchsorted(distinct, scaled // 1, "right"))
            if left > 0:
                found = self._number(distinct[left - 1])
                below = found if below is None else max(below, found)
            if right < len(distinct):
                found = self._number(distinct[right])
                above = found if above is None else min(above, found)
            self.nearest[threshold] = (below, above)

    def _widen(self, low: float, high: float) -> None:
        least, greatest = self._number(low), self._number(high)
        self.least = least if self.least is None else min(self.least, least)
        self.greatest = greatest if self.greatest is None else max(self.greatest, greatest)

    def _number(self, integer: float) -> Fraction:
        return Fraction(int(integer), self._scale)

    @property
    def _scale(self) -> int:
        assert isinstance(self.column.type, NumberType)
        return int(10**self.column.type.decimals)


def watch_columns(
    columns: Sequence[Column], thresholds: Mapping[str, Sequence[Fraction]]
) -> dict[str, SeenColumn]:
    """Return a fresh record for each column, with the thresholds whose neighbours are wanted."""
    return {
        column.name: SeenColumn(column, tuple(thresholds.get(column.name, ())))
        for column in columns
    }
