"""Rows written side by side through a whole row space: what may come next, and taking it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synllm.rowspace.begun_rows import BegunRows
from synllm.rowspace.diagram import Arc, Diagram
from synllm.rowspace.intervals import Mask
from synllm.rowspace.open_rows import OpenRows
from synllm.rowspace.sample import Integers, Listing
from synllm.rowspace.space import OpenPart, RowSpace


@dataclass(frozen=True, slots=True, eq=False)
class SpanSets:
    """Sets of a field's places, and which of them each row has.

    Set s is the half-open ranges `start[k]`, `stop[k]` for k from `first[s]` to `first[s + 1]`,
    ascending and apart; `of_row` gives each row's set.
    """

    first: Integers
    start: Integers
    stop: Integers
    of_row: Integers


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """One field's ranges by node: those that may come next, and where each arc's ranges lead."""

    sets: SpanSets
    arc_key: Integers
    arc_target: Integers


class SpaceWalk:
    """A row space ready to be walked through, field after field in its own order."""

    def __init__(self, space: RowSpace, listings: Mapping[str, Listing]) -> None:
        self.space = space
        self.listings = listings
        self._part_of = {name: part for part in space.parts for name in part.fields}

    def begin(self, count: int, seed: int) -> BegunBatch:
        """Return `count` begun rows without any cells yet.

        The seed decides only which valid rows stand behind begun ones in open parts.
        """
        return BegunBatch(self, count, np.random.default_rng(seed))

    @cached_property
    def levels(self) -> Mapping[str, _Level]:
        """The levels of all diagrams by field."""
        return {
            name: _lay_out(level, self.listings[name])
            for part in self.space.diagrams
            for name, level in zip(part.fields, part.levels, strict=True)
        }

    @cached_property
    def open_rows(self) -> Mapping[tuple[str, ...], OpenRows]:
        """The engines of the open parts by their fields."""
        columns = self.space.core.by_name
        return {
            part.fields: OpenRows(part.fields, part.cells, part.constraints, columns)
            for part in self.space.open_parts
        }

    def part_of(self, field: str) -> Diagram | OpenPart:
        """Return the part that a field belongs to."""
        return self._part_of[field]


class BegunBatch:
    """Rows that are written side by side; fields must be opened in the order of the row space."""

    def __init__(self, walk: SpaceWalk, count: int, random: np.random.Generator) -> None:
        self._walk = walk
        self._count = count
        self._random = random
        self._node = np.zeros(count, dtype=np.int64)
        self._begun: BegunRows
        self._field = ""

    def open_field(self, field: str) -> None:
        """Go on to the next field."""
        part = self._walk.part_of(field)
        number = part.fields.index(field)
        self._field = field
        if isinstance(part, Diagram):
            if number == 0:
                self._node = np.zeros(self._count, dtype=np.int64)
            return
        if number == 0:
            self._begun = BegunRows(self._walk.open_rows[part.fields], self._count, self._random)
        self._begun.open_field(number)

    def allowed(self) -> SpanSets:
        """Return which places may come next in each row: no valid one is missing.

        In a diagram they are exactly those of valid rows. In an open part some may lead nowhere,
        which `take` finds out.
        """
        level = self._walk.levels.get(self._field)
        if level is not None:
            sets = level.sets
            return SpanSets(sets.first, sets.start, sets.stop, self._node)
        rows, start, stop = self._begun.spans()
        first = np.searchsorted(rows, np.arange(self._count + 1))
        return SpanSets(first, start, stop, np.arange(self._count))

    def take(self, rows: Integers, places: Integers) -> Mask:
        """Give each of the rows a place in the open field; returns which lead to a valid row.

        Those that don't are no longer allowed, and their rows must be given another place.
        """
        level = self._walk.levels.get(self._field)
        if level is not None:
            size = self._walk.listings[self._field].size
            key = self._node[rows] * size + places
            arc = np.searchsorted(level.arc_key, key, side="right") - 1
            self._node[rows] = level.arc_target[arc]
            return np.ones(rows.size, dtype=bool)
        alive = self._begun.rule_out(rows, places)
        which = np.flatnonzero(alive)
        alive[which] = self._begun.take(rows[which], places[which])
        # Whether a proof was needed, or luck sufficed, depends on what was asked before; what is
        # allowed next must not.
        self._begun.settle(rows[which[~alive[which]]])
        return alive

    def settle(self, rows: Integers) -> None:
        """Work out, where it doesn't take too long, exactly what the rows may take next."""
        if self._field not in self._walk.levels:
            self._begun.settle(rows)


def _lay_out(level: tuple[tuple[Arc, ...], ...], listing: Listing) -> _Level:
    first, starts, stops = [0], [], []
    keys, targets = [], []
    for node, arcs in enumerate(level):
        spans = sorted((*span, arc.target) for arc in arcs for span in listing.spans(arc.cells))
        keys += [node * listing.size + start for start, _, _ in spans]
        targets += [target for _, _, target in spans]
        merged: list[list[int]] = []
        for start, stop, _ in spans:
            if merged and merged[-1][1] == start:
                merged[-1][1] = stop
            else:
                merged.append([start, stop])
        starts += [start for start, _ in merged]
        stops += [stop for _, stop in merged]
        first.append(len(starts))
    sets = SpanSets(
        np.array(first, dtype=np.int64),
        np.array(starts, dtype=np.int64),
        np.array(stops, dtype=np.int64),
        np.zeros(0, dtype=np.int64),
    )
    return _Level(sets, np.array(keys, dtype=np.int64), np.array(targets, dtype=np.int64))
