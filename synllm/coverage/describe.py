"""The counts of statements, columns and thresholds, as parts of the report."""

from __future__ import annotations

from fractions import Fraction

from synllm.coverage.clauses import Clause, Junction, Line
from synllm.coverage.count import Counted
from synllm.coverage.outline import (
    ColumnOutline,
    StatementOutline,
    ThresholdOutline,
    holds_value,
)
from synllm.coverage.report import (
    ClauseCoverage,
    ColumnCoverage,
    JunctionCoverage,
    LineCoverage,
    MissingCodeCoverage,
    NeighbourCoverage,
    OperandCoverage,
    StatementCoverage,
    ThresholdCoverage,
    Truths,
    ValueCoverage,
)
from synllm.coverage.wording import place_of, write_value, written
from synllm.spec.expressions import Condition, HasState, columns_of
from synllm.spec.model import Column
from synllm.spec.types import NumberType
from synllm.validate.statements import sentence_of, text_of


def describe_statement(
    statement: StatementOutline, place: int, counted: Counted
) -> StatementCoverage:
    """Return a statement's counts; `place` is its own among the statements."""
    core = statement.stated.core
    return StatementCoverage(
        name=core.name,
        kind=core.kind,
        sentence=sentence_of(statement.stated),
        text=text_of(statement.stated),
        share=None if core.share is None else float(core.share),
        counts=counted.statements[place],
        condition=_truths(statement.condition, counted),
        conclusion=_truths(statement.conclusion, counted),
        clauses=tuple(_clause(each, counted) for each in statement.clauses),
        junctions=tuple(_junction(each, counted) for each in statement.junctions),
        lines=tuple(_line(each, counted) for each in statement.lines),
    )


def describe_column(outline: ColumnOutline, counted: Counted) -> ColumnCoverage:
    """Return the counts of a written column's cells."""
    column = outline.column
    seen = counted.seen[column.name]
    codes = [
        MissingCodeCoverage(code=code.code.text, reason=code.reason, rows=times)
        for code, times in zip(column.missing_codes, seen.codes, strict=True)
    ]
    if seen.nulls:
        codes.append(MissingCodeCoverage(code=None, rows=seen.nulls))
    return ColumnCoverage(
        name=column.name,
        present=counted.conditions[HasState(column.name, None)].true,
        unreadable=seen.unreadable,
        absences=tuple(_value(*each, counted) for each in outline.absences),
        missing_codes=tuple(codes),
        values=tuple(_value(*each, counted) for each in outline.values),
        ends=tuple(
            _value(_number(column, value), condition, counted) for value, condition in outline.ends
        ),
        least=None if seen.least is None else _number(column, seen.least),
        greatest=None if seen.greatest is None else _number(column, seen.greatest),
    )


def describe_threshold(outline: ThresholdOutline, counted: Counted) -> ThresholdCoverage:
    """Return the counts of the values around a threshold."""
    column, edge = outline.column, outline.edge
    seen = counted.seen.get(column.name)
    below, above = (None, None) if seen is None else seen.nearest[outline.threshold]
    places = [place_of(boundary.span) for _, boundary in outline.boundaries]
    return ThresholdCoverage(
        column=column.name,
        threshold=_number(column, outline.threshold),
        neighbours=tuple(
            NeighbourCoverage(
                position=near.position,
                value=_number(column, near.value),
                rows=counted.conditions[holds_value(column.name, near.value)].true,
                edge=near.value in edge,
            )
            for near in outline.boundaries[0][1].neighbours
        ),
        nearest_below=None if below is None else _number(column, below),
        nearest_above=None if above is None else _number(column, above),
        written=tuple(dict.fromkeys(places)),
        statements=tuple(dict.fromkeys(stated.core.name for stated, _ in outline.boundaries)),
    )


def _clause(clause: Clause, counted: Counted) -> ClauseCoverage:
    return ClauseCoverage(
        **written(clause.condition).model_dump(),
        role=clause.role,
        columns=columns_of(clause.condition),
        rows=counted.conditions[clause.condition],
    )


def _junction(junction: Junction, counted: Counted) -> JunctionCoverage:
    return JunctionCoverage(
        **written(junction.condition).model_dump(),
        role=junction.role,
        word=junction.word,
        rows=counted.conditions[junction.condition],
        operands=tuple(
            OperandCoverage(
                **written(operand.condition).model_dump(),
                decides_alone=counted.conditions[operand.alone].true,
            )
            for operand in junction.operands
        ),
    )


def _line(line: Line, counted: Counted) -> LineCoverage:
    place = written(line.test)
    result = written(line.result).text
    return LineCoverage(
        **{**place.model_dump(), "text": f"{place.text}: {result}"},
        taken=counted.conditions[line.test].true,
        kept=counted.conditions[line.kept].true,
        broken=counted.conditions[line.broken].true,
    )


def _truths(condition: Condition | None, counted: Counted) -> Truths | None:
    return None if condition is None else counted.conditions[condition]


def _value(words: str, condition: Condition, counted: Counted) -> ValueCoverage:
    return ValueCoverage(value=words, rows=counted.conditions[condition].true)


def _number(column: Column, value: Fraction) -> str:
    assert isinstance(column.type, NumberType)
    return write_value(column.type, value)
