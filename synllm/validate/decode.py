"""Text cells to numbers for the column programme, each distinct text read once and exactly."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synllm.columns.batch import (
    IS_MISSING,
    IS_NOT_APPLICABLE,
    PRESENT,
    UNREADABLE,
    Batch,
    Numbers,
    is_wide,
)
from synllm.columns.program import VERDICTS, Program, compile_program
from synllm.spec.cells import CellProblem, parse_number, read_cell
from synllm.spec.core import CoreColumn, CoreSpec, StatementKind
from synllm.spec.model import Column, Spec
from synllm.spec.types import CategoryType, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Row, Value, Verdict
from synllm.validate.judged import PROBLEMS, Rows

_MEMO_LIMIT = 200_000
_PLAIN_NUMBER = re.compile(r"(-?[0-9]{1,15})(?:\.([0-9]{1,15}))?")
_HOLDS = VERDICTS.index(Verdict.HOLDS)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A batch of rows as numbers, and the kind of every unreadable cell.

    `problems` has an entry for each column with unreadable cells: per row an index into PROBLEMS,
    or -1 where the cell can be read.
    """

    batch: Batch
    problems: dict[str, NDArray[np.int8]]


class Decoder:
    """Reads batches of text cells by a spec; remembers texts it has met, up to a limit.

    `spec` may only have written columns that occur in every batch. `wanted` are the columns that
    batches of numbers must have (None: all); others are only searched for unreadable cells.
    """

    def __init__(self, spec: Spec, core: CoreSpec, wanted: Collection[str] | None = None) -> None:
        self._columns = [
            _ColumnReader(column, core.by_name[column.name]) for column in spec.generated_columns
        ]
        self._wanted = set(core.by_name) if wanted is None else set(wanted)
        self._conditions = [
            (column.name, _condition_program(core, column.name))
            for column in spec.condition_order
            if column.is_generated
        ]

    def decode(self, cells: pa.RecordBatch) -> Decoded:
        """Return the rows of a batch of `TEXT_CELLS` columns, as `read_row` reads each of them."""
        values: dict[str, Numbers] = {}
        states: dict[str, NDArray[np.uint8]] = {}
        problems: dict[str, NDArray[np.int8]] = {}
        ambiguous: dict[str, NDArray[np.bool_]] = {}
        for reader in self._columns:
            name = reader.column.name
            texts, indices = reader.read(cells.column(name))
            has_problems = (texts.problems >= 0).any()
            if name not in self._wanted and not has_problems:
                continue
            # Taking with int32 places is several times slower.
            rows = indices.to_numpy().astype(np.intp)
            values[name] = texts.numbers.take(rows)
            states[name] = (
                texts.states.take(rows) if texts.states.any() else np.zeros(len(rows), np.uint8)
            )
            if texts.ambiguous.any():
                ambiguous[name] = texts.ambiguous.take(rows)
            if has_problems and (found := texts.problems.take(rows)).max(initial=-1) >= 0:
                problems[name] = found
        batch = Batch(cells.num_rows, values, states)
        self._resolve(batch, ambiguous)
        return Decoded(batch, problems)

    def _resolve(self, batch: Batch, ambiguous: dict[str, NDArray[np.bool_]]) -> None:
        """Make the ambiguous cells whose condition is surely false not applicable, in place."""
        if not any(cells.any() for cells in ambiguous.values()):
            return
        # A condition takes an unreadable cell as missing here, as in `read_row`.
        states = {
            name: np.where(state == UNREADABLE, np.uint8(IS_MISSING), state)
            for name, state in batch.states.items()
        }
        for name, program in self._conditions:
            doubtful = ambiguous.get(name)
            if doubtful is None or not doubtful.any():
                continue
            before = states[name]
            states[name] = np.full_like(before, IS_NOT_APPLICABLE)
            (verdicts,) = program.verdicts(Batch(batch.length, batch.values, states)).values()
            surely_not = doubtful & (verdicts == _HOLDS)
            states[name] = np.where(surely_not, np.uint8(IS_NOT_APPLICABLE), before)
            batch.states[name][surely_not] = IS_NOT_APPLICABLE
            batch.values[name][surely_not] = np.nan


def pick_rows(batch: Batch, rows: Rows) -> Batch:
    """Return some rows of a batch."""
    return Batch(
        len(np.arange(batch.length)[rows]),
        {name: each[rows] for name, each in batch.values.items()},
        {name: each[rows] for name, each in batch.states.items()},
    )


def row_of(batch: Batch, index: int, spec: Spec) -> Row:
    """Return one row's columns of a batch in exact values, unreadable cells taken as missing."""
    return {
        name: _exact(spec.by_name[name], values[index], int(batch.states[name][index]))
        for name, values in batch.values.items()
    }


Meaning: TypeAlias = tuple[float, int, int, bool]
"""A text's integer (NaN: none), state, problem code (-1: none), and whether it is ambiguous."""


@dataclass(frozen=True, slots=True)
class _Texts:
    """What the distinct texts of a column's batch mean, in parallel arrays."""

    numbers: Numbers
    states: NDArray[np.uint8]
    problems: NDArray[np.int8]
    ambiguous: NDArray[np.bool_]


class _ColumnReader:
    """One column's texts met so far, and what they mean."""

    def __init__(self, column: Column, core: CoreColumn) -> None:
        self.column = column
        self._core = core
        self._known: dict[str | None, Meaning] = {}
        self._plain = isinstance(column.type, NumberType) and not _has_number_codes(column)

    def read(self, cells: pa.DictionaryArray) -> tuple[_Texts, pa.Int32Array]:
        """Return what the texts of a batch mean, and each row's index into them."""
        if len(self._known) > _MEMO_LIMIT:
            self._known.clear()
        known = self._known
        texts: list[str | None] = cells.dictionary.to_pylist()
        indices = cells.indices
        if indices.null_count or not texts:
            indices = indices.fill_null(len(texts))
            texts.append(None)
        for text in texts:
            if text not in known:
                known[text] = self._read_text(text)
        meanings = [known[text] for text in texts]
        kind = object if is_wide(self._core) else float
        return _Texts(
            np.array([each[0] for each in meanings], kind),
            np.array([each[1] for each in meanings], np.uint8),
            np.array([each[2] for each in meanings], np.int8),
            np.array([each[3] for each in meanings], np.bool_),
        ), indices

    def _read_text(self, text: str | None) -> Meaning:
        if self._plain and text is not None:
            integer = _plain_integer(text, self._core.decimals)
            if integer is not None and integer in self._core.values:
                return integer, PRESENT, -1, False
        reading = read_cell(self.column, text)
        match reading.value:
            case CellProblem() as problem:
                return np.nan, UNREADABLE, PROBLEMS.index(problem), reading.or_not_applicable
            case Fraction() as number:
                integer = (number * 10**self._core.decimals).numerator
                return integer, PRESENT, -1, reading.or_not_applicable
            case str() as label:
                return self._core.labels.index(label), PRESENT, -1, reading.or_not_applicable
            case absent:
                state = IS_NOT_APPLICABLE if absent is NOT_APPLICABLE else IS_MISSING
                return np.nan, state, -1, reading.or_not_applicable


def _plain_integer(text: str, decimals: int) -> int | None:
    """Return a number in plain digits times 10**decimals; None where it needs a closer look."""
    match = _PLAIN_NUMBER.fullmatch(text)
    if match is None:
        return None
    whole, fraction = match[1], (match[2] or "").rstrip("0")
    if len(fraction) > decimals:
        return None
    return int(whole + fraction.ljust(decimals, "0"))


def _has_number_codes(column: Column) -> bool:
    """Return whether a cell that looks like a number can mean an absence."""
    codes = [each.code for each in column.missing_codes]
    if column.applies_when is not None:
        codes.append(column.not_applicable_code)
    return any(parse_number(code.text) is not None for code in codes)


def _exact(column: Column, number: float, state: int) -> Value:
    if state != PRESENT:
        return NOT_APPLICABLE if state == IS_NOT_APPLICABLE else MISSING
    match column.type:
        case NumberType(decimals=decimals):
            return Fraction(int(number), 10**decimals)
        case CategoryType(labels=labels):
            return labels[int(number)]
        case _:
            raise AssertionError(f"{column.name} is not in a batch")


def _condition_program(core: CoreSpec, column: str) -> Program:
    """Return a programme of the column's applicability alone."""
    (statement,) = (
        each
        for each in core.statements
        if each.kind is StatementKind.APPLICABILITY and each.name == column
    )
    return compile_program(CoreSpec(core.name, core.columns, (statement,)))
