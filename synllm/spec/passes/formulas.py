"""Formulas of the two-valued logic, simplified as they are built.

Every function keeps the meaning on all rows whose present cells hold declared values; nothing is
assumed about which columns are missing or not applicable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from synllm.diagnostics.source import NOWHERE, Span
from synllm.spec.core import (
    EVERY_VALUE,
    NO_VALUE,
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreColumn,
    Formula,
    Membership,
    Relation,
    term_columns,
)

Columns: TypeAlias = Mapping[str, CoreColumn]

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
