"""What a column's declared figures say about it alone: the marginal from which a fit starts.

A normal, lognormal or gamma density of the declared mean and standard deviation (the author's word
on the shape decides), rescaled so that each declared quantile and point mass has its share. Without
figures every value is as likely as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import log

import numpy as np
from scipy import stats

from synllm.rowspace.sample import Floats, Listing
from synllm.spec.model import Column, Spec
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import CategoryType, NumberType

UNSTATED_MISSING = 0.05
"""The missing share of a column that may be missing and of which no figure says how often."""

FLOOR = 1e-9
"""Every cell keeps at least this part of an even share, so that no rule finds nothing left."""


def prior_weights(spec: Spec, column: Column, listing: Listing) -> Floats:
    """Return a positive weight for each place of a column's listing.

    Values and missing together weigh 1, and so does not applicable: of itself, a column says
    nothing about whom it applies to.
    """
    figures = [
        each
        for block in spec.statistics
        for each in block.statistics
        if each.columns == (column.name,) and each.where is None
    ]
    values = int(listing.values.size)
    weights = np.zeros(listing.size)
    missing = 0.0
    if column.may_be_missing:
        missing = _figure(figures, StatisticKind.MISSING, UNSTATED_MISSING)
        missing = min(max(missing, FLOOR), 1 - FLOOR)
        weights[values] = missing
    if column.applies_when is not None:
        weights[values + 1] = 1.0
    if values:
        match column.type:
            case CategoryType(labels=labels):
                shares = _shares(figures, labels, missing)
            case NumberType(decimals=decimals):
                hints = [
                    hint.shape
                    for block in spec.statistics
                    for hint in block.shapes
                    if hint.column == column.name
                ]
                numbers = listing.values / 10**decimals
                shares = _density(numbers, figures, hints[0] if hints else None)
            case _:
                raise ValueError(f"{column.name} says nothing about patients")
        even = 1 / values
        shares = np.maximum(shares, FLOOR * even)
        weights[:values] = (1 - missing) * shares / shares.sum()
    return weights


def _figure(figures: Sequence[Statistic], kind: StatisticKind, otherwise: float) -> float:
    found = [float(each.value.value) for each in figures if each.kind is kind]
    return found[0] if found else otherwise


def _shares(figures: Sequence[Statistic], labels: Sequence[str], missing: float) -> Floats:
    stated: dict[str, float] = {}
    for each in figures:
        if each.kind is StatisticKind.SHARE:
            whole = 1 - missing if each.of_all else 1.0
            stated[str(each.at)] = float(each.value.value) / whole
    rest = max(1 - sum(stated.values()), 0.0) / max(len(labels) - len(stated), 1)
    return np.array([stated.get(label, rest) for label in labels])


def _density(numbers: Floats, figures: Sequence[Statistic], hint: str | None) -> Floats:
    """Return the share of each of a column's numbers, ascending."""
    knots = _knots(figures)
    spacing = _spacing(numbers)
    density = _shape(numbers, figures, knots, hint) * spacing
    density = np.maximum(density / density.sum(), 1e-6 * spacing / spacing.sum())
    bounds = [each for each in figures if each.kind in (StatisticKind.MIN, StatisticKind.MAX)]
    for each in bounds:
        value = float(each.value.value)
        low = each.kind is StatisticKind.MIN
        outside = numbers < value - 1e-9 if low else numbers > value + 1e-9
        density[outside] = 0.0
    density = _in_pieces(numbers, density, knots)
    for each in figures:
        if each.kind is StatisticKind.POINT:
            assert isinstance(each.at, Fraction)
            density = _with_point(numbers, density, float(each.at), float(each.value.value), knots)
    return density


def _knots(figures: Sequence[Statistic]) -> list[tuple[float, float]]:
    """Return the declared quantiles as (value, share at or below), ascending in both."""
    found: dict[float, float] = {}
    for each in figures:
        if each.kind in (StatisticKind.QUANTILE, StatisticKind.MEDIAN):
            at = each.at if isinstance(each.at, Fraction) else Fraction(1, 2)
            value = float(each.value.value)
            found[value] = max(float(at), found.get(value, 0.0))
    return sorted(found.items())


def _spacing(numbers: Floats) -> Floats:
    """Return how much of the number line each listed number stands for."""
    if numbers.size < 2:
        return np.ones(numbers.size)
    return np.asarray(np.abs(np.gradient(numbers)))


def _shape(
    numbers: Floats,
    figures: Sequence[Statistic],
    knots: list[tuple[float, float]],
    hint: str | None,
) -> Floats:
    flat = np.ones(numbers.size)
    means = [float(e.value.value) for e in figures if e.kind is StatisticKind.MEAN]
    sds = [float(e.value.value) for e in figures if e.kind is StatisticKind.SD]
    if not (means and sds):
        inner = [(value, share) for value, share in knots if 0 < share < 1]
        if len(inner) < 2:
            return flat
        # A straight line through the quantiles of a normal distribution.
        slope, middle = np.polyfit(
            stats.norm.ppf([share for _, share in inner]), [value for value, _ in inner], 1
        )
        means, sds = [float(middle)], [float(slope)]
    mean, sd = means[0], sds[0]
    if not sd > 0:
        return flat
    lowest = float(numbers[0])
    skewed = lowest >= 0 and mean > 0 and mean - 2 * sd < lowest
    shape = hint or ("gamma" if skewed else "normal")
    if shape == "normal" or lowest < 0 or mean <= 0:
        return np.asarray(stats.norm.pdf(numbers, mean, sd))
    # At zero itself either density may have no value.
    inside = np.maximum(numbers, float(np.median(_spacing(numbers))) / 2)
    if shape == "lognormal":
        spread = log(1 + (sd / mean) ** 2)
        return np.asarray(stats.lognorm.pdf(inside, spread**0.5, scale=mean / np.exp(spread / 2)))
    return np.asarray(stats.gamma.pdf(inside, (mean / sd) ** 2, scale=sd**2 / mean))


def _piece_of(numbers: Floats, knots: list[tuple[float, float]]) -> np.ndarray:
    """Return which piece between quantiles each number is in, its upper quantile included."""
    return np.searchsorted([value + 1e-9 for value, _ in knots], numbers, side="left")


def _in_pieces(numbers: Floats, density: Floats, knots: list[tuple[float, float]]) -> Floats:
    if not knots:
        return density
    shares = np.diff([0.0, *(share for _, share in knots), 1.0])
    piece = _piece_of(numbers, knots)
    now = np.bincount(piece, weights=density, minlength=shares.size)
    factor = np.divide(shares, now, out=np.zeros_like(now), where=now > 0)
    found: Floats = density * factor[piece]
    return found


def _with_point(
    numbers: Floats, density: Floats, at: float, share: float, knots: list[tuple[float, float]]
) -> Floats:
    """Return the density with one number's share set, its piece's others making room for it."""
    place = int(np.argmin(np.abs(numbers - at)))
    piece = _piece_of(numbers, knots)
    others = (piece == piece[place]) & (np.arange(numbers.size) != place)
    room, taken = density[piece == piece[place]].sum(), density[others].sum()
    density = np.array(density)
    density[place] = share
    if taken > 0:
        density[others] *= max(room - share, 0.0) / taken
    return density
