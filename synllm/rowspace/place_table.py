"""Rows given by the places of their cells, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from synllm.columns.batch import IS_MISSING, IS_NOT_APPLICABLE, PRESENT, Batch, is_wide
from synllm.columns.table import Table
from synllm.rowspace.sample import Integers, Listing
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec


def make_table(
    spec: Spec, core: CoreSpec, listings: Mapping[str, Listing], places: Mapping[str, Integers]
) -> Table:
    """Return rows given by places as a table; columns without places count as missing."""
    values: dict[str, Any] = {}
    states: dict[str, Any] = {}
    length = next(iter(places.values())).size
    for column in core.columns:
        name = column.name
        kind = object if is_wide(column) else np.float64
        if name not in places:
            values[name] = np.broadcast_to(np.array([np.nan], dtype=kind), length)
            states[name] = np.broadcast_to(np.array([IS_MISSING], dtype=np.uint8), length)
            continue
        listing, place = listings[name], places[name]
        integers = np.concatenate((listing.values.astype(kind), [np.nan, np.nan]))
        state = np.full(listing.size, PRESENT, dtype=np.uint8)
        state[-2:] = IS_MISSING, IS_NOT_APPLICABLE
        values[name] = integers[place]
        states[name] = state[place]
    return Table(spec, core, Batch(length, values, states))
