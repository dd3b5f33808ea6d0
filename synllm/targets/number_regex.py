"""An exact regex for a set of numbers written with a fixed count of decimals.

Numbers are JSON numbers: no leading zeros, no plus sign, `-` before negatives, never `-0`. The
regex uses character classes, groups, alternation and counted repetition only, so that every regex
engine reads it the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import TypeAlias

from synllm.spec.core import ValueSet

_Intervals: TypeAlias = tuple[tuple[int, int], ...]

_NON_NEGATIVE = ValueSet.between(0, None)
_NEGATIVE = ValueSet.between(None, -1)


def number_regex(values: ValueSet, decimals: int) -> str:
    """Return the regex of the numbers `value / 10**decimals`, written with that many decimals.

    The set must be bounded and not empty. The result is one group or one sequence: text may be put
    before or after it as it is.
    """
    return group(number_alternatives(values, decimals))


def number_alternatives(values: ValueSet, decimals: int) -> list[str]:
    """Return regexes that together match what `number_regex` matches, each a sequence."""
    assert values, "an empty set of numbers has no regex"
    alternatives = _magnitudes(_bounded(values.intersect(_NON_NEGATIVE)), decimals)
    negative = _bounded(values.intersect(_NEGATIVE))
    if negative:
        mirrored = tuple((-high, -low) for low, high in reversed(negative))
        alternatives.append("-" + group(_magnitudes(mirrored, decimals)))
    return alternatives


def group(alternatives: Sequence[str]) -> str:
    """Return a regex for any of the alternatives, in a group unless there is only one."""
    return alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"


def _bounded(values: ValueSet) -> _Intervals:
    pieces = []
    for low, high in values.intervals:
        assert low is not None and high is not None, "an unbounded set of numbers has no regex"
        pieces.append((low, high))
    return tuple(pieces)


def _magnitudes(intervals: _Intervals, decimals: int) -> list[str]:
    """Return alternatives for non-negative numbers, one for each length that differs in shape."""
    if not intervals:
        return []
    shortest = decimals + 1
    alternatives: list[str] = []
    full: list[int] = []
    for length in range(shortest, max(shortest, len(str(intervals[-1][1]))) + 1):
        low = 0 if length == shortest else 10 ** (length - 1)
        high = 10**length - 1
        inside = _clip(intervals, low, high)
        if inside == ((low, high),) and length > shortest:
            full.append(length)
        elif inside:
            alternatives.extend(_digits(inside, length, decimals))
    for run in _consecutive(full):
        before = _repeat(run[0] - 1 - decimals, run[-1] - 1 - decimals)
        alternatives.append(f"[1-9]{before}{_point_and(decimals)}")
    return alternatives


def _consecutive(lengths: list[int]) -> list[list[int]]:
    """Return the ascending lengths in runs without gaps."""
    runs = groupby(enumerate(lengths), key=lambda pair: pair[1] - pair[0])
    return [[length for _, length in run] for _, run in runs]


def _clip(intervals: _Intervals, low: int, high: int) -> _Intervals:
    return tuple(
        (max(first, low), min(last, high))
        for first, last in intervals
        if first <= high and last >= low
    )


@cache
def _digits(intervals: _Intervals, length: int, decimals: int) -> tuple[str, ...]:
    """Return alternatives for the integers in the intervals as `length` digits, zeros in front.

    The decimal point stands before the last `decimals` digits, where more than those are left.
    """
    if length == 0:
        return ("",)
    if intervals == ((0, 10**length - 1),):
        if length <= decimals:
            return (_repeat(length, length),)
        return (_repeat(length - decimals, length - decimals) + _point_and(decimals),)
    unit = 10 ** (length - 1)
    by_digit: dict[int, list[tuple[int, int]]] = {}
    for low, high in intervals:
        for digit in range(low // unit, high // unit + 1):
            start = digit * unit
            rest = (max(low - start, 0), min(high - start, unit - 1))
            by_digit.setdefault(digit, []).append(rest)
    digits_before: dict[_Intervals, list[int]] = {}
    for digit, rests in sorted(by_digit.items()):
        digits_before.setdefault(tuple(rests), []).append(digit)
    point = r"\." if decimals and length - 1 == decimals else ""
    return tuple(
        _character_class(digits) + point + group(_digits(rests, length - 1, decimals))
        for rests, digits in digits_before.items()
    )


def _character_class(digits: list[int]) -> str:
    if len(digits) == 1:
        return str(digits[0])
    parts = []
    for run in _consecutive(digits):
        parts.append(
            f"{run[0]}-{run[-1]}" if len(run) > 2 else "".join(str(digit) for digit in run)
        )
    return f"[{''.join(parts)}]"


def _repeat(least: int, most: int) -> str:
    """Return the regex of `least` to `most` digits."""
    if (least, most) == (0, 0):
        return ""
    if (least, most) == (1, 1):
        return "[0-9]"
    return f"[0-9]{{{least}}}" if least == most else f"[0-9]{{{least},{most}}}"


def _point_and(decimals: int) -> str:
    return rf"\.{_repeat(decimals, decimals)}" if decimals else ""
