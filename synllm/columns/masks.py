"""Two-valued formulas as elementwise operations on columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from itertools import groupby
from typing import Any, Literal, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from synllm.columns.batch import IS_MISSING, IS_NOT_APPLICABLE, PRESENT, is_wide
from synllm.columns.numbers import exact_in_float, exact_term, record_sum
from synllm.columns.steps import Recorder
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreColumn,
    CoreTerm,
    Formula,
    Integer,
    Membership,
    Product,
    Relation,
    Sum,
    ValueSet,
    term_columns,
)

Columns: TypeAlias = Mapping[str, CoreColumn]
Mask: TypeAlias = NDArray[np.bool_]

MANY_RUNS = 8
"""From this many separate runs of values on, a table look-up is faster than comparisons."""

LARGEST_TABLE = 2**16


def record_formula(formula: Formula, columns: Columns, recorder: Recorder) -> int | bool:
    """Return the node of a formula's mask, or the constant that it is.

    On rows with an unreadable cell in one of the formula's columns the mask is anything.
    """
    match formula:
        case Constant(value=value):
            return value
        case Membership():
            return _membership(formula, columns, recorder)
        case Relation():
            return _relation(formula, columns, recorder)
        case AllOf(operands=operands):
            return _joined(
                "and", [record_formula(o, columns, recorder) for o in operands], recorder
            )
        case AnyOf(operands=operands):
            return _joined("or", [record_formula(o, columns, recorder) for o in operands], recorder)
        case AtLeast(count=count, operands=operands):
            return _tally(count, [record_formula(o, columns, recorder) for o in operands], recorder)
        case _:
            assert_never(formula)


def _joined(
    word: Literal["and", "or"], parts: Iterable[int | bool], recorder: Recorder
) -> int | bool:
    """Return the conjunction or disjunction of masks and constants."""
    neutral = word == "and"
    masks = []
    for part in parts:
        if isinstance(part, bool):
            if part is not neutral:
                return part
        else:
            masks.append(part)
    if not masks:
        return neutral
    join = np.logical_and if neutral else np.logical_or
    return reduce(lambda a, b: recorder.record("mask", word, join, (a, b)), masks)


def _tally(count: int, parts: Sequence[int | bool], recorder: Recorder) -> int | bool:
    masks = [part for part in parts if not isinstance(part, bool)]
    count -= sum(part for part in parts if isinstance(part, bool))
    if count <= 0:
        return True
    if count > len(masks):
        return False

    def tally(*arrays: Mask, out: Mask) -> None:
        total = np.zeros(out.shape, dtype=np.int32)
        for array in arrays:
            total += array
        np.greater_equal(total, count, out)

    return recorder.record("mask", ("at least", count), tally, masks)


# Membership ---------------------------------------------------------------------------------------


def _membership(literal: Membership, columns: Columns, recorder: Recorder) -> int | bool:
    domain = columns[literal.column].values
    values = literal.values.intersect(domain)
    if values == domain:
        # Only states other than the flagged ones are excluded.
        match literal.missing, literal.not_applicable:
            case True, True:
                return True
            case True, False:
                return _state(literal.column, "is not", IS_NOT_APPLICABLE, recorder)
            case False, True:
                return _state(literal.column, "is not", IS_MISSING, recorder)
            case _:
                return _state(literal.column, "is", PRESENT, recorder)
    states: list[int | bool] = []
    if literal.missing and literal.not_applicable:
        states = [_state(literal.column, "is not", PRESENT, recorder)]
    elif literal.missing:
        states = [_state(literal.column, "is", IS_MISSING, recorder)]
    elif literal.not_applicable:
        states = [_state(literal.column, "is", IS_NOT_APPLICABLE, recorder)]
    return _joined("or", [_among(values, columns[literal.column], recorder), *states], recorder)


def _state(column: str, word: Literal["is", "is not"], state: int, recorder: Recorder) -> int:
    compare = np.equal if word == "is" else np.not_equal
    code = np.uint8(state)
    return recorder.record(
        "mask",
        (word, state),
        lambda states, out: compare(states, code, out),
        (recorder.column(column, "states"),),
    )


def _among(values: ValueSet, column: CoreColumn, recorder: Recorder) -> int | bool:
    """Return where a column is present with one of the values."""
    inside = _runs(values, column.values)
    outside = _runs(column.values.minus(values), column.values)
    node = recorder.column(column.name, "values")
    least = min(len(inside), len(outside))
    if least >= MANY_RUNS and not is_wide(column):
        low, high = column.values.intervals[0][0], column.values.intervals[-1][1]
        if low is not None and high is not None and high - low < LARGEST_TABLE:
            return _look_up(values, low, high, column, recorder)
    if _cost(inside) <= _cost(outside) + 1:
        return _in_runs(inside, node, recorder)
    excluded = _in_runs(outside, node, recorder)
    there = _state(column.name, "is", PRESENT, recorder)
    if isinstance(excluded, bool):
        return False if excluded else there
    return recorder.record("mask", "and not", np.greater, (there, excluded))


Run: TypeAlias = tuple[int | None, int | None]


def _runs(values: ValueSet, domain: ValueSet) -> list[Run]:
    """Return the fewest ranges that hold the values and no other member of the domain."""
    pieces = [(piece, True) for piece in values.intervals]
    pieces += [(piece, False) for piece in domain.minus(values).intervals]
    pieces.sort(key=lambda each: (each[0][0] is not None, each[0][0] or 0))
    stretches = [
        (kind, [piece for piece, _ in group])
        for kind, group in groupby(pieces, lambda each: each[1])
    ]
    return [
        (
            None if place == 0 else stretch[0][0],
            None if place == len(stretches) - 1 else stretch[-1][1],
        )
        for place, (included, stretch) in enumerate(stretches)
        if included
    ]


def _cost(runs: Sequence[Run]) -> int:
    return sum(1 if None in run or run[0] == run[1] else 2 for run in runs)


def _in_runs(runs: Sequence[Run], node: int, recorder: Recorder) -> int | bool:
    return _joined("or", [_in_run(low, high, node, recorder) for low, high in runs], recorder)


def _in_run(low: int | None, high: int | None, node: int, recorder: Recorder) -> int | bool:
    if low is not None and low == high:
        return _against(np.equal, node, low, recorder)
    ends: list[int | bool] = []
    if low is not None:
        ends.append(_against(np.greater_equal, node, low, recorder))
    if high is not None:
        ends.append(_against(np.less_equal, node, high, recorder))
    return _joined("and", ends, recorder)


def _against(compare: np.ufunc, node: int, constant: int | float, recorder: Recorder) -> int:
    """Return the comparison of a number with a constant; false where the number is NaN."""
    return recorder.record(
        "mask",
        (compare.__name__, constant),
        lambda numbers, out: compare(numbers, constant, out),
        (node,),
    )


def _look_up(values: ValueSet, low: int, high: int, column: CoreColumn, recorder: Recorder) -> int:
    table = np.zeros(high - low + 1, dtype=np.bool_)
    for value in values:
        table[value - low] = True

    def look_up(numbers: NDArray[np.float64], states: NDArray[np.uint8], out: Mask) -> None:
        # NaN becomes some index or other; the states say that the cell is not there.
        places = (numbers - low).astype(np.intp)
        np.take(table, places, mode="clip", out=out)
        np.logical_and(out, states == PRESENT, out)

    inputs = (recorder.column(column.name, "values"), recorder.column(column.name, "states"))
    return recorder.record("mask", ("among", values), look_up, inputs)


# Relations ----------------------------------------------------------------------------------------


def _relation(relation: Relation, columns: Columns, recorder: Recorder) -> int | bool:
    if not exact_in_float(relation.term, columns):
        return _exact_relation(relation, recorder)
    # Comparing the added with the subtracted terms saves an operation or two.
    terms = relation.term.terms if isinstance(relation.term, Sum) else (relation.term,)
    left = record_sum([each for each in terms if not _is_subtracted(each)], recorder)
    right = record_sum([_opposite(each) for each in terms if _is_subtracted(each)], recorder)
    match relation.operator:
        case "<":
            return _compared(np.less, left, right, recorder)
        case "<=":
            return _compared(np.less_equal, left, right, recorder)
        case "=":
            return _compared(np.equal, left, right, recorder)
        case "!=":
            # NaN differs from everything, so `not equal` would be true of absent cells.
            beside = (
                _compared(np.less, left, right, recorder),
                _compared(np.greater, left, right, recorder),
            )
            return _joined("or", beside, recorder)
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


_MIRRORED: dict[np.ufunc, np.ufunc] = {
    np.less: np.greater,
    np.less_equal: np.greater_equal,
    np.equal: np.equal,
    np.greater: np.less,
}


def _compared(
    compare: np.ufunc, left: int | float, right: int | float, recorder: Recorder
) -> int | bool:
    match left, right:
        case int(), int():
            return recorder.record("mask", compare.__name__, compare, (left, right))
        case int(), float():
            return _against(compare, left, right, recorder)
        case float(), int():
            return _against(_MIRRORED[compare], right, left, recorder)
        case _:
            return bool(compare(left, right))


_EXACT: dict[str, Callable[..., object]] = {
    "<": np.less,
    "<=": np.less_equal,
    "=": np.equal,
    "!=": np.not_equal,
}


def _exact_relation(relation: Relation, recorder: Recorder) -> int:
    """Return a relation whose numbers may leave float64's integers, in Python's integers."""
    names = sorted(term_columns(relation.term))
    compare = _EXACT[relation.operator]

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
        out[there] = np.asarray(compare(numbers, 0), dtype=np.bool_)

    inputs = [recorder.column(name, "values") for name in names]
    return recorder.record("mask", ("exactly", relation.operator, relation.term), decide, inputs)
