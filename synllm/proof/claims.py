"""What a spec says, as claims: every range and every hard statement, in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import z3

from synllm.diagnostics.source import Span
from synllm.proof.encode import encode_formula
from synllm.proof.session import Claim, Session
from synllm.spec.core import CoreColumn, CoreSpec, Statement, StatementKind
from synllm.spec.model import Column, Rule, Spec
from synllm.spec.types import CategoryType, IdentifierType, NumberType

_LISTED_IN_FULL = 8
_MOST_DECIMALS = 12


def range_claims(spec: Spec, core: CoreSpec, session: Session) -> list[Claim]:
    """Return one claim a column of `core`: any value that it has is in its range."""
    return [_range_claim(spec.by_name[column.name], column, session) for column in core.columns]


def statement_claims(spec: Spec, session: Session) -> list[Claim]:
    """Return one claim a hard statement: it is neither violated nor undefined."""
    return list_claims(spec, [each for each in session.core.statements if each.hard], session)


def list_claims(spec: Spec, statements: Sequence[Statement], session: Session) -> list[Claim]:
    """Return one claim a statement of the session's core: it is neither violated nor undefined."""
    return [_statement_claim(spec, statement, session) for statement in statements]


def name_statement(statement: Statement) -> str:
    """Return how a sentence calls a statement."""
    match statement.kind:
        case StatementKind.RULE:
            return f"rule `{statement.name}`"
        case StatementKind.DERIVED_RANGE:
            return f"the range of `{statement.name}`"
        case StatementKind.APPLICABILITY:
            return f"the condition of `{statement.name}`"
        case StatementKind.MISSING_TOGETHER:
            return f"“{statement.name}”"


def locate_statement(spec: Spec, statement: Statement) -> tuple[str, Span]:
    """Return what a statement says, and the place where it says so."""
    match statement.kind:
        case StatementKind.RULE:
            rule = rule_named(spec, statement.name)
            assert rule is not None
            name = name_statement(statement)
            return f"{name}: {rule.sentence}" if rule.sentence else name, body_of(rule)
        case StatementKind.DERIVED_RANGE:
            column = spec.by_name[statement.name]
            return describe_range(column), column.type_span
        case StatementKind.APPLICABILITY:
            column = spec.by_name[statement.name]
            assert column.applies_when is not None
            condition = column.applies_text or "its condition is met"
            return f"`{column.name}` applies when {condition}", column.applies_when.span
        case StatementKind.MISSING_TOGETHER:
            return statement.name, statement.span


def list_names(names: Sequence[str], last: Literal["and", "or"]) -> str:
    """Return the names as a sentence lists them: a, b and c."""
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def describe_range(column: Column) -> str:
    """Return what a column can hold: `age` is 0.08..82."""
    match column.type:
        case CategoryType(labels=labels):
            return f"`{column.name}` is one of {_enumerate(list(labels))}"
        case NumberType(listed=listed) if listed:
            return (
                f"`{column.name}` is one of {_enumerate([write_number(each) for each in listed])}"
            )
        case NumberType(interval=interval) if interval is not None:
            low = "" if interval.low is None else write_number(interval.low)
            high = "" if interval.high is None else write_number(interval.high)
            before = "<" if interval.low_open else ""
            after = "<" if interval.high_open else ""
            return f"`{column.name}` is {low}{before}..{after}{high}"
        case NumberType() | IdentifierType():
            return f"`{column.name}` is declared here"


def write_number(value: Fraction) -> str:
    """Return a decimal number with no more digits than it needs."""
    places = 0
    while (value * 10**places).denominator != 1 and places < _MOST_DECIMALS:
        places += 1
    return NumberType(places, None).written(value) if places < _MOST_DECIMALS else str(value)


def write_value(column: CoreColumn, value: int) -> str:
    """Return a column's integer as the author would write the value."""
    if column.labels:
        return column.labels[value]
    return write_number(Fraction(value, 10**column.decimals))


def body_of(rule: Rule) -> Span:
    """Return the place of a rule's conditions, without its name and sentence."""
    return rule.then.span if rule.when is None else rule.when.span.join(rule.then.span)


def rule_named(spec: Spec, name: str) -> Rule | None:
    """Return the rule of that name, or None."""
    return next((rule for rule in spec.rules if rule.name == name), None)


def _range_claim(column: Column, core_column: CoreColumn, session: Session) -> Claim:
    kind = column.type
    what = "range" if isinstance(kind, NumberType) and not kind.listed else "values"
    return Claim(
        name=f"the {what} of `{column.name}`",
        words=describe_range(column),
        span=column.type_span,
        expression=session.in_range(core_column),
        is_range=True,
    )


def _statement_claim(spec: Spec, statement: Statement, session: Session) -> Claim:
    outcomes = statement.outcomes
    violated = encode_formula(outcomes.violated, session.encoding)
    undefined = encode_formula(outcomes.undefined, session.encoding)
    words, span = locate_statement(spec, statement)
    return Claim(
        name=name_statement(statement),
        words=words,
        span=span,
        expression=z3.Not(z3.Or(violated, undefined)),
        is_range=statement.kind is StatementKind.DERIVED_RANGE,
    )


def _enumerate(words: list[str]) -> str:
    if len(words) > _LISTED_IN_FULL:
        return ", ".join(words[:3]) + f", … {words[-1]} ({len(words)} values)"
    return ", ".join(words)
