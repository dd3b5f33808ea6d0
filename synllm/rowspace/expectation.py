"""What a spec leads one to expect of a table: each column's shares, and rows that are alike.

The columns' declared figures are their priors; the rules, and a condition given, make them a
distribution over the valid rows: each row's weight is the product of its cells'. On diagrams its
shares are exact, and so is the chance that two of its rows are alike: the sum of the squared
probabilities is a quotient of two sums of weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from synllm.rowspace.diagram import Diagram
from synllm.rowspace.prior import prior_weights
from synllm.rowspace.sample import Floats, Listing, Sampler
from synllm.rowspace.space import RowSpace
from synllm.spec.model import Spec
from synllm.spec.statistics import StatisticKind


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """What is expected of a table's columns and of its rows.

    `shares` are those of each column's places, once by its own figures and once among valid rows;
    none where a column has no figures and no diagram tells. `tied` is how many times likelier two
    rows are alike than if the columns of the diagrams were independent; of the columns in each of
    `open_parts` nothing is known but that rows which are alike are so in every single one.
    `informed` are the columns whose figures about all patients tell their shape.
    """

    shares: Mapping[str, tuple[Floats, ...]]
    tied: float
    open_parts: tuple[tuple[str, ...], ...]
    informed: frozenset[str]


def expect(spec: Spec, space: RowSpace, listings: Mapping[str, Listing]) -> Expectation:
    """Return what figures, rules and the condition that a row space holds lead one to expect."""
    found: dict[str, tuple[Floats, ...]] = {}
    tied = 0.0
    informed = frozenset(name for name in space.fields if _is_informed(name, spec))
    for part in space.parts:
        weights = {
            name: prior_weights(spec, spec.by_name[name], listings[name]) for name in part.fields
        }
        if not isinstance(part, Diagram):
            for name, each in weights.items():
                inside = _within(each, listings[name].spans(part.cells[name]))
                found[name] = (inside,) if name in informed else ()
            continue
        sampler = Sampler(part, listings, weights)
        ruled = sampler.marginals()
        for name, level in zip(part.fields, part.levels, strict=True):
            spans = [
                span for arcs in level for arc in arcs for span in listings[name].spans(arc.cells)
            ]
            found[name] = _within(weights[name], spans), _within(ruled[name], spans)
        if len(part.fields) > 1:
            log_total = sampler.log_total
            sampler.weigh({name: each**2 for name, each in weights.items()})
            tied += sampler.log_total - 2 * log_total
            tied -= sum(float(np.log((each**2).sum())) for each in ruled.values())
    open_parts = tuple(part.fields for part in space.open_parts)
    return Expectation(found, float(np.exp(tied)), open_parts, informed)


def _is_informed(name: str, spec: Spec) -> bool:
    """Return whether figures about all patients tell what shape a column has."""
    kinds = Counter(
        each.kind
        for block in spec.statistics
        for each in block.statistics
        if each.columns == (name,) and each.where is None
    )
    return (
        kinds[StatisticKind.SHARE] > 0
        or (kinds[StatisticKind.MEAN] > 0 and kinds[StatisticKind.SD] > 0)
        or kinds[StatisticKind.QUANTILE] + kinds[StatisticKind.MEDIAN] > 1
    )


def _within(share: Floats, spans: list[tuple[int, int]]) -> Floats:
    """Return shares that add up to 1, with nothing outside some ranges of places."""
    inside = np.zeros(share.size, dtype=bool)
    for start, stop in spans:
        inside[start:stop] = True
    kept = np.where(inside, share, 0.0)
    found: Floats = kept / kept.sum()
    return found
