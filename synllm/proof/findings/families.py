"""Rules that read as cases of one column: `when egfr >= 90 …`, `when egfr in 60..89 …`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from synllm.proof.inquiry import Inquiry, RuleCase
from synllm.spec.core import AllOf, Formula, Membership, ValueSet, formula_columns
from synllm.spec.expressions import ColumnValue, Compare, Number, Within, walk


@dataclass(frozen=True, slots=True)
class Piece:
    """A rule as a case: the values of the family's column at which its condition is met.

    `written` are the thresholds that the author wrote for the column, on its integer scale.
    """

    case: RuleCase
    values: ValueSet
    written: frozenset[Fraction]


@dataclass(frozen=True, slots=True)
class Family:
    """Rules whose conditions differ in one number column only: `rest` is what they share.

    `concludes` are the columns in every conclusion, or empty where these differ.
    """

    column: str
    rest: Formula
    concludes: frozenset[str]
    pieces: tuple[Piece, ...]


def find_families(inquiry: Inquiry) -> tuple[tuple[Family, ...], tuple[Family, ...]]:
    """Return the families with conclusions about the same columns, and those whatever these are.

    Only hard rules whose condition is a conjunction of single-column tests can be cases. Families
    have at least two members; each is in declared order.
    """
    same: dict[tuple[str, Formula, frozenset[str]], list[Piece]] = {}
    whatever: dict[tuple[str, Formula], list[Piece]] = {}
    for case in inquiry.rules:
        if case.rule.when is None or not case.rule.hard or not inquiry.hard:
            continue
        literals = _conjuncts(case.when.true)
        if literals is None:
            continue
        for literal in literals:
            column = inquiry.core.by_name[literal.column]
            if column.labels or literal.missing or literal.not_applicable:
                continue
            rest = inquiry.all_of(*(each for each in literals if each is not literal))
            piece = Piece(
                case,
                literal.values.intersect(column.values),
                _thresholds(case, column.name, column.decimals),
            )
            about = formula_columns(case.then.true) | formula_columns(case.then.false)
            same.setdefault((column.name, rest, about), []).append(piece)
            whatever.setdefault((column.name, rest), []).append(piece)
    return (
        tuple(
            Family(name, rest, about, tuple(pieces))
            for (name, rest, about), pieces in same.items()
            if len(pieces) > 1
        ),
        tuple(
            Family(name, rest, frozenset(), tuple(pieces))
            for (name, rest), pieces in whatever.items()
            if len(pieces) > 1
        ),
    )


def covered(pieces: Iterable[Piece]) -> ValueSet:
    """Return the values that at least one of the cases covers."""
    return ValueSet.union_of([interval for each in pieces for interval in each.values.intervals])


def _conjuncts(formula: Formula) -> tuple[Membership, ...] | None:
    operands = formula.operands if isinstance(formula, AllOf) else (formula,)
    literals = tuple(each for each in operands if isinstance(each, Membership))
    return literals if len(literals) == len(operands) else None


def _thresholds(case: RuleCase, name: str, decimals: int) -> frozenset[Fraction]:
    assert case.rule.when is not None
    found: set[Fraction] = set()
    for node in walk(case.rule.when):
        match node:
            case (
                Compare(left=ColumnValue(column=column), right=Number(value=value))
                | Compare(left=Number(value=value), right=ColumnValue(column=column))
            ) if column == name:
                found.add(value * 10**decimals)
            case Within(term=ColumnValue(column=column), intervals=intervals) if column == name:
                ends = (end for each in intervals for end in (each.low, each.high))
                found.update(end * 10**decimals for end in ends if end is not None)
            case _:
                pass
    return frozenset(found)
