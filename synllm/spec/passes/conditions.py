"""Conditions of the four-valued logic, split into two-valued formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from synllm.diagnostics.source import Span
from synllm.spec.core import EVERY_VALUE, NO_VALUE, Formula, Membership, ValueSet
from synllm.spec.expressions import (
    And,
    Compare,
    ComparisonOperator,
    Condition,
    Count,
    HasState,
    Iff,
    Interval,
    Is,
    Not,
    Number,
    Or,
    Within,
)
from synllm.spec.model import Column
from synllm.spec.passes.formulas import (
    FALSE,
    absent,
    all_of,
    any_of,
    at_least,
    membership,
    present,
)
from synllm.spec.passes.relations import Sign, complement
from synllm.spec.passes.terms import (
    Quotient,
    Scope,
    compare,
    defined,
    lower_column,
    lower_term,
    undefined,
)
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special


@dataclass(frozen=True, slots=True)
class Split:
    """Where a condition is surely true, surely false and undefined; elsewhere it is unknown."""

    true: Formula
    false: Formula
    undefined: Formula = FALSE


def split(condition: Condition, scope: Scope) -> Split:
    """Return the condition's outcomes; on no row of declared values are two of them true."""
    match condition:
        case Compare(operator=operator, left=left, right=right, span=span):
            return _comparison(
                operator, lower_term(left, scope), lower_term(right, scope), scope, span
            )
        case Within(term=term, intervals=intervals, span=span):
            return within(lower_term(term, scope), intervals, scope, span)
        case Is(column=name, labels=labels, span=span):
            return _is(name, labels, scope, span)
        case HasState(column=name, state=state, span=span):
            return _state(scope.spec.by_name[name], state, scope, span)
        case Not(operand=operand):
            inner = split(operand, scope)
            return Split(inner.false, inner.true, inner.undefined)
        case And(operands=operands, span=span):
            return _all([split(operand, scope) for operand in operands], scope, span)
        case Or(operands=operands, span=span):
            opposites = [split(Not(operand), scope) for operand in operands]
            inner = _all(opposites, scope, span)
            return Split(inner.false, inner.true, inner.undefined)
        case Iff(left=left_side, right=right_side, span=span):
            return _same(split(left_side, scope), split(right_side, scope), scope, span)
        case Count(low=low, high=high, operands=operands, span=span):
            return _counted(low, high, [split(each, scope) for each in operands], scope, span)
        case _:
            assert_never(condition)


def within(term: Quotient, intervals: Sequence[Interval], scope: Scope, span: Span) -> Split:
    """Return whether a term lies in one of the intervals."""
    columns = scope.columns
    valued = (present(term.columns, columns, span), defined(term, scope))
    inside, outside = [], [*valued]
    for interval in intervals:
        ends = _ends(term, interval, scope, span)
        inside.append(all_of((*valued, *(end.true for end in ends)), columns, span))
        outside.append(any_of((end.false for end in ends), columns, span))
    return Split(
        any_of(inside, columns, span), all_of(outside, columns, span), undefined(term, scope)
    )


def _ends(term: Quotient, interval: Interval, scope: Scope, span: Span) -> list[Split]:
    ends = []
    if interval.low is not None:
        low = lower_term(Number(interval.low), scope)
        ends.append(_comparison(">" if interval.low_open else ">=", term, low, scope, span))
    if interval.high is not None:
        high = lower_term(Number(interval.high), scope)
        ends.append(_comparison("<" if interval.high_open else "<=", term, high, scope, span))
    return ends


def _comparison(
    operator: ComparisonOperator, left: Quotient, right: Quotient, scope: Scope, span: Span
) -> Split:
    def where(sign: Sign, first: Quotient, second: Quotient) -> Formula:
        return compare(sign, first, second, scope, span)

    undecided = any_of((undefined(left, scope), undefined(right, scope)), scope.columns, span)
    match operator:
        case "=":
            return Split(where("=", left, right), where("!=", left, right), undecided)
        case "!=":
            return Split(where("!=", left, right), where("=", left, right), undecided)
        case "<":
            return Split(where("<", left, right), where("<=", right, left), undecided)
        case "<=":
            return Split(where("<=", left, right), where("<", right, left), undecided)
        case ">":
            return Split(where("<", right, left), where("<=", left, right), undecided)
        case ">=":
            return Split(where("<=", right, left), where("<", left, right), undecided)
        case _:
            assert_never(operator)


def _is(name: str, labels: frozenset[str], scope: Scope, span: Span) -> Split:
    places = (i for i, label in enumerate(scope.columns[name].labels) if label in labels)
    values = ValueSet.of(places)
    return Split(
        membership(Membership(name, values, span=span), scope.columns),
        membership(Membership(name, values.complement(), span=span), scope.columns),
    )


def _state(column: Column, state: Special | None, scope: Scope, span: Span) -> Split:
    columns = scope.columns
    if column.derivation is None:
        literal = Membership(
            column.name,
            EVERY_VALUE if state is None else NO_VALUE,
            missing=state is MISSING,
            not_applicable=state is NOT_APPLICABLE,
            span=span,
        )
        return Split(membership(literal, columns), complement(literal, columns))
    term = lower_column(column, scope)
    undecided = undefined(term, scope)
    decided = complement(undecided, columns)
    there = all_of((present(term.columns, columns, span), defined(term, scope)), columns, span)
    missing = all_of((absent(term.columns, columns, span), decided), columns, span)
    match state:
        case None:
            return Split(there, missing, undecided)
        case Special.MISSING:
            return Split(missing, there, undecided)
        case _:
            return Split(FALSE, decided, undecided)


def _all(parts: Sequence[Split], scope: Scope, span: Span) -> Split:
    columns = scope.columns
    false = any_of((part.false for part in parts), columns, span)
    return Split(
        all_of((part.true for part in parts), columns, span),
        false,
        _undefined_unless(parts, (false,), scope, span),
    )


def _same(left: Split, right: Split, scope: Scope, span: Span) -> Split:
    def either(*pairs: tuple[Formula, Formula]) -> Formula:
        both = [all_of(pair, scope.columns, span) for pair in pairs]
        return any_of(both, scope.columns, span)

    return Split(
        either((left.true, right.true), (left.false, right.false)),
        either((left.true, right.false), (left.false, right.true)),
        any_of((left.undefined, right.undefined), scope.columns, span),
    )


def _counted(low: int, high: int, parts: Sequence[Split], scope: Scope, span: Span) -> Split:
    columns = scope.columns
    trues = [part.true for part in parts]
    falses = [part.false for part in parts]
    enough = at_least(low, trues, columns, span)
    few = at_least(len(parts) - high, falses, columns, span)
    true = all_of((enough, few), columns, span)
    too_many = at_least(high + 1, trues, columns, span)
    too_few = at_least(len(parts) - low + 1, falses, columns, span)
    false = any_of((too_many, too_few), columns, span)
    return Split(true, false, _undefined_unless(parts, (true, false), scope, span))


def _undefined_unless(
    parts: Sequence[Split], decided: Sequence[Formula], scope: Scope, span: Span
) -> Formula:
    """Return where a part is undefined, though the outcome is not decided by the others."""
    some = any_of((part.undefined for part in parts), scope.columns, span)
    if some == FALSE:
        return FALSE
    opposites = (complement(each, scope.columns) for each in decided)
    return all_of((some, *opposites), scope.columns, span)
