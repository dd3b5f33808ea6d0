"""Rows that differ in one cell: a formula about the one, said of the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreColumn,
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
from synllm.spec.passes.formulas import FALSE, TRUE
from synllm.spec.values import MISSING, Special


@dataclass(frozen=True, slots=True)
class Step:
    """One column's integer goes up or down: by one recorded step where `by` is 1 or -1."""

    column: str
    by: int


@dataclass(frozen=True, slots=True)
class Assign:
    """One column gets this cell, whatever it held."""

    column: str
    cell: int | Special


Move: TypeAlias = Step | Assign


def move_cells(cells: Mapping[str, int | Special], move: Move) -> dict[str, int | Special]:
    """Return the row after the move; a step needs a value to start from."""
    match move:
        case Step(column=name, by=by):
            value = cells[name]
            assert not isinstance(value, Special)
            return {**cells, name: value + by}
        case Assign(column=name, cell=cell):
            return {**cells, name: cell}


def after(formula: Formula, move: Move) -> Formula:
    """Return the formula that is true on a row exactly where this one is true after the move."""
    match formula:
        case Constant():
            return formula
        case Membership(column=name):
            return _member(formula, move) if name == move.column else formula
        case Relation(term=term):
            if move.column not in term_columns(term):
                return formula
            if isinstance(move, Assign) and isinstance(move.cell, Special):
                return FALSE
            return replace(formula, term=_moved(term, move))
        case AllOf(operands=operands) | AnyOf(operands=operands) | AtLeast(operands=operands):
            return replace(formula, operands=tuple(after(each, move) for each in operands))
        case _:
            assert_never(formula)


def lands_inside(move: Step, column: CoreColumn) -> Membership:
    """Return the formula of the rows that have a value before and after the step."""
    return Membership(
        column.name, column.values.intersect(_shifted(column.values, -move.by)), span=column.span
    )


def _member(literal: Membership, move: Move) -> Formula:
    match move:
        case Step(by=by):
            return replace(literal, values=_shifted(literal.values, -by))
        case Assign(cell=Special() as state):
            inside = literal.missing if state is MISSING else literal.not_applicable
        case Assign(cell=int() as value):
            inside = value in literal.values
    return TRUE if inside else FALSE


def _shifted(values: ValueSet, by: int) -> ValueSet:
    return ValueSet(
        tuple(
            (None if low is None else low + by, None if high is None else high + by)
            for low, high in values.intervals
        )
    )


def _moved(term: CoreTerm, move: Move) -> CoreTerm:
    match term:
        case Integer():
            return term
        case Variable(column=name):
            if name != move.column:
                return term
            if isinstance(move, Step):
                return Sum((term, Integer(move.by)))
            assert not isinstance(move.cell, Special)
            return Integer(move.cell)
        case Sum(terms=terms) | Extreme(terms=terms):
            return replace(term, terms=tuple(_moved(each, move) for each in terms))
        case Product(left=left, right=right):
            return Product(_moved(left, move), _moved(right, move))
        case FloorQuotient(dividend=dividend, divisor=divisor):
            return FloorQuotient(_moved(dividend, move), _moved(divisor, move))
        case Magnitude(term=inner):
            return Magnitude(_moved(inner, move))
        case _:
            assert_never(term)
