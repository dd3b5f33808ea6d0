"""Conditions and values in the words of a coverage report."""

from __future__ import annotations

from fractions import Fraction

from synllm.coverage.report import Written
from synllm.diagnostics.source import NOWHERE, Span
from synllm.spec.boundaries import condition_boundaries
from synllm.spec.expressions import (
    And,
    Compare,
    Condition,
    HasState,
    Is,
    Not,
    Within,
    columns_of,
)
from synllm.spec.model import Spec
from synllm.spec.types import CategoryType, NumberType

_MOST_LABELS = 4


def written(condition: Condition) -> Written:
    """Return a condition as its author wrote it, with its place."""
    place = place_of(condition.span)
    if place.file is None:
        return Written(text=f"a condition on {', '.join(columns_of(condition))}")
    return place


def place_of(span: Span) -> Written:
    """Return the text under a span, on one line, with its place; empty where it has none."""
    if span.source is NOWHERE.source:
        return Written(text="")
    line, column = span.source.position(span.start)
    text = " ".join(span.text.split())
    return Written(text=text, file=span.source.name, line=line, column=column)


def write_value(kind: NumberType, value: Fraction) -> str:
    """Return a number with the recorded decimals, or in six digits where it can't be recorded."""
    on_grid = (value * 10**kind.decimals).denominator == 1
    return kind.written(value) if on_grid else f"{float(value):.6g}"


def row_for(condition: Condition, outcome: bool, spec: Spec) -> str:
    """Return what a row needs for a clause to come out so, with a value where one is at hand."""
    cells = _cells(condition, outcome, spec)
    if cells is not None:
        return f"a row with {cells}"
    text = written(condition).text
    return f"a row where {text}" if outcome else f"a row where `{text}` is false"


def _cells(condition: Condition, outcome: bool, spec: Spec) -> str | None:
    match condition:
        case Not(operand=operand):
            return _cells(operand, not outcome, spec)
        case And(operands=(HasState(state=None), tested)):  # the test of a decision table's line
            return _cells(tested, outcome, spec)
        case Is(column=name, labels=labels):
            kind = spec.by_name[name].type
            assert isinstance(kind, CategoryType)
            fitting = [label for label in kind.labels if (label in labels) == outcome]
            if not fitting or len(fitting) > _MOST_LABELS:
                return None
            return f"{name} {' or '.join(fitting)}"
        case HasState(column=name, state=state):
            words = "present" if state is None else state.value
            return f"{name} {words}" if outcome else f"{name} not {words}"
        case Compare() | Within():
            values = {
                (each.column, value)
                for each in condition_boundaries(condition, spec)
                for value in each.closest(outcome)
            }
            if not values:
                return None
            column, value = min(values)
            kind = spec.by_name[column].type
            assert isinstance(kind, NumberType)
            return f"{column} {kind.written(value)}"
        case _:
            return None
