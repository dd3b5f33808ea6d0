"""`Spec`: what the author said, resolved and checked, with source spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Literal

from synllm.diagnostics.source import NOWHERE, Source, Span
from synllm.spec.expressions import Condition, Term, columns_of
from synllm.spec.statistics import StatisticsBlock
from synllm.spec.types import (
    EMPTY_CELL,
    Code,
    ColumnType,
    IdentifierType,
    MissingCode,
)
from synllm.spec.values import Value

RoundingMode = Literal["half up", "down", "up"]


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a derived column is computed: the formula, rounded to the column's decimals."""

    formula: Term
    rounding: RoundingMode
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table; `codes` pairs each label of a category with its file code."""

    name: str
    type: ColumnType
    description: str = ""
    codes: tuple[tuple[str, Code], ...] = ()
    missing_codes: tuple[MissingCode, ...] = ()
    """Empty where the column may not be missing; the first one is written, all are read."""
    applies_when: Condition | None = None
    applies_text: str = field(default="", compare=False)
    not_applicable_code: Code = EMPTY_CELL
    derivation: Derivation | None = None
    type_name: str | None = None
    """The named type it was declared with; library rules find their columns by it."""
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)
    type_span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def may_be_missing(self) -> bool:
        """Whether the author said that the column may be missing."""
        return bool(self.missing_codes)

    @property
    def is_generated(self) -> bool:
        """Whether a model writes it: neither an identifier nor derived."""
        return self.derivation is None and not isinstance(self.type, IdentifierType)

    def code_of(self, label: str) -> Code:
        """Return the file code of a category's label."""
        return dict(self.codes)[label]


@dataclass(frozen=True, slots=True)
class MissingTogether:
    """Columns that are all missing or all present; those not applicable are left out."""

    columns: tuple[str, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name under which reports show the statement."""
        return ", ".join(self.columns) + " are missing together"


@dataclass(frozen=True, slots=True)
class Rule:
    """A named statement about a row: `then` wherever `when` (None: on every row).

    `share` is None for a hard rule; for a soft one the least support asked for, in 0..1.
    `text` is the rule as the formatter writes it, without name and sentence.
    """

    name: str
    sentence: str
    when: Condition | None
    then: Condition
    share: Fraction | None = None
    cites: tuple[str, ...] = ()
    because: str | None = None
    text: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def hard(self) -> bool:
        """Whether every row must obey it."""
        return self.share is None


@dataclass(frozen=True, slots=True)
class Example:
    """A row the author judged: completable to a valid one, or surely breaking the named rule."""

    breaks: str | None
    values: tuple[tuple[str, Value], ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A finding that the author knows of and accepts, with the reason.

    It holds for findings with a place inside `scope` (a rule or a column), and without a scope
    for those with a place in the file of `span`.
    """

    finding: str
    reason: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    scope: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Spec:
    """A table's schema, descriptions, statistics and rules, resolved."""

    name: str
    title: str
    columns: tuple[Column, ...]
    source_note: str | None = None
    target: str | None = None
    groups: tuple[MissingTogether, ...] = ()
    rules: tuple[Rule, ...] = ()
    statistics: tuple[StatisticsBlock, ...] = ()
    examples: tuple[Example, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    """Those of the file itself and of the libraries that it uses."""
    is_library: bool = False
    """Whether the file has no table; its named types then stand in for columns."""
    source: Source = field(default=NOWHERE.source, compare=False, repr=False)
    imports: tuple[Source, ...] = field(default=(), compare=False, repr=False)

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def generated_columns(self) -> tuple[Column, ...]:
        """The columns that a model writes, in declared order."""
        return tuple(column for column in self.columns if column.is_generated)

    @cached_property
    def condition_order(self) -> tuple[Column, ...]:
        """The columns with an `applies when`, each after those its condition depends on."""
        ordered: dict[str, Column] = {}

        def visit(column: Column) -> None:
            if column.name in ordered:
                return
            if column.applies_when is not None:
                for name in columns_of(column.applies_when):
                    visit(self.by_name[name])
            if column.derivation is not None:
                for name in columns_of(column.derivation.formula):
                    visit(self.by_name[name])
            ordered[column.name] = column

        for column in self.columns:
            visit(column)
        return tuple(column for column in ordered.values() if column.applies_when is not None)

    @property
    def hard_rules(self) -> tuple[Rule, ...]:
        """The rules that every row must obey."""
        return tuple(rule for rule in self.rules if rule.hard)
