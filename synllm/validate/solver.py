"""Verdicts by the solver: of every row where asked for, and of a sample of every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from synllm.columns.program import VERDICTS
from synllm.proof.audit import audit_rows
from synllm.spec.core import CoreColumn, CoreSpec
from synllm.spec.values import MISSING, Row, Value, Verdict
from synllm.validate.judged import Judged, ReadRow

_SAMPLED_ROWS = 16


class EngineDisagreementError(AssertionError):
    """Two engines judge a row differently: a mistake in synllm, never in the table."""


@dataclass(frozen=True, slots=True)
class _Kept:
    number: int
    row: ReadRow
    verdicts: tuple[Verdict, ...]


class Audit:
    """Keeps a random sample of the rows that an engine judged, to be judged again by the solver.

    The sample is the same each time the same table is judged.
    """

    def __init__(self, core: CoreSpec) -> None:
        self._core = core
        self._random = random.Random(0)
        self._rows = 0
        self._kept: list[_Kept] = []

    def sample(self, judged: Judged) -> None:
        """Consider the rows of a batch that follows those considered before."""
        before, self._rows = self._rows, self._rows + judged.rows
        # Every row so far is equally likely to be in a place of the sample.
        fresh = [
            place
            for place in range(min(_SAMPLED_ROWS, self._rows))
            if place >= len(self._kept) or self._random.randrange(self._rows) >= before
        ]
        picked = [self._random.randrange(judged.rows) for _ in fresh]
        codes = judged.verdicts(np.array(picked, np.intp))
        for order, (place, index) in enumerate(zip(fresh, picked, strict=True)):
            unreadable = frozenset(
                name for name, kinds in judged.problems.items() if kinds[index] >= 0
            )
            kept = _Kept(
                before + index + 1,
                ReadRow(judged.row(index), unreadable),
                tuple(VERDICTS[each[order]] for each in codes),
            )
            self._kept[place : place + 1] = [kept]

    def confirm(self) -> int:
        """Return how many rows the solver judged alike; raise EngineDisagreementError otherwise."""
        solved = solve_rows([kept.row for kept in self._kept], self._core)
        for kept, again in zip(self._kept, solved, strict=True):
            for statement, first, second in zip(
                self._core.statements, kept.verdicts, again, strict=True
            ):
                if first != second:
                    raise EngineDisagreementError(
                        f"row {kept.number}: {statement.name} is {first}, the solver says {second}"
                    )
        return len(self._kept)


def solve_rows(rows: list[ReadRow], core: CoreSpec) -> Iterator[tuple[Verdict, ...]]:
    """Yield each row's verdicts in the order of the core's statements, found by the solver.

    A statement that mentions an unreadable cell is undecided.
    """
    numbered = number_statements(core)
    for row, verdicts in zip(
        rows, audit_rows(numbered, [_complete(row, core) for row in rows]), strict=True
    ):
        yield tuple(
            Verdict.UNDECIDED
            if row.unreadable.intersection(statement.columns)
            else verdicts[statement.name]
            for statement in numbered.statements
        )


def number_statements(core: CoreSpec) -> CoreSpec:
    """Return the core spec with its statements named by their place: names need not be unique."""
    return CoreSpec(
        core.name,
        core.columns,
        tuple(replace(each, name=str(place)) for place, each in enumerate(core.statements)),
    )


def _complete(row: ReadRow, core: CoreSpec) -> Row:
    """Return the row with any allowed cell in place of each that is unreadable or left out."""
    return {
        column.name: row.values[column.name]
        if column.name in row.values and column.name not in row.unreadable
        else _any_value(column)
        for column in core.columns
    }


def _any_value(column: CoreColumn) -> Value:
    if column.may_be_missing:
        return MISSING
    low, high = column.values.intervals[0]
    integer = low if low is not None else 0 if high is None else high
    return column.labels[integer] if column.labels else Fraction(integer, 10**column.decimals)
