"""Rows that differ much: each row found is led, cell by cell, to values not seen yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from synllm.proof.inquiry import Inquiry
from synllm.proof.on_row import is_true
from synllm.proof.session import Cells
from synllm.spec.core import CoreColumn, Formula, ValueSet
from synllm.spec.values import MISSING, Special

_HALVINGS = 3


@dataclass(frozen=True, slots=True)
class Constraint:
    """What every row must be: the formula true on it, and no statement of `obeying` broken."""

    formula: Formula
    obeying: frozenset[int]


class Spread:
    """Spreads rows over labels and ranges; the same seed and questions give the same rows.

    Numbers come from `count` equal parts of each column's range, each part once (Latin hypercube
    sampling: McKay, Beckman & Conover, Technometrics 21(2), 1979), labels in turn.
    """

    def __init__(self, inquiry: Inquiry, count: int, seed: str) -> None:
        self._inquiry = inquiry
        self._random = Random(seed)
        self._count = max(1, count)
        self._seen: Counter[tuple[str, int]] = Counter()
        self._parts: dict[str, list[int]] = {}
        self._touching: dict[str, list[int]] = {
            name: [
                index
                for index, statement in enumerate(inquiry.core.statements)
                if name in statement.columns
            ]
            for name in inquiry.core.by_name
        }
        self._refused = [inquiry.refused(index) for index in range(len(inquiry.core.statements))]

    def vary(self, cells: Cells, constraint: Constraint, wanted: Formula) -> Cells:
        """Return a row near the one given on which the wanted formula is still true, varied.

        The given row must meet the constraint; so does the one returned. Cells are filled in where
        they can be.
        """
        names = list(self._inquiry.core.by_name)
        self._random.shuffle(names)
        varied = dict(cells)
        for name in names:
            for value in self._candidates(self._inquiry.core.by_name[name], varied[name]):
                if varied[name] == value:
                    break
                moved = {**varied, name: value}
                if self._is_fine(moved, name, constraint) and is_true(wanted, moved):
                    varied = moved
                    break
        for name, cell in varied.items():
            if not isinstance(cell, Special):
                self._seen[name, cell] += 1
        return varied

    def _is_fine(self, cells: Cells, name: str, constraint: Constraint) -> bool:
        return is_true(constraint.formula, cells) and not any(
            index in constraint.obeying and is_true(self._refused[index], cells)
            for index in self._touching[name]
        )

    def _candidates(self, column: CoreColumn, cell: int | Special) -> Iterator[int]:
        """Yield values to try, the most wanted one first; none for a cell that does not apply."""
        if not column.values or (isinstance(cell, Special) and cell is not MISSING):
            return
        if column.labels:
            labels = list(column.values)
            self._random.shuffle(labels)
            yield from sorted(labels, key=lambda label: self._seen[column.name, label])
            return
        target = self._draw(column)
        yield target
        unit = 10**column.decimals
        whole = round(target / unit) * unit
        if unit > 1 and whole in column.values:
            yield whole
        if isinstance(cell, Special):
            return
        for _ in range(_HALVINGS):
            target = (cell + target) // 2
            whole = round(target / unit) * unit
            yield from (each for each in (target, whole) if each in column.values)

    def _draw(self, column: CoreColumn) -> int:
        """Return a random value of a part of the column's range that no row was drawn from yet."""
        parts = self._parts.setdefault(column.name, [])
        if not parts:
            parts.extend(range(self._count))
            self._random.shuffle(parts)
        place = (parts.pop() + self._random.random()) / self._count
        return _nth(column.values, int(place * _size(column.values)))


def _bounded(values: ValueSet) -> list[tuple[int, int]]:
    return [(low, high) for low, high in values.intervals if low is not None and high is not None]


def _size(values: ValueSet) -> int:
    return sum(high - low + 1 for low, high in _bounded(values))


def _nth(values: ValueSet, place: int) -> int:
    """Return the member at a place of the ascending list."""
    for low, high in _bounded(values):
        if place <= high - low:
            return low + place
        place -= high - low + 1
    raise IndexError("the set has fewer members")
