"""Whether the lines of a decision table fit together: one for each value, and no value with two."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

from synllm.diagnostics.diagnostic import report
from synllm.diagnostics.source import Span
from synllm.language.resolve.context import Context
from synllm.spec.expressions import And, Condition, Interval, Is, Within
from synllm.spec.model import Column
from synllm.spec.types import CategoryType, NumberType


def check_coverage(column: Column, tests: Sequence[Condition], at: Span, context: Context) -> None:
    """Report values of a decision table's input that no line or more than one line covers."""
    labels: list[tuple[str, Span]] = []
    intervals: list[tuple[Interval, Span]] = []
    for test in tests:
        match test:
            case And((_, Is(_, named, span))):
                labels.extend((label, span) for label in named)
            case And((_, Within(_, ranges, span))):
                intervals.extend((interval, span) for interval in ranges)
            case _:
                pass
    if isinstance(column.type, CategoryType):
        _check_labels(column, column.type, labels, at, context)
    elif isinstance(column.type, NumberType):
        _check_intervals(column, column.type, intervals, at, context)


def _check_labels(
    column: Column,
    kind: CategoryType,
    tests: Sequence[tuple[str, Span]],
    at: Span,
    context: Context,
) -> None:
    first: dict[str, Span] = {}
    for label, span in tests:
        if label in first:
            _report_overlap(column, f"`{label}`", first[label], span, context)
        first.setdefault(label, span)
    absent = [label for label in kind.labels if label not in first]
    if absent:
        _report_gap(column, " and ".join(f"`{label}`" for label in absent), absent[0], at, context)


def _check_intervals(
    column: Column,
    kind: NumberType,
    tests: Sequence[tuple[Interval, Span]],
    at: Span,
    context: Context,
) -> None:
    scale = 10**kind.decimals
    ends = kind.interval or Interval(None, None)
    ranges = sorted(
        ((_first(test, scale), _last(test, scale), span) for test, span in tests),
        key=lambda each: (each[0] is not None, each[0] or 0),
    )
    start = _first(ends, scale)
    previous: Span | None = None
    for low, high, span in ranges:
        if low is not None and start is not None and low > start:
            _report_number_gap(kind, column, start, low - 1, at, context)
        if previous is not None and (low is None or start is None or low < start):
            _report_number_overlap(kind, column, low, previous, span, context)
        if high is None:
            return
        start = high + 1 if start is None else max(start, high + 1)
        previous = span
    last = _last(ends, scale)
    if start is not None and last is not None and start <= last:
        _report_number_gap(kind, column, start, last, at, context)


def _first(interval: Interval, scale: int) -> int | None:
    if interval.low is None:
        return None
    lowest = ceil(interval.low * scale)
    return lowest + 1 if interval.low_open and lowest == interval.low * scale else lowest


def _last(interval: Interval, scale: int) -> int | None:
    if interval.high is None:
        return None
    highest = floor(interval.high * scale)
    return highest - 1 if interval.high_open and highest == interval.high * scale else highest


def _report_number_gap(
    kind: NumberType, column: Column, low: int, high: int, at: Span, context: Context
) -> None:
    scale = 10**kind.decimals
    values = [each for each in kind.listed if low <= each * scale <= high]
    if kind.listed and not values:
        return
    first, last = (
        (values[0], values[-1]) if values else (Fraction(low, scale), Fraction(high, scale))
    )
    text = kind.written(first)
    if first != last:
        text += f"..{kind.written(last)}"
    _report_gap(column, text, text, at, context)


def _report_number_overlap(
    kind: NumberType, column: Column, low: int | None, first: Span, second: Span, context: Context
) -> None:
    value = "values" if low is None else kind.written(Fraction(low, 10**kind.decimals))
    _report_overlap(column, value, first, second, context)


def _report_gap(column: Column, values: str, arm: str, at: Span, context: Context) -> None:
    context.found.append(
        report(
            "cases-gap",
            f"no line of this table covers `{column.name}` {values}",
            at,
            fix=f"add a line such as `{arm}: …`",
        )
    )


def _report_overlap(
    column: Column, value: str, first: Span, second: Span, context: Context
) -> None:
    context.found.append(
        report(
            "cases-overlap",
            f"two lines of this table cover `{column.name}` {value}",
            second,
            "covers it again",
            also=[(first, "covers it first")],
            fix="let each value fall under one line: `60..<90` leaves 90 to the next one",
        )
    )
