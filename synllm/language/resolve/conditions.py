"""Conditions: comparisons, membership, states and logic, with the sorts of both sides checked."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

from synllm.diagnostics.diagnostic import report
from synllm.diagnostics.source import Span
from synllm.language.resolve.context import Context
from synllm.language.resolve.intervals import resolve_interval
from synllm.language.resolve.terms import Measure, reconcile, resolve_term
from synllm.language.syntax import Node, Operation, Quantity, Range, Word
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
    Or,
    Rank,
    Within,
)
from synllm.spec.model import Column
from synllm.spec.types import CategoryType, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


def resolve_condition(node: Node, context: Context) -> Condition | None:
    """Return a true-or-false expression, or None where a mistake was reported."""
    match node:
        case Word():
            return _bare_word(node, context)
        case Quantity() | Range():
            return _no_condition(node, context)
        case Operation(operator="group", operands=(inner,)):
            return resolve_condition(inner, context)
        case Operation(operator="not", operands=(inner,)):
            operand = resolve_condition(inner, context)
            return None if operand is None else Not(operand, node.span)
        case Operation(operator="and" | "or" | "iff"):
            return _logic(node, context)
        case Operation(operator="exactly" | "at_most" | "at_least"):
            return _count(node, context)
        case Operation(operator="compare"):
            return _comparisons(node, context)
        case Operation(operator="is_label" | "is_not_label"):
            return _is_label(node, context)
        case Operation(operator="in_set" | "not_in_set"):
            return _in_set(node, context)
        case Operation(
            operator="is_missing" | "is_not_missing" | "is_present" | "is_not_applicable"
        ):
            return _has_state(node, context)
        case Operation():
            return _no_condition(node, context)


def _logic(node: Operation, context: Context) -> Condition | None:
    operands = [resolve_condition(operand, context) for operand in node.operands]
    known = tuple(operand for operand in operands if operand is not None)
    if len(known) != len(operands):
        return None
    match node.operator:
        case "and":
            return And(known, node.span)
        case "or":
            return Or(known, node.span)
        case _:
            return Iff(known[0], known[1], node.span)


def _count(node: Operation, context: Context) -> Condition | None:
    word, *rest = node.operands
    assert isinstance(word, Word)
    wanted = 1 if word.text == "one" else Fraction(word.text)
    operands = [resolve_condition(operand, context) for operand in rest]
    if wanted != int(wanted) or wanted > len(rest):
        context.found.append(
            report(
                "wrong-arguments",
                f"this asks for {word.text} of {len(rest)} conditions",
                word.span,
                fix=f"write a whole number up to {len(rest)}",
            )
        )
        return None
    known = tuple(operand for operand in operands if operand is not None)
    if len(known) != len(operands):
        return None
    number = int(wanted)
    low = 0 if node.operator == "at_most" else number
    high = len(known) if node.operator == "at_least" else number
    return Count(low, high, known, node.span)


# Comparisons ----------------------------------------------------------------------------


def _comparisons(node: Operation, context: Context) -> Condition | None:
    terms, signs = node.operands[::2], node.operands[1::2]
    parts: list[Condition] = []
    for left, sign, right in zip(terms, signs, terms[1:], strict=False):
        assert isinstance(sign, Word)
        span = node.span if len(terms) == 2 else left.span.join(right.span)
        part = _comparison(cast(ComparisonOperator, sign.text), left, right, span, context)
        if part is None:
            return None
        parts.append(part)
    return parts[0] if len(parts) == 1 else And(tuple(parts), node.span)


def _comparison(
    sign: ComparisonOperator, left: Node, right: Node, span: Span, context: Context
) -> Condition | None:
    left_column, right_column = _category(left, context), _category(right, context)
    if left_column is not None and right_column is not None:
        return _two_categories(sign, left, right, left_column, right_column, span, context)
    if left_column is not None:
        return _category_with_label(sign, left_column, left, right, span, context)
    if right_column is not None:
        mirrored = cast(ComparisonOperator, _MIRRORED[sign])
        return _category_with_label(mirrored, right_column, right, left, span, context)
    left_term, right_term = resolve_term(left, context), resolve_term(right, context)
    if left_term is None or right_term is None:
        return None
    pair = reconcile(left_term, right_term, span, context)
    return None if pair is None else Compare(sign, *pair, span)


def _category(node: Node, context: Context) -> Column | None:
    if not isinstance(node, Word):
        return None
    column = context.columns.get(node.text)
    return column if column is not None and isinstance(column.type, CategoryType) else None


def _two_categories(
    sign: ComparisonOperator,
    left: Node,
    right: Node,
    left_column: Column,
    right_column: Column,
    span: Span,
    context: Context,
) -> Condition | None:
    assert isinstance(left_column.type, CategoryType)
    if left_column.type != right_column.type:
        context.found.append(
            report(
                "different-categories",
                f"`{left_column.name}` and `{right_column.name}` have different values",
                span,
                also=[
                    (left_column.type_span, "values of one"),
                    (right_column.type_span, "values of the other"),
                ],
                fix="compare columns with the same list of values: give them one named type",
            )
        )
        return None
    if sign not in ("=", "!=") and not left_column.type.ordered:
        return _not_ordered(left_column, span, context)
    return Compare(
        sign, Rank(left_column.name, left.span), Rank(right_column.name, right.span), span
    )


def _category_with_label(
    sign: ComparisonOperator,
    column: Column,
    column_node: Node,
    label: Node,
    span: Span,
    context: Context,
) -> Condition | None:
    assert isinstance(column.type, CategoryType)
    if not isinstance(label, Word | Quantity):
        resolve_term(column_node, context)
        return None
    if sign in ("=", "!="):
        word = "is" if sign == "=" else "is not"
        context.found.append(
            report(
                "equals-for-category",
                f"`{sign}` compares numbers, and `{column.name}` holds words",
                span,
                fix=f"write `{column_node.span.text} {word} {label.span.text}`",
            )
        )
        return None
    if not column.type.ordered:
        return _not_ordered(column, span, context)
    if label.text not in column.type.labels:
        context.report_unknown_label(label, column)
        return None
    place = column.type.labels.index(label.text)
    low = {"<": 0, "<=": 0, ">": place + 1, ">=": place}[sign]
    high = {"<": place, "<=": place + 1, ">": None, ">=": None}[sign]
    return Is(column.name, frozenset(column.type.labels[low:high]), span)


def _not_ordered(column: Column, span: Span, context: Context) -> Condition | None:
    context.found.append(
        report(
            "not-ordered",
            f"the values of `{column.name}` have no order, so none is less than another",
            span,
            also=[(column.type_span, "declared here")],
            fix="declare it `ordered {A < B < C}`, or list the values: `in {…}`",
        )
    )
    return None


# Membership -----------------------------------------------------------------------------


def _is_label(node: Operation, context: Context) -> Condition | None:
    subject, label = node.operands
    assert isinstance(label, Word | Quantity)
    if not isinstance(subject, Word):
        resolve_condition(subject, context)
        return None
    column = context.usable_column(subject)
    if column is None:
        return None
    if not isinstance(column.type, CategoryType):
        sign = "=" if node.operator == "is_label" else "!="
        fix = f"write `{subject.span.text} {sign} {label.span.text}`"
        if not isinstance(label, Quantity):
            negation = "" if node.operator == "is_label" else "not "
            fix = f"compare it with a number, or write `{subject.span.text} is {negation}missing`"
        context.found.append(
            report(
                "is-for-number",
                f"`is` tests words, and `{column.name}` holds numbers",
                node.span,
                also=[(column.type_span, "declared here")],
                fix=fix,
            )
        )
        return None
    if label.text not in column.type.labels:
        context.report_unknown_label(label, column)
        return None
    condition = Is(column.name, frozenset((label.text,)), node.span)
    return condition if node.operator == "is_label" else Not(condition, node.span)


def _in_set(node: Operation, context: Context) -> Condition | None:
    subject, members = node.operands
    column = _category(subject, context)
    if column is not None:
        condition = _in_labels(node, column, members, context)
    else:
        measure = resolve_term(subject, context)
        condition = None if measure is None else _in_numbers(node, measure, members, context)
    if condition is None or node.operator == "in_set":
        return condition
    return Not(condition, node.span)


def _in_labels(
    node: Operation, column: Column, members: Node, context: Context
) -> Condition | None:
    assert isinstance(column.type, CategoryType)
    listed = members.operands if isinstance(members, Operation) else (members,)
    labels: set[str] = set()
    for member in listed:
        if isinstance(member, Range):
            context.found.append(
                report(
                    "range-on-category",
                    f"`{column.name}` holds words, so a range of numbers can't contain it",
                    member.span,
                    also=[(column.type_span, "declared here")],
                    fix="list the values: `in {A, B}`",
                )
            )
            return None
        assert isinstance(member, Word | Quantity)
        if member.text not in column.type.labels:
            context.report_unknown_label(member, column)
            return None
        labels.add(member.text)
    return Is(column.name, frozenset(labels), node.span)


def _in_numbers(
    node: Operation, measure: Measure, members: Node, context: Context
) -> Condition | None:
    listed = members.operands if isinstance(members, Operation) else (members,)
    intervals: list[Interval] = []
    for member in listed:
        if isinstance(member, Word):
            context.found.append(
                report(
                    "number-expected",
                    f"`{measure.span.text}` is a number, and `{member.text}` is none",
                    member.span,
                    "not a number",
                    fix="list numbers or ranges: `in {1, 2, 5..9}`",
                )
            )
            return None
        assert isinstance(member, Quantity | Range)
        interval = resolve_interval(member, measure, context)
        if interval is None:
            return None
        intervals.append(interval)
    return Within(measure.term, tuple(intervals), node.span)


# States and mistakes --------------------------------------------------------------------


def _has_state(node: Operation, context: Context) -> Condition | None:
    (subject,) = node.operands
    if not isinstance(subject, Word):
        context.found.append(
            report(
                "column-expected",
                "only a column can be missing, present or not applicable",
                subject.span,
                "not a column",
                fix="name one column: `bmi is missing`",
            )
        )
        return None
    column = context.usable_column(subject)
    if column is None:
        return None
    about_missing = node.operator in ("is_missing", "is_not_missing")
    if about_missing and not column.may_be_missing and column.derivation is None:
        context.found.append(
            report(
                "never-missing",
                f"`{column.name}` is never missing, so this test always comes out the same",
                node.span,
                also=[(column.span, "declared without `may be missing`")],
                fix="declare that it may be missing, or remove the test",
            )
        )
    if node.operator == "is_not_applicable" and column.applies_when is None:
        context.found.append(
            report(
                "always-applies",
                f"`{column.name}` applies to everybody, so this test never comes out true",
                node.span,
                also=[(column.span, "declared without `applies when`")],
                fix="declare when it applies, or remove the test",
            )
        )
    match node.operator:
        case "is_present":
            return HasState(column.name, None, node.span)
        case "is_not_applicable":
            return HasState(column.name, NOT_APPLICABLE, node.span)
        case "is_missing":
            return HasState(column.name, MISSING, node.span)
        case _:
            return Not(HasState(column.name, MISSING, node.span), node.span)


def _bare_word(node: Word, context: Context) -> Condition | None:
    column = context.column(node)
    if column is None:
        return None
    match column.type:
        case CategoryType(yes_no=True):
            fix = f"write `{node.span.text} is yes`"
        case NumberType():
            fix = f"compare it with a number: `{node.span.text} >= 18`"
        case _:
            fix = f"test it: `{node.span.text} is …`"
    context.found.append(
        report(
            "condition-expected",
            f"`{node.text}` alone is neither true nor false",
            node.span,
            "a column, not a condition",
            fix=fix,
        )
    )
    return None


def _no_condition(node: Quantity | Range | Operation, context: Context) -> Condition | None:
    context.found.append(
        report(
            "condition-expected",
            f"`{node.span.text}` is a number, neither true nor false",
            node.span,
            "not a condition",
            fix="compare it: `… >= 18`",
        )
    )
    return None
