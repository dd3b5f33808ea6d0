"""`CoreSpec`: the spec in two-valued logic over integers, ready for machines.

- A number column holds `value * 10**decimals`, a category column the index of its label.
- Every statement's outcomes are separate two-valued formulas in negation normal form: missing and
  undefined are split into surely true and surely false, so no third truth value is left.
- Units are converted and derived columns inlined; identifiers are left out.

A formula is evaluated on a row in which each column is present with an integer, missing or not
applicable. `Relation` is false unless all its columns are present.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Literal, TypeAlias, assert_never

from synllm.diagnostics.source import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A set of integers: ascending closed intervals that do not touch; None is unbounded."""

    intervals: tuple[tuple[int | None, int | None], ...] = ()

    @staticmethod
    def of(values: Iterator[int] | list[int] | tuple[int, ...] | range) -> ValueSet:
        """Return the set of the given integers."""
        return ValueSet.union_of((value, value) for value in values)

    @staticmethod
    def between(low: int | None, high: int | None) -> ValueSet:
        """Return low..high inclusive, empty where low is above high."""
        return ValueSet.union_of([(low, high)])

    @staticmethod
    def union_of(
        pieces: Iterator[tuple[int | None, int | None]] | list[tuple[int | None, int | None]],
    ) -> ValueSet:
        """Return the union of closed intervals in any order, joined where they touch."""
        wanted = [p for p in pieces if p[0] is None or p[1] is None or p[0] <= p[1]]
        wanted.sort(key=lambda piece: (piece[0] is not None, piece[0] or 0))
        joined: list[tuple[int | None, int | None]] = []
        for low, high in wanted:
            if joined:
                last_low, last_high = joined[-1]
                if last_high is None:
                    break
                if low is None or low <= last_high + 1:
                    top = None if high is None else max(high, last_high)
                    joined[-1] = (last_low, top)
                    continue
            joined.append((low, high))
        return ValueSet(tuple(joined))

    def __contains__(self, value: int) -> bool:
        return any(
            (low is None or low <= value) and (high is None or value <= high)
            for low, high in self.intervals
        )

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __len__(self) -> int:
        """The number of members; the set must be bounded."""
        total = 0
        for low, high in self.intervals:
            assert low is not None and high is not None, "an unbounded set has no size"
            total += high - low + 1
        return total

    def __iter__(self) -> Iterator[int]:
        """Yield the members in ascending order; the set must be bounded."""
        for low, high in self.intervals:
            assert low is not None and high is not None, "an unbounded set has no list"
            yield from range(low, high + 1)

    def complement(self) -> ValueSet:
        """Return all integers that are not members."""
        gaps: list[tuple[int | None, int | None]] = []
        start: int | None = None
        open_start = True
        for low, high in self.intervals:
            if low is not None:
                gaps.append((None if open_start else start, low - 1))
            if high is None:
                return ValueSet.union_of(gaps)
            start, open_start = high + 1, False
        gaps.append((None if open_start else start, None))
        return ValueSet.union_of(gaps)

    def union(self, other: ValueSet) -> ValueSet:
        """Return the integers in either set."""
        return ValueSet.union_of([*self.intervals, *other.intervals])

    def intersect(self, other: ValueSet) -> ValueSet:
        """Return the integers in both sets."""
        shared: list[tuple[int | None, int | None]] = []
        for low, high in self.intervals:
            for other_low, other_high in other.intervals:
                if low is not None and other_high is not None and other_high < low:
                    continue
                if high is not None and other_low is not None and high < other_low:
                    break
                lows = [each for each in (low, other_low) if each is not None]
                highs = [each for each in (high, other_high) if each is not None]
                shared.append((max(lows, default=None), min(highs, default=None)))
        return ValueSet(tuple(shared))

    def minus(self, other: ValueSet) -> ValueSet:
        """Return the members that are not in the other set."""
        return self.intersect(other.complement())


EVERY_VALUE = ValueSet(((None, None),))
NO_VALUE = ValueSet()


# Integer arithmetic -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Integer:
    """A constant."""

    value: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A column's integer."""

    column: str


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of one or more terms."""

    terms: tuple[CoreTerm, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """The product of two terms."""

    left: CoreTerm
    right: CoreTerm


@dataclass(frozen=True, slots=True)
class FloorQuotient:
    """The quotient rounded towards minus infinity; the divisor is positive wherever it matters."""

    dividend: CoreTerm
    divisor: CoreTerm


@dataclass(frozen=True, slots=True)
class Extreme:
    """The least or greatest of several terms."""

    which: Literal["min", "max"]
    terms: tuple[CoreTerm, ...]


@dataclass(frozen=True, slots=True)
class Magnitude:
    """The absolute value of a term."""

    term: CoreTerm


CoreTerm: TypeAlias = Integer | Variable | Sum | Product | FloorQuotient | Extreme | Magnitude


# Formulas -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """True or false on every row."""

    value: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """A column is present with one of the values, or missing or not applicable if so flagged."""

    column: str
    values: ValueSet
    missing: bool = False
    not_applicable: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Relation:
    """`term` compared with 0; false unless every column in it is present."""

    operator: Literal["<", "<=", "=", "!="]
    term: CoreTerm
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every operand."""

    operands: tuple[Formula, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one operand."""

    operands: tuple[Formula, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least `count` of the operands, 2 <= count < len(operands)."""

    count: int
    operands: tuple[Formula, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Formula: TypeAlias = Constant | Membership | Relation | AllOf | AnyOf | AtLeast


# Columns and statements ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CoreColumn:
    """A written column: its integers, and whether it may be missing or not applicable.

    `decimals` is 0 for categories, whose integers are label indices into `labels`.
    """

    name: str
    values: ValueSet
    decimals: int
    labels: tuple[str, ...]
    may_be_missing: bool
    may_not_apply: bool
    span: Span = field(default=NOWHERE, compare=False, repr=False)


class StatementKind(StrEnum):
    """Where a statement comes from."""

    APPLICABILITY = "applicability"
    MISSING_TOGETHER = "missing together"
    DERIVED_RANGE = "derived range"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One two-valued formula for each verdict but undecided, which is where none of them is true.

    On any row of the columns' domains at most one is true.
    """

    holds: Formula
    violated: Formula
    not_triggered: Formula
    undefined: Formula


@dataclass(frozen=True, slots=True)
class Statement:
    """A named constraint between cells; a row is valid when every hard one is neither violated
    nor undefined and every cell is in its column's domain.
    """

    name: str
    kind: StatementKind
    outcomes: Outcomes
    columns: tuple[str, ...]
    share: Fraction | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def hard(self) -> bool:
        """Whether every row must obey it (soft rules carry a least share instead)."""
        return self.share is None


@dataclass(frozen=True)
class CoreSpec:
    """Columns in declared order (neither identifiers nor derived), and all statements on them."""

    name: str
    columns: tuple[CoreColumn, ...]
    statements: tuple[Statement, ...]

    @cached_property
    def by_name(self) -> Mapping[str, CoreColumn]:
        """The columns by name."""
        return {column.name: column for column in self.columns}


def term_columns(term: CoreTerm) -> frozenset[str]:
    """Return the columns in a term."""
    match term:
        case Integer():
            return frozenset()
        case Variable(column=name):
            return frozenset((name,))
        case Sum(terms=terms) | Extreme(terms=terms):
            return frozenset().union(*(term_columns(each) for each in terms))
        case Product(left=left, right=right):
            return term_columns(left) | term_columns(right)
        case FloorQuotient(dividend=dividend, divisor=divisor):
            return term_columns(dividend) | term_columns(divisor)
        case Magnitude(term=inner):
            return term_columns(inner)
        case _:
            assert_never(term)


def formula_columns(formula: Formula) -> frozenset[str]:
    """Return the columns in a formula."""
    match formula:
        case Constant():
            return frozenset()
        case Membership(column=name):
            return frozenset((name,))
        case Relation(term=term):
            return term_columns(term)
        case AllOf(operands=operands) | AnyOf(operands=operands) | AtLeast(operands=operands):
            return frozenset().union(*(formula_columns(each) for each in operands))
        case _:
            assert_never(formula)
