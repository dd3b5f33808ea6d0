"""Three ways to the same verdicts: the column programme, the defining semantics, the solver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synllm.columns.program import VERDICTS, compile_program
from synllm.spec.cells import CellProblem, read_row
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.values import MISSING, Value, Verdict
from synllm.validate.decode import Decoder, pick_rows, row_of
from synllm.validate.judged import PROBLEMS, Judged, ReadRow, Rows
from synllm.validate.solver import number_statements, solve_rows
from synllm.validate.statements import Stated, evaluate_statement

Engine: TypeAlias = Literal["columns", "exact", "z3"]


Judge: TypeAlias = Callable[[pa.RecordBatch], Judged]
"""Judges a batch whose columns are the spec's written columns, as `TEXT_CELLS`."""


def make_judge(engine: Engine, spec: Spec, core: CoreSpec, stated: tuple[Stated, ...]) -> Judge:
    """Return the engine's judge; all of them give identical verdicts."""
    match engine:
        case "columns":
            return _judge_columns(spec, core)
        case "exact":
            return _judge_rows(spec, stated, lambda rows: _evaluate_rows(rows, stated, spec))
        case "z3":
            return _judge_rows(spec, stated, lambda rows: solve_rows(rows, core))
        case _:
            raise ValueError(f"no such engine: {engine}")


def _judge_columns(spec: Spec, core: CoreSpec) -> Judge:
    program = compile_program(number_statements(core))
    decoder = Decoder(spec, core, {name for each in core.statements for name in each.columns})
    names = [str(place) for place in range(len(core.statements))]

    def judge(cells: pa.RecordBatch) -> Judged:
        decoded = decoder.decode(cells)
        counts = program.counts(decoded.batch)

        def verdicts(rows: Rows) -> tuple[NDArray[np.uint8], ...]:
            found = program.verdicts(pick_rows(decoded.batch, rows))
            return tuple(found[name] for name in names)

        return Judged(
            cells.num_rows,
            np.array([counts[name] for name in names], np.int64).reshape(-1, len(VERDICTS)),
            verdicts,
            decoded.problems,
            lambda index: row_of(decoded.batch, index, spec),
        )

    return judge


def _judge_rows(
    spec: Spec,
    stated: tuple[Stated, ...],
    verdicts_of: Callable[[list[ReadRow]], Iterator[tuple[Verdict, ...]]],
) -> Judge:
    def judge(cells: pa.RecordBatch) -> Judged:
        rows: list[ReadRow] = []
        problems: dict[str, NDArray[np.int8]] = {}
        for index, texts in enumerate(cells.to_pylist()):
            read = read_row(spec, texts)
            for name, value in read.items():
                if isinstance(value, CellProblem):
                    kinds = problems.setdefault(name, np.full(cells.num_rows, -1, np.int8))
                    kinds[index] = PROBLEMS.index(value)
            rows.append(_split_row(read))
        codes = np.array(
            [[VERDICTS.index(verdict) for verdict in verdicts] for verdicts in verdicts_of(rows)],
            np.uint8,
        ).reshape(len(rows), len(stated))
        counts = np.stack(
            [np.count_nonzero(codes == code, axis=0) for code in range(len(VERDICTS))], axis=1
        )
        return Judged(
            cells.num_rows,
            counts,
            lambda picked: tuple(codes[picked].T),
            problems,
            lambda index: rows[index].values,
        )

    return judge


def _split_row(read: dict[str, Value | CellProblem]) -> ReadRow:
    values: dict[str, Value] = {}
    unreadable = set()
    for name, value in read.items():
        if isinstance(value, CellProblem):
            values[name] = MISSING
            unreadable.add(name)
        else:
            values[name] = value
    return ReadRow(values, frozenset(unreadable))


def _evaluate_rows(
    rows: list[ReadRow], stated: tuple[Stated, ...], spec: Spec
) -> Iterator[tuple[Verdict, ...]]:
    for row in rows:
        yield tuple(evaluate_statement(each, row.values, row.unreadable, spec) for each in stated)
