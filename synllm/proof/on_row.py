"""Formulas and terms of a CoreSpec on one row of integers: what need not be asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import eq, le, lt, ne
from typing import assert_never

from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
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
    Variable,
    term_columns,
)
from synllm.spec.values import MISSING, Special

_SIGNS: dict[str, Callable[[int, int], bool]] = {"<": lt, "<=": le, "=": eq, "!=": ne}


def is_true(formula: Formula, cells: Mapping[str, int | Special]) -> bool:
    """Return whether a formula is true on a row; its columns are among the cells."""
    match formula:
        case Constant(value=value):
            return value
        case Membership(column=name, values=values):
            cell = cells[name]
            if isinstance(cell, Special):
                return formula.missing if cell is MISSING else formula.not_applicable
            return cell in values
        case Relation(operator=sign, term=term):
            if any(isinstance(cells[name], Special) for name in term_columns(term)):
                return False
            return _SIGNS[sign](value_of(term, cells), 0)
        case AllOf(operands=operands):
            return all(is_true(each, cells) for each in operands)
        case AnyOf(operands=operands):
            return any(is_true(each, cells) for each in operands)
        case AtLeast(count=count, operands=operands):
            return sum(is_true(each, cells) for each in operands) >= count
        case _:
            assert_never(formula)


def value_of(term: CoreTerm, cells: Mapping[str, int | Special]) -> int:
    """Return the integer of a term on a row on which all its columns are present.

    A quotient by zero, which a formula never relies on, counts as zero.
    """
    match term:
        case Integer(value=value):
            return value
        case Variable(column=name):
            cell = cells[name]
            assert not isinstance(cell, Special)
            return cell
        case Sum(terms=terms):
            return sum(value_of(each, cells) for each in terms)
        case Product(left=left, right=right):
            return value_of(left, cells) * value_of(right, cells)
        case FloorQuotient(dividend=dividend, divisor=divisor):
            by = value_of(divisor, cells)
            return value_of(dividend, cells) // by if by else 0
        case Extreme(which=which, terms=terms):
            values = [value_of(each, cells) for each in terms]
            return min(values) if which == "min" else max(values)
        case Magnitude(term=inner):
            return abs(value_of(inner, cells))
        case _:
            assert_never(term)
