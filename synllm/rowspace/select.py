"""Rows chosen from weighted ones, each at most once, so that their moments come out right.

First systematic sampling in proportion to the weights (Madow 1949, Annals of Mathematical
Statistics 20), then exchanges of single rows that bring the moments nearer: a balanced sample
(Deville & Tillé 2004, Biometrika 91).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synllm.rowspace.sample import Floats, Integers

CANDIDATES = 200
"""Rows looked at for each exchange."""

MOST_EXCHANGES = 4_000

NEAR = 0.15
"""Exchanges end once no moment is farther off than this part of its tolerance."""


def choose_rows(weights: Floats, count: int, random: np.random.Generator) -> Integers:
    """Return the places of `count` different rows, each included in proportion to its weight.

    Rows whose share would be more than one whole are included surely.
    """
    if count >= weights.size:
        assert count == weights.size, "no more rows can be chosen than there are"
        return np.arange(count)
    included = _inclusion(weights, count)
    order = random.permutation(weights.size)
    totals = np.cumsum(included[order])
    totals *= count / totals[-1]
    marks = np.arange(count) + random.random()
    found = np.minimum(np.searchsorted(totals, marks, side="right"), weights.size - 1)
    chosen = np.unique(order[found])
    if chosen.size < count:  # Rounding may let two marks fall on one row.
        rest = np.setdiff1d(np.arange(weights.size), chosen)
        heaviest = rest[np.argsort(-weights[rest], kind="stable")][: count - chosen.size]
        chosen = np.concatenate((chosen, heaviest))
    places: Integers = np.sort(chosen)
    return places


def balance_rows(
    chosen: Integers,
    moments: NDArray[np.float64],
    sides: Integers,
    weights: Floats,
    random: np.random.Generator,
) -> Integers:
    """Return the chosen places with single rows exchanged for others, to bring the moments nearer.

    `moments` has a row for each place and a column for each moment, in units of its tolerance;
    their means should be zero, or on the side given. Others are tried in proportion to `weights`.
    """
    chosen = chosen.copy()
    count = chosen.size
    outside = np.ones(weights.size, dtype=np.bool_)
    outside[chosen] = False
    totals = np.cumsum(weights)
    mean = moments[chosen].mean(axis=0)
    off = _off(mean, sides)
    for _ in range(MOST_EXCHANGES):
        if np.abs(off).max(initial=0.0) <= NEAR:
            break
        tried = np.searchsorted(totals, random.random(CANDIDATES) * totals[-1], side="right")
        tried = np.unique(np.minimum(tried, weights.size - 1))
        tried = tried[outside[tried]]
        if not tried.size:
            continue
        places = random.integers(count, size=CANDIDATES)
        left = _off(mean - moments[chosen[places]] / count, sides)
        leaving = int(places[np.argmin((left**2).sum(axis=1))])
        means = mean + (moments[tried] - moments[chosen[leaving]]) / count
        distances = (_off(means, sides) ** 2).sum(axis=1)
        best = int(np.argmin(distances))
        if distances[best] < (off**2).sum():
            outside[chosen[leaving]], outside[tried[best]] = True, False
            chosen[leaving] = tried[best]
            mean = means[best]
            off = _off(mean, sides)
    return chosen


def _off(mean: Floats, sides: Integers) -> Floats:
    """Return how far means are off, nothing for those on their allowed side."""
    return np.where(mean * sides > 0, 0.0, mean)


def _inclusion(weights: Floats, count: int) -> Floats:
    """Return each row's chance to be included: in proportion to its weight, at most 1."""
    included = weights * (count / weights.sum())
    while (included > 1).any():
        sure = included >= 1
        rest = included[~sure].sum()
        room = count - np.count_nonzero(sure)
        included = np.where(sure, 1.0, included)
        if not rest > 0 or room <= 0:
            break
        included = np.where(sure, 1.0, included * (room / rest))
    found: Floats = included
    return found
