"""The valid rows of a part without a diagram: narrow, choose, and check that a row can follow.

Every begun row carries a valid row that begins like it, its witness. Another cell is first tried
in the witness: later cells that it breaks are chosen anew, one after the other. Where that fails,
it is looked up whether any row begins like that at all (`continuation`). A cell is given up only
when it is known that no row has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from synllm.proof.completion import DEFAULT_BUDGET
from synllm.rowspace.begun_rows import BegunRows
from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.continuation import Continuations, UndecidedError
from synllm.rowspace.intervals import Mask
from synllm.rowspace.narrowing import Candidates, Narrowing
from synllm.rowspace.places import cells_at, place_of
from synllm.rowspace.relevance import Relevance
from synllm.rowspace.sample import Floats, Integers
from synllm.spec.core import CoreColumn, Formula
from synllm.spec.values import Special

_AT_ONCE = 1024
"""Rows that are written side by side."""

_PLACES_AT_ONCE = 4096

_STARTS = 64
"""Rows that are tried for first witnesses."""

_REMEMBERED = 50_000

_WORTH_WHILE = 8
"""Choosing anew goes on while it helps more than one in so many of the rows left."""

_DRAWS = 4
"""How many times 4,096 rows are drawn in the hope of one where a proof stays open."""

_PATIENCE = 2
"""How many proofs may stay open at a field whose next one can be gone through instead."""

_QUESTIONS = 40
"""How many proofs may go into all cells that a field of a row being drawn may hold."""


class OpenRows:
    """The valid rows of some fields in order: what may follow a beginning, and rows drawn.

    Begun rows are arrays of places in the fields' listings, shape (fields, rows).
    """

    def __init__(
        self,
        fields: Sequence[str],
        cells: Mapping[str, CellSet],
        constraints: Sequence[Formula],
        columns: Mapping[str, CoreColumn],
        *,
        budget: int = DEFAULT_BUDGET,
    ) -> None:
        self.fields = tuple(fields)
        self.narrowing = Narrowing(fields, cells, constraints, columns)
        self.listings = tuple(each.listing for each in self.narrowing.cells)
        self.continuations = Continuations(
            fields, self.listings, cells, constraints, columns, budget
        )
        self._relevance = Relevance(self.narrowing, constraints)
        self.even = [np.arange(each.size + 1, dtype=np.float64) for each in self.listings]
        self._remembered: dict[tuple[int, bytes], Integers | None] = {}
        self._allowed: dict[tuple[int, bytes], CellSet] = {}
        self._dear: set[tuple[int, bytes]] = set()
        self._in_vain: dict[int, int] = {}
        self._random = np.random.default_rng(0)

    @cached_property
    def starts(self) -> Integers:
        """Some valid rows, at least one if there is any, each a column of places."""
        count = len(self.fields)
        rows = np.zeros((count, _STARTS), dtype=np.int64)
        alive = np.arange(_STARTS)
        for field in range(count):
            found = self._search(field, rows, alive)
            rows[field, alive] = found
            alive = alive[found >= 0]
        if alive.size:
            return rows[:, alive]
        first = self._prove(rows[:, :1], -1)
        return np.empty((count, 0), dtype=np.int64) if first is None else first.reshape(-1, 1)

    def draw(self, count: int, random: np.random.Generator, totals: Sequence[Floats]) -> Integers:
        """Return valid rows, shape (fields, count): each field's cell in proportion to its weight
        among those that lead to a valid row after the cells before it.

        `totals` are for each field the running totals of its places' weights, from 0 on; every
        allowed place must have a positive weight. Raises ValueError where no row is valid.
        """
        if not self.starts.shape[1]:
            raise ValueError("no valid row has a positive weight")
        drawn = [
            self._draw(min(_AT_ONCE, count - first), random, totals)
            for first in range(0, count, _AT_ONCE)
        ]
        return np.concatenate(drawn, axis=1) if drawn else np.empty((len(self.fields), 0), np.int64)

    def allowed(self, prefix: Sequence[int | Special]) -> CellSet:
        """Return exactly the cells that the field after the prefix has in valid rows.

        Raises ValueError where no valid row begins like that.
        """
        field = len(prefix)
        row = np.zeros((len(self.fields), 1), dtype=np.int64)
        for number, cell in enumerate(prefix):
            place = place_of(self.listings[number], cell)
            if place is None:
                raise ValueError("no valid row begins like that")
            row[number] = place
        if not self._closed_agree(row, field):
            raise ValueError("no valid row begins like that")
        key = self._relevance.key(field - 1, row[:, 0])
        if key not in self._allowed:
            witness = self._witness(row, field)
            if witness is None:
                raise ValueError("no valid row begins like that")
            good, _ = self._find_allowed(field, witness, None)
            self._remember_allowed(key, cells_at(self.listings[field], good))
        return self._allowed[key]

    def _draw(self, count: int, random: np.random.Generator, totals: Sequence[Floats]) -> Integers:
        begun = BegunRows(self, count, random)
        for field in range(len(self.fields)):
            begun.open_field(field, totals[field])
            waiting = np.arange(count)
            while waiting.size:
                place = begun.draw(waiting, random)
                assert (place >= 0).all(), "a begun row has a witness"
                waiting = waiting[~begun.take(waiting, place)]
        return begun.places

    def complete(self, rows: Integers, field: int, changed: Mask) -> tuple[Mask, Mask]:
        """Return which rows' cells up to a field begin a valid row, and complete those in place;
        and which took a proof to show that they don't.

        Their cells before the field, with the later ones, make up a valid row but for the changed
        ones of the field itself, which agree with the constraints as far as intervals tell.
        """
        alive = np.ones(rows.shape[1], dtype=bool)
        proved = np.zeros(rows.shape[1], dtype=bool)
        which = np.flatnonzero(changed)
        for afresh in (False, True):
            if afresh and which.size < len(self.fields) - field:
                break  # A look-up each takes less time.
            trial = rows[:, which]
            mended, dead = self._mend(trial, field, afresh=afresh)
            rows[:, which[mended]] = trial[:, mended]
            alive[which[dead]] = False
            which = which[~mended & ~dead]
        for number in which.tolist():
            found = self._prove(rows[:, number : number + 1], field)
            if found is None:
                alive[number], proved[number] = False, True
            else:
                rows[:, number] = found
        return alive, proved

    def _mend(self, rows: Integers, field: int, *, afresh: bool) -> tuple[Mask, Mask]:
        """Choose cells after a changed field anew, all or where they break a constraint, once each.

        Returns which rows are valid now, and which beginnings are known to lead nowhere.
        """
        narrowing = self.narrowing
        mended = np.ones(rows.shape[1], dtype=bool)
        dead = np.zeros(rows.shape[1], dtype=bool)
        changed = {field}
        for later in range(field + 1, len(self.fields)):
            which = np.flatnonzero(mended)
            if not afresh:
                closing = narrowing.closing[later]
                touched = [each for each in closing if narrowing.mentions[each] & changed]
                if not touched:
                    continue
                which = which[~narrowing.agrees(touched, later, rows, which)]
            if not which.size:
                continue
            found = self._search(later, rows, which)
            rows[later, which[found >= 0]] = found[found >= 0]
            lost = which[found < 0]
            mended[lost] = False
            # Where all cells that matter to the later field are given, there was no other choice.
            dead[lost] = self._given[later] <= field
            changed.add(later)
        return mended, dead

    @cached_property
    def _given(self) -> list[int]:
        """For each field the last one before it that shares a constraint with it, or -1."""
        narrowing = self.narrowing
        return [
            max(
                (
                    other
                    for each in narrowing.touching[field]
                    for other in narrowing.mentions[each]
                    if other < field
                ),
                default=-1,
            )
            for field in range(len(self.fields))
        ]

    def _search(self, field: int, rows: Integers, which: Integers) -> Integers:
        """Return a place for each row that intervals don't rule out, or -1, all alike likely."""
        candidates = Candidates(self.narrowing, field, rows, which, self.even[field])
        return candidates.draw(np.arange(which.size), self._random)

    def _prove(self, row: Integers, field: int) -> Integers | None:
        """Return a valid row with this one's cells up to a field, or None if there is none."""
        key = self._relevance.key(field, row[:, 0])
        if key in self._remembered:
            rest = self._remembered[key]
        else:
            whole = self._look_up(row, field)
            rest = None if whole is None else whole[field + 1 :]
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = rest
        return None if rest is None else np.concatenate((row[: field + 1, 0], rest))

    def _look_up(self, row: Integers, field: int) -> Integers | None:
        """Return a valid row with this one's cells up to a field, or None if there is none.

        Proofs come first, unless they failed at this field before and the next field's cells can
        be gone through. Else thousands of rows are drawn like that, and last comes a diagram of
        the fields left. Raises UndecidedError where nothing helps.
        """
        following = range(field + 2, len(self.fields))
        countable = all(self._given[later] <= field + 1 for later in following)
        if self._in_vain.get(field, 0) < _PATIENCE or not countable:
            try:
                return self.continuations.prove(row, field, None)
            except UndecidedError:
                self._in_vain[field] = self._in_vain.get(field, 0) + 1
        if countable:
            return self._go_through(row, field)
        for _ in range(_DRAWS):
            trial = np.repeat(row, _PLACES_AT_ONCE, axis=1)
            mended, _ = self._mend(trial, field, afresh=True)
            if mended.any():
                return trial[:, np.flatnonzero(mended)[0]]
        return self.continuations.find_in_diagram(row, field)

    def _go_through(self, row: Integers, field: int) -> Integers | None:
        """Return such a row by trying all cells of the next field, after which each later field
        can be looked for by itself.
        """
        places = self._places_left(field + 1, row)
        for first in range(0, places.size, _PLACES_AT_ONCE):
            trial = np.repeat(row, min(_PLACES_AT_ONCE, places.size - first), axis=1)
            trial[field + 1] = places[first : first + _PLACES_AT_ONCE]
            mended, _ = self._mend(trial, field + 1, afresh=True)
            if mended.any():
                return trial[:, np.flatnonzero(mended)[0]]
        return None

    def _places_left(self, field: int, row: Integers) -> Integers:
        """Return a field's places that intervals don't rule out after the cells before it."""
        single = np.zeros(1, dtype=np.int64)
        candidates = Candidates(self.narrowing, field, row, single, self.even[field])
        left = candidates.remaining(0)
        at = np.zeros(left.size, dtype=np.int64)
        return left[self.narrowing.possible(field, row, at, left, left + 1)]

    def _witness(self, row: Integers, length: int) -> Integers | None:
        """Return a valid row that begins with so many of the row's cells, or None."""
        if not self.starts.shape[1]:
            return None
        trial = self.starts[:, :1].copy()
        trial[:length] = row[:length]
        which = np.zeros(1, dtype=np.int64)
        for field in range(length, len(self.fields)):
            if not self.narrowing.agrees(self.narrowing.touching[field], field, trial, which)[0]:
                place = self._search(field, trial, which)[0]
                if place < 0:
                    break
                trial[field] = place
        else:
            return trial[:, 0]
        return self._prove(row, length - 1)

    def _closed_agree(self, row: Integers, length: int) -> bool:
        """Return whether the first cells agree with all constraints that mention only them."""
        narrowing = self.narrowing
        which = np.zeros(1, dtype=np.int64)
        return all(
            bool(narrowing.agrees(narrowing.closing[field], field, row, which)[0])
            and any(start <= row[field, 0] < stop for start, stop in narrowing.cells[field].spans)
            for field in range(length)
        )

    def still_allowed(self, field: int, witness: Integers) -> CellSet | None:
        """Return exactly the field's cells after those of a valid row, or None if that is dear."""
        key = self._relevance.key(field - 1, witness)
        if key in self._allowed:
            return self._allowed[key]
        if key in self._dear:
            return None
        good, left = self._find_allowed(field, witness, _QUESTIONS)
        if left.size:
            self._dear.add(key)
            return None
        self._remember_allowed(key, cells_at(self.listings[field], good))
        return self._allowed[key]

    def _remember_allowed(self, key: tuple[int, bytes], cells: CellSet) -> None:
        if len(self._allowed) >= _REMEMBERED:
            self._allowed.clear()
        self._allowed[key] = cells

    def _find_allowed(
        self, field: int, witness: Integers, questions: int | None
    ) -> tuple[Integers, Integers]:
        """Return the field's places after the cells of a valid row before it, ascending; and those
        that stay open after so many questions.
        """
        row = witness.reshape(-1, 1)
        left = self._places_left(field, row)
        asked = 0
        good: list[Integers] = []
        current: Integers | None = witness
        while current is not None and left.size:
            found, left = self._try_all(field, current, left, afresh=False)
            good.append(found)
            helpful = True
            while helpful and left.size > len(self.fields) - field:
                found, left = self._try_all(field, current, left, afresh=True)
                good.append(found)
                helpful = found.size > left.size // _WORTH_WHILE
            if left.size and asked == questions:
                break
            asked += 1
            try:
                among = cells_at(self.listings[field], left)
                current = self.continuations.prove(row, field - 1, among) if left.size else None
            except UndecidedError:
                if questions is not None:
                    break
                current, left = self._first_of(field, row, left)
            if current is None:
                left = left[:0]
        return np.sort(np.concatenate([left[:0], *good])), left

    def _first_of(
        self, field: int, row: Integers, places: Integers
    ) -> tuple[Integers | None, Integers]:
        """Return a valid row with the row's cells before a field and one of its places, or None;
        and the places from there on.
        """
        for number, place in enumerate(places.tolist()):
            trial = row.copy()
            trial[field] = place
            found = self._prove(trial, field)
            if found is not None:
                return found, places[number:]
        return None, places

    def _try_all(
        self, field: int, witness: Integers, places: Integers, *, afresh: bool
    ) -> tuple[Integers, Integers]:
        """Return the places that a valid row can have instead of its own, and those left open."""
        good: list[Integers] = []
        left: list[Integers] = []
        for first in range(0, places.size, _PLACES_AT_ONCE):
            tried = places[first : first + _PLACES_AT_ONCE]
            trial = np.repeat(witness.reshape(-1, 1), tried.size, axis=1)
            trial[field] = tried
            mended, dead = self._mend(trial, field, afresh=afresh)
            good.append(tried[mended])
            left.append(tried[~mended & ~dead])
        return np.concatenate(good), np.concatenate(left)
