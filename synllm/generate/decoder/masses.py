"""How much weight lies behind ranges of places, within the places that each row may take."""

from __future__ import annotations

import numpy as np

from synllm.rowspace.sample import Floats, Integers
from synllm.rowspace.walk import SpanSets

_DEEPEST = 20.0
"""Tilts lower than the row's highest by more than this factor's logarithm count as this much."""


class Masses:
    """The weight of a field's places below a mark, within each of several sets of places.

    `totals` are the running totals of the places' weights, from 0 on, all positive. Ranges without
    a place of the set have a mass of exactly zero.
    """

    def __init__(self, sets: SpanSets, totals: Floats) -> None:
        self._totals = totals
        self._size = totals.size
        self.of_row = sets.of_row
        count = sets.first.size - 1
        spans = np.diff(sets.first)
        set_of = np.repeat(np.arange(count), spans)
        self._start, self._stop = sets.start, sets.stop
        own = totals[sets.stop] - totals[sets.start]
        # Totals within each set: what other sets weigh must not cost precision.
        self._before = np.zeros(own.size)
        for place in np.flatnonzero(spans > 1):
            first, last = sets.first[place], sets.first[place + 1]
            self._before[first + 1 : last] = np.cumsum(own[first : last - 1])
        self._keys = set_of * self._size + sets.start
        self._first = sets.first

    def below(self, sets: Integers, marks: Integers) -> Floats:
        """Return the weight of each set's places below each mark, both of one shape."""
        span = np.searchsorted(self._keys, sets * self._size + marks, side="right") - 1
        inside = span >= self._first[sets]
        at = np.where(inside, span, 0)
        reached = np.minimum(marks, self._stop[at])
        mass = self._before[at] + (self._totals[reached] - self._totals[self._start[at]])
        found: Floats = np.where(inside, mass, 0.0)
        return found


class TiltedMasses:
    """The same weights times a factor for each row and bin of places.

    `edges` are the bins' borders; `tilt` is the factors' logarithm, shape (rows, bins).
    """

    def __init__(self, masses: Masses, edges: Integers, tilt: Floats) -> None:
        self._masses = masses
        self._edges = edges
        sets = np.broadcast_to(masses.of_row[:, None], (tilt.shape[0], edges.size))
        self._below = masses.below(sets, np.broadcast_to(edges, sets.shape))
        own = np.diff(self._below, axis=1)
        # What a row can't take anyway must not set the measure.
        highest = np.where(own > 0, tilt, -np.inf).max(axis=1, keepdims=True)
        self._factor = np.exp(np.clip(tilt - highest, -_DEEPEST, 0.0))
        parts = own * self._factor
        self._tilted = np.concatenate(
            (np.zeros((tilt.shape[0], 1)), np.cumsum(parts, axis=1)), axis=1
        )
        self._bin = np.repeat(np.arange(edges.size - 1), np.diff(edges))
        self._bin = np.append(self._bin, edges.size - 2)

    def below(self, rows: Integers, marks: Integers) -> Floats:
        """Return the tilted weight of each row's places below each mark."""
        at = self._bin[marks]
        rest = self._masses.below(self._masses.of_row[rows], marks) - self._below[rows, at]
        found: Floats = self._tilted[rows, at] + self._factor[rows, at] * rest
        return found
