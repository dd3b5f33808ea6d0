"""Cells and their places in a field's listing."""

from __future__ import annotations

import numpy as np

from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.sample import Integers, Listing
from synllm.spec.core import ValueSet
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special


def cell_at(listing: Listing, place: int) -> int | Special:
    """Return the cell at a place."""
    values = listing.values
    if place < values.size:
        return int(values[place])
    return MISSING if place == values.size else NOT_APPLICABLE


def place_of(listing: Listing, cell: int | Special) -> int | None:
    """Return a cell's place, or None for one that is not listed."""
    values = listing.values
    if isinstance(cell, Special):
        return int(values.size) + (0 if cell is MISSING else 1)
    place = int(np.searchsorted(values, cell))
    return place if place < values.size and values[place] == cell else None


def cells_at(listing: Listing, places: Integers) -> CellSet:
    """Return the cells at ascending places."""
    values = listing.values
    return CellSet(
        ValueSet.of(values[places[places < values.size]].tolist()),
        bool((places == values.size).any()),
        bool((places == values.size + 1).any()),
    )
