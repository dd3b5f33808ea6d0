"""Rows on which a formula is true, made from a row at hand by changing a few of its cells.

Most questions have such a row, and looking for it takes a fraction of the time of a search.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import assert_never

from synllm.proof.on_row import is_true
from synllm.proof.session import Cells
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreColumn,
    Formula,
    Membership,
    Relation,
    term_columns,
)
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special

_MOST_TRIED = 8


def find_nearby(
    formula: Formula, cells: Cells, columns: Mapping[str, CoreColumn], typical: Mapping[str, int]
) -> Iterator[Cells]:
    """Yield a few rows on which the formula is true and that differ little from the given one.

    New cells are declared values, the first of them as near as can be to the old or typical ones;
    statements are not looked at. That none is yielded means nothing.
    """
    for changed in islice(_change(formula, cells, columns, typical), _MOST_TRIED):
        if is_true(formula, changed):
            yield changed


def _change(
    formula: Formula, cells: Cells, columns: Mapping[str, CoreColumn], typical: Mapping[str, int]
) -> Iterator[Cells]:
    if is_true(formula, cells):
        yield cells
        return
    match formula:
        case Constant() | AtLeast():
            return
        case Membership(column=name):
            for cell in _list_cells(formula, cells[name], columns[name], typical.get(name)):
                yield {**cells, name: cell}
        case Relation(term=term):
            present = dict(cells)
            names = sorted(term_columns(term))
            for name in names:
                if isinstance(present[name], Special):
                    if name not in typical:
                        return
                    present[name] = typical[name]
            if is_true(formula, present):
                yield present
            for name in names:
                for end in _ends(columns[name]):
                    if is_true(formula, {**present, name: end}):
                        yield {**present, name: _least_change(formula, present, name, end, columns)}
                        yield {**present, name: end}
        case AllOf(operands=operands):
            first, *others = operands
            rest: Formula = AllOf(tuple(others)) if len(others) > 1 else others[0]
            for changed in _change(first, cells, columns, typical):
                yield from _change(rest, changed, columns, typical)
        case AnyOf(operands=operands):
            for operand in operands:
                yield from _change(operand, cells, columns, typical)
        case _:
            assert_never(formula)


def _list_cells(
    literal: Membership, old: int | Special, column: CoreColumn, typical: int | None
) -> Iterator[int | Special]:
    """Yield the nearest value of a membership and its outermost ones, or that it has none."""
    values = literal.values.intersect(column.values)
    target = typical if isinstance(old, Special) else old
    if values and target is not None:
        if typical is not None and typical in values:
            target = typical
        ends = [end for piece in values.intervals for end in piece if end is not None]
        nearest = (
            target if target in values else min(ends, key=lambda end: (abs(end - target), end))
        )
        yield from dict.fromkeys((nearest, ends[0], ends[-1]))
    if literal.missing and column.may_be_missing:
        yield MISSING
    if literal.not_applicable and column.may_not_apply:
        yield NOT_APPLICABLE


def _least_change(
    formula: Formula, cells: Cells, name: str, end: int, columns: Mapping[str, CoreColumn]
) -> int:
    """Return a value on the way to `end` that makes the formula true, just past one that doesn't.

    Where a column's values have holes, that is the end itself.
    """
    start = cells[name]
    if isinstance(start, Special) or len(columns[name].values.intervals) > 1:
        return end
    while abs(end - start) > 1:
        middle = (start + end) // 2
        if is_true(formula, {**cells, name: middle}):
            end = middle
        else:
            start = middle
    return end


def _ends(column: CoreColumn) -> tuple[int, ...]:
    low, high = column.values.intervals[0][0], column.values.intervals[-1][1]
    return tuple(end for end in (low, high) if end is not None)
