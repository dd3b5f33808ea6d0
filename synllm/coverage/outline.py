"""What a data set can exercise of a spec: for each thing, the condition that a row shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from synllm.coverage.clauses import (
    Clause,
    Junction,
    Line,
    Role,
    decision_lines,
    list_clauses,
    list_junctions,
)
from synllm.spec.boundaries import Boundary, condition_boundaries, range_ends, rule_boundaries
from synllm.spec.core import CoreSpec, StatementKind
from synllm.spec.expressions import (
    And,
    ColumnValue,
    Compare,
    Condition,
    HasState,
    Is,
    Not,
    Number,
    Or,
)
from synllm.spec.model import Column, MissingTogether, Rule, Spec
from synllm.spec.types import CategoryType, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE
from synllm.validate.statements import Stated, list_statements


@dataclass(frozen=True, slots=True)
class StatementOutline:
    """A statement with the parts of its conditions.

    `condition` is where the statement bears on a row (a rule's `when`, a column's `applies when`),
    `conclusion` what it then demands; None where it has none of its own. `exercised` is true on
    the rows on which the statement can hold or be violated.
    """

    stated: Stated
    condition: Condition | None
    conclusion: Condition | None
    exercised: Condition
    clauses: tuple[Clause, ...] = ()
    junctions: tuple[Junction, ...] = ()
    lines: tuple[Line, ...] = ()
    boundaries: tuple[Boundary, ...] = ()

    def conditions(self) -> Iterator[Condition]:
        """Yield every condition whose rows are counted."""
        yield from (each for each in (self.condition, self.conclusion) if each is not None)
        yield from (each.condition for each in self.clauses)
        for junction in self.junctions:
            yield junction.condition
            yield from (operand.alone for operand in junction.operands)
        for line in self.lines:
            yield line.kept
            yield line.broken


@dataclass(frozen=True, slots=True)
class ColumnOutline:
    """A written column: its absences, and the values of a list or the two ends of a range."""

    column: Column
    absences: tuple[tuple[str, Condition], ...]
    values: tuple[tuple[str, Condition], ...]
    ends: tuple[tuple[Fraction, Condition], ...]

    def conditions(self) -> Iterator[Condition]:
        """Yield every condition whose rows are counted."""
        yield HasState(self.column.name, None)
        yield from (condition for _, condition in (*self.absences, *self.values))
        yield from (condition for _, condition in self.ends)


@dataclass(frozen=True, slots=True)
class ThresholdOutline:
    """A threshold of a number column, with all the boundaries that are written there."""

    column: Column
    threshold: Fraction
    boundaries: tuple[tuple[Stated, Boundary], ...]

    @property
    def edge(self) -> frozenset[Fraction]:
        """The values between which some condition turns."""
        return frozenset(near.value for _, each in self.boundaries for near in each.edge)

    def conditions(self) -> Iterator[Condition]:
        """Yield every condition whose rows are counted."""
        yield from (
            holds_value(self.column.name, each.value) for each in self.boundaries[0][1].neighbours
        )


@dataclass(frozen=True, slots=True)
class Outline:
    """Everything that a data set can exercise of a spec."""

    statements: tuple[StatementOutline, ...]
    columns: tuple[ColumnOutline, ...]
    thresholds: tuple[ThresholdOutline, ...]

    def conditions(self) -> tuple[Condition, ...]:
        """Return every condition whose rows are counted, each once."""
        parts: list[StatementOutline | ColumnOutline | ThresholdOutline]
        parts = [*self.statements, *self.columns, *self.thresholds]
        return tuple(dict.fromkeys(each for part in parts for each in part.conditions()))


def outline_spec(spec: Spec, core: CoreSpec) -> Outline:
    """Return the outline of a spec; `core` is the lowered spec."""
    statements = tuple(_statement(each, spec) for each in list_statements(spec, core))
    return Outline(
        statements,
        tuple(_column(column) for column in spec.generated_columns),
        _thresholds(statements, spec),
    )


def holds_value(column: str, value: Fraction) -> Condition:
    """Return the condition that a number column holds exactly this value."""
    return Compare("=", ColumnValue(column), Number(value))


def _statement(stated: Stated, spec: Spec) -> StatementOutline:
    match stated.core.kind, stated.subject:
        case _, Rule() as rule:
            return _rule(stated, rule, spec)
        case _, MissingTogether(columns=columns):
            missing = tuple(HasState(name, MISSING) for name in columns)
            return StatementOutline(stated, None, None, Or(missing))
        case StatementKind.APPLICABILITY, Column(applies_when=condition):
            assert condition is not None
            return StatementOutline(
                stated,
                condition,
                None,
                _decided(condition),
                tuple(list_clauses(condition, Role.APPLIES)),
                tuple(list_junctions(condition, Role.APPLIES)),
                boundaries=condition_boundaries(condition, spec),
            )
        case _, Column(name=name):
            return StatementOutline(stated, None, None, HasState(name, None))


def _rule(stated: Stated, rule: Rule, spec: Spec) -> StatementOutline:
    exercised = _decided(rule.then)
    if rule.when is not None:
        exercised = And((rule.when, exercised))
    lines = decision_lines(rule)
    clauses: list[Clause] = []
    junctions: list[Junction] = []
    if lines:
        for line in lines:
            clauses += [Clause(Role.LINE, line.test), Clause(Role.GIVES, line.result)]
    else:
        parts = [(_role_of_conclusion(rule), rule.then)]
        if rule.when is not None:
            parts.insert(0, (Role.WHEN, rule.when))
        for role, condition in parts:
            clauses += list_clauses(condition, role)
            junctions += list_junctions(condition, role)
    return StatementOutline(
        stated,
        rule.when,
        rule.then,
        exercised,
        tuple(clauses),
        tuple(junctions),
        lines,
        rule_boundaries(rule, spec),
    )


def _role_of_conclusion(rule: Rule) -> Role:
    if rule.when is not None:
        return Role.THEN
    return Role.NEVER if rule.text.startswith("never") else Role.ALWAYS


def _decided(condition: Condition) -> Condition:
    return Or((condition, Not(condition)))


def _column(column: Column) -> ColumnOutline:
    name = column.name
    absences: list[tuple[str, Condition]] = []
    if column.may_be_missing:
        absences.append(("missing", HasState(name, MISSING)))
    if column.applies_when is not None:
        absences.append(("not applicable", HasState(name, NOT_APPLICABLE)))
    values: list[tuple[str, Condition]] = []
    ends: list[tuple[Fraction, Condition]] = []
    match column.type:
        case CategoryType(labels=labels):
            values = [(label, Is(name, frozenset((label,)))) for label in labels]
        case NumberType(listed=listed) as kind if listed:
            values = [(kind.written(value), holds_value(name, value)) for value in listed]
        case NumberType() as kind:
            outermost = dict.fromkeys(end for end in range_ends(kind) if end is not None)
            ends = [(end, holds_value(name, end)) for end in outermost]
    return ColumnOutline(column, tuple(absences), tuple(values), tuple(ends))


def _thresholds(statements: Iterable[StatementOutline], spec: Spec) -> tuple[ThresholdOutline, ...]:
    """Return the thresholds by column in declared order, each column's ascending."""
    found: dict[tuple[str, Fraction], list[tuple[Stated, Boundary]]] = {}
    for statement in statements:
        for boundary in statement.boundaries:
            key = (boundary.column, boundary.threshold)
            found.setdefault(key, []).append((statement.stated, boundary))
    order = {column.name: place for place, column in enumerate(spec.columns)}
    return tuple(
        ThresholdOutline(spec.by_name[column], threshold, tuple(written))
        for (column, threshold), written in sorted(
            found.items(), key=lambda item: (order[item[0][0]], item[0][1])
        )
    )
