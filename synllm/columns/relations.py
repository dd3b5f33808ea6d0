"""Relations between terms as masks, false wherever a column is absent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from synllm.columns.comparisons import Mask, compare, join
from synllm.columns.numbers import exact_in_float, exact_term, record_sum
from synllm.columns.steps import Recorder
from synllm.spec.core import (
    CoreColumn,
    CoreTerm,
    Integer,
    Product,
    Relation,
    Sum,
    term_columns,
)


def record_relation(
    relation: Relation, columns: Mapping[str, CoreColumn], recorder: Recorder
) -> int | bool:
    """Return the node of the relation's mask, or the constant that it is."""
    if not exact_in_float(relation.term, columns):
        return _exact_relation(relation, recorder)
    # Comparing the added with the subtracted terms saves an operation or two.
    terms = relation.term.terms if isinstance(relation.term, Sum) else (relation.term,)
    left = record_sum([each for each in terms if not _is_subtracted(each)], recorder)
    right = record_sum([_opposite(each) for each in terms if _is_subtracted(each)], recorder)
    match relation.operator:
        case "<":
            return compare(np.less, left, right, recorder)
        case "<=":
            return compare(np.less_equal, left, right, recorder)
        case "=":
            return compare(np.equal, left, right, recorder)
        case "!=":
            # NaN differs from everything, so `not equal` would be true of absent cells.
            beside = (
                compare(np.less, left, right, recorder),
                compare(np.greater, left, right, recorder),
            )
            return join("or", beside, recorder)
        case _:
            assert_never(relation.operator)


def _is_subtracted(term: CoreTerm) -> bool:
    match term:
        case Integer(value=value) | Product(left=Integer(value=value)):
            return value < 0
        case _:
            return False


def _opposite(term: CoreTerm) -> CoreTerm:
    match term:
        case Integer(value=value):
            return Integer(-value)
        case Product(left=Integer(value=-1), right=right):
            return right
        case Product(left=Integer(value=value), right=right):
            return Product(Integer(-value), right)
        case _:
            raise ValueError("not a subtracted term")


_EXACT: dict[str, Callable[..., object]] = {
    "<": np.less,
    "<=": np.less_equal,
    "=": np.equal,
    "!=": np.not_equal,
}


def _exact_relation(relation: Relation, recorder: Recorder) -> int:
    """Return a relation whose numbers may leave float64's integers, in Python's integers."""
    names = sorted(term_columns(relation.term))
    decide_sign = _EXACT[relation.operator]

    def decide(*arrays: NDArray[Any], out: Mask) -> None:
        out[:] = False
        there = np.flatnonzero(reduce(np.logical_and, ((each == each) for each in arrays)))
        cells = {
            name: each[there]
            if each.dtype == object
            else each[there].astype(np.int64).astype(object)
            for name, each in zip(names, arrays, strict=True)
        }
        numbers = exact_term(relation.term, cells, len(there))
        out[there] = np.asarray(decide_sign(numbers, 0), dtype=np.bool_)

    inputs = [recorder.column(name, "values") for name in names]
    return recorder.record("mask", ("exactly", relation.operator, relation.term), decide, inputs)
