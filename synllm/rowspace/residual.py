"""What is left of a formula once a column's cell is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
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
from synllm.spec.passes.formulas import FALSE, TRUE, Columns, all_of, any_of, at_least
from synllm.spec.passes.linear import ZERO, Linear, atom, form_of, multiply, term_of
from synllm.spec.passes.relations import relation
from synllm.spec.values import MISSING, Special


class Remainders:
    """What formulas say about the other columns once a column's cell is known, remembered.

    Equal remainders come out as equal formulas.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._relations: dict[tuple[str, Linear, tuple[str, ...]], Formula] = {}
        self._addends: dict[tuple[int, str], _Addend] = {}

    def fix_cell(self, formula: Formula, name: str, cell: int | Special) -> Formula:
        """Return what is left of a formula where the column holds the cell."""
        match formula:
            case Constant():
                return formula
            case Membership(column=column, values=values):
                if column != name:
                    return formula
                if isinstance(cell, Special):
                    true = formula.missing if cell is MISSING else formula.not_applicable
                else:
                    true = cell in values
                return TRUE if true else FALSE
            case Relation():
                return self._fix_relation(formula, name, cell)
            case AllOf(operands=operands, span=span):
                left = [self.fix_cell(each, name, cell) for each in operands]
                return all_of(left, self.columns, span)
            case AnyOf(operands=operands, span=span):
                left = [self.fix_cell(each, name, cell) for each in operands]
                return any_of(left, self.columns, span)
            case AtLeast(count=count, operands=operands, span=span):
                left = [self.fix_cell(each, name, cell) for each in operands]
                return at_least(count, left, self.columns, span)
            case _:
                assert_never(formula)

    def _fix_relation(self, formula: Relation, name: str, cell: int | Special) -> Formula:
        addend = self._addends.get((id(formula), name))
        if addend is None:
            if name not in term_columns(formula.term):
                return formula
            addend = self._addends[id(formula), name] = _addend_in(formula, name)
        if isinstance(cell, Special):
            return FALSE
        known = cell if addend.slope is None else addend.constant + addend.slope * cell
        left = addend.left.get(known)
        if left is None:
            form = (
                _fix(formula.term, name, cell)
                if addend.slope is None
                else Linear(ZERO.constant + known, addend.rest)
            )
            left = addend.left[known] = self._relation(formula, form, addend.others)
        return left

    def _relation(self, formula: Relation, form: Linear, others: tuple[str, ...]) -> Formula:
        # The same form can be left of relations that still need different columns to be present.
        key = formula.operator, form, others
        left = self._relations.get(key)
        if left is None:
            left = relation(formula.operator, form, others, self.columns, formula.span)
            self._relations[key] = left
        return left


@dataclass(frozen=True, slots=True, eq=False)
class _Addend:
    """What a column adds to a relation's term: `slope` times its value, None where it isn't so.

    `left` remembers what is left, by the sum of what is known, or by the value where there is no
    slope. The formula is kept so that its identity names it.
    """

    formula: Relation
    others: tuple[str, ...]
    slope: int | None = None
    constant: int = 0
    rest: tuple[tuple[CoreTerm, Fraction], ...] = ()
    left: dict[int, Formula] = field(default_factory=dict)


def _addend_in(formula: Relation, name: str) -> _Addend:
    others = tuple(sorted(term_columns(formula.term) - {name}))
    form = form_of(formula.term)
    own = [part for part in form.parts if name in term_columns(part[0])]
    numbers = [form.constant, *(coefficient for _, coefficient in form.parts)]
    if (
        len(own) != 1
        or own[0][0] != Variable(name)
        or any(number.denominator != 1 for number in numbers)
    ):
        return _Addend(formula, others)
    rest = tuple(part for part in form.parts if part is not own[0])
    return _Addend(formula, others, own[0][1].numerator, form.constant.numerator, rest)


def _fix(term: CoreTerm, name: str, value: int) -> Linear:
    """Return the linear form of a term in which a column has a value."""
    match term:
        case Integer():
            return form_of(term)
        case Variable(column=column):
            return Linear(ZERO.constant + value) if column == name else atom(term)
        case Sum(terms=terms):
            total = ZERO
            for each in terms:
                total = total.plus(_fix(each, name, value))
            return total
        case Product(left=left, right=right):
            return multiply(_fix(left, name, value), _fix(right, name, value))
        case FloorQuotient(dividend=dividend, divisor=divisor):
            above, below = _fix(dividend, name, value), _fix(divisor, name, value)
            if above.is_constant and below.is_constant:
                # Where a divisor is zero, no formula relies on the quotient.
                return Linear(ZERO.constant + (above.constant // (below.constant or 1)))
            return atom(FloorQuotient(term_of(above), term_of(below)))
        case Extreme(which=which, terms=terms):
            forms = [_fix(each, name, value) for each in terms]
            if all(form.is_constant for form in forms):
                constants = [form.constant for form in forms]
                return Linear(min(constants) if which == "min" else max(constants))
            return atom(Extreme(which, tuple(term_of(form) for form in forms)))
        case Magnitude(term=inner):
            form = _fix(inner, name, value)
            return (
                Linear(abs(form.constant)) if form.is_constant else atom(Magnitude(term_of(form)))
            )
        case _:
            assert_never(term)
