"""A column's cells, parted by what they leave of the formulas that mention it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from synllm.columns.batch import is_wide
from synllm.rowspace.cell_set import MISSING_CELL, NOT_APPLICABLE_CELL, CellSet
from synllm.rowspace.grid import GRID_LIMIT, true_on_grid
from synllm.rowspace.lines import leave_of_sum, line_in, solutions, summand_in
from synllm.rowspace.residual import Remainders
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    CoreColumn,
    Formula,
    Membership,
    Relation,
    ValueSet,
    term_columns,
)
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special

_AT_ONCE = 200
"""Values of a straight line that are worked out in the time of one other remainder."""

_SLOWER = 5
"""How much longer the remainder of a product takes."""


@dataclass(frozen=True, slots=True)
class Part:
    """Cells of a column after which the same formulas are left, in the order of the originals."""

    cells: CellSet
    left: tuple[Formula, ...]


class TooManyValuesError(Exception):
    """A relation would have to be worked out for more values than the effort allows."""


class Effort:
    """How many more remainders of formulas may be worked out: counted, so the same everywhere."""

    def __init__(self, allowance: int) -> None:
        self._left = allowance

    def spend(self, amount: int) -> None:
        """Take the amount off; raises TooManyValuesError where less is left."""
        self._left -= amount
        if self._left < 0:
            raise TooManyValuesError


def part_cells(
    column: CoreColumn,
    cells: CellSet,
    formulas: Sequence[Formula],
    remainders: Remainders,
    effort: Effort,
) -> tuple[Part, ...]:
    """Return the cells in parts, ascending by their least value, absences last.

    Raises TooManyValuesError where that takes more effort than is left.
    """
    memberships, relations = _atoms(column.name, formulas)
    pieces = [cells.values] if cells.values else []
    for literal in memberships:
        pieces = [
            part
            for piece in pieces
            for part in (piece.intersect(literal.values), piece.minus(literal.values))
            if part
        ]
    by_left: dict[tuple[Formula, ...], CellSet] = {}

    def add(found: CellSet, cell: int | Special) -> None:
        effort.spend(len(formulas))
        left = tuple(remainders.fix_cell(each, column.name, cell) for each in formulas)
        by_left[left] = by_left[left].union(found) if left in by_left else found

    # Pieces that no literal tells apart are one: rejoin them before relations are worked out.
    for piece in _rejoin(pieces, memberships):
        for values in _by_relations(column, piece, relations, remainders, effort):
            add(CellSet(values), _first(values))
    if cells.missing:
        add(MISSING_CELL, MISSING)
    if cells.not_applicable:
        add(NOT_APPLICABLE_CELL, NOT_APPLICABLE)
    parts = [Part(cells, left) for left, cells in by_left.items()]
    return tuple(sorted(parts, key=lambda part: _place(part.cells)))


def _atoms(
    name: str, formulas: Sequence[Formula]
) -> tuple[tuple[Membership, ...], tuple[Relation, ...]]:
    """Return the distinct memberships and relations that mention the column."""
    memberships: dict[Membership, None] = {}
    relations: dict[Relation, None] = {}
    waiting = list(formulas)
    while waiting:
        match waiting.pop():
            case Membership(column=column) as literal if column == name:
                memberships.setdefault(literal)
            case Relation(term=term) as relation if name in term_columns(term):
                relations.setdefault(relation)
            case AllOf(operands=operands) | AnyOf(operands=operands) | AtLeast(operands=operands):
                waiting.extend(reversed(operands))
            case _:
                pass
    return tuple(memberships), tuple(relations)


def _rejoin(pieces: Sequence[ValueSet], literals: Sequence[Membership]) -> list[ValueSet]:
    alike: dict[tuple[bool, ...], ValueSet] = {}
    for piece in pieces:
        inside = tuple(bool(piece.intersect(literal.values)) for literal in literals)
        alike[inside] = alike[inside].union(piece) if inside in alike else piece
    return list(alike.values())


def _by_relations(
    column: CoreColumn,
    values: ValueSet,
    relations: Sequence[Relation],
    remainders: Remainders,
    effort: Effort,
) -> Iterator[ValueSet]:
    """Yield the values grouped by what they leave of the relations."""
    pieces = [values]
    vectors: list[NDArray[np.int64]] = []
    numbers: NDArray[np.int64] | None = None
    slow: list[Relation] = []
    for relation in relations:
        others = sorted(term_columns(relation.term) - {column.name})
        if not others:
            true = true_on_grid(relation, column)
            if true is None:
                raise TooManyValuesError
            pieces = [
                part
                for piece in pieces
                for part in (piece.intersect(true), piece.minus(true))
                if part
            ]
            continue
        line = line_in(relation, others[0], remainders.columns) if len(others) == 1 else None
        summand = (
            None if line is not None else summand_in(relation, column.name, remainders.columns)
        )
        if is_wide(column) or (line is None and summand is None):
            slow.append(relation)
            continue
        numbers = _numbers(values) if numbers is None else numbers
        effort.spend(1 + numbers.size // _AT_ONCE)
        if line is not None:
            vectors.append(solutions(line, column.name, numbers, remainders.columns[others[0]]))
        elif summand is not None:
            vectors.append(leave_of_sum(summand, column.name, numbers))
    if slow:
        effort.spend(len(values) * len(slow) * _SLOWER)
        numbers = _numbers(values) if numbers is None else numbers
        vectors.extend(_leftovers(relation, column.name, numbers, remainders) for relation in slow)
    if numbers is None:
        yield from pieces
        return
    inside = np.zeros(numbers.size, dtype=np.int64)
    for place, piece in enumerate(pieces):
        for low, high in piece.intervals:
            inside[(numbers >= (low or 0)) & (numbers <= (high or 0))] = place
    keys = np.column_stack([inside, *vectors])
    _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(first.size + 1))
    for start, stop in pairwise(bounds):
        yield _as_set(numbers[order[start:stop]])


def _leftovers(
    relation: Relation, name: str, numbers: NDArray[np.int64], remainders: Remainders
) -> NDArray[np.int64]:
    """Return for each value the number of what it leaves of the relation."""
    seen: dict[Formula, int] = {}
    found = np.empty(numbers.size, dtype=np.int64)
    for place, value in enumerate(numbers.tolist()):
        left = remainders.fix_cell(relation, name, value)
        found[place] = seen.setdefault(left, len(seen))
    return found


def _numbers(values: ValueSet) -> NDArray[np.int64]:
    if len(values) > GRID_LIMIT:
        raise TooManyValuesError
    return np.fromiter(values, dtype=np.int64, count=len(values))


def _as_set(numbers: NDArray[np.int64]) -> ValueSet:
    breaks = np.flatnonzero(np.diff(numbers) > 1)
    starts = numbers[np.concatenate(([0], breaks + 1))]
    stops = numbers[np.concatenate((breaks, [numbers.size - 1]))]
    return ValueSet(tuple((int(low), int(high)) for low, high in zip(starts, stops, strict=True)))


def _first(values: ValueSet) -> int:
    low = values.intervals[0][0]
    assert low is not None, "a written column's values have a least one"
    return low


def _place(cells: CellSet) -> tuple[int, int]:
    if cells.values:
        return 0, _first(cells.values)
    return 1, 0 if cells.missing else 1
