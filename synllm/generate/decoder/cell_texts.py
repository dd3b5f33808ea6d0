"""The texts of a field's cells in a row; those of numbers in two parts, for there are many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synllm.generate.column_cells import place_value
from synllm.rowspace.sample import Integers, Listing
from synllm.spec.model import Column
from synllm.spec.types import NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE
from synllm.targets.row_format import json_value


@dataclass(frozen=True, slots=True, eq=False)
class CellTexts:
    """How a listing's places are written: numbers first, then the others.

    Place p of the first `numbers` is written `left[left_of[p]] + right[right_of[p]]`: sign and
    integer, then point and decimals. The places after them are written as `others` has it, None
    for an absence that the column never has.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    left_of: Integers
    right_of: Integers
    others: tuple[str | None, ...]

    @property
    def numbers(self) -> int:
        """How many places are numbers."""
        return int(self.left_of.size)

    def number(self, place: int) -> str:
        """Return the text of a number."""
        return self.left[int(self.left_of[place])] + self.right[int(self.right_of[place])]


def write_cells(column: Column, listing: Listing) -> CellTexts:
    """Return the texts of a generated column's cells, as JSON rows have them."""
    absences = (
        json_value(column, MISSING) if column.missing_codes else None,
        json_value(column, NOT_APPLICABLE) if column.applies_when is not None else None,
    )
    if isinstance(column.type, NumberType):
        return CellTexts(*_write_numbers(listing.values, column.type.decimals), absences)
    values = [place_value(column, listing, place) for place in range(listing.values.size)]
    none = np.empty(0, dtype=np.int64)
    return CellTexts(
        (), (), none, none, (*(json_value(column, each) for each in values), *absences)
    )


def _write_numbers(
    values: Integers, decimals: int
) -> tuple[tuple[str, ...], tuple[str, ...], Integers, Integers]:
    scale = 10**decimals
    whole, rest = np.divmod(np.abs(values), scale)
    # Minus zero and zero are different texts before decimals: -0.5 and 0.5.
    signed = whole * 2 + (values < 0)
    distinct, left_of = np.unique(signed, return_inverse=True)
    left = tuple(f"-{each // 2}" if each % 2 else str(each // 2) for each in distinct.tolist())
    if not decimals:
        return left, ("",), left_of, np.zeros(values.size, dtype=np.int64)
    ends, right_of = np.unique(rest, return_inverse=True)
    return left, tuple(f".{each:0{decimals}d}" for each in ends.tolist()), left_of, right_of
