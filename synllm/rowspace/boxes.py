"""Formulas over boxes of rows, many at once: could one of a box's rows make it true?

The formulas are without negation, so that what may be true of the parts tells what may be true of
the whole. A row that makes the formula true is never overlooked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

import numpy as np

from synllm.rowspace.cell_set import cells_of_membership
from synllm.rowspace.intervals import Box, Evaluation, Mask, Numbers, Side, compile_term
from synllm.rowspace.sample import Integers, Listing
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    Formula,
    Membership,
    Relation,
    term_columns,
)

Test: TypeAlias = Callable[[Box], Mask]
"""Returns for each box, or for all alike, whether the formula may be true in it."""

_YES, _NO = np.array([True]), np.array([False])


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A field's listed cells, which of them are allowed at all, and how its numbers are kept."""

    listing: Listing
    spans: tuple[tuple[int, int], ...]
    numbers: Numbers

    def side(self, start: Integers, stop: Integers) -> Side:
        """Return the side of boxes that hold these places; each range lies within one span."""
        values = self.listing.values.size
        may = start < values
        if not values:
            nothing = np.zeros(1, dtype=np.int64)
            return Side(start, stop, nothing, nothing, may)
        low = self.numbers[np.minimum(start, values - 1)]
        high = self.numbers[np.minimum(stop, values) - 1]
        return Side(start, stop, low, high, may)

    def whole(self) -> Side:
        """Return the side of a box that holds every cell that is allowed."""
        size = self.listing.values.size
        inside = [(start, stop) for start, stop in self.spans if start < size]
        every = np.array([0]), np.array([self.listing.size])
        if not inside:
            nothing = np.zeros(1, dtype=np.int64)
            return Side(*every, nothing, nothing, _NO)
        low, high = self.numbers[[inside[0][0]]], self.numbers[[inside[-1][1] - 1]]
        return Side(*every, low, high, _YES)


def compile_test(formula: Formula, fields: Mapping[str, Cells]) -> Test:
    """Return the test of a formula on boxes whose sides are places in the fields' listings."""
    match formula:
        case Constant(value=value):
            constant = _YES if value else _NO
            return lambda box: constant
        case Membership():
            return _membership_test(formula, fields[formula.column])
        case Relation(operator=operator, term=term):
            return _relation_test(operator, compile_term(term), sorted(term_columns(term)))
        case AllOf(operands=operands):
            return _all_test([compile_test(each, fields) for each in operands])
        case AnyOf(operands=operands):
            return _any_test([compile_test(each, fields) for each in operands])
        case AtLeast(count=count, operands=operands):
            return _count_test(count, [compile_test(each, fields) for each in operands])
        case _:
            assert_never(formula)


def _membership_test(literal: Membership, cells: Cells) -> Test:
    inside = np.zeros(cells.listing.size, dtype=bool)
    for start, stop in cells.listing.spans(cells_of_membership(literal)):
        inside[start:stop] = True
    before = np.concatenate(([0], np.cumsum(inside)))
    anywhere = _YES if any(inside[start:stop].any() for start, stop in cells.spans) else _NO

    def test(box: Box) -> Mask:
        side = box[literal.column]
        if side.start.size == 1 and side.stop[0] - side.start[0] == inside.size:
            return anywhere
        found: Mask = before[side.stop] > before[side.start]
        return found

    return test


def _relation_test(operator: str, evaluate: Evaluation, names: list[str]) -> Test:
    def test(box: Box) -> Mask:
        low, high = evaluate(box)
        match operator:
            case "<":
                may = low < 0
            case "<=":
                may = low <= 0
            case "=":
                may = (low <= 0) & (high >= 0)
            case "!=":
                may = (low != 0) | (high != 0)
            case _:
                raise ValueError(f"no such comparison: {operator}")
        for name in names:
            may = may & box[name].may
        return may

    return test


def _all_test(tests: list[Test]) -> Test:
    def test(box: Box) -> Mask:
        may = tests[0](box)
        for each in tests[1:]:
            may = may & each(box)
        return may

    return test


def _any_test(tests: list[Test]) -> Test:
    def test(box: Box) -> Mask:
        may = tests[0](box)
        for each in tests[1:]:
            may = may | each(box)
        return may

    return test


def _count_test(count: int, tests: list[Test]) -> Test:
    def test(box: Box) -> Mask:
        most = np.zeros(1, dtype=np.int64)
        for each in tests:
            most = most + each(box)
        return most >= count

    return test
