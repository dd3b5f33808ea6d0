"""Rows drawn from a diagram with independent weights for each field's cells: exact, no retries.

Backward sampling: a node's weight is the total weight of the rows below it, so that each step
chooses among a node's arcs in proportion to what they lead to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.diagram import Arc, Diagram
from synllm.spec.core import CoreColumn

MISSING_CODE, NOT_APPLICABLE_CODE = -1, -2
"""Places that stand for absences among a field's listed cells, after its values."""

MOST_CELLS = 20_000_000
"""The most different values that a column may have whose cells are listed."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """A field's cells in order: its values ascending, then missing, then not applicable.

    `values` holds the integers; place `len(values)` is missing, the next not applicable.
    """

    values: Integers

    @property
    def size(self) -> int:
        """The number of places, the two absences included."""
        return int(self.values.size) + 2

    def spans(self, cells: CellSet) -> list[tuple[int, int]]:
        """Return the half-open ranges of places that a set of cells covers, ascending."""
        found: list[tuple[int, int]] = []
        for low, high in cells.values.intervals:
            start = 0 if low is None else int(np.searchsorted(self.values, low))
            stop = (
                int(self.values.size)
                if high is None
                else int(np.searchsorted(self.values, high, side="right"))
            )
            if start < stop:
                found.append((start, stop))
        first = int(self.values.size)
        if cells.missing:
            found.append((first, first + 1))
        if cells.not_applicable:
            found.append((first + 1, first + 2))
        return found


class Spans(Protocol):
    """An order of a field's cells in which sets of them are ranges of places."""

    def spans(self, cells: CellSet) -> list[tuple[int, int]]:
        """Return the half-open ranges of places that a set of cells covers, ascending."""


def list_cells(column: CoreColumn) -> Listing:
    """Return the listing of a column's values, which are bounded."""
    return Listing(np.fromiter(column.values, dtype=np.int64, count=len(column.values)))


def find_unlistable(columns: Iterable[CoreColumn]) -> CoreColumn | None:
    """Return the first column with too many values to list them, if there is one."""
    for column in columns:
        bounded = all(None not in interval for interval in column.values.intervals)
        if not bounded or len(column.values) > MOST_CELLS:
            return column
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """The arcs of a level cut into spans of places; spans of one node are adjacent.

    `first` gives for each node where its spans begin, with one more entry at the end.
    """

    first: Integers
    start: Integers
    stop: Integers
    target: Integers


class Sampler:
    """A diagram ready to draw from; `weights` of a field are one number >= 0 for each place.

    `log_total` is the logarithm of the total weight of all rows.
    """

    log_total: float

    def __init__(
        self, diagram: Diagram, listings: Mapping[str, Spans], weights: Mapping[str, Floats]
    ) -> None:
        self.diagram = diagram
        self._levels = [
            _flatten(level, listings[name])
            for name, level in zip(diagram.fields, diagram.levels, strict=True)
        ]
        self.weigh(weights)

    def weigh(self, weights: Mapping[str, Floats]) -> None:
        """Take other weights; raises ValueError where no row has a positive weight."""
        self._totals = [
            np.concatenate(([0.0], np.cumsum(weights[name]))) for name in self.diagram.fields
        ]
        self._own: list[Floats] = []
        self._mass: list[Floats] = []
        below: Floats = np.ones(1)
        self.log_total = 0.0
        for level, totals in zip(reversed(self._levels), reversed(self._totals), strict=True):
            own = totals[level.stop] - totals[level.start]
            mass = own * below[level.target]
            below = np.add.reduceat(mass, level.first[:-1])
            # Scaling a level changes no choice and keeps long products in range.
            peak = below.max()
            if not peak > 0:
                raise ValueError("no valid row has a positive weight")
            below = below / peak
            self.log_total += float(np.log(peak))
            self._own.insert(0, own)
            self._mass.insert(0, mass / peak)

    def draw(self, count: int, random: np.random.Generator) -> dict[str, Integers]:
        """Return the places of `count` rows' cells by field, each row independent of the others."""
        node = np.zeros(count, dtype=np.int64)
        found: dict[str, Integers] = {}
        for place, (name, level) in enumerate(zip(self.diagram.fields, self._levels, strict=True)):
            span = _choose(self._mass[place], level.first, node, random)
            found[name] = self._choose_place(place, level, span, random)
            node = level.target[span]
        return found

    def marginals(self) -> dict[str, Floats]:
        """Return for each field the probability of every place, exact up to rounding."""
        reach: Any = np.ones(1)
        found: dict[str, Floats] = {}
        for place, (name, level) in enumerate(zip(self.diagram.fields, self._levels, strict=True)):
            mass = self._mass[place]
            per_node = np.add.reduceat(mass, level.first[:-1])
            of_node = np.repeat(np.arange(level.first.size - 1), np.diff(level.first))
            share = (
                mass
                * np.divide(reach, per_node, out=np.zeros_like(per_node), where=per_node > 0)[
                    of_node
                ]
            )
            nodes_below = int(level.target.max()) + 1
            reach = np.bincount(level.target, weights=share, minlength=nodes_below)
            own = self._own[place]
            density = np.divide(share, own, out=np.zeros_like(share), where=own > 0)
            size = self._totals[place].size
            steps = np.bincount(level.start, weights=density, minlength=size) - np.bincount(
                level.stop, weights=density, minlength=size
            )
            found[name] = np.cumsum(steps)[:-1] * np.diff(self._totals[place])
        return found

    def _choose_place(
        self, place: int, level: _Level, span: Integers, random: np.random.Generator
    ) -> Integers:
        """Return a place within each row's span, in proportion to the field's weights."""
        totals = self._totals[place]
        low, high = totals[level.start[span]], totals[level.stop[span]]
        target = low + random.random(span.size) * (high - low)
        chosen = np.searchsorted(totals, target, side="right") - 1
        # Rounding may reach past either end, where cells are not allowed.
        inside: Integers = np.clip(chosen, level.start[span], level.stop[span] - 1)
        return inside


def _flatten(level: Sequence[Sequence[Arc]], listing: Spans) -> _Level:
    first = [0]
    spans: list[tuple[int, int, int]] = []
    for arcs in level:
        for arc in arcs:
            spans.extend((start, stop, arc.target) for start, stop in listing.spans(arc.cells))
        first.append(len(spans))
    columns = np.array(spans, dtype=np.int64).reshape(-1, 3)
    return _Level(np.array(first, dtype=np.int64), columns[:, 0], columns[:, 1], columns[:, 2])


def _choose(mass: Floats, first: Integers, node: Integers, random: np.random.Generator) -> Integers:
    """Return one of each row's node's spans, in proportion to its mass, never one without any."""
    totals = np.concatenate(([0.0], np.cumsum(mass)))
    low, high = totals[first[node]], totals[first[node + 1]]
    target = low + random.random(node.size) * (high - low)
    chosen: Integers = np.searchsorted(totals, target, side="right") - 1
    chosen = np.clip(chosen, first[node], first[node + 1] - 1)
    empty = mass[chosen] <= 0
    while empty.any():
        chosen[empty] -= 1
        chosen = np.where(chosen < first[node], first[node + 1] - 1, chosen)
        empty = mass[chosen] <= 0
    return chosen
