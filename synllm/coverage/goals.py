"""Goals: each single thing that a row can exercise, whether one did, and what one would need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from synllm.coverage.count import Counted
from synllm.coverage.outline import (
    ColumnOutline,
    Outline,
    StatementOutline,
    ThresholdOutline,
    holds_value,
)
from synllm.coverage.report import Gap, Measure, MeasureCoverage, Written
from synllm.coverage.wording import place_of, row_for, write_value, written
from synllm.diagnostics.source import Span
from synllm.spec.core import CoreSpec, StatementKind
from synllm.spec.expressions import Condition, HasState, Not, columns_of
from synllm.spec.model import Rule, Spec
from synllm.spec.types import NumberType
from synllm.spec.values import MISSING
from synllm.validate.draw import show_value

if TYPE_CHECKING:
    from synllm.proof.possible_rows import PossibleRows

BUDGET = 200_000
"""Elementary steps that one question may take: about a twentieth of a second."""

_SHOWN_BY_EXAMPLE = (Measure.STATEMENTS, Measure.OPERANDS)
"""What is seldom plain from the words: the cells of a row that would do are shown."""

_MOST_EXAMPLES = 60
"""Finding readable cells takes several questions each; a long list of gaps does without."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Something to exercise: `wanted` is true on exactly the rows that do."""

    measure: Measure
    met: bool
    wanted: Condition
    subject: str
    what: str
    needs: str
    place: Written


def list_goals(outline: Outline, counted: Counted, spec: Spec) -> list[Goal]:
    """Return all goals of a spec, each with whether some row of the table met it."""
    goals: list[Goal] = []
    for place, statement in enumerate(outline.statements):
        counts = counted.statements[place]
        goals.append(_exercise(statement, counts.holds + counts.violated > 0, counted))
    for statement in outline.statements:
        goals += _outcomes(statement, counted, spec)
    for statement in outline.statements:
        goals += _decisions(statement, counted)
    for column in outline.columns:
        goals += _values(column, counted)
    goals += _boundaries(outline, counted)
    return goals


def measure_goals(
    goals: Sequence[Goal], spec: Spec, core: CoreSpec
) -> tuple[tuple[MeasureCoverage, ...], tuple[Gap, ...], bool]:
    """Return the share of the goals met by measure, the gaps, and whether valid rows can exist.

    A goal that no valid row can meet counts only where it is met by a row that is not valid.
    Without any valid row, all goals count.
    """
    unmet = [goal for goal in goals if not goal.met]
    possible = _find_possible(unmet, spec, core)
    gaps = [_gap(goal, place, possible, spec) for place, goal in enumerate(unmet)]
    subjects = [statement.name for statement in core.statements]
    subjects += [column.name for column in spec.columns]
    gaps.sort(key=lambda gap: subjects.index(gap.subject))
    measures = []
    for measure in Measure:
        covered = sum(goal.met for goal in goals if goal.measure is measure)
        left = [gap for gap in gaps if gap.measure is measure]
        beyond = sum(gap.impossible for gap in left)
        measures.append(
            MeasureCoverage(
                measure=measure,
                covered=covered,
                possible=covered + len(left) - beyond,
                impossible=beyond,
            )
        )
    return tuple(measures), tuple(gaps), possible is not None


def _find_possible(unmet: Sequence[Goal], spec: Spec, core: CoreSpec) -> PossibleRows | None:
    # Loading the solver takes longer than a small table; a table that covers all needs none.
    from synllm.proof.possible_rows import PossibleRows, find_possible_rows

    if not unmet:
        return PossibleRows({}, frozenset())
    wanted = [goal.wanted for goal in unmet]
    shown = [place for place, goal in enumerate(unmet) if goal.measure in _SHOWN_BY_EXAMPLE]
    return find_possible_rows(spec, core, wanted, frozenset(shown[:_MOST_EXAMPLES]), BUDGET)


def _gap(goal: Goal, place: int, possible: PossibleRows | None, spec: Spec) -> Gap:
    needs = goal.needs
    if possible is not None and place in possible.rows:
        row = possible.rows[place]
        cells = [
            f"{name} {show_value(spec.by_name[name], row, spec)}"
            for name in columns_of(goal.wanted)
        ]
        needs += f", such as {', '.join(cells)}"
    return Gap(
        **goal.place.model_dump(),
        measure=goal.measure,
        subject=goal.subject,
        what=goal.what,
        needs=needs,
        impossible=possible is not None and place in possible.impossible,
    )


def _exercise(statement: StatementOutline, met: bool, counted: Counted) -> Goal:
    stated = statement.stated
    return Goal(
        Measure.STATEMENTS,
        met,
        statement.exercised,
        stated.core.name,
        "no row exercises it",
        _row_that_exercises(statement, counted),
        place_of(_span_of(statement)),
    )


def _row_that_exercises(statement: StatementOutline, counted: Counted) -> str:
    name = statement.stated.core.name
    match statement.stated.core.kind:
        case StatementKind.MISSING_TOGETHER:
            return "a row where one of them is missing"
        case StatementKind.DERIVED_RANGE:
            return f"a row from which {name} can be computed"
    condition, conclusion = statement.condition, statement.conclusion
    if conclusion is None or condition is None:
        known = conclusion or condition
        assert known is not None
        return f"a row where `{written(known).text}` is known"
    met = f"a row where {written(condition).text}"
    if counted.conditions[condition].true == 0:
        return met
    return f"{met}, and `{written(conclusion).text}` is known"


def _outcomes(statement: StatementOutline, counted: Counted, spec: Spec) -> Iterator[Goal]:
    for clause in statement.clauses:
        condition = clause.condition
        rows = counted.conditions[condition]
        place = written(condition)
        for outcome, times in ((True, rows.true), (False, rows.false)):
            yield Goal(
                Measure.CLAUSES,
                times > 0,
                condition if outcome else Not(condition),
                statement.stated.core.name,
                f"`{place.text}` is never {'true' if outcome else 'false'}",
                row_for(condition, outcome, spec),
                place,
            )


def _decisions(statement: StatementOutline, counted: Counted) -> Iterator[Goal]:
    for junction in statement.junctions:
        deciding = "false" if junction.word == "and" else "true"
        for operand in junction.operands:
            place = written(operand.condition)
            yield Goal(
                Measure.OPERANDS,
                counted.conditions[operand.alone].true > 0,
                operand.alone,
                statement.stated.core.name,
                f"`{place.text}` never decides its `{junction.word}` alone",
                f"a row where only this part is {deciding}",
                place,
            )


def _values(column: ColumnOutline, counted: Counted) -> Iterator[Goal]:
    name = column.column.name
    for value, condition in (*column.values, *column.absences):
        yield Goal(
            Measure.VALUES,
            counted.conditions[condition].true > 0,
            condition,
            name,
            f"{name} is never {value}",
            f"a row with {name} {value}",
            place_of(column.column.name_span),
        )
    codes = column.column.missing_codes
    if len(codes) < 2:  # One code is the absence itself, which is a goal already.
        return
    for code, times in zip(codes, counted.seen[name].codes, strict=True):
        text = f'"{code.code.text}"'
        yield Goal(
            Measure.VALUES,
            times > 0,
            HasState(name, MISSING),
            name,
            f"{name} is never missing by the code {text}",
            f"a row with {text} in {name}",
            place_of(column.column.name_span),
        )


def _boundaries(outline: Outline, counted: Counted) -> Iterable[Goal]:
    """Return a goal for each value of an edge and each end of a range, each value once."""
    goals: dict[tuple[str, Fraction], Goal] = {}
    for threshold in outline.thresholds:
        for value in sorted(threshold.edge):
            key = (threshold.column.name, value)
            goals.setdefault(key, _edge_value(threshold, value, counted))
    for column in outline.columns:
        for place, (value, condition) in enumerate(column.ends):
            name, kind = column.column.name, column.column.type
            assert isinstance(kind, NumberType)
            end = "least" if place == 0 else "greatest"
            goals.setdefault(
                (name, value),
                Goal(
                    Measure.BOUNDARIES,
                    counted.conditions[condition].true > 0,
                    condition,
                    name,
                    f"{name} is never {kind.written(value)}, the {end} of its range"
                    + _seen_instead(column, place, counted),
                    f"a row with {name} {kind.written(value)}",
                    place_of(column.column.name_span),
                ),
            )
    return goals.values()


def _edge_value(threshold: ThresholdOutline, value: Fraction, counted: Counted) -> Goal:
    column = threshold.column
    assert isinstance(column.type, NumberType)
    stated, boundary = next(
        (stated, each)
        for stated, each in threshold.boundaries
        if any(near.value == value for near in each.edge)
    )
    shown = column.type.written(value)
    side = (
        "at"
        if value == threshold.threshold
        else "below"
        if value < threshold.threshold
        else "above"
    )
    where = f"just {side} {write_value(column.type, threshold.threshold)}"
    words = f"{column.name} is never {shown}" + ("" if side == "at" else f", {where}")
    wanted = holds_value(column.name, value)
    if column.name in counted.seen:
        below, above = counted.seen[column.name].nearest[threshold.threshold]
        nearest = below if side == "below" else above if side == "above" else None
        if nearest is not None:
            words += f" (nearest: {column.type.written(nearest)})"
    return Goal(
        Measure.BOUNDARIES,
        counted.conditions[wanted].true > 0,
        wanted,
        stated.core.name,
        words,
        f"a row with {column.name} {shown}",
        place_of(boundary.span),
    )


def _seen_instead(column: ColumnOutline, place: int, counted: Counted) -> str:
    seen = counted.seen[column.column.name]
    nearest = seen.least if place == 0 else seen.greatest
    if nearest is None or not isinstance(column.column.type, NumberType):
        return ""
    return f" (nearest: {column.column.type.written(nearest)})"


def _span_of(statement: StatementOutline) -> Span:
    subject = statement.stated.subject
    return subject.name_span if isinstance(subject, Rule) else subject.span
