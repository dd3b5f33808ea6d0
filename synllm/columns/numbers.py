"""Integer terms over columns: in float64 where that is exact, else in Python's integers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from synllm.columns.batch import EXACT_FLOAT
from synllm.columns.steps import Recorder
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
from synllm.spec.passes.bounds import bounds

Integers: TypeAlias = NDArray[np.object_]


def exact_in_float(term: CoreTerm, columns: Mapping[str, CoreColumn]) -> bool:
    """Return whether no intermediate result of the term leaves the integers of float64."""
    return _largest(term, columns) is not None


def _largest(term: CoreTerm, columns: Mapping[str, CoreColumn]) -> int | None:
    """Return a size that no intermediate exceeds and float64 holds exactly, or None."""
    match term:
        case Integer(value=value):
            return _within_float(abs(value))
        case Variable():
            return _within_float(_size(term, columns))
        case Magnitude(term=inner):
            return _largest(inner, columns)
        case FloorQuotient(dividend=dividend, divisor=divisor):
            # floor(a / b) is exact in float64 as long as |a| + b < 2**53: a quotient that is no
            # integer is at least 1/b away from one, farther than rounding can move it.
            size = _total([_largest(dividend, columns), _largest(divisor, columns)])
            return None if size is None else min(size, _size(term, columns))
        case Sum(terms=terms):
            return _total([_largest(each, columns) for each in terms])
        case Extreme(terms=terms):
            sizes = [_largest(each, columns) for each in terms]
            return None if None in sizes else max(size for size in sizes if size is not None)
        case Product(left=left, right=right):
            first, second = _largest(left, columns), _largest(right, columns)
            return None if first is None or second is None else _within_float(first * second)
        case _:
            assert_never(term)


def _total(sizes: list[int | None]) -> int | None:
    known = [size for size in sizes if size is not None]
    return _within_float(sum(known)) if len(known) == len(sizes) else None


def _size(term: CoreTerm, columns: Mapping[str, CoreColumn]) -> int:
    low, high = bounds(term, columns)
    return EXACT_FLOAT if low is None or high is None else max(abs(low), abs(high))


def _within_float(size: int) -> int | None:
    return size if size < EXACT_FLOAT else None


# In float64 ---------------------------------------------------------------------------------------

Operand: TypeAlias = int | float
"""A node's number, or a constant as a float."""


def record_term(term: CoreTerm, recorder: Recorder) -> Operand:
    """Return the node of a term that is exact in float64, or its value if it is a constant.

    The array is NaN wherever one of the term's columns is; where a divisor is 0, it is anything.
    """
    match term:
        case Integer(value=value):
            return float(value)
        case Variable(column=name):
            return recorder.column(name, "values")
        case Sum(terms=terms):
            return record_sum(terms, recorder)
        case Product(left=left, right=right):
            return _binary(
                np.multiply, record_term(left, recorder), record_term(right, recorder), recorder
            )
        case FloorQuotient(dividend=dividend, divisor=divisor):
            quotient = _binary(
                np.divide, record_term(dividend, recorder), record_term(divisor, recorder), recorder
            )
            return _unary(np.floor, quotient, recorder)
        case Extreme(which=which, terms=terms):
            operands = [record_term(each, recorder) for each in terms]
            choose = np.minimum if which == "min" else np.maximum
            return reduce(lambda left, right: _binary(choose, left, right, recorder), operands)
        case Magnitude(term=inner):
            return _unary(np.absolute, record_term(inner, recorder), recorder)
        case _:
            assert_never(term)


def record_sum(terms: Iterable[CoreTerm], recorder: Recorder) -> Operand:
    """Return the sum of terms that is exact in float64, subtracting those with a minus."""
    total: Operand = 0.0
    for term in terms:
        match term:
            case Product(left=Integer(value=-1), right=right):
                total = _binary(np.subtract, total, record_term(right, recorder), recorder)
            case _:
                total = _binary(np.add, total, record_term(term, recorder), recorder)
    return total


def _binary(function: np.ufunc, left: Operand, right: Operand, recorder: Recorder) -> Operand:
    name = function.__name__
    match left, right:
        case int(), int():
            return recorder.record("number", name, function, (left, right))
        case int(), float():
            if right == 0 and function in (np.add, np.subtract):
                return left
            return recorder.record(
                "number", (name, None, right), lambda a, out: function(a, right, out=out), (left,)
            )
        case float(), int():
            if left == 0 and function is np.add:
                return right
            return recorder.record(
                "number", (name, left, None), lambda b, out: function(left, b, out=out), (right,)
            )
        case _:
            return float(function(left, right))


def _unary(function: np.ufunc, operand: Operand, recorder: Recorder) -> Operand:
    if isinstance(operand, float):
        return float(function(operand))
    return recorder.record("number", function.__name__, function, (operand,))


# In Python's integers -----------------------------------------------------------------------------


def exact_term(term: CoreTerm, cells: Mapping[str, Integers], length: int) -> Integers:
    """Return the term's integers, of any size, from those of its columns, all present.

    A quotient by zero gives anything.
    """

    def inner(each: CoreTerm) -> Integers:
        return exact_term(each, cells, length)

    match term:
        case Integer(value=value):
            return np.full(length, value, dtype=object)
        case Variable(column=name):
            return cells[name]
        case Sum(terms=terms):
            return reduce(np.add, map(inner, terms))
        case Product(left=left, right=right):
            return np.asarray(inner(left) * inner(right), dtype=object)
        case FloorQuotient(dividend=dividend, divisor=divisor):
            divisors = inner(divisor)
            return np.asarray(inner(dividend) // np.where(divisors == 0, 1, divisors), dtype=object)
        case Extreme(which=which, terms=terms):
            return reduce(np.minimum if which == "min" else np.maximum, map(inner, terms))
        case Magnitude(term=operand):
            return np.asarray(np.absolute(inner(operand)), dtype=object)
        case _:
            assert_never(term)
