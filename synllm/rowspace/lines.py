"""Relations worked out for many values of a column at once: straight lines and sums."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, assert_never

import numpy as np
from numpy.typing import NDArray

from synllm.spec.core import (
    CoreColumn,
    CoreTerm,
    Extreme,
    FloorQuotient,
    Integer,
    Magnitude,
    Product,
    Relation,
    Sum,
    Variable,
    term_columns,
)
from synllm.spec.passes.bounds import bounds
from synllm.spec.passes.formulas import Columns
from synllm.spec.passes.linear import ZERO, Linear, form_of, term_of

_SAFE = 2**62
_EMPTY = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Line:
    """`slope * x + intercept`, compared with 0; both are terms in one other column."""

    operator: Literal["<", "<=", "=", "!="]
    slope: CoreTerm
    intercept: CoreTerm


def line_in(relation: Relation, name: str, columns: Columns) -> Line | None:
    """Return the relation as a line in the named column; None where it is not one.

    None also where the numbers in it may leave the range of 64 bits.
    """
    parts = _split(relation.term, name)
    if parts is None or not all(_fits(part, columns) for part in (*parts, relation.term)):
        return None
    return Line(relation.operator, *parts)


def solutions(
    line: Line, name: str, numbers: NDArray[np.int64], column: CoreColumn
) -> NDArray[np.int64]:
    """Return a pair of integers for each value of `name`: equal pairs leave equal solutions.

    Shape (values, 2). For an inequality or an equation they are the least and greatest solution
    within the column's ends; for `!=` the one number that is left out.
    """
    slope, intercept = _values(line.slope, name, numbers), _values(line.intercept, name, numbers)
    low, high = column.values.intervals[0][0], column.values.intervals[-1][1]
    assert low is not None
    assert high is not None
    if line.operator == "<":
        intercept = intercept + 1
    flat = slope == 0
    safe = np.where(flat, 1, slope)
    match line.operator:
        case "<" | "<=":
            limit = np.floor_divide(-intercept, safe)
            ceiling = -np.floor_divide(intercept, safe)
            least = np.where(slope < 0, np.clip(ceiling, low, high + 1), low)
            most = np.where(slope > 0, np.clip(limit, low - 1, high), high)
            empty = (least > most) | (flat & (intercept > 0))
            return _pairs(np.where(flat, low, least), np.where(flat, high, most), empty)
        case "=" | "!=":
            point = np.floor_divide(-intercept, safe)
            exact = ~flat & (point * safe == -intercept) & (point >= low) & (point <= high)
            always = flat & (intercept == 0)
            if line.operator == "=":
                return _pairs(
                    np.where(always, low, point), np.where(always, high, point), ~(exact | always)
                )
            nothing = np.where(exact, point, high + 1)
            return _pairs(nothing, np.where(always, 1, 0), np.zeros_like(flat))
        case _:
            assert_never(line.operator)


@dataclass(frozen=True, slots=True)
class Summand:
    """`own + rest`, compared with 0: a term in one column, and bounds of what the others add."""

    operator: Literal["<", "<=", "=", "!="]
    own: CoreTerm
    least: int
    most: int


def summand_in(relation: Relation, name: str, columns: Columns) -> Summand | None:
    """Return the part of a sum that a column adds to the others; None where it is no such sum.

    None also where the numbers in it may leave the range of 64 bits.
    """
    own: list[tuple[CoreTerm, Fraction]] = []
    rest: list[tuple[CoreTerm, Fraction]] = []
    for term, coefficient in form_of(relation.term).parts:
        names = term_columns(term)
        if name in names and len(names) > 1:
            return None
        (own if name in names else rest).append((term, coefficient))
    constant = form_of(relation.term).constant
    others = term_of(Linear(constant, tuple(rest)))
    mine = term_of(Linear(ZERO.constant, tuple(own)))
    if not _fits(mine, columns) or not _fits(others, columns):
        return None
    least, most = bounds(others, columns)
    assert least is not None
    assert most is not None
    return Summand(relation.operator, mine, least, most)


def leave_of_sum(summand: Summand, name: str, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return an integer for each value of `name`: equal ones leave equal remainders. Shape (n,).

    All values after which the rest decides nothing any more, one way or the other, are alike.
    """
    own = _values(summand.own, name, numbers)
    if summand.operator == "<":
        own = own + 1
    never, always = own + summand.least > 0, own + summand.most <= 0
    match summand.operator:
        case "<" | "<=":
            return np.where(never, _EMPTY, np.where(always, _EMPTY - 1, own))
        case "=" | "!=":
            return np.where(never | (own + summand.most < 0), _EMPTY, own)
        case _:
            assert_never(summand.operator)


def _pairs(
    first: NDArray[np.int64], second: NDArray[np.int64], empty: NDArray[np.bool_]
) -> NDArray[np.int64]:
    pairs = np.column_stack([first, second]).astype(np.int64)
    pairs[empty] = _EMPTY
    return pairs


def _split(term: CoreTerm, name: str) -> tuple[CoreTerm, CoreTerm] | None:
    """Return (slope, intercept) of a term that is a straight line in the column."""
    if name not in term_columns(term):
        return Integer(0), term
    match term:
        case Variable():
            return Integer(1), Integer(0)
        case Sum(terms=terms):
            parts = [_split(each, name) for each in terms]
            known = [part for part in parts if part is not None]
            if len(known) < len(parts):
                return None
            return Sum(tuple(a for a, _ in known)), Sum(tuple(b for _, b in known))
        case Product(left=left, right=right):
            if name in term_columns(left):
                left, right = right, left
            if name in term_columns(left):
                return None
            inner = _split(right, name)
            return None if inner is None else (Product(left, inner[0]), Product(left, inner[1]))
        case Integer() | FloorQuotient() | Extreme() | Magnitude():
            return None
        case _:
            assert_never(term)


def _fits(term: CoreTerm, columns: Columns) -> bool:
    low, high = bounds(term, columns)
    return low is not None and high is not None and low > -_SAFE and high < _SAFE


def _values(term: CoreTerm, name: str, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the term at each value of its only column."""
    match term:
        case Integer(value=value):
            return np.full(numbers.size, value, dtype=np.int64)
        case Variable(column=column):
            assert column == name
            return numbers
        case Sum(terms=terms):
            total = np.zeros(numbers.size, dtype=np.int64)
            for each in terms:
                total = total + _values(each, name, numbers)
            return total
        case Product(left=left, right=right):
            return _values(left, name, numbers) * _values(right, name, numbers)
        case FloorQuotient(dividend=dividend, divisor=divisor):
            below = _values(divisor, name, numbers)
            return np.floor_divide(_values(dividend, name, numbers), np.where(below == 0, 1, below))
        case Extreme(which=which, terms=terms):
            choose = np.minimum if which == "min" else np.maximum
            chosen = _values(terms[0], name, numbers)
            for each in terms[1:]:
                chosen = choose(chosen, _values(each, name, numbers))
            return chosen
        case Magnitude(term=inner):
            return np.abs(_values(inner, name, numbers))
        case _:
            assert_never(term)
