"""Terms over exact fractions, lowered to quotients of integer forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from math import floor, gcd
from typing import Literal, assert_never

from synllm.diagnostics.source import Span
from synllm.spec.core import (
    CoreColumn,
    Extreme,
    FloorQuotient,
    Formula,
    Integer,
    Magnitude,
    Variable,
)
from synllm.spec.expressions import (
    Arithmetic,
    ArithmeticOperator,
    Call,
    ColumnValue,
    Convert,
    Number,
    Rank,
    Round,
    Term,
)
from synllm.spec.model import Column, RoundingMode, Spec
from synllm.spec.passes.bounds import bounds
from synllm.spec.passes.formulas import all_of, any_of
from synllm.spec.passes.linear import (
    ONE,
    ZERO,
    Linear,
    atom,
    common_content,
    multiply,
    primitive,
    term_of,
)
from synllm.spec.passes.relations import Sign, relation
from synllm.spec.types import NumberType


@dataclass(frozen=True, slots=True)
class Scope:
    """What a term's names stand for: the spec's columns, and the core columns they become."""

    spec: Spec
    columns: Mapping[str, CoreColumn]


@dataclass(frozen=True, slots=True)
class Divisor:
    """An integer form that must not be zero, and the columns whose presence gives it a value."""

    form: Linear
    columns: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Quotient:
    """A lowered term: `numerator / denominator` where its columns are present and no divisor is 0.

    The denominator's numbers are integers; it is positive wherever the term has a value. The term
    is undefined where a divisor's columns are present and it is zero, else missing where one of
    the columns is absent.
    """

    numerator: Linear
    denominator: Linear
    columns: tuple[str, ...] = ()
    divisors: tuple[Divisor, ...] = ()


def lower_term(term: Term, scope: Scope) -> Quotient:
    """Return the term as a quotient, derived columns inlined."""
    match term:
        case Number(value=value):
            return Quotient(Linear(value), ONE)
        case ColumnValue(column=name):
            return lower_column(scope.spec.by_name[name], scope)
        case Rank(column=name):
            return Quotient(atom(Variable(name)), ONE, (name,))
        case Arithmetic(operator=sign, left=left, right=right, span=span):
            return _arithmetic(sign, lower_term(left, scope), lower_term(right, scope), span, scope)
        case Call(function=function, operands=operands):
            lowered = [lower_term(operand, scope) for operand in operands]
            if function == "abs":
                return _magnitude(lowered[0], scope)
            return lowered[0] if len(lowered) == 1 else _extreme(function, lowered)
        case Round(operand=operand, places=places):
            return _rounded(lower_term(operand, scope), places, "half up")
        case Convert(operand=operand, factor=factor, offset=offset):
            inner = lower_term(operand, scope)
            shifted = inner.numerator.times(factor).plus(inner.denominator.times(offset))
            return replace(inner, numerator=shifted)
        case _:
            assert_never(term)


def lower_column(column: Column, scope: Scope) -> Quotient:
    """Return the number in a column, a derived one by its formula and rounding."""
    assert isinstance(column.type, NumberType)
    if column.derivation is not None:
        formula = lower_term(column.derivation.formula, scope)
        return _rounded(formula, column.type.decimals, column.derivation.rounding)
    step = Fraction(1, 10**column.type.decimals)
    return Quotient(atom(Variable(column.name), step), ONE, (column.name,))


def undefined(term: Quotient, scope: Scope) -> Formula:
    """Return where the term is undefined: a divisor has a value, and it is zero."""
    return any_of(
        (
            relation("=", divisor.form, divisor.columns, scope.columns, divisor.span)
            for divisor in term.divisors
        ),
        scope.columns,
    )


def defined(term: Quotient, scope: Scope) -> Formula:
    """Return where every divisor has a value, and it is not zero."""
    return all_of(
        (
            relation("!=", divisor.form, divisor.columns, scope.columns, divisor.span)
            for divisor in term.divisors
        ),
        scope.columns,
    )


def compare(sign: Sign, left: Quotient, right: Quotient, scope: Scope, span: Span) -> Formula:
    """Return where both terms have values and `left sign right`."""
    difference = _arithmetic("-", left, right, span, scope)
    return all_of(
        (
            relation(sign, difference.numerator, difference.columns, scope.columns, span),
            defined(difference, scope),
        ),
        scope.columns,
        span,
    )


def _joined(parts: Sequence[Quotient], numerator: Linear, denominator: Linear) -> Quotient:
    """Return the quotient with the columns and divisors of all the parts."""
    columns = dict.fromkeys(name for part in parts for name in part.columns)
    divisors = dict.fromkeys(divisor for part in parts for divisor in part.divisors)
    return Quotient(numerator, denominator, tuple(columns), tuple(divisors))


def _arithmetic(
    sign: ArithmeticOperator, left: Quotient, right: Quotient, span: Span, scope: Scope
) -> Quotient:
    pair = (left, right)
    match sign:
        case "+" | "-":
            (first, second), denominator = _over_common_denominator(pair)
            total = first.plus(second) if sign == "+" else first.minus(second)
            return _joined(pair, total, denominator)
        case "*":
            numerator = multiply(left.numerator, right.numerator)
            return _joined(pair, numerator, multiply(left.denominator, right.denominator))
        case "/":
            return _divided(left, right, span, scope)
        case _:
            assert_never(sign)


def _divided(left: Quotient, right: Quotient, span: Span, scope: Scope) -> Quotient:
    pair = (left, right)
    divisor, content = primitive(right.numerator)
    numerator = multiply(left.numerator, right.denominator).times(1 / content)
    low, high = bounds(term_of(divisor), scope.columns)
    if low is not None and low > 0:
        return _joined(pair, numerator, multiply(left.denominator, divisor))
    if high is not None and high < 0:
        positive = divisor.times(-1)
        return _joined(pair, numerator.times(-1), multiply(left.denominator, positive))
    if divisor == ZERO:
        quotient = _joined(pair, ZERO, ONE)
    else:
        # With the square below, the denominator is positive whatever the divisor's sign.
        square = multiply(divisor, divisor)
        quotient = _joined(pair, multiply(numerator, divisor), multiply(left.denominator, square))
    return replace(quotient, divisors=(*quotient.divisors, Divisor(divisor, right.columns, span)))


def _magnitude(operand: Quotient, scope: Scope) -> Quotient:
    part, content = primitive(operand.numerator)
    low, high = bounds(term_of(part), scope.columns)
    if low is not None and low >= 0:
        return operand
    if high is not None and high <= 0:
        return replace(operand, numerator=operand.numerator.times(-1))
    return replace(operand, numerator=atom(Magnitude(term_of(part)), content))


def _extreme(which: Literal["min", "max"], operands: Sequence[Quotient]) -> Quotient:
    numerators, denominator = _over_common_denominator(operands)
    content = common_content(numerators)
    if all(form.is_constant for form in numerators):
        choose = min if which == "min" else max
        return _joined(operands, Linear(choose(f.constant for f in numerators)), denominator)
    terms = tuple(dict.fromkeys(term_of(form.times(1 / content)) for form in numerators))
    if len(terms) == 1:
        return _joined(operands, numerators[0], denominator)
    return _joined(operands, atom(Extreme(which, terms), content), denominator)


def _over_common_denominator(operands: Sequence[Quotient]) -> tuple[list[Linear], Linear]:
    """Return the numerators over the product of the different denominators, and that product."""
    different = tuple(dict.fromkeys(operand.denominator for operand in operands))
    numerators = [
        reduce(
            multiply,
            (each for each in different if each != operand.denominator),
            operand.numerator,
        )
        for operand in operands
    ]
    return numerators, reduce(multiply, different, ONE)


def _rounded(operand: Quotient, places: int, mode: RoundingMode) -> Quotient:
    scaled = operand.numerator.times(10**places)
    match mode:
        case "half up":
            half_more = scaled.times(2).plus(operand.denominator)
            whole = _floor(half_more, operand.denominator.times(2))
        case "down":
            whole = _floor(scaled, operand.denominator)
        case "up":
            whole = _floor(scaled.times(-1), operand.denominator).times(-1)
        case _:
            assert_never(mode)
    return replace(operand, numerator=whole.times(Fraction(1, 10**places)), denominator=ONE)


def _floor(dividend: Linear, divisor: Linear) -> Linear:
    """Return the quotient rounded towards minus infinity, whole multiples taken out of it."""
    content = common_content((dividend, divisor))
    dividend, divisor = dividend.times(1 / content), divisor.times(1 / content)
    if dividend == ZERO:
        return ZERO
    if not divisor.is_constant:
        return atom(FloorQuotient(term_of(dividend), term_of(divisor)))
    size = divisor.constant
    outside = tuple((term, factor / size) for term, factor in dividend.parts if factor % size == 0)
    inside = tuple(part for part in dividend.parts if part[1] % size != 0)
    whole = Linear(Fraction(floor(dividend.constant / size)), outside)
    if not inside:
        return whole
    shared = Fraction(gcd(size.numerator, *(factor.numerator for _, factor in inside)))
    rest = Fraction(floor((dividend.constant % size) / shared))
    reduced = Linear(rest, tuple((term, factor / shared) for term, factor in inside))
    quotient = FloorQuotient(term_of(reduced), Integer((size / shared).numerator))
    return whole.plus(atom(quotient))
