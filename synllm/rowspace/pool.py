"""A pool of valid rows, weighted so that also figures about several columns are met."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synllm.columns.table import Floats, Table
from synllm.rowspace.dual import Evaluated, Matrix, solve_dual
from synllm.rowspace.targets import RowMoment
from synllm.rowspace.tilt import SMALLEST_GROUP


def scale_of(moment: RowMoment, table: Table) -> float:
    """Return the factor that puts a moment into units of its tolerance in its group."""
    share = 1.0 if moment.where is None else float(table.group(moment.where).mean())
    return 1 / (moment.tolerance * max(share, SMALLEST_GROUP))


def moment_matrix(moments: Sequence[RowMoment], scales: Sequence[float], table: Table) -> Matrix:
    """Return a column for each moment, in units of its tolerance, and a row for each row."""
    table.prepare([each.where for each in moments])
    found = np.empty((table.length, len(moments)), order="F")
    for place, (moment, scale) in enumerate(zip(moments, scales, strict=True)):
        found[:, place] = moment.on(table) * scale
    return found


def fit_weights(values: Matrix, sides: Sequence[int], start: Floats) -> Floats:
    """Return the multipliers for which the weighted rows have the means that the sides ask for."""

    def evaluate(theta: Floats) -> Evaluated:
        exponent = values @ theta
        top = float(exponent.max())
        weight = np.exp(exponent - top)
        total = float(weight.sum())
        weight /= total
        mean = weight @ values

        def curvature() -> Matrix:
            return _covariance(values, weight, mean)

        return top + float(np.log(total / weight.size)), mean, curvature

    return solve_dual(evaluate, sides, start)


def weigh_rows(values: Matrix, theta: Floats) -> Floats:
    """Return the rows' weights, which add up to 1."""
    exponent = values @ theta
    weight = np.exp(exponent - exponent.max())
    found: Floats = weight / weight.sum()
    return found


def effective_share(weights: Floats) -> float:
    """Return how many evenly weighted rows the weighted ones are worth, as a part of them.

    Kish (1965), Survey Sampling.
    """
    return float(weights.sum() ** 2 / (weights**2).sum() / weights.size)


def _covariance(values: Matrix, weight: Floats, mean: Floats) -> Matrix:
    return (values.T * weight) @ values - np.outer(mean, mean)
