"""Relations about one column, evaluated on each of its values."""

from __future__ import annotations

import numpy as np

from synllm.columns.batch import PRESENT, Batch, is_wide
from synllm.columns.program import HOLDS, compile_program
from synllm.spec.core import (
    Constant,
    CoreColumn,
    CoreSpec,
    Outcomes,
    Relation,
    Statement,
    StatementKind,
    ValueSet,
)

GRID_LIMIT = 1_000_000
"""The most values of a column that are gone through one by one."""


def true_on_grid(relation: Relation, column: CoreColumn) -> ValueSet | None:
    """Return the column's values for which a relation about it alone is true.

    None where the column has more than GRID_LIMIT values.
    """
    pieces = [(low, high) for low, high in column.values.intervals if low is not None]
    bounded = [(low, high) for low, high in pieces if high is not None]
    size = sum(high - low + 1 for low, high in bounded)
    if len(bounded) < len(column.values.intervals) or size > GRID_LIMIT:
        return None
    if size == 0:
        return ValueSet()
    numbers = np.fromiter(
        column.values, dtype=object if is_wide(column) else np.float64, count=size
    )
    batch = Batch(
        size, {column.name: numbers}, {column.name: np.full(size, PRESENT, dtype=np.uint8)}
    )
    no = Constant(False)
    statement = Statement(
        "relation", StatementKind.RULE, Outcomes(relation, no, no, no), (column.name,)
    )
    verdicts = compile_program(CoreSpec("", (column,), (statement,))).verdicts(batch)["relation"]
    found = np.flatnonzero(verdicts == HOLDS)
    if not found.size:
        return ValueSet()
    # Neighbouring places hold neighbouring values except where one interval ends.
    ends = np.flatnonzero((np.diff(found) > 1) | (np.diff(numbers[found]) > 1))
    starts = found[np.concatenate(([0], ends + 1))]
    stops = found[np.concatenate((ends, [found.size - 1]))]
    return ValueSet.union_of(
        (int(numbers[first]), int(numbers[last])) for first, last in zip(starts, stops, strict=True)
    )
