"""Declared figures measured on rows, and whether they are met: one definition for all commands.

The definitions are those of docs/language.md, “When a figure is met”.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from synllm.columns.table import Table
from synllm.columns.tallies import Measured, begin_tally
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


def measure_figures(statistics: Sequence[Statistic], table: Table) -> list[Figure]:
    """Return what the table's rows show of each declared figure."""
    return measure_figures_in(statistics, lambda: [table])


def measure_figures_in(
    statistics: Sequence[Statistic], tables: Callable[[], Iterable[Table]]
) -> list[Figure]:
    """Return what the rows of several tables together show of each declared figure.

    `tables` gives them anew each time, for ranks take a second look at them; no more than one of
    them needs to be in memory.
    """
    tallies = [begin_tally(each) for each in statistics]
    ranked = [
        (each, tally)
        for each, tally in zip(statistics, tallies, strict=True)
        if each.kind is StatisticKind.SPEARMAN
    ]
    if ranked:
        for table in tables():
            table.prepare([each.where for each, _ in ranked])
            for _, tally in ranked:
                tally.rank(table)
    for table in tables():
        table.prepare([each.where for each in statistics])
        for tally in tallies:
            tally.add(table)
    return [
        _judge(each, statistics, tally.measure())
        for each, tally in zip(statistics, tallies, strict=True)
    ]


def _judge(statistic: Statistic, statistics: Sequence[Statistic], found: Measured | None) -> Figure:
    half_width = float(statistic.value.half_width)
    if statistic.kind is StatisticKind.ODDS_RATIO:
        half_width /= max(float(statistic.value.value), half_width)
    if statistic.kind in (StatisticKind.QUANTILE, StatisticKind.MEDIAN):
        half_width = 0.0
    if found is None:
        return Figure(None, float("inf"), 0.0, half_width, 0)
    tolerance = _tolerance(statistic, statistics, found)
    return Figure(found.delivered, found.distance, tolerance, half_width + tolerance, found.rows)


def _tolerance(statistic: Statistic, statistics: Sequence[Statistic], found: Measured) -> float:
    if statistic.tolerance is not None:
        return float(statistic.tolerance)
    match statistic.kind:
        case StatisticKind.MEAN:
            default = MEAN_TOLERANCE * _sd_beside(statistic, statistics, found)
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


def _sd_beside(statistic: Statistic, statistics: Sequence[Statistic], found: Measured) -> float:
    """Return the declared standard deviation of the same patients, or else the delivered one."""
    for each in statistics:
        if (
            each.kind is StatisticKind.SD
            and each.columns == statistic.columns
            and each.where == statistic.where
        ):
            return float(each.value.value)
    return found.sd
