"""A field's many places in bins that no set of a diagram cuts through.

Weights that are fitted need be no finer than this: within a bin, places keep the proportions of
the prior, so that what is said of a bin is exact for its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.diagram import Diagram
from synllm.rowspace.sample import Floats, Integers, Listing

FINE = 256
"""Fields with more places than this are cut into bins: about so many of equal weight."""


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Places in bins: bin i holds the places edges[i] to edges[i + 1], exclusive.

    `mass` is the prior weight of each bin, `totals` the running sum of the places' own.
    """

    listing: Listing
    edges: Integers
    prior: Floats
    mass: Floats
    totals: Floats

    def spans(self, cells: CellSet) -> list[tuple[int, int]]:
        """Return the half-open ranges of bins that a set of the diagram's cells covers."""
        return [
            (int(np.searchsorted(self.edges, start)), int(np.searchsorted(self.edges, stop)))
            for start, stop in self.listing.spans(cells)
        ]

    def average(self, of_places: Floats) -> Floats:
        """Return for each bin the prior mean of a number given for each place."""
        summed = np.add.reduceat(of_places * self.prior, self.edges[:-1])
        plain = np.add.reduceat(of_places, self.edges[:-1]) / np.diff(self.edges)
        return np.where(self.mass > 0, summed / np.where(self.mass > 0, self.mass, 1), plain)

    def choose(self, bins: Integers, random: np.random.Generator) -> Integers:
        """Return a place in each of the bins, in proportion to the prior."""
        if self.edges.size == self.prior.size + 1:
            return bins
        first, last = self.edges[bins], self.edges[bins + 1] - 1
        low, high = self.totals[first], self.totals[last + 1]
        target = low + random.random(bins.size) * (high - low)
        found = np.searchsorted(self.totals, target, side="right") - 1
        # Rounding may reach past either end of the bin.
        places: Integers = np.clip(found, first, last)
        return places


def bin_field(
    name: str, diagram: Diagram, listing: Listing, prior: Floats, cuts: Iterable[int]
) -> Bins:
    """Return the bins of a diagram's field; `cuts` are places at which one must begin."""
    size = listing.size
    totals = np.concatenate(([0.0], np.cumsum(prior)))
    if size <= FINE:
        edges = np.arange(size + 1)
    else:
        level = diagram.levels[diagram.fields.index(name)]
        borders = {
            border
            for arcs in level
            for arc in arcs
            for span in listing.spans(arc.cells)
            for border in span
        }
        present = size - 2
        by_weight = np.searchsorted(totals, np.linspace(0, totals[present], FINE + 1)[1:-1])
        by_place = np.linspace(0, present, FINE // 4 + 1).astype(np.int64)
        found = {*borders, *cuts, *by_weight.tolist(), *by_place.tolist()}
        found |= {0, present, present + 1, size}
        edges = np.array(sorted(each for each in found if 0 <= each <= size), dtype=np.int64)
    mass = np.add.reduceat(prior, edges[:-1])
    return Bins(listing, edges.astype(np.int64), prior, mass, totals)
