"""A statement's text with the value of every sub-expression drawn under it.

when work_type is children then age <= 16 and ever_married is no
     ╰ children                 ╰ 40.00       ╰ yes
     ╰───────true─────────╯     ╰─false─╯     ╰────false──────╯
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from synllm.diagnostics.source import NOWHERE, Source, Span
from synllm.spec.cells import write_cell
from synllm.spec.evaluate import column_value, evaluate_condition, evaluate_term
from synllm.spec.expressions import (
    Arithmetic,
    Call,
    ColumnValue,
    Convert,
    Expression,
    HasState,
    Is,
    Number,
    Rank,
    Round,
    children,
)
from synllm.spec.model import Column, Spec
from synllm.spec.types import NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Row, Special, Truth, Value

_KEYWORD = re.compile(r"(?:when|always|never|applies\s+when|=)[\s(]*\Z")


@dataclass(frozen=True, slots=True)
class _Mark:
    """A value under offsets start..end of the source; `height` is above all marks inside it."""

    start: int
    end: int
    text: str
    height: int


def draw_expressions(expressions: tuple[Expression, ...], row: Row, spec: Spec) -> list[str]:
    """Return the source lines of the expressions, each followed by lines of values.

    Empty where the expressions were built in code rather than read from a text.
    """
    spans = [each.span for each in expressions if each.span.source is not NOWHERE.source]
    if not spans or any(span.source is not spans[0].source for span in spans):
        return []
    source = spans[0].source
    start = _with_keyword(source, min(span.start for span in spans))
    end = max(span.end for span in spans)
    marks: dict[tuple[int, int], _Mark] = {}
    for expression in expressions:
        # Of several under one text, such as those of `is not`, the outermost is what it says.
        for mark in _marks(expression, row, spec):
            if mark.end > mark.start:
                marks[mark.start, mark.end] = mark
    return _lay_out(source, start, end, list(marks.values()))


def draw_cells(columns: tuple[str, ...], row: Row, spec: Spec) -> list[str]:
    """Return one line with the named columns' values."""
    return [", ".join(f"{name}: {show_value(spec.by_name[name], row, spec)}" for name in columns)]


def show_value(column: Column, row: Row, spec: Spec) -> str:
    """Return a column's value on a row as a reader knows it: label, decimals, or its absence."""
    return _show(column, column_value(column, row, spec))


def show_cells(columns: tuple[str, ...], row: Row, spec: Spec) -> dict[str, str]:
    """Return the named written columns' cells as a file holds them."""
    return {
        name: write_cell(spec.by_name[name], row[name])
        for name in columns
        if spec.by_name[name].derivation is None
    }


def _marks(expression: Expression, row: Row, spec: Spec) -> Iterator[_Mark]:
    """Yield the marks of an expression, the inner ones first."""
    height = 0
    for child in children(expression):
        for mark in _marks(child, row, spec):
            height = max(height, mark.height + 1)
            yield mark
    span = expression.span
    match expression:
        case Number() | Convert():  # A converted term is shown as recorded, in its own unit.
            return
        case ColumnValue(column=name) | Rank(column=name):
            text = show_value(spec.by_name[name], row, spec)
        case Arithmetic() | Call() | Round():
            text = _show_number(evaluate_term(expression, row, spec))
        case _:
            if isinstance(expression, Is | HasState):
                height = 1
                yield from _column_mark(expression.column, span, row, spec)
            text = _show_truth(evaluate_condition(expression, row, spec))
    yield _Mark(span.start, span.end, text, height)


def _column_mark(name: str, span: Span, row: Row, spec: Spec) -> Iterator[_Mark]:
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", span.text)
    if found is not None:
        start = span.start + found.start()
        yield _Mark(start, start + len(name), show_value(spec.by_name[name], row, spec), 0)


def _lay_out(source: Source, start: int, end: int, marks: list[_Mark]) -> list[str]:
    """Return the source lines from start to end, the marks that end on a line drawn under it."""
    first, _ = source.position(start)
    last, _ = source.position(max(start, end - 1))
    drawn: list[str] = []
    for number in range(first, last + 1):
        line_start = source.line_starts[number - 1]
        line = source.line(number)
        if number == last:
            line = line[: end - line_start] + _closing(line[end - line_start :])
        if number == first:
            line = " " * (start - line_start) + line[start - line_start :]
        indent = len(line) - len(line.lstrip())
        here = [
            _Mark(
                max(mark.start - line_start, indent), mark.end - line_start, mark.text, mark.height
            )
            for mark in marks
            if line_start < mark.end <= line_start + len(line)
        ]
        drawn.append(line.rstrip())
        drawn.extend(_rows_of_marks(here))
    common = min((len(line) - len(line.lstrip()) for line in drawn if line), default=0)
    return [line[common:] for line in drawn]


def _rows_of_marks(marks: list[_Mark]) -> list[str]:
    """Return lines of marks, each under the marks inside it and beside those it doesn't touch."""
    rows: list[list[tuple[int, str]]] = []
    placed: list[tuple[_Mark, int]] = []
    for mark in sorted(marks, key=lambda each: (each.height, each.start)):
        text = _bracket(mark)
        inside = [row for other, row in placed if _contains(mark, other)]
        row = max(inside, default=-1) + 1
        while row < len(rows) and any(
            mark.start <= at + len(other) and at <= mark.start + len(text)
            for at, other in rows[row]
        ):
            row += 1
        if row == len(rows):
            rows.append([])
        rows[row].append((mark.start, text))
        placed.append((mark, row))
    lines = []
    for marks_of_row in rows:
        line = ""
        for at, text in sorted(marks_of_row):
            line = line.ljust(at) + text
        lines.append(line)
    return lines


def _bracket(mark: _Mark) -> str:
    room = mark.end - mark.start - 2
    if mark.height and len(mark.text) <= room:
        return "╰" + mark.text.center(room, "─") + "╯"
    return "╰ " + mark.text


def _contains(outer: _Mark, inner: _Mark) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _with_keyword(source: Source, start: int) -> int:
    """Return where the keyword before an offset begins, or the offset."""
    match = _KEYWORD.search(source.text, max(0, start - 200), start)
    return start if match is None or match.group().startswith("=") else match.start()


def _closing(rest: str) -> str:
    """Return the closing brackets right after the end of an expression."""
    return rest[: len(rest) - len(rest.lstrip(")]}"))]


def _show(column: Column, value: Value) -> str:
    if isinstance(value, Special):
        return value.value
    if isinstance(value, str):
        return value
    assert isinstance(column.type, NumberType)
    return column.type.written(value)


def _show_number(value: Fraction | Special) -> str:
    """Return a number exactly where eight decimals suffice, else rounded and marked so."""
    if isinstance(value, Special):
        return "missing" if value in (MISSING, NOT_APPLICABLE) else value.value
    if value.denominator == 1:
        return str(value.numerator)
    exact = (value * 10**8).denominator == 1
    digits = f"{float(value):.8f}".rstrip("0") if exact else f"≈ {float(value):.4g}"
    return digits


def _show_truth(truth: Truth) -> str:
    return truth.value
