"""Column types: what values a column may hold, and what its cells look like in a file."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from synllm.spec.expressions import Interval


@dataclass(frozen=True, slots=True)
class NumberType:
    """Numbers recorded with a fixed count of decimals, in a range or on a listed grid.

    `interval` is None only for a derived column without a declared range. `listed` holds the
    grid in ascending order, or is empty where the whole range can occur.
    """

    decimals: int
    interval: Interval | None
    listed: tuple[Fraction, ...] = ()
    unit: str | None = None
    substance: str | None = None

    def contains(self, value: Fraction) -> bool:
        """Return whether a value is on the recording grid and in the range or list."""
        if (value * 10**self.decimals).denominator != 1:
            return False
        if self.listed:
            return value in self.listed
        return self.interval is None or self.interval.contains(value)

    def written(self, value: Fraction) -> str:
        """Return the value with exactly the recorded decimals; it must be on the grid."""
        scaled = value * 10**self.decimals
        assert scaled.denominator == 1, f"{value} has more than {self.decimals} decimals"
        if self.decimals == 0:
            return str(scaled.numerator)
        digits = str(abs(scaled.numerator)).rjust(self.decimals + 1, "0")
        sign = "-" if scaled < 0 else ""
        return f"{sign}{digits[: -self.decimals]}.{digits[-self.decimals :]}"


@dataclass(frozen=True, slots=True)
class CategoryType:
    """One of a list of labels; `ordered` ones compare, `yes_no` ones are the pair yes, no."""

    labels: tuple[str, ...]
    ordered: bool = False
    yes_no: bool = False

    def contains(self, value: str) -> bool:
        """Return whether the value is one of the labels."""
        return value in self.labels


@dataclass(frozen=True, slots=True)
class IdentifierType:
    """A running key: generated 1, 2, 3, …; any text is accepted when read; never in rules."""


ColumnType: TypeAlias = NumberType | CategoryType | IdentifierType


@dataclass(frozen=True, slots=True)
class Code:
    """What a data file holds for a value: its text, and whether it was written as a number.

    A numeric code matches any cell with the same numeric value (`1` reads `1`, `1.0`), a text code
    only the very text. The empty text is the empty cell (JSON null).
    """

    text: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class MissingCode:
    """A code that stands for a missing value, with the reason where one was declared."""

    code: Code
    reason: str | None = None


EMPTY_CELL = Code("")
