"""Boundaries: the thresholds that conditions put on number columns, and the values beside them.

`age >= 18` on whole years has its threshold at 18, where it turns from false (17) to true (18).
Rows on both sides of such a turn are what shows that a rule says what its author means (boundary
value analysis: Myers, The Art of Software Testing, 1979).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Literal, TypeAlias

from synllm.diagnostics.source import NOWHERE, Span
from synllm.spec.evaluate import evaluate_condition
from synllm.spec.expressions import (
    Arithmetic,
    ColumnValue,
    Compare,
    Condition,
    Convert,
    Number,
    Term,
    Within,
    walk,
)
from synllm.spec.model import Rule, Spec
from synllm.spec.types import NumberType
from synllm.spec.values import Truth

Position: TypeAlias = Literal["below", "at", "above"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A value that a column can hold next to a threshold, and what the condition says of it."""

    position: Position
    value: Fraction
    outcome: bool


@dataclass(frozen=True, slots=True)
class Boundary:
    """A threshold of a condition on a number column, in the column's own unit.

    `neighbours` are, ascending, the greatest value below the threshold, the threshold itself and
    the least value above it, as far as the column's decimals and range or list let it hold them.
    """

    column: str
    threshold: Fraction
    neighbours: tuple[Neighbour, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def edge(self) -> tuple[Neighbour, ...]:
        """The neighbours between which the condition turns, ascending.

        Two for `>= 18` (17 and 18), three for `= 18`; none where the column holds values on one
        side of the threshold only, or where the next range of a list begins there.
        """
        turns = [pair for pair in pairwise(self.neighbours) if pair[0].outcome != pair[1].outcome]
        return tuple(dict.fromkeys(each for pair in turns for each in pair))

    def closest(self, outcome: bool) -> tuple[Fraction, ...]:
        """Return the values of the edge on which the condition comes out so, ascending."""
        return tuple(each.value for each in self.edge if each.outcome is outcome)


def rule_boundaries(rule: Rule, spec: Spec) -> tuple[Boundary, ...]:
    """Return the boundaries of a rule's condition and conclusion, in written order, each once.

    A decision table's tests are conditions like others: each end of each line has its boundary.
    """
    found: dict[tuple[Boundary, Span], Boundary] = {}
    for condition in (rule.then,) if rule.when is None else (rule.when, rule.then):
        for boundary in condition_boundaries(condition, spec):
            found.setdefault((boundary, boundary.span), boundary)
    return tuple(found.values())


def condition_boundaries(condition: Condition, spec: Spec) -> tuple[Boundary, ...]:
    """Return the boundaries of every comparison and membership in a condition, in written order.

    A comparison has one where it depends on a single column, and linearly: `age >= 18`,
    `temperature > 100.4 '[degF]'`, `weight * 2 < 100`. One between two columns has none.
    """
    return tuple(
        boundary
        for part in walk(condition)
        if isinstance(part, Compare | Within)
        for boundary in _boundaries(part, spec)
    )


def range_ends(kind: NumberType) -> tuple[Fraction | None, Fraction | None]:
    """Return the least and the greatest value that can be recorded; None is unbounded."""
    if kind.listed:
        return kind.listed[0], kind.listed[-1]
    scale, interval = 10**kind.decimals, kind.interval
    low = high = None
    if interval is not None and interval.low is not None:
        scaled = interval.low * scale
        low = Fraction(floor(scaled) + 1 if interval.low_open else ceil(scaled), scale)
    if interval is not None and interval.high is not None:
        scaled = interval.high * scale
        high = Fraction(ceil(scaled) - 1 if interval.high_open else floor(scaled), scale)
    return low, high


def value_below(kind: NumberType, bound: Fraction) -> Fraction | None:
    """Return the greatest value below a bound that a column of this type can hold, if any."""
    if kind.listed:
        return max((value for value in kind.listed if value < bound), default=None)
    low, high = range_ends(kind)
    value = Fraction(ceil(bound * 10**kind.decimals) - 1, 10**kind.decimals)
    if high is not None:
        value = min(value, high)
    return None if low is not None and value < low else value


def value_above(kind: NumberType, bound: Fraction) -> Fraction | None:
    """Return the least value above a bound that a column of this type can hold, if any."""
    if kind.listed:
        return min((value for value in kind.listed if value > bound), default=None)
    low, high = range_ends(kind)
    value = Fraction(floor(bound * 10**kind.decimals) + 1, 10**kind.decimals)
    if low is not None:
        value = max(value, low)
    return None if high is not None and value > high else value


def _boundaries(part: Compare | Within, spec: Spec) -> Iterator[Boundary]:
    form = _linear(
        Arithmetic("-", part.left, part.right) if isinstance(part, Compare) else part.term
    )
    if form is None or form.column is None or form.factor == 0:
        return
    column = spec.by_name[form.column]
    kind = column.type
    assert isinstance(kind, NumberType)
    ends = [Fraction(0)]
    if isinstance(part, Within):
        written = [end for each in part.intervals for end in (each.low, each.high)]
        ends = [end for end in written if end is not None]

    def outcome(value: Fraction) -> bool:
        return _holds_at(part, form.factor * value + form.offset)

    for end in dict.fromkeys(ends):
        threshold = (end - form.offset) / form.factor
        yield Boundary(column.name, threshold, _neighbours(kind, threshold, outcome), part.span)


def _holds_at(part: Compare | Within, value: Fraction) -> bool:
    """Return the outcome where the left side minus the right, or the term tested, is `value`."""
    number = Number(value)
    plain: Condition
    match part:
        case Compare(operator=sign):
            plain = Compare(sign, number, Number(Fraction(0)))
        case Within(intervals=intervals):
            plain = Within(number, intervals)
    return evaluate_condition(plain, {}, _NO_COLUMNS) is Truth.TRUE


_NO_COLUMNS = Spec("", "", ())


def _neighbours(
    kind: NumberType, threshold: Fraction, outcome: Callable[[Fraction], bool]
) -> tuple[Neighbour, ...]:
    at = threshold if kind.contains(threshold) else None
    places: tuple[tuple[Position, Fraction | None], ...] = (
        ("below", value_below(kind, threshold)),
        ("at", at),
        ("above", value_above(kind, threshold)),
    )
    return tuple(
        Neighbour(position, value, outcome(value))
        for position, value in places
        if value is not None
    )


@dataclass(frozen=True, slots=True)
class _Form:
    """`factor * column + offset`; a constant where there is no column."""

    column: str | None
    factor: Fraction
    offset: Fraction

    def times(self, by: Fraction) -> _Form:
        return _Form(self.column, self.factor * by, self.offset * by)


def _linear(term: Term) -> _Form | None:
    """Return a term that is linear in one column or constant; None for every other."""
    match term:
        case Number(value=value):
            return _Form(None, Fraction(0), value)
        case ColumnValue(column=name):
            return _Form(name, Fraction(1), Fraction(0))
        case Convert(operand=operand, factor=factor, offset=offset):
            inner = _linear(operand)
            if inner is None:
                return None
            scaled = inner.times(factor)
            return _Form(scaled.column, scaled.factor, scaled.offset + offset)
        case Arithmetic(operator=sign, left=left, right=right):
            first, second = _linear(left), _linear(right)
            return None if first is None or second is None else _combined(sign, first, second)
        case _:
            return None


def _combined(sign: Literal["+", "-", "*", "/"], left: _Form, right: _Form) -> _Form | None:
    match sign:
        case "+" | "-":
            if left.column and right.column and left.column != right.column:
                return None
            other = right.times(Fraction(1 if sign == "+" else -1))
            return _Form(
                left.column or right.column, left.factor + other.factor, left.offset + other.offset
            )
        case "*" if right.column is None:
            return left.times(right.offset)
        case "*" if left.column is None:
            return right.times(left.offset)
        case "/" if right.column is None and right.offset != 0:
            return left.times(1 / right.offset)
        case _:
            return None
