"""Terms and conditions as resolved from a spec: names bound, units converted, sorts checked.

Nodes are immutable and compare by content; the span is where the author wrote them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias, assert_never

from synllm.diagnostics.source import NOWHERE, Span
from synllm.spec.values import Special

ComparisonOperator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]
ArithmeticOperator: TypeAlias = Literal["+", "-", "*", "/"]


@dataclass(frozen=True, slots=True)
class Number:
    """A literal, in the unit of what it is compared with; `text` keeps the written digits."""

    value: Fraction
    text: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ColumnValue:
    """The number in a column."""

    column: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rank:
    """The place of a category column's label in its declared list, from 0."""

    column: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A sum, difference, product or quotient; a quotient by zero is undefined."""

    operator: ArithmeticOperator
    left: Term
    right: Term
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`abs` of one term, or `min` or `max` of one or more."""

    function: Literal["abs", "min", "max"]
    operands: tuple[Term, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Round:
    """A term rounded half up (towards plus infinity) to `places` decimals."""

    operand: Term
    places: int = 0
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Convert:
    """A term in another unit: operand * factor + offset."""

    operand: Term
    factor: Fraction
    offset: Fraction
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Term: TypeAlias = Number | ColumnValue | Rank | Arithmetic | Call | Round | Convert


@dataclass(frozen=True, slots=True)
class Interval:
    """A range of numbers; None is unbounded, an open end is excluded."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    def contains(self, value: Fraction) -> bool:
        """Return whether the value lies inside."""
        above = self.low is None or value > self.low or (value == self.low and not self.low_open)
        below = (
            self.high is None or value < self.high or (value == self.high and not self.high_open)
        )
        return above and below


@dataclass(frozen=True, slots=True)
class Compare:
    """Two terms compared; unknown where an operand is absent."""

    operator: ComparisonOperator
    left: Term
    right: Term
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Within:
    """A term inside at least one of the intervals."""

    term: Term
    intervals: tuple[Interval, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Is:
    """A category column holding one of the labels; unknown where it is absent."""

    column: str
    labels: frozenset[str]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class HasState:
    """`is missing`, `is not applicable` or (state None) `is present`; never unknown."""

    column: str
    state: Special | None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The negation of a condition."""

    operand: Condition
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of the conditions."""

    operands: tuple[Condition, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the conditions."""

    operands: tuple[Condition, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Iff:
    """Both conditions true, or both false."""

    left: Condition
    right: Condition
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Count:
    """The number of true conditions lies in low..high (inclusive)."""

    low: int
    high: int
    operands: tuple[Condition, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Condition: TypeAlias = Compare | Within | Is | HasState | Not | And | Or | Iff | Count
Expression: TypeAlias = Term | Condition


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the direct sub-expressions, in written order."""
    match expression:
        case Number() | ColumnValue() | Rank() | Is() | HasState():
            return ()
        case Round(operand=operand) | Convert(operand=operand) | Not(operand=operand):
            return (operand,)
        case Within(term=term):
            return (term,)
        case Arithmetic() | Compare() | Iff():
            return (expression.left, expression.right)
        case Call() | And() | Or() | Count():
            return expression.operands
        case _:
            assert_never(expression)


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield the expression and everything inside it, outermost first."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def columns_of(expression: Expression) -> tuple[str, ...]:
    """Return the columns that an expression mentions, in order of first mention."""
    names: dict[str, None] = {}
    for node in walk(expression):
        match node:
            case ColumnValue(column=name) | Rank(column=name):
                names.setdefault(name)
            case Is(column=name) | HasState(column=name):
                names.setdefault(name)
    return tuple(names)
