"""What a table's cells say about its columns, as frozen values: the input of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from synllm.spec.types import Code


@dataclass(frozen=True, slots=True)
class NumberGuess:
    """Numbers with `decimals` decimals; `values` pairs value * 10**decimals with rows, ascending.

    `listed` says that no other values are likely to occur between the smallest and the largest.
    """

    decimals: int
    values: tuple[tuple[int, int], ...]
    listed: bool = False


@dataclass(frozen=True, slots=True)
class CategoryGuess:
    """Labels with their rows, the most frequent first; each label is its own code."""

    labels: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class YesNoGuess:
    """The codes of yes and no, each with its rows."""

    yes: tuple[Code, int]
    no: tuple[Code, int]


@dataclass(frozen=True, slots=True)
class IdentifierGuess:
    """A key of the rows or of the patients."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column that a spec can't express, with the reason as the end of a sentence."""

    reason: str


Guess: TypeAlias = NumberGuess | CategoryGuess | YesNoGuess | IdentifierGuess | LeftOut


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column: what it is taken for, its missing codes with rows, and what must be asked.

    `doubt` is the same column read with suspected codes as missing, or None where no code is
    suspected; `doubt_reason` says which and why.
    """

    name: str
    rows: int
    guess: Guess
    missing: tuple[tuple[Code, int], ...] = ()
    questions: tuple[str, ...] = ()
    doubt: ColumnProfile | None = None
    doubt_reason: str = ""

    @property
    def missing_rows(self) -> int:
        """The number of rows that hold a missing code."""
        return sum(rows for _, rows in self.missing)

    @property
    def present_rows(self) -> int:
        """The number of rows that hold a value."""
        return self.rows - self.missing_rows


@dataclass(frozen=True, slots=True)
class TableProfile:
    """A table's columns in file order, and the groups of columns that are missing together."""

    file: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    groups: tuple[tuple[str, ...], ...] = ()


def written(scaled: int, decimals: int) -> str:
    """Return a scaled integer as a number with exactly that many decimals."""
    digits = str(abs(scaled)).rjust(decimals + 1, "0")
    sign = "-" if scaled < 0 else ""
    if decimals == 0:
        return sign + digits
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def shortest(scaled: int, decimals: int) -> str:
    """Return a scaled integer as a number without trailing zeros after its point."""
    text = written(scaled, decimals)
    return text.rstrip("0").rstrip(".") if decimals else text


def percent(part: int, whole: int) -> str:
    """Return a share such as `3.9%`: one decimal, or as many as it takes to tell it from 0 %."""
    share = Fraction(100 * part, whole)
    decimals = 1
    while part and share * 10**decimals < Fraction(1, 2) and decimals < 9:
        decimals += 1
    return written(round_half_up(share * 10**decimals), decimals) + "%"


def rows_of(count: int) -> str:
    """Return a number of rows in words."""
    return "1 row" if count == 1 else f"{count:,} rows"


def round_half_up(number: Fraction) -> int:
    """Return the nearest whole number; halves go up."""
    return (number + Fraction(1, 2)).__floor__()
