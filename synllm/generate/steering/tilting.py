"""The tilt of one field: the least change of a model's chances that brings moments where wanted.

For rows that stand before a field, the model's chances are tilted by exp(theta f), f the moments
that close there. Of all changes that give the moments the wanted means over the batch, this one is
closest to the model's own chances in relative entropy (Csiszár 1975, Annals of Probability 3), so
that what no moment asks about stays as the model has it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synllm.rowspace.dual import SLACK, Evaluated, Matrix, solve_dual
from synllm.rowspace.sample import Floats

YIELDING = 0.2
"""How far a mean gives way: at a multiplier of 1, this part of what chance does to it."""

_LEAST_NOISE = 0.5
"""Means of a batch are never held closer than this part of a tolerance, times sqrt(rows)."""

Values = NDArray[np.float64]
"""Moments of each row and bin in units of their tolerances, shape (rows, bins, moments)."""


def spread_of(chances: Floats, values: Values) -> Floats:
    """Return each moment's standard deviation within rows, shape (moments,)."""
    mean = np.einsum("rb,rbm->rm", chances, values)
    square = np.einsum("rb,rbm->m", chances, values**2) / len(chances)
    found: Floats = np.sqrt(np.maximum(square - (mean**2).mean(axis=0), 0.0))
    return found


def solve_tilt(
    chances: Floats, values: Values, wanted: Floats, sides: Sequence[int], start: Floats
) -> Floats:
    """Return the multipliers of the moments, in units of one over their tolerances.

    `chances` are each row's over bins, shape (rows, bins). Means that a batch of so few rows can't
    have, or that exclude each other, are approached as far as is worth its price; multipliers are
    always finite.
    """
    rows, bins, count = values.shape
    spread = np.maximum(spread_of(chances, values), _LEAST_NOISE * np.sqrt(rows))
    # In these units the slack of the dual is a fixed part of what chance does to a batch's mean.
    unit = np.sqrt(SLACK * rows / YIELDING) / spread
    shifted = (values - wanted) * unit
    with np.errstate(divide="ignore"):
        logarithms = np.log(chances)

    def evaluate(theta: Floats) -> Evaluated:
        tilted, logs = _tilt(logarithms, shifted @ theta)
        means = np.einsum("rb,rbm->rm", tilted, shifted)

        def curvature() -> Matrix:
            weighted = (shifted * tilted[..., None]).reshape(rows * bins, count)
            second = weighted.T @ shifted.reshape(rows * bins, count)
            found: Matrix = (second - means.T @ means) / rows
            return found

        return float(logs.mean()), means.mean(axis=0), curvature

    found: Floats = solve_dual(evaluate, sides, start / unit) * unit
    return found


def tilt_chances(chances: Floats, tilt: Floats) -> Floats:
    """Return chances times exp(tilt), made to add up to 1 in each row."""
    with np.errstate(divide="ignore"):
        return _tilt(np.log(chances), tilt)[0]


def _tilt(logarithms: Floats, tilt: Floats) -> tuple[Floats, Floats]:
    """Return tilted chances and the logarithm of what they added up to, row by row."""
    exponent = logarithms + tilt
    top = exponent.max(axis=1, keepdims=True)
    weight = np.exp(exponent - top)
    total = weight.sum(axis=1, keepdims=True)
    return weight / total, (top + np.log(total))[:, 0]
