"""Integer forms compared with zero, and the complement of any formula."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor, gcd
from typing import Literal, TypeAlias, assert_never

from synllm.diagnostics.source import NOWHERE, Span
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreTerm,
    Extreme,
    FloorQuotient,
    Formula,
    Magnitude,
    Membership,
    Product,
    Relation,
    ValueSet,
    Variable,
    term_columns,
)
from synllm.spec.passes.bounds import bounds
from synllm.spec.passes.formulas import (
    Columns,
    absent,
    all_of,
    any_of,
    at_least,
    membership,
    present,
)
from synllm.spec.passes.linear import ONE, Linear, form_of, primitive, term_of

Sign: TypeAlias = Literal["<", "<=", "=", "!="]


def relation(
    sign: Sign, form: Linear, names: Iterable[str], columns: Columns, span: Span = NOWHERE
) -> Formula:
    """Return whether the form is <, <=, = or != 0 and all the named columns are present.

    Every column of the form must be named. A form of one column becomes a membership, a form whose
    bounds decide it says only that the columns are present, and an extreme, a magnitude or a
    quotient compared with a constant is resolved to its operands.
    """
    compared = _compare(sign, form, columns, span)
    return all_of((compared, present(names, columns, span)), columns, span)


def _compare(sign: Sign, form: Linear, columns: Columns, span: Span) -> Formula:
    """Return the relation, right wherever all columns of the form are present."""
    part, _ = primitive(form)
    if sign == "<":
        # The terms are integers: below 0 is at most -1.
        return _compare("<=", part.plus(ONE), columns, span)
    decided = _decide(sign, part, columns)
    if decided is not None:
        return Constant(decided)
    (term, coefficient), limit = part.parts[0], -part.constant
    if len(part.parts) > 1 or isinstance(term, Product):
        return Relation(sign, term_of(_tightened(sign, part)), span)
    low, high = ceil(limit / coefficient), floor(limit / coefficient)
    match sign:
        case "<=" if coefficient > 0:
            return _at_most(term, high, columns, span)
        case "<=":
            return _at_least(term, low, columns, span)
        case "=":
            both = (_at_most(term, high, columns, span), _at_least(term, low, columns, span))
            return all_of(both, columns, span)
        case "!=":
            beside = (
                _at_most(term, low - 1, columns, span),
                _at_least(term, high + 1, columns, span),
            )
            return any_of(beside, columns, span)
        case _:
            assert_never(sign)


def _decide(sign: Literal["<=", "=", "!="], form: Linear, columns: Columns) -> bool | None:
    """Return the outcome if it is the same wherever all columns are present."""
    low, high = bounds(term_of(form), columns)
    match sign:
        case "<=":
            if high is not None and high <= 0:
                return True
            return False if low is not None and low > 0 else None
        case "=" | "!=":
            never = (low is not None and low > 0) or (high is not None and high < 0)
            divisor = gcd(*(coefficient.numerator for _, coefficient in form.parts))
            if never or (divisor and form.constant.numerator % divisor):
                return sign == "!="
            return sign == "=" if low == high == 0 else None
        case _:
            assert_never(sign)


def _tightened(sign: Literal["<=", "=", "!="], form: Linear) -> Linear:
    """Return the form over the common divisor of its coefficients; the terms are integers."""
    divisor = gcd(*(coefficient.numerator for _, coefficient in form.parts))
    constant = form.constant / divisor
    # Where the division leaves a remainder, an equation is decided already.
    whole = Fraction(ceil(constant)) if sign == "<=" else constant
    parts = tuple((term, coefficient / divisor) for term, coefficient in form.parts)
    return Linear(whole, parts)


def _at_most(term: CoreTerm, limit: int, columns: Columns, span: Span) -> Formula:
    match term:
        case Variable(column=name):
            return membership(Membership(name, ValueSet.between(None, limit), span=span), columns)
        case FloorQuotient(dividend=dividend, divisor=divisor):
            next_multiple = form_of(divisor).times(limit + 1)
            return _compare("<=", form_of(dividend).minus(next_multiple).plus(ONE), columns, span)
        case Magnitude(term=inner):
            either_sign = (form_of(inner), form_of(inner).times(-1))
            return all_of((_below(form, limit, columns, span) for form in either_sign), columns)
        case Extreme(which=which, terms=terms):
            parts = [_below(form_of(each), limit, columns, span) for each in terms]
            return (any_of if which == "min" else all_of)(parts, columns, span)
        case _:
            raise AssertionError(f"{term} is no single term")


def _at_least(term: CoreTerm, limit: int, columns: Columns, span: Span) -> Formula:
    match term:
        case Variable(column=name):
            return membership(Membership(name, ValueSet.between(limit, None), span=span), columns)
        case FloorQuotient(dividend=dividend, divisor=divisor):
            multiple = form_of(divisor).times(limit)
            return _compare("<=", multiple.minus(form_of(dividend)), columns, span)
        case Magnitude(term=inner):
            either_sign = (form_of(inner), form_of(inner).times(-1))
            return any_of((_above(form, limit, columns, span) for form in either_sign), columns)
        case Extreme(which=which, terms=terms):
            parts = [_above(form_of(each), limit, columns, span) for each in terms]
            return (all_of if which == "min" else any_of)(parts, columns, span)
        case _:
            raise AssertionError(f"{term} is no single term")


def _below(form: Linear, limit: int, columns: Columns, span: Span) -> Formula:
    return _compare("<=", form.minus(Linear(Fraction(limit))), columns, span)


def _above(form: Linear, limit: int, columns: Columns, span: Span) -> Formula:
    return _compare("<=", Linear(Fraction(limit)).minus(form), columns, span)


def complement(formula: Formula, columns: Columns) -> Formula:
    """Return the formula that is true exactly where the given one is false."""
    match formula:
        case Constant(value=value):
            return Constant(not value)
        case Membership(values=values, missing=missing, not_applicable=not_applicable):
            opposite = replace(
                formula,
                values=values.complement(),
                missing=not missing,
                not_applicable=not not_applicable,
            )
            return membership(opposite, columns)
        case Relation(operator=operator, term=term, span=span):
            form = form_of(term)
            names = sorted(term_columns(term))
            match operator:
                case "<=":
                    opposite_relation = relation("<=", ONE.minus(form), names, columns, span)
                case "<":
                    opposite_relation = relation("<=", form.times(-1), names, columns, span)
                case "=":
                    opposite_relation = relation("!=", form, names, columns, span)
                case "!=":
                    opposite_relation = relation("=", form, names, columns, span)
                case _:
                    assert_never(operator)
            return any_of((opposite_relation, absent(names, columns, span)), columns, span)
        case AllOf(operands=operands, span=span):
            return any_of((complement(each, columns) for each in operands), columns, span)
        case AnyOf(operands=operands, span=span):
            return all_of((complement(each, columns) for each in operands), columns, span)
        case AtLeast(count=count, operands=operands, span=span):
            opposites = [complement(each, columns) for each in operands]
            return at_least(len(operands) - count + 1, opposites, columns, span)
        case _:
            assert_never(formula)
