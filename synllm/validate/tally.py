"""Counts over the batches of a table, and the few rows that a report shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synllm.columns.program import VERDICTS
from synllm.spec.cells import CellProblem
from synllm.spec.model import Spec
from synllm.spec.values import Row, Verdict
from synllm.validate.draw import show_cells
from synllm.validate.judged import ALL_ROWS, PROBLEMS, Judged
from synllm.validate.report import (
    ColumnProblems,
    Counts,
    Offender,
    Outcome,
    StatementReport,
    UnreadableCell,
)
from synllm.validate.statements import Stated, draw_statement, sentence_of, text_of

Locate = Callable[[Collection[int]], dict[int, int]]

_HOLDS, _VIOLATED, _UNDECIDED, _UNDEFINED = (
    VERDICTS.index(verdict)
    for verdict in (Verdict.HOLDS, Verdict.VIOLATED, Verdict.UNDECIDED, Verdict.UNDEFINED)
)
_BAD = [_VIOLATED, _UNDEFINED]


@dataclass(slots=True)
class _Problems:
    kinds: Counter[CellProblem] = field(default_factory=Counter)
    first: list[tuple[int, str | None, CellProblem]] = field(default_factory=list)


class Tally:
    """Adds up judged batches; its memory doesn't grow with the table.

    `shown` is how many offending rows are kept for a statement, and unreadable cells for a column.
    `conditions` pairs a rule's place with that of the companion that says its condition is met;
    companions are counted and not reported.
    """

    def __init__(
        self, stated: tuple[Stated, ...], shown: int, conditions: Mapping[int, int]
    ) -> None:
        self.rows = 0
        self.broken_rows = 0
        self._stated = stated
        self._shown = shown
        self._conditions = conditions
        self._companions = frozenset(conditions.values())
        self._undecided_when_met = dict.fromkeys(conditions, 0)
        self._counts = np.zeros((len(stated), len(VERDICTS)), np.int64)
        self._offenders: list[list[tuple[int, Verdict, Row]]] = [[] for _ in stated]
        self._problems: dict[str, _Problems] = {}

    def add(self, judged: Judged, cells: pa.RecordBatch) -> None:
        """Count a batch that follows those added before."""
        self._counts += judged.counts
        broken = np.zeros(judged.rows, np.bool_)
        with_bad = [
            place
            for place, counts in enumerate(judged.counts)
            if counts[_BAD].any()
            and place not in self._companions
            and (self._stated[place].core.hard or len(self._offenders[place]) < self._shown)
        ]
        self._count_undecided(judged)
        if with_bad:
            verdicts = judged.verdicts(ALL_ROWS)
            for place in with_bad:
                self._add_offenders(place, verdicts[place], judged, broken)
        for name, kinds in judged.problems.items():
            self._add_problems(name, kinds, cells.column(name))
            broken |= kinds >= 0
        self.broken_rows += int(np.count_nonzero(broken))
        self.rows += judged.rows

    def report_statements(self, spec: Spec, locate: Locate) -> tuple[StatementReport, ...]:
        """Return each statement's counts, and its first offenders with their values drawn."""
        lines = locate({row for kept in self._offenders for row, _, _ in kept})
        return tuple(
            _report_statement(
                stated,
                self._counts[place].tolist(),
                self._undecided_when_met.get(place),
                self._offenders[place],
                spec,
                lines,
            )
            for place, stated in enumerate(self._stated)
            if place not in self._companions
        )

    def report_problems(
        self, sources: dict[str, str], locate: Locate
    ) -> tuple[ColumnProblems, ...]:
        """Return the unreadable cells of each column that has any, by the table's column names."""
        lines = locate({row for kept in self._problems.values() for row, _, _ in kept.first})
        return tuple(
            ColumnProblems(
                column=sources[name],
                count=kept.kinds.total(),
                kinds=dict(kept.kinds.most_common()),
                first=tuple(
                    UnreadableCell(row=row, line=lines.get(row), text=text, problem=problem)
                    for row, text, problem in kept.first
                ),
            )
            for name in sources
            if (kept := self._problems.get(name)) is not None
        )

    def _count_undecided(self, judged: Judged) -> None:
        """Count the rows where a rule's condition is met and its conclusion unknown."""
        for place, companion in self._conditions.items():
            counts, met = judged.counts[place], judged.counts[companion][_HOLDS]
            if counts[_UNDEFINED] == 0:
                found = met - counts[_HOLDS] - counts[_VIOLATED]
            else:
                verdicts = judged.verdicts(ALL_ROWS)
                both = (verdicts[place] == _UNDECIDED) & (verdicts[companion] == _HOLDS)
                found = np.count_nonzero(both)
            self._undecided_when_met[place] += int(found)

    def _add_offenders(
        self, place: int, codes: NDArray[np.uint8], judged: Judged, broken: NDArray[np.bool_]
    ) -> None:
        bad = np.isin(codes, _BAD)
        if self._stated[place].core.hard:
            broken |= bad
        kept = self._offenders[place]
        if len(kept) < self._shown:
            for index in np.flatnonzero(bad)[: self._shown - len(kept)].tolist():
                verdict = VERDICTS[codes[index]]
                kept.append((self.rows + index + 1, verdict, judged.row(index)))

    def _add_problems(self, name: str, kinds: NDArray[np.int8], cells: pa.DictionaryArray) -> None:
        kept = self._problems.setdefault(name, _Problems())
        found = np.flatnonzero(kinds >= 0)
        for code, times in zip(*np.unique(kinds[found], return_counts=True), strict=True):
            kept.kinds[PROBLEMS[code]] += int(times)
        for index in found[: max(0, self._shown - len(kept.first))].tolist():
            text = cells[index].as_py()
            kept.first.append((self.rows + index + 1, text, PROBLEMS[kinds[index]]))


def _report_statement(
    stated: Stated,
    counts: list[int],
    undecided_when_met: int | None,
    offenders: list[tuple[int, Verdict, Row]],
    spec: Spec,
    lines: dict[int, int],
) -> StatementReport:
    core = stated.core
    total = Counts(**{v.name.lower(): n for v, n in zip(VERDICTS, counts, strict=True)})
    return StatementReport(
        name=core.name,
        kind=core.kind,
        sentence=sentence_of(stated),
        text=text_of(stated),
        share=None if core.share is None else float(core.share),
        counts=total,
        undecided_when_met=undecided_when_met,
        outcome=_outcome(stated, total),
        offenders=tuple(
            Offender(
                row=row,
                line=lines.get(row),
                verdict=verdict,
                cells=show_cells(core.columns, values, spec),
                drawing=tuple(draw_statement(stated, values, spec)),
            )
            for row, verdict, values in offenders
        ),
    )


def _outcome(stated: Stated, counts: Counts) -> Outcome:
    share = stated.core.share
    decided = counts.holds + counts.violated
    if share is None and counts.violated + counts.undefined:
        return Outcome.BROKEN
    if decided == 0:
        return Outcome.NOT_EXERCISED
    if share is not None and counts.holds < share * decided:
        return Outcome.BELOW_SHARE
    return Outcome.OBEYED
