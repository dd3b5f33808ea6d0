"""CoreSpec as a column programme: every statement's verdict on millions of rows."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synllm.columns.batch import UNREADABLE, Batch
from synllm.columns.comparisons import Mask
from synllm.columns.masks import record_formula
from synllm.columns.plan import Goal, Layout, lay_out
from synllm.columns.steps import Recorder
from synllm.spec.core import Constant, CoreSpec, Formula, Statement, formula_columns
from synllm.spec.values import Verdict

VERDICTS: tuple[Verdict, ...] = tuple(Verdict)
"""The verdicts in the order of their codes."""

HOLDS, VIOLATED, NOT_TRIGGERED, UNDECIDED, UNDEFINED = range(5)
"""The code of each verdict."""

Codes: TypeAlias = NDArray[np.uint8]
Counts: TypeAlias = tuple[int, int, int, int, int]
"""How many rows have each verdict, in the order of the codes."""

CHUNK = 32_768
"""Rows worked on at a time, few enough for the intermediate arrays to stay in the cache."""

MOST_WORKERS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The statements of a CoreSpec, ready to run on batches of its columns.

    A statement that mentions a column whose cell is unreadable is undecided on that row.
    """

    core: CoreSpec
    layout: Layout

    def verdicts(self, batch: Batch) -> dict[str, Codes]:
        """Return by statement name the code of its verdict on each row."""
        found = np.full((len(self.core.statements), batch.length), UNDECIDED, dtype=np.uint8)

        def write(start: int) -> None:
            stop = min(start + CHUNK, batch.length)
            for index, masks in self._outcomes(batch.rows(start, stop)):
                for code, mask in masks:
                    # No two masks are true together, so adding the difference sets the code;
                    # uint8 wraps around, as it must where the code is below undecided.
                    step = np.uint8((code - UNDECIDED) % 256)
                    found[index, start:stop] += mask.view(np.uint8) * step

        _each_chunk(batch.length, write)
        return {each.name: found[index] for index, each in enumerate(self.core.statements)}

    def counts(self, batch: Batch) -> dict[str, Counts]:
        """Return by statement name how many rows have each verdict."""
        found: list[NDArray[np.int64]] = []

        def add(start: int) -> None:
            here = np.zeros((len(self.core.statements), len(VERDICTS)), dtype=np.int64)
            for index, masks in self._outcomes(batch.rows(start, start + CHUNK)):
                for code, mask in masks:
                    here[index, code] = np.count_nonzero(mask)
            found.append(here)

        _each_chunk(batch.length, add)
        totals = np.zeros((len(self.core.statements), len(VERDICTS)), dtype=np.int64)
        for here in found:
            totals += here
        totals[:, UNDECIDED] = batch.length - totals.sum(axis=1)
        return {
            statement.name: (int(row[0]), int(row[1]), int(row[2]), int(row[3]), int(row[4]))
            for statement, row in zip(self.core.statements, totals, strict=True)
        }

    def _outcomes(self, rows: Batch) -> Iterator[tuple[int, list[tuple[int, Mask]]]]:
        """Yield each statement's index with the masks of its verdicts, undecided left out.

        The masks are overwritten when the next statement is asked for.
        """
        unreadable = {name for name, states in rows.states.items() if (states == UNREADABLE).any()}
        arrays = self.layout.arrays(rows)
        for index, block in enumerate(self.layout.blocks):
            with np.errstate(all="ignore"):
                for move in block.moves:
                    move.operation(*[arrays[i] for i in move.inputs], out=arrays[move.output])
            masks = [(code, arrays[place]) for code, place in block.outcomes]
            unread = [name for name in self.core.statements[index].columns if name in unreadable]
            if unread:
                states = [rows.states[name] != UNREADABLE for name in unread]
                readable = np.logical_and.reduce(states)
                masks = [(code, mask & readable) for code, mask in masks]
            yield index, masks


def compile_program(core: CoreSpec) -> Program:
    """Return the programme of all the statements; their names, the keys of results, must differ."""
    twice = [name for name, uses in Counter(s.name for s in core.statements).items() if uses > 1]
    if twice:
        raise ValueError(f"several statements are named {', '.join(twice)}")
    recorder = Recorder()
    goals = []
    for statement in core.statements:
        outcomes = [
            (code, _outcome(formula, statement, core, recorder))
            for code, formula in _formulas(statement)
            if formula != Constant(False)
        ]
        goals.append(Goal(len(recorder.steps), tuple(outcomes)))
    return Program(core, lay_out(recorder, goals))


def _formulas(statement: Statement) -> tuple[tuple[int, Formula], ...]:
    outcomes = statement.outcomes
    return (
        (HOLDS, outcomes.holds),
        (VIOLATED, outcomes.violated),
        (NOT_TRIGGERED, outcomes.not_triggered),
        (UNDEFINED, outcomes.undefined),
    )


def _outcome(formula: Formula, statement: Statement, core: CoreSpec, recorder: Recorder) -> int:
    mentioned = formula_columns(formula)
    assert mentioned <= set(statement.columns), f"{statement.name} mentions more than it lists"
    node = record_formula(formula, core.by_name, recorder)
    if isinstance(node, bool):
        return recorder.record("mask", node, lambda out: out.fill(node), ())
    return node


def _each_chunk(length: int, work: Callable[[int], None]) -> None:
    """Call the work with the first row of every chunk, on several threads if there are many."""
    starts = range(0, length, CHUNK)
    workers = min(MOST_WORKERS, os.cpu_count() or 1, len(starts))
    if workers <= 1:
        for start in starts:
            work(start)
        return
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work, start) for start in starts]:
            done.result()
