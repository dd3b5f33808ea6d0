"""The semantics: what every term, condition and rule means, exactly, one row at a time.

Everything that is fast is tested against this file. Numbers are exact fractions. Logic is strong
Kleene over true, false and unknown, with undefined arithmetic as an outcome of its own:

- a term with an absent (missing, not applicable) operand is missing, one with an undefined operand
  or a divisor that is surely zero is undefined, and undefined prevails over missing;
- a comparison of an absent term is unknown, of an undefined one undefined;
- `and` is false where an operand is false, else undefined, else unknown, where one is; `or` is true
  where an operand is true, else undefined, else unknown, where one is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from fractions import Fraction
from math import ceil, floor
from typing import assert_never

from synllm.spec.expressions import (
    And,
    Arithmetic,
    Call,
    ColumnValue,
    Compare,
    Condition,
    Convert,
    Count,
    HasState,
    Iff,
    Is,
    Not,
    Number,
    Or,
    Rank,
    Round,
    Term,
    Within,
)
from synllm.spec.model import Column, MissingTogether, Rule, Spec
from synllm.spec.types import CategoryType, IdentifierType, NumberType
from synllm.spec.values import (
    MISSING,
    NOT_APPLICABLE,
    UNDEFINED,
    Row,
    Special,
    Truth,
    Value,
    Verdict,
)

_COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def evaluate_term(term: Term, row: Row, spec: Spec) -> Fraction | Special:
    """Return the exact value of a term on a row, or MISSING or UNDEFINED."""
    match term:
        case Number(value=value):
            return value
        case ColumnValue(column=name):
            cell = column_value(spec.by_name[name], row, spec)
            return MISSING if cell is NOT_APPLICABLE else _number(cell)
        case Rank(column=name):
            cell = row[name]
            if isinstance(cell, Special):
                return MISSING
            labels = spec.by_name[name].type
            assert isinstance(labels, CategoryType) and isinstance(cell, str)
            return Fraction(labels.labels.index(cell))
        case Arithmetic(operator=sign, left=left, right=right):
            return _arithmetic(
                sign, evaluate_term(left, row, spec), evaluate_term(right, row, spec)
            )
        case Call(function=function, operands=operands):
            values = [evaluate_term(operand, row, spec) for operand in operands]
            numbers = _strict(values)
            if isinstance(numbers, Special):
                return numbers
            return abs(numbers[0]) if function == "abs" else _EXTREMES[function](numbers)
        case Round(operand=operand, places=places):
            inner = evaluate_term(operand, row, spec)
            return inner if isinstance(inner, Special) else round_number(inner, places, "half up")
        case Convert(operand=operand, factor=factor, offset=offset):
            inner = evaluate_term(operand, row, spec)
            return inner if isinstance(inner, Special) else inner * factor + offset
        case _:
            assert_never(term)


def evaluate_condition(condition: Condition, row: Row, spec: Spec) -> Truth:
    """Return the outcome of a condition on a row."""
    match condition:
        case Compare(operator=sign, left=left, right=right):
            numbers = _strict([evaluate_term(left, row, spec), evaluate_term(right, row, spec)])
            return _truth(numbers, lambda pair: _COMPARISONS[sign](pair[0], pair[1]))
        case Within(term=term, intervals=intervals):
            numbers = _strict([evaluate_term(term, row, spec)])
            return _truth(numbers, lambda one: any(i.contains(one[0]) for i in intervals))
        case Is(column=name, labels=labels):
            cell = row[name]
            return Truth.UNKNOWN if isinstance(cell, Special) else _decided(cell in labels)
        case HasState(column=name, state=state):
            cell = column_value(spec.by_name[name], row, spec)
            if cell is UNDEFINED:
                return Truth.UNDEFINED
            absent = cell if isinstance(cell, Special) else None
            return _decided(absent is state)
        case Not(operand=operand):
            return negate(evaluate_condition(operand, row, spec))
        case And(operands=operands):
            return conjoin(evaluate_condition(operand, row, spec) for operand in operands)
        case Or(operands=operands):
            return disjoin(evaluate_condition(operand, row, spec) for operand in operands)
        case Iff(left=left, right=right):
            return equate(evaluate_condition(left, row, spec), evaluate_condition(right, row, spec))
        case Count(low=low, high=high, operands=operands):
            return count((evaluate_condition(each, row, spec) for each in operands), low, high)
        case _:
            assert_never(condition)


def evaluate_rule(rule: Rule, row: Row, spec: Spec) -> Verdict:
    """Return the verdict of a rule on a row."""
    then = evaluate_condition(rule.then, row, spec)
    when = Truth.TRUE if rule.when is None else evaluate_condition(rule.when, row, spec)
    if when is Truth.FALSE:
        return Verdict.NOT_TRIGGERED
    if Truth.UNDEFINED in (when, then):
        return Verdict.UNDEFINED
    if Truth.UNKNOWN in (when, then):
        return Verdict.UNDECIDED
    return Verdict.HOLDS if then is Truth.TRUE else Verdict.VIOLATED


def evaluate_group(group: MissingTogether, row: Row) -> Verdict:
    """Return `holds` where all applicable members are missing, `not triggered` where none is."""
    cells = [row[name] for name in group.columns if row[name] is not NOT_APPLICABLE]
    missing = sum(cell is MISSING for cell in cells)
    if missing == 0:
        return Verdict.NOT_TRIGGERED
    return Verdict.HOLDS if missing == len(cells) else Verdict.VIOLATED


def evaluate_applicability(column: Column, row: Row, spec: Spec) -> Verdict:
    """Return whether a cell is not applicable exactly where its column's condition says so."""
    assert column.applies_when is not None
    applies = evaluate_condition(column.applies_when, row, spec)
    absent = row[column.name] is NOT_APPLICABLE
    match applies:
        case Truth.TRUE:
            return Verdict.VIOLATED if absent else Verdict.HOLDS
        case Truth.FALSE:
            return Verdict.HOLDS if absent else Verdict.VIOLATED
        case Truth.UNKNOWN:
            return Verdict.UNDECIDED
        case Truth.UNDEFINED:
            return Verdict.UNDEFINED


def evaluate_range(column: Column, row: Row, spec: Spec) -> Verdict:
    """Return whether a derived column's computed value lies in its declared range."""
    assert isinstance(column.type, NumberType)
    value = column_value(column, row, spec)
    if value is UNDEFINED:
        return Verdict.UNDEFINED
    if isinstance(value, Special):
        return Verdict.UNDECIDED
    return Verdict.HOLDS if column.type.contains(_fraction(value)) else Verdict.VIOLATED


def cell_belongs(column: Column, value: Value) -> bool:
    """Return whether a written column may hold this value at all, whatever the other cells say."""
    if value is MISSING:
        return column.may_be_missing
    if value is NOT_APPLICABLE:
        return column.applies_when is not None
    match column.type:
        case NumberType():
            return isinstance(value, Fraction) and column.type.contains(value)
        case CategoryType():
            return isinstance(value, str) and column.type.contains(value)
        case IdentifierType():
            return True
        case _:
            assert_never(column.type)


def row_is_valid(row: Row, spec: Spec) -> bool:
    """Return whether a row may be delivered: no hard statement violated or undefined."""
    return not any(broken_statements(row, spec))


def broken_statements(row: Row, spec: Spec) -> Iterable[str]:
    """Yield the name of each hard statement that the row violates or leaves undefined."""
    bad = (Verdict.VIOLATED, Verdict.UNDEFINED)
    for column in spec.columns:
        if column.derivation is not None:
            if evaluate_range(column, row, spec) in bad:
                yield column.name
            continue
        if isinstance(column.type, IdentifierType):
            continue
        if not cell_belongs(column, row[column.name]) or (
            column.applies_when is not None and evaluate_applicability(column, row, spec) in bad
        ):
            yield column.name
    for group in spec.groups:
        if evaluate_group(group, row) in bad:
            yield group.name
    for rule in spec.hard_rules:
        if evaluate_rule(rule, row, spec) in bad:
            yield rule.name


def column_value(column: Column, row: Row, spec: Spec) -> Value:
    """Return a cell as written, or a derived column's value as computed from the row."""
    if column.derivation is None:
        return row[column.name]
    assert isinstance(column.type, NumberType)
    value = evaluate_term(column.derivation.formula, row, spec)
    if isinstance(value, Special):
        return value
    return round_number(value, column.type.decimals, column.derivation.rounding)


def round_number(value: Fraction, places: int, mode: str) -> Fraction:
    """Return the value rounded to `places` decimals, half up, down or up the number line."""
    scaled = value * 10**places
    match mode:
        case "half up":
            return Fraction(floor(scaled + Fraction(1, 2)), 10**places)
        case "down":
            return Fraction(floor(scaled), 10**places)
        case "up":
            return Fraction(ceil(scaled), 10**places)
        case _:
            raise ValueError(f"no such rounding: {mode}")


def negate(truth: Truth) -> Truth:
    """Return the negation; unknown and undefined stay."""
    match truth:
        case Truth.TRUE:
            return Truth.FALSE
        case Truth.FALSE:
            return Truth.TRUE
        case _:
            return truth


def conjoin(truths: Iterable[Truth]) -> Truth:
    """Return the strong Kleene conjunction."""
    return _first(truths, (Truth.FALSE, Truth.UNDEFINED, Truth.UNKNOWN), Truth.TRUE)


def disjoin(truths: Iterable[Truth]) -> Truth:
    """Return the strong Kleene disjunction."""
    return _first(truths, (Truth.TRUE, Truth.UNDEFINED, Truth.UNKNOWN), Truth.FALSE)


def equate(left: Truth, right: Truth) -> Truth:
    """Return whether two truths agree, as far as both are decided."""
    undecided = _first((left, right), (Truth.UNDEFINED, Truth.UNKNOWN), Truth.TRUE)
    return _decided(left is right) if undecided is Truth.TRUE else undecided


def count(truths: Iterable[Truth], low: int, high: int) -> Truth:
    """Return whether the number of true ones is in low..high, whatever the undecided ones are."""
    outcomes = list(truths)
    least = outcomes.count(Truth.TRUE)
    most = len(outcomes) - outcomes.count(Truth.FALSE)
    if least > high or most < low:
        return Truth.FALSE
    if least >= low and most <= high:
        return Truth.TRUE
    return Truth.UNDEFINED if Truth.UNDEFINED in outcomes else Truth.UNKNOWN


_EXTREMES: dict[str, Callable[[list[Fraction]], Fraction]] = {"min": min, "max": max}


def _arithmetic(
    sign: str, left: Fraction | Special, right: Fraction | Special
) -> Fraction | Special:
    if sign == "/" and right == 0:
        return UNDEFINED
    numbers = _strict([left, right])
    if isinstance(numbers, Special):
        return numbers
    match sign:
        case "+":
            return numbers[0] + numbers[1]
        case "-":
            return numbers[0] - numbers[1]
        case "*":
            return numbers[0] * numbers[1]
        case "/":
            return numbers[0] / numbers[1]
        case _:
            raise ValueError(f"no such operator: {sign}")


def _strict(values: list[Fraction | Special]) -> list[Fraction] | Special:
    """Return the numbers, or what prevails among the specials: undefined over missing."""
    if UNDEFINED in values:
        return UNDEFINED
    numbers = [value for value in values if not isinstance(value, Special)]
    return numbers if len(numbers) == len(values) else MISSING


def _truth(numbers: list[Fraction] | Special, test: Callable[[list[Fraction]], bool]) -> Truth:
    if numbers is UNDEFINED:
        return Truth.UNDEFINED
    if isinstance(numbers, Special):
        return Truth.UNKNOWN
    return _decided(test(numbers))


def _decided(outcome: bool) -> Truth:
    return Truth.TRUE if outcome else Truth.FALSE


def _first(truths: Iterable[Truth], ranking: tuple[Truth, ...], otherwise: Truth) -> Truth:
    outcomes = set(truths)
    return next((truth for truth in ranking if truth in outcomes), otherwise)


def _number(value: Value) -> Fraction | Special:
    assert not isinstance(value, str), "a category has no number"
    return value


def _fraction(value: Value) -> Fraction:
    assert isinstance(value, Fraction)
    return value
