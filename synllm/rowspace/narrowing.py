"""Which cells of the next field may still lead to a valid row, for many begun rows at once.

A field's cells are cut into blocks; a block goes where interval arithmetic shows that none of its
cells can do. Blocks are looked into only where a cell drawn from them fails, so that wide columns
cost no more than narrow ones. No cell that leads to a valid row is ever left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from synllm.rowspace.boxes import Cells, compile_test
from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.intervals import Mask, Side, needs_long_numbers
from synllm.rowspace.sample import Floats, Integers, list_cells
from synllm.spec.core import CoreColumn, Formula, formula_columns

_PIECES = 32
"""Into how many blocks a field's cells, or a block that is looked into, are cut."""


class Narrowing:
    """Fields in order, and the constraints on them as tests of boxes.

    Begun rows are arrays of places in the fields' listings, shape (fields, rows).
    """

    def __init__(
        self,
        fields: Sequence[str],
        cells: Mapping[str, CellSet],
        constraints: Sequence[Formula],
        columns: Mapping[str, CoreColumn],
    ) -> None:
        self.fields = tuple(fields)
        long = needs_long_numbers(tuple(constraints), columns)
        self.cells = [_list_cells(columns[name], cells[name], long=long) for name in fields]
        named = dict(zip(fields, self.cells, strict=True))
        self._whole = [each.whole() for each in self.cells]
        number = {name: place for place, name in enumerate(fields)}
        self.mentions = [
            frozenset(number[name] for name in formula_columns(each)) for each in constraints
        ]
        self._tests = [compile_test(each, named) for each in constraints]
        self.touching: list[list[int]] = [[] for _ in fields]
        self.closing: list[list[int]] = [[] for _ in fields]
        for constraint, places in enumerate(self.mentions):
            self.closing[max(places)].append(constraint)
            for place in sorted(places):
                self.touching[place].append(constraint)

    def possible(
        self, field: int, places: Integers, rows: Integers, start: Integers, stop: Integers
    ) -> Mask:
        """Return for blocks of a field whether they may hold a cell that leads to a valid row.

        `rows` gives for each block the begun row that it follows: the cells before the field.
        """
        box = _Box(self, field, places, rows, self.cells[field].side(start, stop))
        return self._may(self.touching[field], box, rows.size)

    def agrees(
        self, constraints: Sequence[int], field: int, places: Integers, rows: Integers
    ) -> Mask:
        """Return for each row whether the constraints can be true given its cells up to a field."""
        own = places[field, rows]
        box = _Box(self, field, places, rows, self.cells[field].side(own, own + 1))
        return self._may(constraints, box, rows.size)

    def _may(self, constraints: Sequence[int], box: _Box, size: int) -> Mask:
        found: Mask = np.ones(size, dtype=bool)
        for constraint in constraints:
            found &= self._tests[constraint](box)
        return found

    def side(self, field: int, before: int, places: Integers, rows: Integers) -> Side:
        """Return a field's side: its cell where it stands before another, else all its cells."""
        if field >= before:
            return self._whole[field]
        own = places[field, rows]
        return self.cells[field].side(own, own + 1)


class _Box(dict[str, Side]):
    """The sides of boxes around begun rows, worked out as they are asked for."""

    def __init__(
        self, narrowing: Narrowing, field: int, places: Integers, rows: Integers, own: Side
    ) -> None:
        super().__init__({narrowing.fields[field]: own})
        self._narrowing, self._field = narrowing, field
        self._places, self._rows = places, rows

    def __missing__(self, name: str) -> Side:
        number = self._narrowing.fields.index(name)
        side = self._narrowing.side(number, self._field, self._places, self._rows)
        self[name] = side
        return side


class Candidates:
    """What is left to choose from for one field of each of several begun rows.

    Drawing again after `drop` gives each cell that leads to a valid row with a probability in
    proportion to its weight, however many others were in the way: rejection sampling.
    """

    def __init__(
        self,
        narrowing: Narrowing,
        field: int,
        places: Integers,
        rows: Integers,
        totals: Floats,
    ) -> None:
        self._narrowing, self._field = narrowing, field
        self._places, self._rows, self._totals = places, rows, totals
        spans = np.array(narrowing.cells[field].spans, dtype=np.int64).reshape(-1, 2)
        start, stop, _ = _cut(spans[:, 0], spans[:, 1])
        count = rows.size
        self._row = np.empty(0, dtype=np.int64)
        self._start, self._stop = self._row, self._row
        self._add(
            np.repeat(np.arange(count), start.size), np.tile(start, count), np.tile(stop, count)
        )

    def draw(self, wanted: Integers, random: np.random.Generator) -> Integers:
        """Return for each wanted row a place that interval arithmetic can't rule out, or -1.

        Rows are numbered within these candidates.
        """
        found = np.full(wanted.size, -1, dtype=np.int64)
        waiting = np.arange(wanted.size)
        while waiting.size:
            block, place = self._choose(wanted[waiting], random)
            there = block >= 0
            waiting, block, place = waiting[there], block[there], place[there]
            rows = self._rows[wanted[waiting]]
            good = self._stop[block] - self._start[block] == 1
            asked = ~good
            good[asked] = self._narrowing.possible(
                self._field, self._places, rows[asked], place[asked], place[asked] + 1
            )
            found[waiting[good]] = place[good]
            self._replace(block[~good], place[~good])
            waiting = waiting[~good]
        return found

    @property
    def blocks(self) -> tuple[Integers, Integers, Integers]:
        """The ranges of places that are left: row, start and stop of each, ascending."""
        return self._row, self._start, self._stop

    def rule_out(self, wanted: Integers, place: Integers) -> Mask:
        """Return which places interval arithmetic leaves to their rows, and leave out the others.

        Each place is one that is left to its row so far.
        """
        possible = self._narrowing.possible(
            self._field, self._places, self._rows[wanted], place, place + 1
        )
        self.drop(wanted[~possible], place[~possible])
        return possible

    def drop(self, wanted: Integers, place: Integers) -> None:
        """Leave out one place of each of the rows."""
        size = self._totals.size
        block = np.searchsorted(self._row * size + self._start, wanted * size + place, "right") - 1
        self._replace(block, place)

    def keep(self, wanted: int, spans: Sequence[tuple[int, int]]) -> None:
        """Leave a row only the places in these ranges, all of which can do."""
        others = self._row != wanted
        first = int(np.searchsorted(self._row, wanted))
        size = len(spans)
        self._row = np.insert(self._row[others], first, np.full(size, wanted))
        self._start = np.insert(self._start[others], first, [start for start, _ in spans])
        self._stop = np.insert(self._stop[others], first, [stop for _, stop in spans])

    def remaining(self, row: int) -> Integers:
        """Return the places that are left to a row, ascending."""
        own = self._row == row
        ranges = zip(self._start[own].tolist(), self._stop[own].tolist(), strict=True)
        none = np.empty(0, dtype=np.int64)
        return np.concatenate([none, *(np.arange(start, stop) for start, stop in ranges)])

    def _choose(self, wanted: Integers, random: np.random.Generator) -> tuple[Integers, Integers]:
        """Return a block and a place in it for each row, in proportion to the weights; or -1."""
        if not self._row.size:
            none = np.full(wanted.size, -1, dtype=np.int64)
            return none, none
        totals = self._totals
        mass = np.concatenate(([0.0], np.cumsum(totals[self._stop] - totals[self._start])))
        first = np.searchsorted(self._row, wanted)
        end = np.searchsorted(self._row, wanted, side="right")
        target = mass[first] + random.random(wanted.size) * (mass[end] - mass[first])
        # Rounding may reach past either end.
        block = np.searchsorted(mass, target, side="right") - 1
        block = np.clip(block, first, np.maximum(end - 1, 0))
        start, stop = self._start[block], self._stop[block]
        inside = totals[start] + random.random(wanted.size) * (totals[stop] - totals[start])
        place = np.clip(np.searchsorted(totals, inside, side="right") - 1, start, stop - 1)
        empty = first == end
        return np.where(empty, -1, block), np.where(empty, -1, place)

    def _replace(self, block: Integers, place: Integers) -> None:
        """Cut blocks around a place of each that is left out."""
        if not block.size:
            return
        row = np.concatenate((self._row[block], self._row[block]))
        start = np.concatenate((self._start[block], place + 1))
        stop = np.concatenate((place, self._stop[block]))
        kept = np.ones(self._row.size, dtype=bool)
        kept[block] = False
        self._row, self._start, self._stop = self._row[kept], self._start[kept], self._stop[kept]
        full = start < stop
        start, stop, of = _cut(start[full], stop[full])
        self._add(row[full][of], start, stop)

    def _add(self, row: Integers, start: Integers, stop: Integers) -> None:
        good = self._narrowing.possible(self._field, self._places, self._rows[row], start, stop)
        rows = np.concatenate((self._row, row[good]))
        starts = np.concatenate((self._start, start[good]))
        order = np.argsort(rows * self._totals.size + starts)
        self._row, self._start = rows[order], starts[order]
        self._stop = np.concatenate((self._stop, stop[good]))[order]


def _cut(start: Integers, stop: Integers) -> tuple[Integers, Integers, Integers]:
    """Return the ranges cut into pieces, and the number of the range that each is a piece of."""
    size = stop - start
    count = np.minimum(size, _PIECES)
    of = np.repeat(np.arange(size.size), count)
    piece = np.arange(of.size) - np.repeat(np.cumsum(count) - count, count)
    lows = start[of] + size[of] * piece // count[of]
    highs = start[of] + size[of] * (piece + 1) // count[of]
    return lows, highs, of


def _list_cells(column: CoreColumn, cells: CellSet, *, long: bool) -> Cells:
    listing = list_cells(column)
    numbers = listing.values.astype(object) if long else listing.values
    return Cells(listing, tuple(listing.spans(cells)), numbers)
