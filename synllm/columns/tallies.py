"""What a declared figure needs to know of rows, gathered table by table."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import log, sqrt
from typing import Protocol, assert_never

import numpy as np

from synllm.columns.moments import Moments, PairMoments, Ranking
from synllm.columns.table import Floats, Table
from synllm.spec.statistics import Statistic, StatisticKind


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure with its standard error, in the unit of its tolerance.

    `sd` is the standard deviation of the numbers that it is about, where it is about numbers.
    """

    delivered: float
    distance: float
    error: float
    rows: int
    sd: float = 0.0


class Tally(Protocol):
    """Gathers what one figure needs, in memory that the number of rows doesn't decide."""

    def rank(self, table: Table) -> None:
        """Take the next rows a first time, to rank them; for figures that need ranks."""

    def add(self, table: Table) -> None:
        """Take the next rows."""

    def measure(self) -> Measured | None:
        """Return what the rows so far show, or None where none bears on the figure."""


def begin_tally(statistic: Statistic) -> Tally:
    """Return what gathers what a figure needs."""
    match statistic.kind:
        case StatisticKind.MEAN | StatisticKind.SD | StatisticKind.MIN | StatisticKind.MAX:
            return _Numbers(statistic)
        case StatisticKind.MEDIAN | StatisticKind.QUANTILE:
            return _Quantile(statistic)
        case StatisticKind.SHARE | StatisticKind.POINT | StatisticKind.MISSING:
            return _Share(statistic)
        case StatisticKind.PEARSON:
            return _Correlation(statistic)
        case StatisticKind.SPEARMAN:
            return _RankCorrelation(statistic)
        case StatisticKind.ODDS_RATIO:
            return _Odds(statistic)
        case _:
            assert_never(statistic.kind)


class _Tally:
    def __init__(self, statistic: Statistic) -> None:
        self._statistic = statistic
        self._declared = float(statistic.value.value)

    def rank(self, table: Table) -> None:
        """Take nothing: only one figure needs ranks."""

    def _numbers(self, table: Table) -> Floats:
        numbers = table.numbers(self._statistic.columns[0])
        return numbers[table.group(self._statistic.where) & ~np.isnan(numbers)]

    def _pair(self, table: Table) -> tuple[Floats, Floats]:
        left, right = (table.numbers(name) for name in self._statistic.columns)
        rows = table.group(self._statistic.where) & ~np.isnan(left) & ~np.isnan(right)
        return left[rows], right[rows]


class _Numbers(_Tally):
    _moments = Moments()

    def add(self, table: Table) -> None:
        self._moments = self._moments.add(self._numbers(table))

    def measure(self) -> Measured | None:
        found, kind, declared = self._moments, self._statistic.kind, self._declared
        if not found.count or (kind is StatisticKind.SD and found.count < 2):
            return None
        error = found.sd / sqrt(found.count)
        match kind:
            case StatisticKind.MIN:
                delivered, distance = found.low, max(0.0, declared - found.low)
            case StatisticKind.MAX:
                delivered, distance = found.high, max(0.0, found.high - declared)
            case StatisticKind.SD:
                delivered, distance = found.sd, abs(found.sd - declared)
                error = found.sd * sqrt(max(found.kurtosis - 1, 0.0) / (4 * found.count))
            case _:
                delivered, distance = found.mean, abs(found.mean - declared)
        return Measured(delivered, distance, error, found.count, found.sd)


class _Quantile(_Tally):
    _below = _at = _reached = _rows = 0

    def add(self, table: Table) -> None:
        numbers = self._numbers(table)
        half = float(self._statistic.value.half_width)
        self._rows += numbers.size
        self._below += int(np.count_nonzero(numbers < self._declared - half - 1e-9))
        self._at += int(np.count_nonzero(numbers <= self._declared + 1e-9))
        self._reached += int(np.count_nonzero(numbers <= self._declared + half + 1e-9))

    def measure(self) -> Measured | None:
        if not self._rows:
            return None
        where = self._statistic.at
        at = float(where if isinstance(where, Fraction) else Fraction(1, 2))
        # It is the quantile where the share below it is at most `at`, and with it at least `at`.
        distance = max(self._below / self._rows - at, at - self._reached / self._rows, 0.0)
        return Measured(
            self._at / self._rows, distance, sqrt(at * (1 - at) / self._rows), self._rows
        )


class _Share(_Tally):
    _counted = _rows = 0

    def add(self, table: Table) -> None:
        statistic = self._statistic
        (name,) = statistic.columns
        rows = table.group(statistic.where)
        if statistic.kind is StatisticKind.MISSING:
            counted = table.missing(name)
        else:
            assert statistic.at is not None
            counted = table.holds(name, statistic.at)
            if not statistic.of_all:
                rows = rows & table.present(name)
        self._rows += int(np.count_nonzero(rows))
        self._counted += int(np.count_nonzero(counted & rows))

    def measure(self) -> Measured | None:
        if not self._rows:
            return None
        share, declared = self._counted / self._rows, self._declared
        error = sqrt(max(share * (1 - share), declared * (1 - declared)) / self._rows)
        return Measured(share, abs(share - declared), error, self._rows)


class _Correlation(_Tally):
    _moments = PairMoments()

    def add(self, table: Table) -> None:
        self._moments = self._moments.add(*self._pair(table))

    def measure(self) -> Measured | None:
        found, rows = self._moments.correlation, self._moments.left.count
        if found is None:
            return None
        return Measured(found, abs(found - self._declared), (1 - found**2) / sqrt(rows - 1), rows)


class _RankCorrelation(_Correlation):
    def __init__(self, statistic: Statistic) -> None:
        super().__init__(statistic)
        self._left = self._right = Ranking(np.empty(0), np.empty(0))

    def rank(self, table: Table) -> None:
        """Count the values of the pairs."""
        left, right = self._pair(table)
        self._left, self._right = self._left.add(left), self._right.add(right)

    def add(self, table: Table) -> None:
        left, right = self._pair(table)
        self._moments = self._moments.add(self._left.ranks(left), self._right.ranks(right))


class _Odds(_Tally):
    def __init__(self, statistic: Statistic) -> None:
        super().__init__(statistic)
        self._cells = np.zeros(4, dtype=np.int64)

    def add(self, table: Table) -> None:
        left, right = (each > 0 for each in self._pair(table))
        self._cells += np.bincount(2 * left + right, minlength=4)

    def measure(self) -> Measured | None:
        neither, only_right, only_left, both = self._cells.tolist()
        if not min(neither, only_right, only_left, both):
            return None
        found = both * neither / (only_left * only_right)
        declared = self._declared
        distance = abs(log(found) - log(declared)) if declared > 0 else float("inf")
        error = sqrt(sum(1 / each for each in self._cells.tolist()))
        return Measured(found, distance, error, int(self._cells.sum()))
