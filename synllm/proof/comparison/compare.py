"""Two versions of a spec compared row by row, without listing the rows.

A row has a cell for every column that either version writes. A version accepts it where its own
columns can hold the cells and none of its hard statements is violated or undefined; a column that
it lacks may hold anything that the other version can record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import z3

from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.comparison.common_columns import (
    CommonColumn,
    Side,
)
from synllm.proof.comparison.replay import read_row, refusals, statement_refuses
from synllm.proof.comparison.smallest_row import (
    Question,
    Shown,
    column_integer,
    drop_cells,
    show_difference,
)
from synllm.proof.comparison.versions import CELLS, Part, open_session
from synllm.proof.cores import irreducible_core
from synllm.proof.encode import encode_formula
from synllm.proof.session import Cells, Undecided, Unsatisfiable
from synllm.proof.witness import WitnessMismatchError, prefer_typical
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec


@dataclass(frozen=True, slots=True)
class Difference:
    """A few cells that the accepting version allows and the other one refuses, replayed.

    `cells` are by common key; they can be completed to the row `completed`. `refused_by` names
    what refuses them, whatever the rest of the row holds: one part, or several together.
    """

    accepting: Side
    cells: Cells
    completed: Cells
    refused_by: tuple[Part, ...]


class Comparison:
    """Questions about the rows that two versions accept and refuse, each within the budget."""

    def __init__(
        self,
        specs: Mapping[Side, Spec],
        cores: Mapping[Side, CoreSpec],
        columns: tuple[CommonColumn, ...],
        budget: int = DEFAULT_BUDGET,
    ) -> None:
        self._specs = specs
        self._cores = cores
        self._columns = columns
        self._session, self._versions = open_session(columns, cores, budget)

    def find_patient(self, accepting: Side, part: Part) -> Difference | Undecided | None:
        """Return a row that one version accepts and that a part of the other one refuses.

        A statement is asked about rows whose cells both versions can record. None where there is
        no such row.
        """
        accepted = self._versions[accepting].everything
        shown = self._show(accepting, part, accepted, [])
        if not isinstance(shown, Shown):
            return shown
        self._replay_patient(shown, accepting)
        return Difference(accepting, shown.cells, shown.completed, (part,))

    def find_row(self, accepting: Side, obeyed: Part, part: Part) -> Difference | Undecided | None:
        """Return a row that a statement of one version allows and one of the other refuses.

        All other statements are left aside; both versions can record the row's cells.
        """
        allowed = z3.Not(self._versions[accepting].breaks(obeyed))
        shown = self._show(accepting, part, self._versions[accepting].cells, [allowed])
        if not isinstance(shown, Shown):
            return shown
        self._replay_statements(shown, accepting, obeyed, part)
        return Difference(accepting, shown.cells, shown.completed, (part,))

    def reduce(self, difference: Difference) -> Difference:
        """Return the difference with the cells left out that the other version does not need.

        Several of its parts together may refuse the fewer cells.
        """
        version = self._versions[difference.accepting.other]
        session = self._session
        kept = drop_cells(session, version.everything, (), difference.cells)
        if kept == difference.cells:
            return difference
        pins = [session.pin(key, cell) for key, cell in kept.items()]
        blamed = irreducible_core(session, version.everything, pins)
        parts = tuple(part for part, number in version.parts.items() if number in blamed)
        return Difference(difference.accepting, kept, difference.completed, parts)

    def agree(self, old: Part, new: Part) -> bool:
        """Return whether two rules were shown to refuse the same rows; soft ones: to count them."""
        versions = [(self._versions[side], part) for side, part in _pair(old, new)]
        broken = [version.breaks(part) for version, part in versions]
        if not isinstance(self._differ(broken), Unsatisfiable):
            return False
        hard = all(version.statements[part].hard for version, part in versions)
        return hard or self.counts_differently(old, new) is False

    def counts_differently(self, old: Part, new: Part) -> bool | Undecided:
        """Return whether a row can meet the condition and conclusion of only one of two rules."""
        holds = [
            encode_formula(
                self._versions[side].statements[part].outcomes.holds, self._versions[side].encoding
            )
            for side, part in _pair(old, new)
        ]
        answer = self._differ(holds)
        return answer if isinstance(answer, Undecided) else answer is None

    def _differ(self, outcomes: list[z3.BoolRef]) -> Unsatisfiable | Undecided | None:
        cells = [number for version in self._versions.values() for number in version.cells]
        return self._session.probe(cells, [z3.Xor(*outcomes)])

    def _show(
        self, accepting: Side, part: Part, claims: list[int], given: list[z3.BoolRef]
    ) -> Shown | Undecided | None:
        refusing = self._versions[accepting.other]
        if part[0] is CELLS:
            if part not in refusing.parts:
                return None
        else:
            claims = [*claims, *refusing.cells]
        question = Question(
            self._session, claims, given, accepting, refusing, part, self._typical[accepting]
        )
        return show_difference(question)

    @cached_property
    def _typical(self) -> Mapping[Side, Mapping[str, int]]:
        """Typical common integers by key, those of the accepting version first."""
        own = {side: prefer_typical(self._specs[side], self._cores[side]) for side in Side}
        return {
            side: {
                column.shared.name: column_integer(column.placings[each], own[each][column.name])
                for column in self._columns
                for each in (side.other, side)
                if each in column.placings and column.name in own[each]
            }
            for side in Side
        }

    def _replay_patient(self, shown: Shown, accepting: Side) -> None:
        rows = {side: read_row(shown.completed, self._columns, side) for side in Side}
        broken = refusals(rows[accepting], self._specs[accepting])
        if broken:
            raise WitnessMismatchError(f"{rows[accepting]} was found valid, but breaks {broken}")
        if not refusals(rows[accepting.other], self._specs[accepting.other]):
            raise WitnessMismatchError(f"{rows[accepting.other]} was found refused, but is valid")

    def _replay_statements(self, shown: Shown, accepting: Side, obeyed: Part, part: Part) -> None:
        for side, (kind, name), refused in (
            (accepting, obeyed, False),
            (accepting.other, part, True),
        ):
            assert kind != "cells", "cells are compared by their patients"
            row = read_row(shown.completed, self._columns, side)
            if statement_refuses(kind, name, row, self._specs[side]) is not refused:
                raise WitnessMismatchError(f"{name} of the {side} version judges {row} otherwise")


def _pair(old: Part, new: Part) -> tuple[tuple[Side, Part], tuple[Side, Part]]:
    return (Side.OLD, old), (Side.NEW, new)
