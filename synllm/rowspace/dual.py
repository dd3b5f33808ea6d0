"""The convex dual of "closest to a distribution, with these moments", with bounded multipliers.

Minimising relative entropy under moment conditions is, in the dual, minimising
log E[exp(theta f)] over the multipliers theta (Csiszár 1975, Annals of Probability 3). Bounds on
them, and a small quadratic term, are slack in the conditions (Dudík, Phillips & Schapire 2007,
JMLR 8): conflicting figures give the nearest compromise and finite weights, where raking diverges.
The minimum is found by projected Newton steps (Bertsekas 1982, SIAM J. Control Optim. 20).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synllm.rowspace.sample import Floats
from synllm.rowspace.targets import AT_LEAST, AT_MOST

BOUND = 25.0
"""The largest multiplier of a moment in units of its tolerance."""

SLACK = 0.05
"""How much a moment's mean gives way for each unit of its multiplier, in tolerances."""

MOST_STEPS = 40
CLOSE_ENOUGH = 0.02
"""How far means may be from where the slack has them, in tolerances."""

LEAST_GAIN = 1e-5
"""A step that promises less is not worth taking; the objective is in natural logarithms."""

Matrix: TypeAlias = NDArray[np.float64]
Evaluated: TypeAlias = tuple[float, Floats, Callable[[], Matrix]]
"""log E[exp(theta f)], its gradient, and what finds its Hessian or comes close to it."""


def solve_dual(
    evaluate: Callable[[Floats], Evaluated], sides: Sequence[int], start: Floats
) -> Floats:
    """Return the multipliers for which `evaluate`, plus the slack, is least; always finite.

    The moments are in units of their tolerances. One whose mean must be at most zero has no
    positive multiplier, one at least zero no negative one.
    """
    low = np.array([0.0 if side == AT_LEAST else -BOUND for side in sides])
    high = np.array([0.0 if side == AT_MOST else BOUND for side in sides])
    theta = np.clip(start, low, high)
    if not len(sides):
        return theta
    value, gradient, curvature = _with_slack(theta, evaluate)
    for _ in range(MOST_STEPS):
        stuck = ((theta <= low) & (gradient > 0)) | ((theta >= high) & (gradient < 0))
        free = np.flatnonzero(~stuck)
        if not free.size or np.abs(gradient[free]).max() < CLOSE_ENOUGH:
            break
        hessian = curvature() + SLACK * np.eye(theta.size)
        step = _best_step(hessian, gradient, low - theta, high - theta, free)
        if not float(gradient @ step) < 0:
            # Holding coordinates at their bounds can spoil a step; the gradient's own never fails.
            step = np.clip(-gradient / hessian.diagonal(), low - theta, high - theta)
        if float(gradient @ step) > -LEAST_GAIN:
            break
        length = 1.0
        while length > 1e-6:
            trial = theta + length * step
            found = _with_slack(trial, evaluate)
            if found[0] <= value + 1e-4 * float(gradient @ (trial - theta)):
                break
            length /= 2
        else:
            break
        theta = trial
        value, gradient, curvature = found
    return theta


def _best_step(
    hessian: Matrix, gradient: Floats, low: Floats, high: Floats, free: NDArray[np.int64]
) -> Floats:
    """Return a step within the bounds that nearly minimises the quadratic model.

    Coordinates that want to leave their bounds are held there while the others are solved anew.
    """
    step = np.zeros(gradient.size)
    while free.size:
        rest = gradient[free] + hessian[free] @ step - hessian[np.ix_(free, free)] @ step[free]
        wanted = -np.linalg.solve(hessian[np.ix_(free, free)], rest)
        inside = np.clip(wanted, low[free], high[free])
        step[free] = inside
        held = inside != wanted
        if not held.any():
            break
        free = free[~held]
    return step


def _with_slack(theta: Floats, evaluate: Callable[[Floats], Evaluated]) -> Evaluated:
    value, gradient, curvature = evaluate(theta)
    return value + SLACK / 2 * float(theta @ theta), gradient + SLACK * theta, curvature
