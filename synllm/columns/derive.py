"""Derived columns computed for whole batches, exactly as row by row."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synllm.columns.batch import Batch
from synllm.columns.numbers import exact_in_float, exact_term, record_term
from synllm.columns.steps import Recorder
from synllm.spec.core import CoreSpec, CoreTerm
from synllm.spec.model import Column, Spec
from synllm.spec.passes.linear import term_of
from synllm.spec.passes.terms import Scope, lower_column
from synllm.spec.types import NumberType


def derive(column: Column, spec: Spec, core: CoreSpec, batch: Batch) -> NDArray[Any]:
    """Return a derived column's `value * 10**decimals` on each row; NaN where it is absent.

    float64 where that is exact, else Python's integers. On a row that leaves the computation
    undefined, which no valid row does, the value is anything.
    """
    assert isinstance(column.type, NumberType) and column.derivation is not None
    lowered = lower_column(column, Scope(spec, core.by_name))
    term = term_of(lowered.numerator.times(10**column.type.decimals))
    given: list[NDArray[np.bool_]] = [batch.states[name] == 0 for name in lowered.columns]
    there: NDArray[np.bool_] = reduce(np.logical_and, given, np.ones(batch.length, dtype=np.bool_))
    if exact_in_float(term, core.by_name):
        return np.where(there, _in_float(term, batch), np.nan)
    found = np.full(batch.length, np.nan, dtype=object)
    rows = np.flatnonzero(there)
    cells = {
        name: np.array([int(each) for each in batch.values[name][rows]], dtype=object)
        for name in lowered.columns
    }
    found[rows] = exact_term(term, cells, rows.size)
    return found


def _in_float(term: CoreTerm, batch: Batch) -> NDArray[np.float64]:
    recorder = Recorder()
    wanted = record_term(term, recorder)
    if isinstance(wanted, float):
        return np.full(batch.length, wanted)
    arrays: dict[int, NDArray[Any]] = {
        node: batch.values[name]
        for node, name in enumerate(recorder.columns)
        if name is not None and recorder.kinds[node] == "values"
    }
    with np.errstate(all="ignore"):
        for step in recorder.steps:
            out = np.empty(batch.length)
            step.operation(*[arrays[node] for node in step.inputs], out=out)
            arrays[step.output] = out
    return arrays[wanted]
