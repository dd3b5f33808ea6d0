"""The parts of a condition that a data set can show to matter: clauses, junctions, table lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias, assert_never

from synllm.spec.expressions import (
    And,
    Compare,
    Condition,
    Count,
    HasState,
    Iff,
    Is,
    Not,
    Or,
    Within,
    walk,
)
from synllm.spec.model import Rule


class Role(StrEnum):
    """Where in a statement a clause stands."""

    WHEN = "when"
    THEN = "then"
    ALWAYS = "always"
    NEVER = "never"
    APPLIES = "applies when"
    LINE = "line"
    """The test of a decision table's line."""
    GIVES = "gives"
    """The result of a decision table's line."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison, membership or test of a state, as its author wrote it."""

    role: Role
    condition: Condition


@dataclass(frozen=True, slots=True)
class Operand:
    """An operand of a junction, and the condition that it alone decides the junction's outcome.

    In `A and B`, A decides alone where it is false and B is true; in `A or B` where it is true and
    B is false: the independence that modified condition/decision coverage asks for (Chilenski &
    Miller, Software Engineering Journal 9(5), 1994).
    """

    condition: Condition
    alone: Condition


@dataclass(frozen=True, slots=True)
class Junction:
    """An `and` or `or` of at least two operands."""

    role: Role
    word: Literal["and", "or"]
    condition: Condition
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a decision table: where its test is true the result must be."""

    test: Condition
    result: Condition

    @property
    def kept(self) -> Condition:
        """The condition that the line applies and its result is there."""
        return And((self.test, self.result))

    @property
    def broken(self) -> Condition:
        """The condition that the line applies and its result is not there."""
        return And((self.test, Not(self.result)))


_Atom: TypeAlias = Compare | Within | Is | HasState


def list_clauses(condition: Condition, role: Role) -> Iterator[Clause]:
    """Yield the clauses of a condition in written order, each as often as it is written."""
    match condition:
        case Compare() | Within() | Is() | HasState():
            yield Clause(role, condition)
        case Not(operand=operand):
            # `is not` and `not in` are one clause; `not (…)` is a word before others.
            if isinstance(operand, _Atom) and operand.span == condition.span:
                yield Clause(role, condition)
            else:
                yield from list_clauses(operand, role)
        case And(operands=operands) | Or(operands=operands) | Count(operands=operands):
            for each in operands:
                yield from list_clauses(each, role)
        case Iff(left=left, right=right):
            yield from list_clauses(left, role)
            yield from list_clauses(right, role)
        case _:
            assert_never(condition)


def list_junctions(condition: Condition, role: Role) -> Iterator[Junction]:
    """Yield every `and` and `or` in a condition, outermost first; chained comparisons are one."""
    for part in walk(condition):
        if isinstance(part, And | Or) and len(part.operands) > 1:
            is_and = isinstance(part, And)
            yield Junction(
                role,
                "and" if is_and else "or",
                part,
                tuple(
                    Operand(each, _alone(place, part.operands, is_and))
                    for place, each in enumerate(part.operands)
                ),
            )


def _alone(place: int, operands: tuple[Condition, ...], is_and: bool) -> Condition:
    """Return that one operand has the outcome that decides, and all others don't."""
    return And(
        tuple(each if (at == place) != is_and else Not(each) for at, each in enumerate(operands))
    )


def decision_lines(rule: Rule) -> tuple[Line, ...]:
    """Return the lines of a rule that is a decision table, none for every other rule."""
    match rule.then:
        case And(operands=(Or(operands=tests), *lines)) if len(tests) == len(lines):
            found = []
            for test, line in zip(tests, lines, strict=True):
                match line:
                    case Or(operands=(Not(operand=tested), result)) if tested == test:
                        found.append(Line(test, result))
                    case _:
                        return ()
            return tuple(found)
        case _:
            return ()
