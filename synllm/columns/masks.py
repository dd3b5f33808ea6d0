"""Two-valued formulas as elementwise operations on columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, assert_never

import numpy as np

from synllm.columns.comparisons import Mask, join
from synllm.columns.memberships import record_membership
from synllm.columns.relations import record_relation
from synllm.columns.steps import Recorder
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreColumn,
    Formula,
    Membership,
    Relation,
)

Columns: TypeAlias = Mapping[str, CoreColumn]


def record_formula(formula: Formula, columns: Columns, recorder: Recorder) -> int | bool:
    """Return the node of a formula's mask, or the constant that it is.

    On rows with an unreadable cell in one of the formula's columns the mask is anything.
    """
    match formula:
        case Constant(value=value):
            return value
        case Membership():
            return record_membership(formula, columns[formula.column], recorder)
        case Relation():
            return record_relation(formula, columns, recorder)
        case AllOf(operands=operands):
            return join("and", [record_formula(o, columns, recorder) for o in operands], recorder)
        case AnyOf(operands=operands):
            return join("or", [record_formula(o, columns, recorder) for o in operands], recorder)
        case AtLeast(count=count, operands=operands):
            return _tally(count, [record_formula(o, columns, recorder) for o in operands], recorder)
        case _:
            assert_never(formula)


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
