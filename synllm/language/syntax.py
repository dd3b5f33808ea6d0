"""The syntax tree: what was written, before any name is looked up; every node has its span."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from synllm.diagnostics.source import Source, Span


@dataclass(frozen=True, slots=True)
class Word:
    """A name, label or text; `quoted` where it was written in double quotes."""

    text: str
    quoted: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written, with its sign and perhaps a unit."""

    value: Fraction
    text: str
    unit: Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class Range:
    """`low..high`, or `low..<high` without its end; a unit after it is the unit of both ends."""

    low: Quantity
    high: Quantity
    high_open: bool
    unit: Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class Absence:
    """The word `missing` or `not applicable` where a cell's value is expected."""

    text: Literal["missing", "not applicable"]
    span: Span


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or function with its operands.

    Operators: iff or and not group compare add subtract multiply divide minus call exactly at_most
    at_least is_label is_not_label is_missing is_not_missing is_present is_not_applicable in_set
    not_in_set. A comparison alternates terms and comparators; a call or count starts with its word.
    """

    operator: str
    operands: tuple[Node, ...]
    span: Span


Node: TypeAlias = Word | Quantity | Range | Operation
Cell: TypeAlias = Quantity | Word | Absence
CodeNode: TypeAlias = Quantity | Word


@dataclass(frozen=True, slots=True)
class Domain:
    """The range or list after `in`."""

    low: Quantity | None
    high: Quantity | None
    listed: tuple[Quantity, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CodedLabel:
    """A label with its file code, if one was written."""

    label: Word | Quantity
    code: CodeNode | None


@dataclass(frozen=True, slots=True)
class TypeNode:
    """A column type as written; `kind` is integer, decimal, yes/no, category, ordered, identifier
    or named.
    """

    kind: str
    span: Span
    decimals: Quantity | None = None
    domain: Domain | None = None
    unit: Word | None = None
    substance: Word | None = None
    labels: tuple[CodedLabel, ...] = ()
    codes: tuple[CodeNode, ...] = ()
    name: Word | None = None


@dataclass(frozen=True, slots=True)
class MissingModifier:
    """`may be missing`, with codes and their reasons (no code: the empty cell)."""

    codes: tuple[tuple[CodeNode, Word | None], ...]
    braced: bool
    span: Span


@dataclass(frozen=True, slots=True)
class AppliesModifier:
    """`applies when`, with the code of a cell to which the column doesn't apply."""

    condition: Node
    code: CodeNode | None
    span: Span


@dataclass(frozen=True, slots=True)
class AllowNode:
    """`allow FINDING because "…"`: for the whole file, or the rule or column that it stands in."""

    finding: Word
    reason: Word
    span: Span


@dataclass(frozen=True, slots=True)
class ColumnNode:
    """One column of a table."""

    name: Word
    type: TypeNode
    description: Word | None
    modifiers: tuple[MissingModifier | AppliesModifier | AllowNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TogetherNode:
    """`a, b are missing together`."""

    names: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TableProperty:
    """`source "…"` or `target NAME` inside a table."""

    keyword: Literal["source", "target"]
    value: Word
    span: Span


TableItem: TypeAlias = ColumnNode | TogetherNode | TableProperty


@dataclass(frozen=True, slots=True)
class TableNode:
    """A table with its items in written order."""

    name: Word
    title: Word | None
    items: tuple[TableItem, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class KeyedFigure:
    """One entry of a braced list: a figure for a label (or, in quantiles, for a share)."""

    key: Word | Quantity
    value: Quantity | tuple[KeyedFigure, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class FigureNode:
    """One figure of a statistics line.

    Kinds: mean sd median min max missing quantiles shares point looks. `at` is the point's value,
    `word` the shape's name; shares and tolerances in percent have `percent` set.
    """

    kind: str
    value: Quantity | tuple[KeyedFigure, ...] | None
    at: Quantity | None
    word: Word | None
    of_all: bool
    tolerance: Quantity | None
    tolerance_percent: bool
    span: Span


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """A column's figures, for all rows, a subgroup or by group."""

    column: Word
    by: Word | None
    where: Node | None
    figures: tuple[FigureNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class PairLine:
    """A correlation or odds ratio of two columns."""

    kind: str
    left: Word
    right: Word
    value: Quantity
    tolerance: Quantity | None
    tolerance_percent: bool
    where: Node | None
    span: Span


StatisticsLine: TypeAlias = ColumnLine | PairLine


@dataclass(frozen=True, slots=True)
class StatisticsNode:
    """A block of figures from one source."""

    source: Word | None
    n: Quantity | None
    lines: tuple[StatisticsLine, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TestNode:
    """The left side of a decision table's arm: a comparison, a range or a cell value."""

    comparator: str | None
    value: Cell | Range
    span: Span


@dataclass(frozen=True, slots=True)
class Arm:
    """One line of a decision table."""

    test: TestNode
    result: Cell
    span: Span


@dataclass(frozen=True, slots=True)
class RuleBody:
    """A rule's statement; `kind` is when, always, never or cases."""

    kind: str
    expressions: tuple[Node, ...]
    inputs: tuple[Word, ...]
    arms: tuple[Arm, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class NoteNode:
    """`cites "…"` or `because "…"`."""

    keyword: Literal["cites", "because"]
    text: Word
    span: Span


@dataclass(frozen=True, slots=True)
class RuleNode:
    """A hard rule, or a soft one with its least share."""

    name: Word
    sentence: Word | None
    share: Quantity | None
    body: RuleBody
    notes: tuple[NoteNode | AllowNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class DerivedNode:
    """A computed column."""

    name: Word
    type: TypeNode
    description: Word | None
    formula: Node
    rounding: str | None
    allowances: tuple[AllowNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ExampleNode:
    """An example row, with the rule it breaks (None: it is fine)."""

    breaks: Word | None
    cells: tuple[tuple[Word | Quantity, Cell], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class UseNode:
    """An import of a library's types and rules."""

    path: Word
    span: Span


@dataclass(frozen=True, slots=True)
class MolarMassNode:
    """A substance's molar mass, in g/mol."""

    substance: Word
    mass: Quantity
    span: Span


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """A named type."""

    name: Word
    type: TypeNode
    description: Word | None
    span: Span


StatementNode: TypeAlias = (
    UseNode
    | MolarMassNode
    | TypeDefinition
    | TableNode
    | StatisticsNode
    | RuleNode
    | DerivedNode
    | ExampleNode
)


@dataclass(frozen=True, slots=True)
class SyntaxTree:
    """A whole file. `unread` holds the names of columns, types and rules whose definition had a
    syntax error, so that uses of them are not reported a second time.
    """

    source: Source
    version: Quantity | None
    allowances: tuple[AllowNode, ...]
    statements: tuple[StatementNode, ...]
    unread: frozenset[str] = frozenset()
