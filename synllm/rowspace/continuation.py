"""Whether any valid row begins with some cells, and one that does: proved, or else listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from synllm.proof.completion import DEFAULT_BUDGET, Completion
from synllm.proof.session import Satisfiable, Undecided, Unsatisfiable
from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.diagram import TooLargeError, build_diagram
from synllm.rowspace.places import cell_at, place_of
from synllm.rowspace.residual import Remainders
from synllm.rowspace.sample import Integers, Listing
from synllm.spec.core import CoreColumn, Formula, Membership
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special

_DIAGRAM_EFFORT = 10_000


class UndecidedError(Exception):
    """It could not be found out whether a row begins with some cells; `fields` are their columns,
    `next_field` the one after.
    """

    def __init__(self, fields: tuple[str, ...], next_field: str) -> None:
        super().__init__(f"it stays open which cells of {next_field} lead to a valid row")
        self.fields = fields
        self.next_field = next_field


class Continuations:
    """The valid rows of some fields in order, looked up by how they begin."""

    def __init__(
        self,
        fields: Sequence[str],
        listings: Sequence[Listing],
        cells: Mapping[str, CellSet],
        constraints: Sequence[Formula],
        columns: Mapping[str, CoreColumn],
        budget: int = DEFAULT_BUDGET,
    ) -> None:
        self.fields = tuple(fields)
        self._listings = tuple(listings)
        self._cells = {name: cells[name] for name in fields}
        self._constraints = tuple(constraints)
        self._columns = columns
        self._budget = budget

    @cached_property
    def completion(self) -> Completion:
        """The proofs' view of these rows."""
        domains = [_membership(name, cells) for name, cells in self._cells.items()]
        return Completion(
            [self._columns[name] for name in self.fields],
            [*domains, *self._constraints],
            self._budget,
        )

    def prove(self, row: Integers, field: int, among: CellSet | None) -> Integers | None:
        """Return a valid row with the cells up to a field, and one of some in the field after;
        None if there is none. Raises UndecidedError where the budget of a proof ran out.
        """
        given = self._given(row, field)
        extra = [] if among is None else [_membership(self.fields[field + 1], among)]
        match self.completion.complete(given, extra):
            case Satisfiable(cells=cells):
                return self._places(cells)
            case Unsatisfiable():
                return None
            case Undecided():
                raise UndecidedError(tuple(given), self.fields[field + 1])

    def find_in_diagram(self, row: Integers, field: int) -> Integers | None:
        """Return a valid row with the cells up to a field, found by listing what is left of them.

        Raises UndecidedError where that is too much.
        """
        given = self._given(row, field)
        left = self.fields[field + 1 :]
        remainders = Remainders(self._columns)
        formulas = self._constraints
        for name, cell in given.items():
            formulas = tuple(remainders.fix_cell(each, name, cell) for each in formulas)
        try:
            diagram = build_diagram(
                left, self._cells, formulas, self._columns, effort=_DIAGRAM_EFFORT
            )
        except TooLargeError:
            raise UndecidedError(tuple(given), left[0]) from None
        if diagram is None:
            return None
        found = given
        node = 0
        for name, level in zip(left, diagram.levels, strict=True):
            arc = level[node][0]
            found[name] = _first_cell(arc.cells)
            node = arc.target
        return self._places(found)

    def _given(self, row: Integers, field: int) -> dict[str, int | Special]:
        fields, places = self.fields[: field + 1], row[: field + 1, 0].tolist()
        return {
            name: cell_at(listing, place)
            for name, listing, place in zip(fields, self._listings, places, strict=False)
        }

    def _places(self, cells: Mapping[str, int | Special]) -> Integers:
        places = [
            place_of(listing, cells[name])
            for name, listing in zip(self.fields, self._listings, strict=True)
        ]
        return np.array(places, dtype=np.int64)


def _membership(name: str, cells: CellSet) -> Membership:
    return Membership(name, cells.values, cells.missing, cells.not_applicable)


def _first_cell(cells: CellSet) -> int | Special:
    if cells.values:
        return next(iter(cells.values))
    return MISSING if cells.missing else NOT_APPLICABLE
