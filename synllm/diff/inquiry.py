"""The questions of a comparison, asked part by part, and what was found on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from synllm.diff.model import NOTHING, Direction, Labels
from synllm.diff.word_rows import word_part, word_row
from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.comparison.common_columns import (
    CommonColumn,
    Side,
    common_columns,
    incomparable_columns,
)
from synllm.spec.core import CoreSpec, Statement
from synllm.spec.expressions import Expression
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower, written_columns

if TYPE_CHECKING:
    from synllm.proof.comparison.compare import Comparison, Difference
    from synllm.proof.comparison.versions import Part


@dataclass
class Inquiry:
    """Two versions, and every difference and open question found so far.

    Nothing is lowered or asked before it is needed: most parts say the same in both versions.
    """

    specs: Mapping[Side, Spec]
    labels: Labels = field(default_factory=Labels)
    budget: int = DEFAULT_BUDGET
    differences: list[Difference] = field(default_factory=list)
    open_questions: dict[str, Side | None] = field(default_factory=dict)

    @cached_property
    def cores(self) -> Mapping[Side, CoreSpec]:
        """Both versions lowered."""
        return {side: lower(spec) for side, spec in self.specs.items()}

    @cached_property
    def columns(self) -> tuple[CommonColumn, ...]:
        """The columns of both versions, on common integers."""
        return common_columns(self.specs, self.cores)

    @cached_property
    def incomparable(self) -> frozenset[str]:
        """The columns whose values can't be compared between the versions."""
        return incomparable_columns(self.columns)

    @cached_property
    def statements(self) -> Mapping[Side, Mapping[Part, Statement]]:
        """Every statement by its part."""
        return {
            side: {(each.kind, each.name): each for each in core.statements}
            for side, core in self.cores.items()
        }

    @cached_property
    def comparison(self) -> Comparison:
        """The rows of both versions, to be asked about."""
        # Loading z3 takes longer than comparing most specs; only a change to a rule pays for it.
        from synllm.proof.comparison.compare import Comparison

        return Comparison(self.specs, self.cores, self.columns, self.budget)

    def compare_statements(self, old: Part | None, new: Part | None) -> tuple[Direction, Direction]:
        """Return the rows that only the old statement's version accepts, and only the new one's.

        None where a version has no such hard statement.
        """
        return self._ask(Side.OLD, old, new), self._ask(Side.NEW, new, old)

    def compare_cells(self, name: str) -> tuple[Direction, Direction]:
        """Return the rows that only one version accepts because of what a column can hold."""
        column = next(each for each in self.columns if each.name == name)
        refused, admitted = (self._ask_about_cells(accepting, column) for accepting in Side)
        return refused, admitted

    def compare_alone(
        self, accepting: Side, obeyed: Part, refusing: Part, affects: bool | None
    ) -> Direction:
        """Return a row that one statement allows and the other refuses, whatever others say."""
        from synllm.proof.comparison.compare import Difference

        alone = self.comparison.find_row(accepting, obeyed, refusing)
        if isinstance(alone, Difference):
            return Direction(True, word_row(alone, self.specs, self.columns), affects)
        return NOTHING if alone is None else Direction(None)

    def counts_differently(self, old: Part, new: Part) -> bool | None:
        """Return whether other rows follow one soft rule than the other; None: not worked out."""
        differs = self.comparison.counts_differently(old, new)
        return differs if isinstance(differs, bool) else None

    def mean_the_same(self, old: Part, new: Part) -> bool:
        """Return whether two rules were shown to come out the same on every common row."""
        return self.comparison.agree(old, new)

    def incomparable_in(self, side: Side, expressions: Iterable[Expression]) -> frozenset[str]:
        """Return the columns in a version's expressions whose values can't be compared."""
        if not self.incomparable:
            return self.incomparable
        return self.incomparable.intersection(written_columns(expressions, self.specs[side]))

    def has_statement(self, side: Side, part: Part) -> bool:
        """Return whether a version states the part as something that can refuse a row."""
        statement = self.statements[side].get(part)
        return statement is not None and statement.hard

    def _ask(self, accepting: Side, obeyed: Part | None, refusing: Part | None) -> Direction:
        if refusing is None:
            return NOTHING
        direction = self._find(accepting, refusing)
        if direction.affects_patients or obeyed is None:
            return NOTHING if direction.affects_patients is False else direction
        direction = self.compare_alone(accepting, obeyed, refusing, direction.affects_patients)
        if direction.found is False:
            self.open_questions.pop(self._question(accepting, refusing), None)
        return direction

    def _ask_about_cells(self, accepting: Side, column: CommonColumn) -> Direction:
        mine, theirs = column.placings[accepting], column.placings[accepting.other]
        if (
            mine.outside(theirs)
            or (mine.own.may_be_missing and not theirs.own.may_be_missing)
            or (mine.own.may_not_apply and not theirs.own.may_not_apply)
        ):
            return self._find(accepting, ("cells", column.name))
        return NOTHING

    def _find(self, accepting: Side, refusing: Part) -> Direction:
        """Return whether a patient shows that a part refuses more than the accepting version."""
        from synllm.proof.comparison.compare import Difference

        found = self.comparison.find_patient(accepting, refusing)
        if isinstance(found, Difference):
            self.differences.append(found)
            return Direction(True, word_row(found, self.specs, self.columns))
        if found is None:
            return Direction(True, affects_patients=False)
        self.open_questions[self._question(accepting, refusing)] = accepting
        return Direction(None, affects_patients=None)

    def _question(self, accepting: Side, refusing: Part) -> str:
        who, other = self.labels.of(accepting), self.labels.of(accepting.other)
        part = word_part(refusing, self.specs[accepting.other])
        return f"whether {part} of {other} refuses a patient that {who} accepts"
