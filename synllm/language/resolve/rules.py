"""Rules, hard and soft, and the decision tables that are one of their forms."""

from __future__ import annotations

from fractions import Fraction

from synllm.diagnostics.diagnostic import report
from synllm.language.resolve.conditions import resolve_condition
from synllm.language.resolve.context import Context
from synllm.language.resolve.coverage import check_coverage
from synllm.language.resolve.intervals import number_in_unit_of, resolve_interval
from synllm.language.resolve.terms import Measure, resolve_term
from synllm.language.syntax import (
    Absence,
    Arm,
    Cell,
    NoteNode,
    Quantity,
    Range,
    RuleBody,
    RuleNode,
    Word,
)
from synllm.language.write import write_body
from synllm.spec.expressions import (
    And,
    Condition,
    HasState,
    Interval,
    Is,
    Not,
    Or,
    Within,
)
from synllm.spec.model import Column, Rule
from synllm.spec.types import CategoryType, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE


def resolve_rule(node: RuleNode, context: Context) -> Rule | None:
    """Return one rule, or None where a mistake was reported."""
    if node.sentence is None:
        context.found.append(
            report(
                "rule-without-sentence",
                f"rule `{node.name.text}` has no sentence for the data's owner",
                node.name.span,
                fix=f'say in words what it demands: rule {node.name.text} "Patients under 7 …" …',
            )
        )
    share: Fraction | None = None
    if node.share is not None:
        share = node.share.value / 100
        if not 0 < share <= 1:
            context.found.append(
                report(
                    "share-out-of-range",
                    f"{node.share.text}% of cases can't be asked for",
                    node.share.span,
                    fix="write a share above 0% and up to 100%",
                )
            )
            return None
    resolved = _resolve_body(node.body, context)
    if resolved is None:
        return None
    when, then = resolved
    notes = [note for note in node.notes if isinstance(note, NoteNode)]
    return Rule(
        name=node.name.text,
        sentence=node.sentence.text if node.sentence else "",
        when=when,
        then=then,
        share=share,
        cites=tuple(note.text.text for note in notes if note.keyword == "cites"),
        because=next((note.text.text for note in notes if note.keyword == "because"), None),
        text=write_body(node.body),
        span=node.span,
        name_span=node.name.span,
    )


def _resolve_body(body: RuleBody, context: Context) -> tuple[Condition | None, Condition] | None:
    if body.kind == "cases":
        return _decision_table(body, context)
    conditions = [resolve_condition(each, context) for each in body.expressions]
    if any(condition is None for condition in conditions):
        return None
    then = conditions[-1]
    assert then is not None
    if body.kind == "never":
        return None, Not(then, body.span)
    return (conditions[0] if body.kind == "when" else None), then


def _decision_table(body: RuleBody, context: Context) -> tuple[Condition | None, Condition] | None:
    """Return the table as a rule: where its input is present, an arm applies, and each one that
    does gives its result. Without a `missing` arm it says nothing about a missing input.
    """
    source, target = (context.usable_column(word) for word in body.inputs)
    if source is None or target is None:
        return None
    tests: list[Condition] = []
    arms: list[Condition] = []
    covered = {MISSING: False, NOT_APPLICABLE: False}
    for arm in body.arms:
        test = _arm_test(arm, source, body.inputs[0], context)
        result = _arm_result(arm, target, context)
        if test is None or result is None:
            return None
        if isinstance(test, HasState) and test.state is not None:
            covered[test.state] = True
        tests.append(test)
        arms.append(Or((Not(test, arm.span), result), arm.span))
    check_coverage(source, tests, body.inputs[0].span, context)
    uncovered = tuple(
        Not(HasState(source.name, state, body.span), body.span)
        for state, done in covered.items()
        if not done
    )
    when = And(uncovered, body.span) if len(uncovered) > 1 else next(iter(uncovered), None)
    return when, And((Or(tuple(tests), body.span), *arms), body.span)


def _arm_test(arm: Arm, source: Column, word: Word, context: Context) -> Condition | None:
    node = arm.test
    if isinstance(node.value, Absence):
        state = MISSING if node.value.text == "missing" else NOT_APPLICABLE
        return HasState(source.name, state, node.span)
    present = HasState(source.name, None, node.span)
    if isinstance(source.type, CategoryType):
        if isinstance(node.value, Range) or node.comparator is not None:
            context.found.append(
                report(
                    "range-on-category",
                    f"`{source.name}` holds words, so it lies in no range",
                    node.span,
                    also=[(source.type_span, "declared here")],
                    fix="give one value on each line: `A: …;`",
                )
            )
            return None
        if node.value.text not in source.type.labels:
            context.report_unknown_label(node.value, source)
            return None
        return And((present, Is(source.name, frozenset((node.value.text,)), node.span)), node.span)
    measure = resolve_term(word, context)
    if measure is None:
        return None
    interval = _test_interval(arm, measure, context)
    if interval is None:
        return None
    return And((present, Within(measure.term, (interval,), node.span)), node.span)


def _test_interval(arm: Arm, measure: Measure, context: Context) -> Interval | None:
    value = arm.test.value
    if isinstance(value, Range):
        return resolve_interval(value, measure, context)
    if not isinstance(value, Quantity):
        context.found.append(
            report(
                "number-expected",
                f"`{measure.span.text}` is a number, and `{value.text}` is none",
                value.span,
                fix="write a number, a range `60..<90` or a comparison `>= 90`",
            )
        )
        return None
    number = number_in_unit_of(measure, value, value.unit, context)
    if number is None:
        return None
    match arm.test.comparator:
        case None | "=":
            return Interval(number, number)
        case ">=":
            return Interval(number, None)
        case ">":
            return Interval(number, None, low_open=True)
        case "<=":
            return Interval(None, number)
        case "<":
            return Interval(None, number, high_open=True)
        case other:
            context.found.append(
                report(
                    "wrong-arguments",
                    f"`{other}` can't start a line of a decision table",
                    arm.test.span,
                    fix="write a number, a range `60..<90` or one of `>= > <= <` and a number",
                )
            )
            return None


def _arm_result(arm: Arm, target: Column, context: Context) -> Condition | None:
    result: Cell = arm.result
    if isinstance(result, Absence):
        state = MISSING if result.text == "missing" else NOT_APPLICABLE
        return HasState(target.name, state, result.span)
    if isinstance(target.type, CategoryType):
        if result.text not in target.type.labels:
            context.report_unknown_label(result, target)
            return None
        return Is(target.name, frozenset((result.text,)), result.span)
    assert isinstance(target.type, NumberType)
    if not isinstance(result, Quantity):
        context.found.append(
            report(
                "number-expected",
                f"`{target.name}` is a number, and `{result.text}` is none",
                result.span,
                also=[(target.type_span, "declared here")],
                fix="give a number",
            )
        )
        return None
    measure = resolve_term(Word(target.name, False, result.span), context)
    if measure is None:
        return None
    return Within(measure.term, (Interval(result.value, result.value),), result.span)
