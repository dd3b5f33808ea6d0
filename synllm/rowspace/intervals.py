"""Terms over boxes of rows, many at once: bounds by interval arithmetic.

After Moore 1966, "Interval Analysis". The bounds need not be attained; nothing lies outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from synllm.rowspace.sample import Integers
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreColumn,
    CoreTerm,
    Extreme,
    FloorQuotient,
    Formula,
    Integer,
    Magnitude,
    Membership,
    Product,
    Relation,
    Sum,
    Variable,
)
from synllm.spec.passes.bounds import bounds

_SAFE = 2**62

Numbers: TypeAlias = NDArray[Any]
"""64-bit integers, or Python's where those don't suffice; one number for all boxes, or each."""

Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What boxes hold of one column: the places start..stop (exclusive) of its cells' listing.

    `low` and `high` bound the values among them, where `may` tells that there are any. Each is an
    array over boxes, or of one element.
    """

    start: Integers
    stop: Integers
    low: Numbers
    high: Numbers
    may: Mask


Box: TypeAlias = Mapping[str, Side]
Evaluation: TypeAlias = Callable[[Box], tuple[Numbers, Numbers]]
"""Returns a term's least and greatest value in each box."""


def compile_term(term: CoreTerm) -> Evaluation:
    """Return what bounds a term over boxes in which all its columns have values.

    A divisor counts as at least 1: where it is not, no formula relies on the quotient.
    """
    match term:
        case Integer(value=value):
            number = np.array([value], dtype=np.int64 if abs(value) < _SAFE else object)
            return lambda box: (number, number)
        case Variable(column=name):
            return lambda box: (box[name].low, box[name].high)
        case Sum(terms=terms):
            return _sum([compile_term(each) for each in terms])
        case Product(left=left, right=right) if left == right:
            return _square(compile_term(left))
        case Product(left=left, right=right):
            return _product(compile_term(left), compile_term(right))
        case FloorQuotient(dividend=dividend, divisor=divisor):
            return _quotient(compile_term(dividend), compile_term(divisor))
        case Extreme(which=which, terms=terms):
            choose = np.minimum if which == "min" else np.maximum
            return _extreme(choose, [compile_term(each) for each in terms])
        case Magnitude(term=inner):
            return _magnitude(compile_term(inner))
        case _:
            assert_never(term)


def needs_long_numbers(formulas: tuple[Formula, ...], columns: Mapping[str, CoreColumn]) -> bool:
    """Return whether a term in the formulas may leave the range of 64-bit integers."""
    return any(
        not _fits(term, columns) for formula in formulas for term in _terms_in_formula(formula)
    )


def _sum(parts: list[Evaluation]) -> Evaluation:
    def evaluate(box: Box) -> tuple[Numbers, Numbers]:
        low, high = parts[0](box)
        for each in parts[1:]:
            more_low, more_high = each(box)
            low, high = low + more_low, high + more_high
        return low, high

    return evaluate


def _product(left: Evaluation, right: Evaluation) -> Evaluation:
    def evaluate(box: Box) -> tuple[Numbers, Numbers]:
        (a, b), (c, d) = left(box), right(box)
        if c is d:  # a constant, or one value a box: two corners
            first, second = a * c, b * c
            return np.minimum(first, second), np.maximum(first, second)
        corners = a * c, a * d, b * c, b * d
        return (
            np.minimum(np.minimum(corners[0], corners[1]), np.minimum(corners[2], corners[3])),
            np.maximum(np.maximum(corners[0], corners[1]), np.maximum(corners[2], corners[3])),
        )

    return evaluate


def _square(inner: Evaluation) -> Evaluation:
    size = _magnitude(inner)

    def evaluate(box: Box) -> tuple[Numbers, Numbers]:
        low, high = size(box)
        return low * low, high * high

    return evaluate


def _quotient(dividend: Evaluation, divisor: Evaluation) -> Evaluation:
    def evaluate(box: Box) -> tuple[Numbers, Numbers]:
        (a, b), (c, d) = dividend(box), divisor(box)
        c, d = np.maximum(c, 1), np.maximum(d, 1)
        return np.minimum(a // c, a // d), np.maximum(b // c, b // d)

    return evaluate


def _extreme(choose: Callable[[Any, Any], Any], parts: list[Evaluation]) -> Evaluation:
    def evaluate(box: Box) -> tuple[Numbers, Numbers]:
        low, high = parts[0](box)
        for each in parts[1:]:
            other_low, other_high = each(box)
            low, high = choose(low, other_low), choose(high, other_high)
        return low, high

    return evaluate


def _magnitude(inner: Evaluation) -> Evaluation:
    def evaluate(box: Box) -> tuple[Numbers, Numbers]:
        low, high = inner(box)
        return np.maximum(np.maximum(low, -high), 0), np.maximum(high, -low)

    return evaluate


def _terms_in_formula(formula: Formula) -> list[CoreTerm]:
    match formula:
        case Constant() | Membership():
            return []
        case Relation(term=term):
            return _terms_in(term)
        case AllOf(operands=operands) | AnyOf(operands=operands) | AtLeast(operands=operands):
            return [term for each in operands for term in _terms_in_formula(each)]
        case _:
            assert_never(formula)


def _terms_in(term: CoreTerm) -> list[CoreTerm]:
    """Return the term and all terms in it."""
    match term:
        case Integer() | Variable():
            inner: tuple[CoreTerm, ...] = ()
        case Sum(terms=terms) | Extreme(terms=terms):
            inner = terms
        case Product(left=left, right=right):
            inner = (left, right)
        case FloorQuotient(dividend=dividend, divisor=divisor):
            inner = (dividend, divisor)
        case Magnitude(term=operand):
            inner = (operand,)
        case _:
            assert_never(term)
    return [term, *(each for part in inner for each in _terms_in(part))]


def _fits(term: CoreTerm, columns: Mapping[str, CoreColumn]) -> bool:
    low, high = bounds(term, columns)
    return low is not None and high is not None and low > -_SAFE and high < _SAFE
