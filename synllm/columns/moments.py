"""Sums about the mean that can be added up block by block, in any number of blocks.

The updates are those of Chan, Golub & LeVeque (1983, The American Statistician 37) for variances
and of Pébay (2008, Sandia report SAND2008-6212) for higher moments and covariances; nothing is lost
to the size of the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from synllm.columns.table import Floats


@dataclass(frozen=True, slots=True)
class Moments:
    """Numbers' count, mean, sums of powers of their distances to the mean, and ends."""

    count: int = 0
    mean: float = 0.0
    second: float = 0.0
    third: float = 0.0
    fourth: float = 0.0
    low: float = float("inf")
    high: float = float("-inf")

    @property
    def sd(self) -> float:
        """The sample standard deviation, 0 for fewer than two numbers."""
        return sqrt(self.second / (self.count - 1)) if self.count > 1 else 0.0

    @property
    def kurtosis(self) -> float:
        """The fourth moment by the square of the sample variance, 1 where nothing varies."""
        return self.fourth / self.count / self.sd**4 if self.sd > 0 else 1.0

    def add(self, numbers: Floats) -> Moments:
        """Return the moments of these numbers and more."""
        if not numbers.size:
            return self
        mean = float(numbers.mean())
        off = numbers - mean
        square = off * off
        return self._join(
            Moments(
                numbers.size,
                mean,
                float(square.sum()),
                float((square * off).sum()),
                float((square * square).sum()),
                float(numbers.min()),
                float(numbers.max()),
            )
        )

    def _join(self, other: Moments) -> Moments:
        if not self.count:
            return other
        a, b = self.count, other.count
        n = a + b
        apart = other.mean - self.mean
        return Moments(
            n,
            self.mean + apart * b / n,
            self.second + other.second + apart**2 * a * b / n,
            self.third
            + other.third
            + apart**3 * a * b * (a - b) / n**2
            + 3 * apart * (a * other.second - b * self.second) / n,
            self.fourth
            + other.fourth
            + apart**4 * a * b * (a**2 - a * b + b**2) / n**3
            + 6 * apart**2 * (a**2 * other.second + b**2 * self.second) / n**2
            + 4 * apart * (a * other.third - b * self.third) / n,
            min(self.low, other.low),
            max(self.high, other.high),
        )


@dataclass(frozen=True, slots=True)
class PairMoments:
    """The moments of two columns of numbers, and the sum of the products of their distances."""

    left: Moments = Moments()
    right: Moments = Moments()
    product: float = 0.0

    @property
    def correlation(self) -> float | None:
        """Pearson's correlation; None for fewer than three pairs, or where a column is constant."""
        if self.left.count < 3 or self.left.low == self.left.high:
            return None
        if self.right.low == self.right.high:
            return None
        return self.product / sqrt(self.left.second * self.right.second)

    def add(self, left: Floats, right: Floats) -> PairMoments:
        """Return the moments of these pairs and more."""
        if not left.size:
            return self
        own = float(((left - left.mean()) * (right - right.mean())).sum())
        a, b = self.left.count, left.size
        apart = (float(left.mean()) - self.left.mean) * (float(right.mean()) - self.right.mean)
        return PairMoments(
            self.left.add(left),
            self.right.add(right),
            self.product + own + (apart * a * b / (a + b) if a else 0.0),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """How often each number occurs, which gives its rank among all."""

    values: Floats
    counts: Floats

    def add(self, numbers: Floats) -> Ranking:
        """Return the ranking of these numbers and more."""
        values, inverse = np.unique(np.concatenate((self.values, numbers)), return_inverse=True)
        weights = np.concatenate((self.counts, np.ones(numbers.size)))
        counts = np.bincount(inverse, weights=weights, minlength=values.size)
        return Ranking(values, counts.astype(np.float64))

    def ranks(self, numbers: Floats) -> Floats:
        """Return the ranks of numbers that are among them, from 1; equal ones share their mean."""
        middle = np.cumsum(self.counts) - (self.counts - 1) / 2
        found: Floats = middle[np.searchsorted(self.values, numbers)]
        return found
