"""Memberships as masks: the fewest comparisons of a column's values, and its states."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synllm.columns.batch import IS_MISSING, IS_NOT_APPLICABLE, PRESENT, is_wide
from synllm.columns.comparisons import Mask, compare_constant, join
from synllm.columns.steps import Recorder
from synllm.spec.core import CoreColumn, Membership, ValueSet

MANY_RUNS = 8
"""From this many separate runs of values on, a table look-up is faster than comparisons."""

LARGEST_TABLE = 2**16


def record_membership(literal: Membership, column: CoreColumn, recorder: Recorder) -> int | bool:
    """Return the node of the literal's mask, or the constant that it is.

    The mask is anything where the cell is unreadable.
    """
    domain = column.values
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
    return join("or", [_among(values, column, recorder), *states], recorder)


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
    return join("or", [_in_run(low, high, node, recorder) for low, high in runs], recorder)


def _in_run(low: int | None, high: int | None, node: int, recorder: Recorder) -> int | bool:
    if low is not None and low == high:
        return compare_constant(np.equal, node, low, recorder)
    ends: list[int | bool] = []
    if low is not None:
        ends.append(compare_constant(np.greater_equal, node, low, recorder))
    if high is not None:
        ends.append(compare_constant(np.less_equal, node, high, recorder))
    return join("and", ends, recorder)


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
