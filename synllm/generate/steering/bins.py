"""A field's places in bins, coarse enough to weigh each bin for each row of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synllm.generate.steering.figures import Closed
from synllm.rowspace.prior import prior_weights
from synllm.rowspace.sample import Floats, Integers, Listing
from synllm.rowspace.targets import Moment
from synllm.spec.model import Spec
from synllm.spec.types import NumberType

BINS = 64
"""About how many bins a column of many numbers has."""

_WHOLE = 96
"""A column with no more places than this has one bin for each."""


@dataclass(frozen=True, slots=True, eq=False)
class FieldBins:
    """Bin i holds the places `edges[i]` to `edges[i + 1]`; `shown[i]` stands for them."""

    edges: Integers
    shown: Integers


def bin_fields(
    spec: Spec, fields: Sequence[str], listings: Mapping[str, Listing], moments: Iterable[Closed]
) -> Mapping[str, FieldBins]:
    """Return the bins of each field; what moments tell apart is never in one bin."""
    cuts: dict[str, list[float]] = {name: [] for name in fields}
    for each in moments:
        if isinstance(each.moment, Moment) and each.moment.column in cuts:
            cuts[each.moment.column].extend(each.moment.cuts)
    return {name: _bin_field(spec, name, listings[name], cuts[name]) for name in fields}


def _bin_field(spec: Spec, name: str, listing: Listing, cuts: Sequence[float]) -> FieldBins:
    column = spec.by_name[name]
    size, present = listing.size, listing.size - 2
    if size <= _WHOLE or not isinstance(column.type, NumberType):
        return FieldBins(np.arange(size + 1), np.arange(size))
    prior = prior_weights(spec, column, listing)
    # Half of the bins where patients are expected, half where a model may stray to.
    weights = prior[:present] / prior[:present].sum() + 1 / present
    totals = np.concatenate(([0.0], np.cumsum(weights / 2)))
    found = set(np.searchsorted(totals, np.linspace(0, 1, BINS + 1)[1:-1]).tolist())
    for cut in cuts:
        value = round(cut * 10**column.type.decimals)
        found.add(int(np.searchsorted(listing.values, value)))
        found.add(int(np.searchsorted(listing.values, value, side="right")))
    found |= {0, present, present + 1, size}
    edges = np.array(sorted(found), dtype=np.int64)
    shown = [
        start if stop - start == 1 else _middle(listing, prior, start, stop)
        for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    ]
    return FieldBins(edges, np.array(shown, dtype=np.int64))


def _middle(listing: Listing, prior: Floats, start: int, stop: int) -> int:
    """Return the place that is closest to the mean of a bin's values."""
    values = listing.values[start:stop]
    mean = np.average(values, weights=prior[start:stop])
    return start + int(np.argmin(np.abs(values - mean)))
