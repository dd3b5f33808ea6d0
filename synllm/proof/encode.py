"""CoreSpec columns, terms and formulas as z3 expressions over integers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

import z3

from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreSpec,
    CoreTerm,
    Extreme,
    FloorQuotient,
    Formula,
    Integer,
    Magnitude,
    Membership,
    Product,
    Relation,
    Sum,
    ValueSet,
    Variable,
    term_columns,
)

PRESENT, ABSENT, INAPPLICABLE = 0, 1, 2
"""What a column's state holds: it has a value, it is missing, it does not apply."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """Two integers for each column: its value, and its state."""

    context: z3.Context
    values: dict[str, z3.ArithRef]
    states: dict[str, z3.ArithRef]


def encode_columns(core: CoreSpec) -> Encoding:
    """Return fresh integers for the columns, in a context of their own."""
    context = z3.Context()
    return Encoding(
        context,
        {column.name: z3.Int(f"value {column.name}", context) for column in core.columns},
        {column.name: z3.Int(f"state {column.name}", context) for column in core.columns},
    )


def encode_formula(formula: Formula, encoding: Encoding) -> z3.BoolRef:
    """Return the formula over the encoding's integers."""
    match formula:
        case Constant(value=value):
            return z3.BoolVal(value, encoding.context)
        case Membership():
            return _encode_membership(formula, encoding)
        case Relation(operator=sign, term=term):
            present = [encoding.states[name] == PRESENT for name in sorted(term_columns(term))]
            return all_of([*present, _compare(sign, encode_term(term, encoding))], encoding)
        case AllOf(operands=operands):
            return all_of((encode_formula(each, encoding) for each in operands), encoding)
        case AnyOf(operands=operands):
            return any_of((encode_formula(each, encoding) for each in operands), encoding)
        case AtLeast(count=count, operands=operands):
            return z3.AtLeast(*(encode_formula(each, encoding) for each in operands), count)
        case _:
            assert_never(formula)


def encode_term(term: CoreTerm, encoding: Encoding) -> z3.ArithRef:
    """Return the term over the encoding's integers."""
    match term:
        case Integer(value=value):
            return z3.IntVal(value, encoding.context)
        case Variable(column=name):
            return encoding.values[name]
        case Sum(terms=terms):
            return z3.Sum([encode_term(each, encoding) for each in terms])
        case Product(left=left, right=right):
            return encode_term(left, encoding) * encode_term(right, encoding)
        case FloorQuotient(dividend=dividend, divisor=divisor):
            # z3 rounds so that the remainder is not negative: the floor, as divisors are positive.
            return encode_term(dividend, encoding) / encode_term(divisor, encoding)
        case Extreme(which=which, terms=terms):
            chosen, *others = (encode_term(each, encoding) for each in terms)
            for other in others:
                better = other < chosen if which == "min" else other > chosen
                chosen = z3.If(better, other, chosen)
            return chosen
        case Magnitude(term=inner):
            signed = encode_term(inner, encoding)
            return z3.If(signed >= 0, signed, -signed)
        case _:
            assert_never(term)


def encode_values(values: ValueSet, number: z3.ArithRef, encoding: Encoding) -> z3.BoolRef:
    """Return whether the number is a member of the set."""
    pieces: list[z3.BoolRef] = []
    for low, high in values.intervals:
        if low is not None and low == high:
            pieces.append(number == low)
            continue
        bounds = [] if low is None else [number >= low]
        if high is not None:
            bounds.append(number <= high)
        pieces.append(all_of(bounds, encoding))
    return any_of(pieces, encoding)


def all_of(operands: Iterable[z3.BoolRef], encoding: Encoding) -> z3.BoolRef:
    """Return the conjunction, true where there are no operands."""
    listed = list(operands)
    if len(listed) == 1:
        return listed[0]
    return z3.And(listed) if listed else z3.BoolVal(True, encoding.context)


def any_of(operands: Iterable[z3.BoolRef], encoding: Encoding) -> z3.BoolRef:
    """Return the disjunction, false where there are no operands."""
    listed = list(operands)
    if len(listed) == 1:
        return listed[0]
    return z3.Or(listed) if listed else z3.BoolVal(False, encoding.context)


def _encode_membership(membership: Membership, encoding: Encoding) -> z3.BoolRef:
    state = encoding.states[membership.column]
    allowed: list[z3.BoolRef] = []
    if membership.values:
        member = encode_values(membership.values, encoding.values[membership.column], encoding)
        allowed.append(z3.And(state == PRESENT, member))
    if membership.missing:
        allowed.append(state == ABSENT)
    if membership.not_applicable:
        allowed.append(state == INAPPLICABLE)
    return any_of(allowed, encoding)


def _compare(sign: str, term: z3.ArithRef) -> z3.BoolRef:
    match sign:
        case "<":
            return term < 0
        case "<=":
            return term <= 0
        case "=":
            return term == 0
        case "!=":
            return term != 0
        case _:
            raise ValueError(f"no such comparison: {sign}")
