"""Interval bounds of integer terms, from the value sets of the columns in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, assert_never

from synllm.spec.core import (
    CoreColumn,
    CoreTerm,
    Extreme,
    FloorQuotient,
    Integer,
    Magnitude,
    Product,
    Sum,
    Variable,
)

Bounds: TypeAlias = tuple[int | None, int | None]
"""The least and the greatest value that can occur, inclusive; None is unbounded."""


def bounds(term: CoreTerm, columns: Mapping[str, CoreColumn]) -> Bounds:
    """Return bounds that hold wherever every column of the term is present with a declared value.

    They need not be attained. A divisor counts as at least 1: where it is not, the quotient does
    not matter.
    """
    match term:
        case Integer(value=value):
            return value, value
        case Variable(column=name):
            intervals = columns[name].values.intervals
            return (intervals[0][0], intervals[-1][1]) if intervals else (0, 0)
        case Sum(terms=terms):
            return _sum([bounds(each, columns) for each in terms])
        case Product(left=left, right=right) if left == right:
            low, high = _magnitude(bounds(left, columns))
            return low * low, None if high is None else high * high
        case Product(left=left, right=right):
            return _product(bounds(left, columns), bounds(right, columns))
        case FloorQuotient(dividend=dividend, divisor=divisor):
            return _quotient(bounds(dividend, columns), bounds(divisor, columns))
        case Extreme(which="max", terms=terms):
            return _greatest([bounds(each, columns) for each in terms])
        case Extreme(terms=terms):
            return _negated(_greatest([_negated(bounds(each, columns)) for each in terms]))
        case Magnitude(term=inner):
            return _magnitude(bounds(inner, columns))
        case _:
            assert_never(term)


def _negated(piece: Bounds) -> Bounds:
    low, high = piece
    return (None if high is None else -high), (None if low is None else -low)


def _sum(pieces: list[Bounds]) -> Bounds:
    lows = [low for low, _ in pieces if low is not None]
    highs = [high for _, high in pieces if high is not None]
    return (
        sum(lows) if len(lows) == len(pieces) else None,
        sum(highs) if len(highs) == len(pieces) else None,
    )


def _greatest(pieces: list[Bounds]) -> Bounds:
    lows = [low for low, _ in pieces if low is not None]
    highs = [high for _, high in pieces if high is not None]
    return max(lows, default=None), max(highs) if len(highs) == len(pieces) else None


def _magnitude(piece: Bounds) -> tuple[int, int | None]:
    low, high = _greatest([piece, _negated(piece)])
    return max(0, low or 0), high


def _product(left: Bounds, right: Bounds) -> Bounds:
    if left == (0, 0) or right == (0, 0):
        return 0, 0
    corners = [a * b for a in left for b in right if a is not None and b is not None]
    if len(corners) == 4:
        return min(corners), max(corners)
    if left[0] is not None and left[0] >= 0 and right[0] is not None and right[0] >= 0:
        return left[0] * right[0], None
    return None, None


def _quotient(dividend: Bounds, divisor: Bounds) -> Bounds:
    least = max(1, divisor[0] or 1)
    largest = None if divisor[1] is None else max(least, divisor[1])
    low, high = dividend
    return (
        None if low is None else _towards_zero(low, largest) if low >= 0 else low // least,
        None if high is None else _towards_zero(high, largest) if high < 0 else high // least,
    )


def _towards_zero(dividend: int, largest: int | None) -> int:
    """Return the quotient nearest to zero: by the largest divisor, or by one without end."""
    if largest is None:
        return 0 if dividend >= 0 else -1
    return dividend // largest
