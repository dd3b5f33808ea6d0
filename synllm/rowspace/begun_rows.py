"""Rows of an open part that are written side by side, each with a valid row that begins like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synllm.rowspace.intervals import Mask
from synllm.rowspace.narrowing import Candidates
from synllm.rowspace.sample import Floats, Integers

if TYPE_CHECKING:
    from synllm.rowspace.open_rows import OpenRows


class BegunRows:
    """Rows begun in an open part, field after field: what may come next, and taking it.

    `places` has shape (fields, rows); what stands at and after the next field is a way to go on
    that is known to be valid. The part must have a valid row.
    """

    def __init__(self, part: OpenRows, count: int, random: np.random.Generator) -> None:
        starts = part.starts
        if not starts.shape[1]:
            raise ValueError("no row is valid")
        self._part = part
        self.places = starts[:, random.integers(starts.shape[1], size=count)]
        self._field = -1
        self._candidates: Candidates

    def open_field(self, field: int, totals: Floats | None = None) -> None:
        """Go on to a field; `totals` are the running totals of its places' weights, if any."""
        part = self._part
        everyone = np.arange(self.places.shape[1])
        weights = part.even[field] if totals is None else totals
        self._field = field
        self._candidates = Candidates(part.narrowing, field, self.places, everyone, weights)

    def spans(self) -> tuple[Integers, Integers, Integers]:
        """Return the rows and half-open ranges of places that may still come next, ascending.

        None that leads to a valid row is missing; some may be in them that lead nowhere.
        """
        return self._candidates.blocks

    def draw(self, rows: Integers, random: np.random.Generator) -> Integers:
        """Return a place for each of the rows, by the weights, from what may come next."""
        return self._candidates.draw(rows, random)

    def rule_out(self, rows: Integers, place: Integers) -> Mask:
        """Return for which rows the place may come next, and leave the others' out of `spans`."""
        return self._candidates.rule_out(rows, place)

    def take(self, rows: Integers, place: Integers) -> Mask:
        """Put a drawn place into each of the rows' field; returns where a valid row begins so.

        Where none does, the place is left out of what may come next.
        """
        part, field = self._part, self._field
        trial = self.places[:, rows]
        changed = place != trial[field]
        trial[field] = place
        alive, proved = part.complete(trial, field, changed)
        self.places[:, rows[alive]] = trial[:, alive]
        self._candidates.drop(rows[~alive], place[~alive])
        # Where one cell had to be proved impossible, others mostly are for the same reason.
        self.settle(rows[proved])
        return alive

    def settle(self, rows: Integers) -> None:
        """Find out exactly what may come next in the rows, unless that takes too long."""
        for row in rows.tolist():
            kept = self._part.still_allowed(self._field, self.places[:, row])
            if kept is not None:
                spans = self._part.listings[self._field].spans(kept)
                self._candidates.keep(row, spans)
