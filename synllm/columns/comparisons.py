"""Masks made of numbers and of other masks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synllm.columns.steps import Recorder

Mask: TypeAlias = NDArray[np.bool_]


def join(word: Literal["and", "or"], parts: Iterable[int | bool], recorder: Recorder) -> int | bool:
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
    both = np.logical_and if neutral else np.logical_or
    return reduce(lambda a, b: recorder.record("mask", word, both, (a, b)), masks)


def compare_constant(
    function: np.ufunc, node: int, constant: int | float, recorder: Recorder
) -> int:
    """Return the comparison of a number with a constant; false where the number is NaN."""
    return recorder.record(
        "mask",
        (function.__name__, constant),
        lambda numbers, out: function(numbers, constant, out),
        (node,),
    )


_MIRRORED: dict[np.ufunc, np.ufunc] = {
    np.less: np.greater,
    np.less_equal: np.greater_equal,
    np.equal: np.equal,
    np.greater: np.less,
}


def compare(
    function: np.ufunc, left: int | float, right: int | float, recorder: Recorder
) -> int | bool:
    """Return the comparison of two numbers, each a node (int) or a constant (float)."""
    match left, right:
        case int(), int():
            return recorder.record("mask", function.__name__, function, (left, right))
        case int(), float():
            return compare_constant(function, left, right, recorder)
        case float(), int():
            return compare_constant(_MIRRORED[function], right, left, recorder)
        case _:
            return bool(function(left, right))
