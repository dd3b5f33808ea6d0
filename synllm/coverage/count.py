"""How many rows of a table make each of many conditions true, false, unknown or undefined.

Each condition is counted by a companion of the spec's rules: a soft rule that demands it of every
row. So the engine that validates tables counts them, to the row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synllm.columns.program import VERDICTS, compile_program
from synllm.coverage.cells_seen import SeenColumn, watch_columns
from synllm.coverage.report import Truths
from synllm.spec.core import CoreSpec
from synllm.spec.expressions import Condition
from synllm.spec.model import Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import Verdict
from synllm.validate.decode import Decoder
from synllm.validate.report import Counts
from synllm.validate.solver import number_statements
from synllm.validate.table_text import TableText


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of a table: by statement in the order of the core spec, and by condition."""

    rows: int
    statements: tuple[Counts, ...]
    conditions: Mapping[Condition, Truths]
    seen: Mapping[str, SeenColumn]


def count_table(
    spec: Spec,
    conditions: Sequence[Condition],
    thresholds: Mapping[str, Sequence[Fraction]],
    table: TableText,
    progress: Callable[[int], None] | None = None,
) -> Counted:
    """Return the counts of an open table's rows, streamed.

    `thresholds` are those near which the numbers of a written column are noted.
    """
    core = lower(replace(spec, rules=(*spec.rules, *_companions(conditions))))
    program = compile_program(number_statements(core))
    decoder = Decoder(spec, core)
    columns = spec.generated_columns
    seen = watch_columns(columns, thresholds)
    totals = np.zeros((len(core.statements), len(VERDICTS)), np.int64)
    rows = 0
    for read in table.batches:
        cells = pa.RecordBatch.from_arrays(
            [read.column(column.name) for column in columns], [column.name for column in columns]
        )
        decoded = decoder.decode(cells)
        totals += _as_array(program.counts(decoded.batch), core)
        for name, column in seen.items():
            column.add(decoded, cells.column(name))
        rows += cells.num_rows
        if progress is not None:
            progress(rows)
    own = len(core.statements) - len(conditions)
    return Counted(
        rows,
        tuple(_counts(row) for row in totals[:own].tolist()),
        dict(zip(conditions, (_truths(row) for row in totals[own:].tolist()), strict=True)),
        seen,
    )


def _companions(conditions: Sequence[Condition]) -> list[Rule]:
    # No rule of an author has a space in its name.
    return [
        Rule(f"condition {place}", "", None, condition, Fraction(0))
        for place, condition in enumerate(conditions)
    ]


def _as_array(counts: Mapping[str, tuple[int, ...]], core: CoreSpec) -> NDArray[np.int64]:
    listed = [counts[str(place)] for place in range(len(core.statements))]
    return np.array(listed, np.int64).reshape(-1, len(VERDICTS))


def _counts(row: Sequence[int]) -> Counts:
    return Counts(**{v.name.lower(): n for v, n in zip(VERDICTS, row, strict=True)})


def _truths(row: Sequence[int]) -> Truths:
    by_verdict = dict(zip(VERDICTS, row, strict=True))
    return Truths(
        true=by_verdict[Verdict.HOLDS],
        false=by_verdict[Verdict.VIOLATED],
        unknown=by_verdict[Verdict.UNDECIDED],
        undefined=by_verdict[Verdict.UNDEFINED],
    )
