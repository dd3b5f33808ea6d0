"""Formulas of the two-valued logic, simplified as they are built.

Every function keeps the meaning on all rows whose present cells hold declared values; nothing is
assumed about which columns are missing or not applicable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor, gcd
from typing import Literal, TypeAlias, assert_never

from synllm.diagnostics.source import NOWHERE, Span
from synllm.spec.core import (
    EVERY_VALUE,
    NO_VALUE,
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreColumn,
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
from synllm.spec.passes.linear import ONE, Linear, form_of, primitive, term_of

Columns: TypeAlias = Mapping[str, CoreColumn]
Sign: TypeAlias = Literal["<", "<=", "=", "!="]

TRUE = Constant(True)
FALSE = Constant(False)


def membership(literal: Membership, columns: Columns) -> Formula:
    """Return the literal with its values kept to the column's, or a constant where it is one."""
    domain = columns[literal.column].values
    values = domain if literal.values == EVERY_VALUE else literal.values.intersect(domain)
    if literal.missing and literal.not_applicable and values == domain:
        return TRUE
    if not (literal.missing or literal.not_applicable or values):
        return FALSE
    return literal if values == literal.values else replace(literal, values=values)


def present(names: Iterable[str], columns: Columns, span: Span = NOWHERE) -> Formula:
    """Return whether all the columns are present."""
    return all_of((Membership(name, EVERY_VALUE, span=span) for name in names), columns, span)


def absent(names: Iterable[str], columns: Columns, span: Span = NOWHERE) -> Formula:
    """Return whether any of the columns is missing or not applicable."""
    return any_of((Membership(name, NO_VALUE, True, True, span) for name in names), columns, span)


def all_of(operands: Iterable[Formula], columns: Columns, span: Span = NOWHERE) -> Formula:
    """Return the conjunction: flat, one membership a column, nothing said twice."""
    merged = _merged(operands, AllOf, _meet)
    related = frozenset[str]().union(
        *(term_columns(each.term) for each in merged if isinstance(each, Relation))
    )
    kept: list[Formula] = []
    for operand in merged:
        if isinstance(operand, Membership):
            if operand.column in related and (operand.missing or operand.not_applicable):
                # A relation is true only where its columns are present.
                operand = replace(operand, missing=False, not_applicable=False)
            formula = membership(operand, columns)
            redundant = operand.column in related and _says_present(formula, columns)
        else:
            formula, redundant = operand, False
        if formula == FALSE:
            return FALSE
        if formula != TRUE and not redundant:
            kept.append(formula)
    if len(kept) <= 1:
        return kept[0] if kept else TRUE
    return AllOf(tuple(kept), span)


def any_of(operands: Iterable[Formula], columns: Columns, span: Span = NOWHERE) -> Formula:
    """Return the disjunction: flat, one membership a column, nothing said twice."""
    kept: list[Formula] = []
    for operand in _merged(operands, AnyOf, _join):
        formula = membership(operand, columns) if isinstance(operand, Membership) else operand
        if formula == TRUE:
            return TRUE
        if formula != FALSE:
            kept.append(formula)
    if len(kept) <= 1:
        return kept[0] if kept else FALSE
    return AnyOf(tuple(kept), span)


def at_least(
    count: int, operands: Iterable[Formula], columns: Columns, span: Span = NOWHERE
) -> Formula:
    """Return whether at least `count` of the operands are true; equal ones count one by one."""
    listed = list(operands)
    count -= listed.count(TRUE)
    open_ones = tuple(each for each in listed if not isinstance(each, Constant))
    if count <= 0:
        return TRUE
    if count > len(open_ones):
        return FALSE
    if count == len(open_ones):
        return all_of(open_ones, columns, span)
    if count == 1:
        return any_of(open_ones, columns, span)
    return AtLeast(count, open_ones, span)


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


def _merged(
    operands: Iterable[Formula],
    kind: type[AllOf] | type[AnyOf],
    merge: Callable[[Membership, Membership], Membership],
) -> list[Formula]:
    """Return the operands, those of the same kind flattened, one membership a column."""
    memberships: dict[str, Membership] = {}
    order: dict[Formula | str, None] = {}
    for operand in operands:
        for each in operand.operands if isinstance(operand, kind) else (operand,):
            if isinstance(each, Membership):
                before = memberships.get(each.column)
                memberships[each.column] = each if before is None else merge(before, each)
                order.setdefault(each.column)
            else:
                order.setdefault(each)
    return [memberships[key] if isinstance(key, str) else key for key in order]


def _says_present(formula: Formula, columns: Columns) -> bool:
    return isinstance(formula, Membership) and formula == Membership(
        formula.column, columns[formula.column].values
    )


def _meet(left: Membership, right: Membership) -> Membership:
    return replace(
        left,
        values=left.values.intersect(right.values),
        missing=left.missing and right.missing,
        not_applicable=left.not_applicable and right.not_applicable,
    )


def _join(left: Membership, right: Membership) -> Membership:
    return replace(
        left,
        values=left.values.union(right.values),
        missing=left.missing or right.missing,
        not_applicable=left.not_applicable or right.not_applicable,
    )
