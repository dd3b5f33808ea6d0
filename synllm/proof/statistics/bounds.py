"""Published figures as bounds on averages over rows.

A figure means anything that rounds to it, both ends included: what is shown impossible here is
impossible for every such value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from synllm.proof.statistics.amounts import ONE, Amount, Bound, Ratio
from synllm.spec.expressions import (
    And,
    ColumnValue,
    Condition,
    HasState,
    Interval,
    Is,
    Not,
    Or,
    Within,
)
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.values import MISSING


def bounds_of(statistics: Sequence[Statistic], n: int | None) -> list[Bound]:
    """Return the bounds of one block's figures, measured on `n` records.

    Correlations are left out: they are products of columns, and are checked by themselves. An odds
    ratio says only that all four groups exist. A standard deviation needs its mean.
    """
    bounds: list[Bound] = []
    for number, statistic in enumerate(statistics):
        for amounts in _BOUNDS[statistic.kind](statistic, n):
            bounds.append(Bound(amounts, (number,)))
        if n is not None:
            for group in groups_of(statistic):
                bounds.append(Bound((Amount(-ONE, group), Amount(Fraction(1, n))), (number,)))
        if statistic.kind is StatisticKind.SD:
            mean = _mean_of(statistic, statistics)
            if mean is not None:
                for amounts in _sd(statistic, statistics[mean], n):
                    bounds.append(Bound(amounts, (mean, number)))
    return bounds


def groups_of(statistic: Statistic) -> list[Condition]:
    """Return the groups of rows that must not be empty for the figure to have been measured."""
    match statistic.kind:
        case StatisticKind.ODDS_RATIO:
            left, right = statistic.columns
            return [
                both(statistic.where, _is(left, one), _is(right, other))
                for one in ("yes", "no")
                for other in ("yes", "no")
            ]
        case StatisticKind.PEARSON | StatisticKind.SPEARMAN:
            return [both(statistic.where, *(HasState(name, None) for name in statistic.columns))]
        case _:
            whole = whole_of(statistic)
            return [] if whole is None else [whole]


def ratio_of(statistic: Statistic) -> Ratio | None:
    """Return the share or mean that a figure gives, or None for figures of other kinds."""
    whole = Amount(ONE, whole_of(statistic))
    match statistic.kind:
        case StatisticKind.MEAN:
            return Ratio(Amount(ONE, whole.event, statistic.columns[0]), whole)
        case StatisticKind.SHARE | StatisticKind.POINT | StatisticKind.MISSING:
            return Ratio(Amount(ONE, part_of(statistic)), whole)
        case _:
            return None


def whole_of(statistic: Statistic) -> Condition | None:
    """Return the rows that the figure is about; None where it is about all."""
    of_rows = statistic.of_all or statistic.kind is StatisticKind.MISSING
    if of_rows:
        return statistic.where
    return both(statistic.where, HasState(statistic.columns[0], None))


def part_of(statistic: Statistic) -> Condition:
    """Return the rows that a share counts."""
    return both(statistic.where, _counted(statistic))


def rest_of(statistic: Statistic) -> Condition:
    """Return the rows that a share is about, but does not count."""
    counted = _counted(statistic)
    other: Condition = Not(counted)
    if statistic.of_all:
        other = Or((other, Not(HasState(statistic.columns[0], None))))
    return both(whole_of(statistic), other)


def both(*conditions: Condition | None) -> Condition:
    """Return the conjunction of the conditions there are; at least one must be."""
    there = tuple(each for each in conditions if each is not None)
    return there[0] if len(there) == 1 else And(there)


def within(
    column: str, low: Fraction | None, high: Fraction | None, *, high_open: bool = False
) -> Condition:
    """Return that a column's number lies between the ends, where they are given."""
    return Within(ColumnValue(column), (Interval(low, high, high_open=high_open),))


def _counted(statistic: Statistic) -> Condition:
    column = statistic.columns[0]
    if statistic.kind is StatisticKind.MISSING:
        return HasState(column, MISSING)
    if isinstance(statistic.at, str):
        return _is(column, statistic.at)
    assert statistic.at is not None
    return within(column, statistic.at, statistic.at)


def _is(column: str, label: str) -> Condition:
    return Is(column, frozenset((label,)))


def _ends(statistic: Statistic) -> tuple[Fraction, Fraction]:
    value = statistic.value
    return value.value - value.half_width, value.value + value.half_width


def _share(statistic: Statistic, n: int | None) -> list[tuple[Amount, ...]]:
    low, high = _ends(statistic)
    ratio = ratio_of(statistic)
    assert ratio is not None
    return [
        (ratio.part, ratio.whole.times(-high)),
        (ratio.part.times(-ONE), ratio.whole.times(low)),
    ]


def _mean(statistic: Statistic, n: int | None) -> list[tuple[Amount, ...]]:
    low, high = _ends(statistic)
    column, whole = statistic.columns[0], whole_of(statistic)
    return [
        (Amount(ONE, whole, column, high),),
        (Amount(-ONE, whole, column, low),),
    ]


def _quantile(statistic: Statistic, n: int | None) -> list[tuple[Amount, ...]]:
    """Return that the given part lies at or below the figure, and no more lies below it.

    With n records, room is left for every usual way to place a quantile between two of them: the
    nine of Hyndman and Fan, 1996, "Sample quantiles in statistical packages", take the order
    statistics next to a rank between n·p − 1/2 and n·p + 1.
    """
    low, high = _ends(statistic)
    at = Fraction(1, 2) if statistic.kind is StatisticKind.MEDIAN else statistic.at
    assert isinstance(at, Fraction)
    column, whole = statistic.columns[0], whole_of(statistic)
    slack = Fraction(0) if n is None else Fraction(1, n)
    below = both(whole, within(column, None, low, high_open=True))
    up_to = both(whole, within(column, None, high))
    return [
        (Amount(ONE, below), Amount(-at, whole), Amount(-slack)),
        (Amount(-ONE, up_to), Amount(at, whole), Amount(slack * Fraction(-3, 2))),
    ]


def _least(statistic: Statistic, n: int | None) -> list[tuple[Amount, ...]]:
    low, _ = _ends(statistic)
    column = statistic.columns[0]
    return [(Amount(ONE, both(statistic.where, within(column, None, low, high_open=True))),)]


def _greatest(statistic: Statistic, n: int | None) -> list[tuple[Amount, ...]]:
    _, high = _ends(statistic)
    column = statistic.columns[0]
    above = Within(ColumnValue(column), (Interval(high, None, low_open=True),))
    return [(Amount(ONE, both(statistic.where, above)),)]


def _sd(sd: Statistic, mean: Statistic, n: int | None) -> list[tuple[Amount, ...]]:
    """Return bounds on the mean squared distance from the declared mean.

    That is the variance plus the square of what rounding took from the mean. Whether a variance
    was divided by n or n − 1 is not known: the least is that of n − 1, for a pair of records
    where n isn't given.
    """
    low, high = _ends(sd)
    low = max(low, Fraction(0))
    whole = whole_of(sd)
    centre, half = mean.value.value, mean.value.half_width
    spread = Amount(ONE, whole, sd.columns[0], centre, 2)
    least = low**2 if n is not None else low**2 / 2
    lost = Amount(-(low**2) / n) if n is not None else Amount(Fraction(0))
    return [
        (spread, Amount(-(high**2) - half**2, whole)),
        (spread.times(-ONE), Amount(least, whole), lost),
    ]


def _mean_of(sd: Statistic, statistics: Sequence[Statistic]) -> int | None:
    return next(
        (
            number
            for number, each in enumerate(statistics)
            if each.kind is StatisticKind.MEAN
            and each.columns == sd.columns
            and each.where == sd.where
        ),
        None,
    )


def _nothing(statistic: Statistic, n: int | None) -> list[tuple[Amount, ...]]:
    return []


_BOUNDS: dict[StatisticKind, Callable[[Statistic, int | None], list[tuple[Amount, ...]]]] = {
    StatisticKind.MEAN: _mean,
    StatisticKind.SD: _nothing,
    StatisticKind.MEDIAN: _quantile,
    StatisticKind.MIN: _least,
    StatisticKind.MAX: _greatest,
    StatisticKind.QUANTILE: _quantile,
    StatisticKind.SHARE: _share,
    StatisticKind.MISSING: _share,
    StatisticKind.POINT: _share,
    StatisticKind.PEARSON: _nothing,
    StatisticKind.SPEARMAN: _nothing,
    StatisticKind.ODDS_RATIO: _nothing,
}
