"""What is so about a small spec, by looking at every one of its rows with the semantics alone.

Sets of rows are integers, one bit a row: `&` is what both have, 0 is no row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property

from synllm.proof.components import find_components
from synllm.proof.witness import encode_value, show_row
from synllm.spec.core import CoreSpec, StatementKind
from synllm.spec.evaluate import (
    evaluate_applicability,
    evaluate_condition,
    evaluate_group,
    evaluate_range,
    evaluate_rule,
    row_is_valid,
)
from synllm.spec.expressions import Condition
from synllm.spec.model import Rule, Spec
from synllm.spec.values import MISSING, NOT_APPLICABLE, Row, Special, Truth, Value, Verdict
from tests.proof.small_specs import all_rows, cells_of

BAD = (Verdict.VIOLATED, Verdict.UNDEFINED)


class AllRows:
    """Every row of a spec, and which of them each statement of its core accepts or refuses.

    Of the core only the order of the statements is taken, and which columns they mention.
    """

    def __init__(self, spec: Spec, core: CoreSpec) -> None:
        self.spec = spec
        self.core = core
        self.rows = list(all_rows(spec))
        self.everything = (1 << len(self.rows)) - 1
        self.verdicts = [self._verdicts(index) for index in range(len(core.statements))]
        self.refused = [self._with(verdicts, *BAD) for verdicts in self.verdicts]
        self.holds = [self._with(verdicts, Verdict.HOLDS) for verdicts in self.verdicts]
        self.hard = frozenset(i for i, each in enumerate(core.statements) if each.hard)
        self._truths: dict[Condition, list[Truth]] = {}
        self._cells: dict[tuple[str, Value], int] = {}

    def where(self, condition: Condition | None, *truths: Truth) -> int:
        """Return the rows on which a condition comes out so; no condition is always true."""
        if condition is None:
            return self.everything if Truth.TRUE in truths else 0
        if condition not in self._truths:
            self._truths[condition] = [
                evaluate_condition(condition, row, self.spec) for row in self.rows
            ]
        return self._with(self._truths[condition], *truths)

    def having(self, name: str, value: Value) -> int:
        """Return the rows in which a column holds this."""
        if (name, value) not in self._cells:
            cells = [row[name] for row in self.rows]
            self._cells[name, value] = self._with(cells, value)
        return self._cells[name, value]

    def present(self, name: str) -> int:
        """Return the rows in which a column has a value."""
        return self.everything & ~self.having(name, MISSING) & ~self.having(name, NOT_APPLICABLE)

    def values(self, name: str) -> list[Value]:
        """Return the values that a column can record, ascending or in declared order."""
        cells = cells_of(self.spec.by_name[name])
        return [cell for cell in cells if not isinstance(cell, Special)]

    def obeying(self, statements: Iterable[int]) -> int:
        """Return the rows that none of the statements refuses."""
        rows = self.everything
        for index in statements:
            rows &= ~self.refused[index]
        return rows

    @cached_property
    def valid(self) -> int:
        """The rows that may be delivered."""
        return self._with([row_is_valid(row, self.spec) for row in self.rows], True)

    def tied(self, columns: Iterable[str], statements: Collection[int] | None = None) -> set[int]:
        """Return the statements that a chain of hard ones ties to the columns.

        Statements about no column are among them.
        """
        wanted = self.hard if statements is None else statements
        names = set(columns)
        for index in set(wanted) - self.hard:
            names.update(self.core.statements[index].columns)
        touched = {self._component[name] for name in names}
        return {
            index
            for index in wanted
            if not (mentioned := self.core.statements[index].columns)
            or any(self._component[name] in touched for name in mentioned)
        }

    def is_sound(self, columns: Iterable[str]) -> bool:
        """Return whether every chain of statements that the columns are in can be obeyed."""
        return all(self.obeying(self.tied([name])) for name in columns)

    def allowed(self, columns: Iterable[str], without: Collection[int] = ()) -> int:
        """Return the rows that obey all hard statements but some.

        Where nothing obeys them all: those that obey the ones tied to the columns.
        """
        kept = self.hard - set(without)
        rows = self.obeying(kept)
        return rows or self.obeying(self.tied(columns, kept))

    def is_own(self, rule: Rule) -> bool:
        """Return whether the rule stands in the spec's own file."""
        return rule.span.source is self.spec.source

    @cached_property
    def rules(self) -> list[tuple[int, Rule]]:
        """The rules, with their places among the statements."""
        named = {rule.name: rule for rule in self.spec.rules}
        return [
            (index, named[each.name])
            for index, each in enumerate(self.core.statements)
            if each.kind is StatementKind.RULE
        ]

    def shown(self, witness: Iterable[tuple[str, str]]) -> int:
        """Return the row that a finding shows, as a set of one; 0 where it is none of the rows."""
        return self._by_text.get(tuple(witness), 0)

    def cells(self, row: Row) -> dict[str, int | Special]:
        """Return a row in the core's integers."""
        return {name: encode_value(self.core.by_name[name], value) for name, value in row.items()}

    def only(self, cells: dict[str, int | Special]) -> int:
        """Return the row of these integers, as a set of one; 0 where it is none of the rows."""
        return self._by_cells.get(tuple(cells[column.name] for column in self.core.columns), 0)

    @cached_property
    def _by_text(self) -> dict[tuple[tuple[str, str], ...], int]:
        return {show_row(row, self.spec): 1 << place for place, row in enumerate(self.rows)}

    @cached_property
    def _by_cells(self) -> dict[tuple[int | Special, ...], int]:
        return {
            tuple(self.cells(row)[column.name] for column in self.core.columns): 1 << place
            for place, row in enumerate(self.rows)
        }

    @cached_property
    def _component(self) -> dict[str, int]:
        return dict(
            find_components(
                (column.name for column in self.core.columns),
                (self.core.statements[index].columns for index in sorted(self.hard)),
            )
        )

    def _verdicts(self, index: int) -> list[Verdict]:
        statement, spec = self.core.statements[index], self.spec
        match statement.kind:
            case StatementKind.RULE:
                (rule,) = [each for each in spec.rules if each.name == statement.name]
                return [evaluate_rule(rule, row, spec) for row in self.rows]
            case StatementKind.MISSING_TOGETHER:
                group = next(each for each in spec.groups if each.name == statement.name)
                return [evaluate_group(group, row) for row in self.rows]
            case StatementKind.APPLICABILITY:
                column = spec.by_name[statement.name]
                return [evaluate_applicability(column, row, spec) for row in self.rows]
            case StatementKind.DERIVED_RANGE:
                column = spec.by_name[statement.name]
                return [evaluate_range(column, row, spec) for row in self.rows]

    @staticmethod
    def _with(outcomes: Iterable[object], *wanted: object) -> int:
        rows = 0
        for place, outcome in enumerate(outcomes):
            if outcome in wanted:
                rows |= 1 << place
        return rows
