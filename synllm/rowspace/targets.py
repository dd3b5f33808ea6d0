"""Declared figures as moments: functions of a row whose mean is zero where the figure is met.

A mean m of a group is met where (x - m), counted in the group only, averages zero over all rows;
a share s where (is the value) - s does. So no group's size needs to be known. A quantile makes two
bounds: the share below it is at most so much, with it at least.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synllm.columns.figures import (
    MEAN_TOLERANCE,
    QUANTILE_TOLERANCE,
    SD_TOLERANCE,
    SHARE_TOLERANCE,
)
from synllm.columns.table import Floats, Mask, Table
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import CategoryType

Of: TypeAlias = Callable[[Floats, Mask], NDArray[Any]]
"""A moment of a column: from its numbers, NaN where absent, and where it is missing."""

AT_MOST, EXACTLY, AT_LEAST = -1, 0, 1
"""Whether a moment's mean must be at most zero, zero or at least zero."""


class RowMoment(Protocol):
    """What a fit asks of rows: the mean of `on`, counted in a group, is zero or on one side."""

    @property
    def where(self) -> Condition | None:
        """The group that the figure is about; the moment is zero outside."""

    @property
    def side(self) -> int:
        """AT_MOST, EXACTLY or AT_LEAST."""

    @property
    def tolerance(self) -> float:
        """How far off the mean within the group may be."""

    def on(self, table: Table) -> Floats:
        """Return the moment of each row."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A moment of one column within a group; `tolerance` is how far off its mean may be there.

    `cuts` are numbers at which it jumps.
    """

    column: str
    where: Condition | None
    side: int
    of: Of
    tolerance: float
    cuts: tuple[float, ...] = ()

    def on(self, table: Table) -> Floats:
        """Return the moment of each row."""
        found: Floats = self.of(table.numbers(self.column), table.missing(self.column))
        return found if self.where is None else np.where(table.group(self.where), found, 0.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """A column's mean and standard deviation in a group, as far as they are known beforehand."""

    mean: float
    sd: float


def moments_of(
    statistic: Statistic, statistics: Sequence[Statistic], spec: Spec, beside: Scale
) -> list[Moment]:
    """Return the moments of a figure about one column; none for figures about two.

    `beside` stands in where the mean or standard deviation of the same group is not declared.
    """
    where = statistic.where
    declared = float(statistic.value.value)
    column = statistic.columns[0]
    mean = _declared(StatisticKind.MEAN, statistic, statistics, beside.mean)
    sd = max(_declared(StatisticKind.SD, statistic, statistics, beside.sd), 1e-9)

    def moment(of: Of, tolerance: float, side: int = EXACTLY, *cuts: float) -> Moment:
        return Moment(column, where, side, of, tolerance, cuts)

    match statistic.kind:
        case StatisticKind.MEAN:
            return [moment(lambda x, _: _or_zero((x - declared) / sd), MEAN_TOLERANCE)]
        case StatisticKind.SD:
            square = max(declared, 1e-9) ** 2
            # A standard deviation off by 5 % is a variance off by 10 %.
            return [moment(lambda x, _: _or_zero((x - mean) ** 2 / square - 1), 2 * SD_TOLERANCE)]
        case StatisticKind.QUANTILE | StatisticKind.MEDIAN:
            at = float(statistic.at) if isinstance(statistic.at, Fraction) else 0.5
            low, high = declared - 1e-9, declared + 1e-9
            return [
                moment(
                    lambda x, _: _or_zero((x < low) - at, x), QUANTILE_TOLERANCE, AT_MOST, declared
                ),
                moment(
                    lambda x, _: _or_zero((x <= high) - at, x),
                    QUANTILE_TOLERANCE,
                    AT_LEAST,
                    declared,
                ),
            ]
        case StatisticKind.SHARE | StatisticKind.POINT:
            number = _number_of(statistic, spec)
            if statistic.of_all:
                share: Of = lambda x, _: _is(x, number) - declared  # noqa: E731
            else:
                share = lambda x, _: _or_zero(_is(x, number) - declared, x)  # noqa: E731
            return [moment(share, SHARE_TOLERANCE, EXACTLY, number)]
        case StatisticKind.MISSING:
            return [moment(lambda _, missing: missing - declared, SHARE_TOLERANCE)]
        case StatisticKind.MIN:
            below = declared - 1e-9
            return [moment(lambda x, _: _or_zero(x < below, x), 1e-3, AT_MOST, declared)]
        case StatisticKind.MAX:
            above = declared + 1e-9
            return [moment(lambda x, _: _or_zero(x > above, x), 1e-3, AT_MOST, declared)]
        case _:
            return []


def _declared(
    kind: StatisticKind, statistic: Statistic, statistics: Sequence[Statistic], otherwise: float
) -> float:
    """Return the figure of a kind that is declared about the same patients and column."""
    for each in statistics:
        if (
            each.kind is kind
            and each.columns == statistic.columns
            and each.where == statistic.where
        ):
            return float(each.value.value)
    return otherwise


def _number_of(statistic: Statistic, spec: Spec) -> float:
    """Return how a table counts a share's label, or a point's number."""
    kind = spec.by_name[statistic.columns[0]].type
    if not isinstance(kind, CategoryType):
        assert isinstance(statistic.at, Fraction)
        return float(statistic.at)
    if kind.yes_no:
        return 1.0 if statistic.at == "yes" else 0.0
    return float(kind.labels.index(str(statistic.at)))


def _is(numbers: Floats, number: float) -> Mask:
    return np.abs(numbers - number) < 1e-9


def _or_zero(found: NDArray[Any], numbers: Floats | None = None) -> Floats:
    """Return the numbers, 0 where they or the ones given are absent."""
    absent = np.isnan(found) if numbers is None else np.isnan(numbers)
    return np.where(absent, 0.0, found)
