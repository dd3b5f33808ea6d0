"""Declared figures measured on rows, and whether they are met: one definition for all commands.

The definitions are those of docs/language.md, “When a figure is met”.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log, sqrt
from typing import assert_never

import numpy as np
from scipy.stats import rankdata

from synllm.columns.table import Floats, Mask, Table
from synllm.spec.statistics import Statistic, StatisticKind

MEAN_TOLERANCE = 0.03
"""In standard deviations."""
SD_TOLERANCE = 0.05
"""As a part of the standard deviation."""
SHARE_TOLERANCE = 0.01
QUANTILE_TOLERANCE = 0.02
"""In the share of values at or below the quantile."""
CORRELATION_TOLERANCE = 0.05
ODDS_TOLERANCE = 0.2
"""In the logarithm of an odds ratio."""

SMALL_GROUP = 200
"""Subgroups with fewer rows are held to SMALL_GROUP_ERRORS standard errors."""
SMALL_GROUP_ERRORS = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """What rows show of a declared figure.

    `delivered` is None where no row bears on it; for a quantile it is the share of values at or
    below the declared one. `distance` is how far it lies from the declared figure and `allowed`
    how far it may, both in the unit of the tolerance. `rows` counts the rows that it is about.
    """

    delivered: float | None
    distance: float
    tolerance: float
    allowed: float
    rows: int

    @property
    def met(self) -> bool:
        """Whether the rows meet the declared figure."""
        return self.distance <= self.allowed + 1e-9


@dataclass(frozen=True, slots=True)
class _Measured:
    """A figure with its standard error, in the unit of its tolerance."""

    delivered: float
    distance: float
    error: float
    rows: int


def measure_figures(statistics: Sequence[Statistic], table: Table) -> list[Figure]:
    """Return what the table's rows show of each declared figure."""
    table.prepare([each.where for each in statistics])
    return [_judge(each, statistics, table) for each in statistics]


def _judge(statistic: Statistic, statistics: Sequence[Statistic], table: Table) -> Figure:
    found = _measure(statistic, table)
    half_width = float(statistic.value.half_width)
    if statistic.kind is StatisticKind.ODDS_RATIO:
        half_width /= max(float(statistic.value.value), half_width)
    if statistic.kind in (StatisticKind.QUANTILE, StatisticKind.MEDIAN):
        half_width = 0.0
    if found is None:
        return Figure(None, float("inf"), 0.0, half_width, 0)
    tolerance = _tolerance(statistic, statistics, table, found)
    return Figure(found.delivered, found.distance, tolerance, half_width + tolerance, found.rows)


def _tolerance(
    statistic: Statistic, statistics: Sequence[Statistic], table: Table, found: _Measured
) -> float:
    if statistic.tolerance is not None:
        return float(statistic.tolerance)
    match statistic.kind:
        case StatisticKind.MEAN:
            default = MEAN_TOLERANCE * _sd_beside(statistic, statistics, table)
        case StatisticKind.SD:
            default = SD_TOLERANCE * float(statistic.value.value)
        case StatisticKind.SHARE | StatisticKind.MISSING | StatisticKind.POINT:
            default = SHARE_TOLERANCE
        case StatisticKind.QUANTILE | StatisticKind.MEDIAN:
            default = QUANTILE_TOLERANCE
        case StatisticKind.PEARSON | StatisticKind.SPEARMAN:
            default = CORRELATION_TOLERANCE
        case StatisticKind.ODDS_RATIO:
            default = ODDS_TOLERANCE
        case StatisticKind.MIN | StatisticKind.MAX:
            return 0.0
        case _:
            assert_never(statistic.kind)
    if statistic.where is not None and found.rows < SMALL_GROUP:
        return max(default, SMALL_GROUP_ERRORS * found.error)
    return default


def _sd_beside(statistic: Statistic, statistics: Sequence[Statistic], table: Table) -> float:
    """Return the declared standard deviation of the same patients, or else the delivered one."""
    for each in statistics:
        if (
            each.kind is StatisticKind.SD
            and each.columns == statistic.columns
            and each.where == statistic.where
        ):
            return float(each.value.value)
    return _sd(_present_numbers(statistic, table))


def _measure(statistic: Statistic, table: Table) -> _Measured | None:
    declared = float(statistic.value.value)
    match statistic.kind:
        case StatisticKind.MEAN | StatisticKind.SD | StatisticKind.MIN | StatisticKind.MAX:
            return _measure_numbers(statistic, declared, _present_numbers(statistic, table))
        case StatisticKind.MEDIAN | StatisticKind.QUANTILE:
            at = statistic.at if isinstance(statistic.at, Fraction) else Fraction(1, 2)
            return _measure_quantile(statistic, float(at), _present_numbers(statistic, table))
        case StatisticKind.SHARE | StatisticKind.POINT | StatisticKind.MISSING:
            return _measure_share(statistic, declared, table)
        case StatisticKind.PEARSON | StatisticKind.SPEARMAN:
            return _measure_correlation(statistic, declared, table)
        case StatisticKind.ODDS_RATIO:
            return _measure_odds(statistic, declared, table)
        case _:
            assert_never(statistic.kind)


def _present_numbers(statistic: Statistic, table: Table) -> Floats:
    numbers = table.numbers(statistic.columns[0])
    return numbers[table.group(statistic.where) & ~np.isnan(numbers)]


def _sd(numbers: Floats) -> float:
    return float(numbers.std(ddof=1)) if numbers.size > 1 else 0.0


def _measure_numbers(statistic: Statistic, declared: float, numbers: Floats) -> _Measured | None:
    if not numbers.size or (statistic.kind is StatisticKind.SD and numbers.size < 2):
        return None
    sd = _sd(numbers)
    error = sd / sqrt(numbers.size)
    match statistic.kind:
        case StatisticKind.MIN:
            found = float(numbers.min())
            return _Measured(found, max(0.0, declared - found), error, numbers.size)
        case StatisticKind.MAX:
            found = float(numbers.max())
            return _Measured(found, max(0.0, found - declared), error, numbers.size)
        case StatisticKind.SD:
            fourth = float(((numbers - numbers.mean()) ** 4).mean())
            kurtosis = fourth / sd**4 if sd > 0 else 1.0
            error = sd * sqrt(max(kurtosis - 1, 0.0) / (4 * numbers.size))
            return _Measured(sd, abs(sd - declared), error, numbers.size)
        case _:
            mean = float(numbers.mean())
            return _Measured(mean, abs(mean - declared), error, numbers.size)


def _measure_quantile(statistic: Statistic, at: float, numbers: Floats) -> _Measured | None:
    if not numbers.size:
        return None
    value, half = float(statistic.value.value), float(statistic.value.half_width)
    below = float((numbers < value - half - 1e-9).mean())
    reached = float((numbers <= value + half + 1e-9).mean())
    # It is the quantile where the share below it is at most `at`, and with it at least `at`.
    distance = max(below - at, at - reached, 0.0)
    error = sqrt(at * (1 - at) / numbers.size)
    return _Measured(float((numbers <= value + 1e-9).mean()), distance, error, numbers.size)


def _measure_share(statistic: Statistic, declared: float, table: Table) -> _Measured | None:
    (name,) = statistic.columns
    rows = table.group(statistic.where)
    if statistic.kind is StatisticKind.MISSING:
        counted = table.missing(name)
    else:
        assert statistic.at is not None
        counted = table.holds(name, statistic.at)
        if not statistic.of_all:
            rows = rows & table.present(name)
    whole = int(np.count_nonzero(rows))
    if whole == 0:
        return None
    share = np.count_nonzero(counted & rows) / whole
    error = sqrt(max(share * (1 - share), declared * (1 - declared)) / whole)
    return _Measured(share, abs(share - declared), error, whole)


def _measure_correlation(statistic: Statistic, declared: float, table: Table) -> _Measured | None:
    left, right, _ = _pair(statistic, table)
    if left.size < 3:
        return None
    if statistic.kind is StatisticKind.SPEARMAN:
        left, right = rankdata(left), rankdata(right)
    spread = float(left.std() * right.std())
    if spread == 0:
        return None
    found = float(((left - left.mean()) * (right - right.mean())).mean()) / spread
    error = (1 - found**2) / sqrt(left.size - 1)
    return _Measured(found, abs(found - declared), error, left.size)


def _measure_odds(statistic: Statistic, declared: float, table: Table) -> _Measured | None:
    left, right, _ = _pair(statistic, table)
    yes_left, yes_right = left > 0, right > 0
    cells = [
        int(np.count_nonzero(both))
        for both in (
            yes_left & yes_right,
            ~yes_left & ~yes_right,
            yes_left & ~yes_right,
            ~yes_left & yes_right,
        )
    ]
    if min(cells) == 0:
        return None
    found = cells[0] * cells[1] / (cells[2] * cells[3])
    distance = abs(log(found) - log(declared)) if declared > 0 else float("inf")
    return _Measured(found, distance, sqrt(sum(1 / each for each in cells)), left.size)


def _pair(statistic: Statistic, table: Table) -> tuple[Floats, Floats, Mask]:
    left, right = (table.numbers(name) for name in statistic.columns)
    rows = table.group(statistic.where) & ~np.isnan(left) & ~np.isnan(right)
    return left[rows], right[rows], rows
