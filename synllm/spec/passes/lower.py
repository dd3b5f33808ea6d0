"""Spec to CoreSpec: the same statements in two-valued logic over integers."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, floor
from typing import assert_never

from synllm.spec.core import (
    EVERY_VALUE,
    NO_VALUE,
    CoreColumn,
    CoreSpec,
    Formula,
    Membership,
    Outcomes,
    Statement,
    StatementKind,
    ValueSet,
)
from synllm.spec.expressions import Condition, Expression, HasState, Interval, columns_of
from synllm.spec.model import Column, MissingTogether, Rule, Spec
from synllm.spec.passes.conditions import Split, split, within
from synllm.spec.passes.formulas import FALSE, TRUE, all_of, any_of, membership
from synllm.spec.passes.relations import complement
from synllm.spec.passes.terms import Scope, lower_column
from synllm.spec.types import CategoryType, ColumnType, IdentifierType, NumberType
from synllm.spec.values import NOT_APPLICABLE


def lower(spec: Spec) -> CoreSpec:
    """Return the spec's columns and statements as integers and two-valued formulas.

    Statements come in a fixed order: applicability and derived ranges by column, groups, rules.
    Every verdict equals the one that `spec/evaluate.py` gives.
    """
    columns = tuple(_core_column(column) for column in spec.columns if column.is_generated)
    scope = Scope(spec, {column.name: column for column in columns})
    statements: list[Statement | None] = []
    for column in spec.columns:
        if column.derivation is not None:
            statements.append(_derived_range(column, scope))
        elif column.applies_when is not None:
            statements.append(_applicability(column, column.applies_when, scope))
    statements.extend(_missing_together(group, scope) for group in dict.fromkeys(spec.groups))
    statements.extend(_rule(rule, scope) for rule in spec.rules)
    return CoreSpec(spec.name, columns, tuple(each for each in statements if each is not None))


def _core_column(column: Column) -> CoreColumn:
    labels = column.type.labels if isinstance(column.type, CategoryType) else ()
    return CoreColumn(
        column.name,
        _domain(column.type),
        column.type.decimals if isinstance(column.type, NumberType) else 0,
        labels,
        may_be_missing=column.may_be_missing,
        may_not_apply=column.applies_when is not None,
        span=column.span,
    )


def _domain(kind: ColumnType) -> ValueSet:
    match kind:
        case CategoryType(labels=labels):
            return ValueSet.between(0, len(labels) - 1)
        case NumberType(decimals=decimals, interval=interval, listed=listed):
            if listed:
                scaled = (value * 10**decimals for value in listed)
                return ValueSet.of(each.numerator for each in scaled if each.denominator == 1)
            return EVERY_VALUE if interval is None else _scaled(interval, decimals)
        case IdentifierType():
            raise ValueError("an identifier's values are no integers")
        case _:
            assert_never(kind)


def _scaled(interval: Interval, decimals: int) -> ValueSet:
    """Return the recorded values in an interval as integers."""
    low = None if interval.low is None else interval.low * 10**decimals
    high = None if interval.high is None else interval.high * 10**decimals
    return ValueSet.between(
        None if low is None else floor(low) + 1 if interval.low_open else ceil(low),
        None if high is None else ceil(high) - 1 if interval.high_open else floor(high),
    )


def _applicability(column: Column, condition: Condition, scope: Scope) -> Statement:
    applies = split(condition, scope)
    literal = Membership(column.name, NO_VALUE, not_applicable=True, span=column.span)
    absent, given = membership(literal, scope.columns), complement(literal, scope.columns)

    def either(when_true: Formula, when_false: Formula) -> Formula:
        cases = ((applies.true, when_true), (applies.false, when_false))
        both = [all_of(case, scope.columns, column.span) for case in cases]
        return any_of(both, scope.columns, column.span)

    return Statement(
        column.name,
        StatementKind.APPLICABILITY,
        Outcomes(either(given, absent), either(absent, given), FALSE, applies.undefined),
        written_columns((condition, HasState(column.name, NOT_APPLICABLE)), scope.spec),
        span=column.span,
    )


def _derived_range(column: Column, scope: Scope) -> Statement | None:
    """Return the statement that the computed value is in the declared range, if it says a thing."""
    assert isinstance(column.type, NumberType)
    term = lower_column(column, scope)
    intervals: tuple[Interval, ...] = (column.type.interval or Interval(None, None),)
    if column.type.listed:
        intervals = tuple(Interval(value, value) for value in column.type.listed)
    inside = within(term, intervals, scope, column.type_span)
    if column.type.interval is None and not column.type.listed and inside.undefined == FALSE:
        return None
    return Statement(
        column.name,
        StatementKind.DERIVED_RANGE,
        Outcomes(inside.true, inside.false, FALSE, inside.undefined),
        term.columns,
        span=column.span,
    )


def _missing_together(group: MissingTogether, scope: Scope) -> Statement:
    columns, span = scope.columns, group.span

    def each(values: ValueSet, missing: bool, not_applicable: bool) -> list[Formula]:
        literals = [
            Membership(name, values, missing, not_applicable, span) for name in group.columns
        ]
        return [membership(literal, columns) for literal in literals]

    any_missing = any_of(each(NO_VALUE, True, False), columns, span)
    none_present = each(NO_VALUE, True, True)
    any_present = any_of(each(EVERY_VALUE, False, False), columns, span)
    return Statement(
        group.name,
        StatementKind.MISSING_TOGETHER,
        Outcomes(
            holds=all_of((*none_present, any_missing), columns, span),
            violated=all_of((any_missing, any_present), columns, span),
            not_triggered=all_of(each(EVERY_VALUE, False, True), columns, span),
            undefined=FALSE,
        ),
        group.columns,
        span=span,
    )


def _rule(rule: Rule, scope: Scope) -> Statement:
    columns, span = scope.columns, rule.span
    then = split(rule.then, scope)
    when = Split(TRUE, FALSE) if rule.when is None else split(rule.when, scope)
    undefined_then = all_of((then.undefined, complement(when.false, columns)), columns, span)
    conditions = (rule.then,) if rule.when is None else (rule.when, rule.then)
    return Statement(
        rule.name,
        StatementKind.RULE,
        Outcomes(
            holds=all_of((when.true, then.true), columns, span),
            violated=all_of((when.true, then.false), columns, span),
            not_triggered=when.false,
            undefined=any_of((when.undefined, undefined_then), columns, span),
        ),
        written_columns(conditions, scope.spec),
        rule.share,
        span,
    )


def written_columns(expressions: Iterable[Expression], spec: Spec) -> tuple[str, ...]:
    """Return the written columns that expressions mention, derived ones by their formulas."""
    names: dict[str, None] = {}
    for expression in expressions:
        for name in columns_of(expression):
            derivation = spec.by_name[name].derivation
            inner = (name,) if derivation is None else written_columns((derivation.formula,), spec)
            names.update(dict.fromkeys(inner))
    return tuple(names)
