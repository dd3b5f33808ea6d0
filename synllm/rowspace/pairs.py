"""Figures about two columns, and soft rules, as moments: linear around rows near the fit.

A correlation is the mean of a product of scores, an odds ratio a share of both among two events,
once means, deviations and the events' own shares are taken as the weighted rows have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import rankdata

from synllm.columns.figures import CORRELATION_TOLERANCE, ODDS_TOLERANCE
from synllm.columns.program import HOLDS, VIOLATED, compile_program
from synllm.columns.table import Floats, Mask, Table
from synllm.rowspace.targets import AT_MOST, EXACTLY, RowMoment
from synllm.spec.core import CoreSpec, Statement
from synllm.spec.expressions import Condition
from synllm.spec.statistics import Statistic, StatisticKind

SUPPORT_TOLERANCE = 0.01
"""How close to its least support a soft rule is brought, in shares of the rows it speaks of."""


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """A column's numbers, or their ranks among known rows, made to have mean 0 and variance 1."""

    column: str
    mean: float
    sd: float
    ranks: tuple[Floats, Floats] | None = None

    def on(self, table: Table) -> Floats:
        """Return the score of each row, NaN where the column is absent."""
        numbers = table.numbers(self.column)
        if self.ranks is not None:
            ranked = np.interp(numbers, *self.ranks)
            numbers = np.where(np.isnan(numbers), np.nan, ranked)
        found: Floats = (numbers - self.mean) / self.sd
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Correlation:
    """The product of two scores less the declared correlation."""

    left: Score
    right: Score
    declared: float
    where: Condition | None
    side: int = EXACTLY
    tolerance: float = CORRELATION_TOLERANCE

    def on(self, table: Table) -> Floats:
        """Return the moment of each row."""
        product = self.left.on(table) * self.right.on(table) - self.declared
        return np.where(np.isnan(product) | ~table.group(self.where), 0.0, product)


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Whether both of two events happen, less the share that their odds ratio gives."""

    columns: tuple[str, str]
    share: float
    where: Condition | None
    tolerance: float
    side: int = EXACTLY

    def on(self, table: Table) -> Floats:
        """Return the moment of each row."""
        left, right = (table.numbers(name) for name in self.columns)
        known = table.group(self.where) & ~np.isnan(left) & ~np.isnan(right)
        return np.where(known, (left > 0) & (right > 0), self.share) - self.share


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """How far a soft rule's support lies below the declared one."""

    statement: Statement
    where: None = None
    side: int = AT_MOST
    tolerance: float = SUPPORT_TOLERANCE

    def on(self, table: Table) -> Floats:
        """Return the moment of each row."""
        program = compile_program(CoreSpec(table.core.name, table.core.columns, (self.statement,)))
        verdicts = program.verdicts(table.batch)[self.statement.name]
        share = float(self.statement.share or 0)
        holds = (verdicts == HOLDS) * (share - 1)
        found: Floats = holds + (verdicts == VIOLATED) * share
        return found


def pair_moment(statistic: Statistic, table: Table, weights: Floats) -> RowMoment | None:
    """Return the moment of a figure about two columns, linear around the weighted rows.

    None where no row bears on the figure, or every row alike.
    """
    left, right = (table.numbers(name) for name in statistic.columns)
    both = table.group(statistic.where) & ~np.isnan(left) & ~np.isnan(right)
    weight = np.where(both, weights, 0.0)
    if not weight.sum() > 0:
        return None
    weight = weight / weight.sum()
    declared = float(statistic.value.value)
    first, second = statistic.columns
    if statistic.kind is StatisticKind.ODDS_RATIO:
        return _together(
            (first, second),
            (float(weight[both & (left > 0)].sum()), float(weight[both & (right > 0)].sum())),
            declared,
            statistic.where,
        )
    ranked = statistic.kind is StatisticKind.SPEARMAN
    scores = [_score(name, table, both, weight, ranked) for name in (first, second)]
    if scores[0] is None or scores[1] is None:
        return None
    return Correlation(scores[0], scores[1], declared, statistic.where)


def _together(
    columns: tuple[str, str], shares: tuple[float, float], odds: float, where: Condition | None
) -> Together | None:
    first, second = shares
    joint = joint_share(first, second, odds)
    cells = (joint, first - joint, second - joint, 1 - first - second + joint)
    if min(cells) <= 0:
        return None
    # The logarithm of the odds ratio changes by this much for each unit of the joint share.
    change = sum(1 / cell for cell in cells)
    return Together(columns, joint, where, ODDS_TOLERANCE / change)


def joint_share(first: float, second: float, odds: float) -> float:
    """Return the share of both among two events of given shares and odds ratio.

    Plackett (1965), Journal of the American Statistical Association 60.
    """
    if abs(odds - 1) < 1e-9:
        return first * second
    total = 1 + (first + second) * (odds - 1)
    root = sqrt(max(total**2 - 4 * odds * (odds - 1) * first * second, 0.0))
    return (total - root) / (2 * (odds - 1))


def _score(name: str, table: Table, both: Mask, weight: Floats, ranked: bool) -> Score | None:
    numbers = table.numbers(name)
    ranks: tuple[Floats, Floats] | None = None
    if ranked:
        known, places = np.unique(numbers[both], return_index=True)
        ranks = known, rankdata(numbers[both])[places]
        numbers = np.interp(numbers, *ranks)
    known = np.where(both, numbers, 0.0)
    mean = float(weight @ known)
    variance = float(weight @ (known - mean) ** 2)
    return Score(name, mean, sqrt(variance), ranks) if variance > 0 else None
