"""Figures in the reader's words."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Literal

from synllm.proof.claims import write_number
from synllm.spec.statistics import Statistic, StatisticKind

_IN_PERCENT = (StatisticKind.SHARE, StatisticKind.POINT, StatisticKind.MISSING)
_AVERAGE = {
    StatisticKind.MEAN: "mean",
    StatisticKind.SD: "standard deviation",
    StatisticKind.MEDIAN: "median",
    StatisticKind.MIN: "least value",
    StatisticKind.MAX: "greatest value",
    StatisticKind.PEARSON: "correlation",
    StatisticKind.SPEARMAN: "rank correlation",
    StatisticKind.ODDS_RATIO: "odds ratio",
}


def describe(statistic: Statistic) -> str:
    """Return a figure as a clause: the mean of `age` is 43.2."""
    if statistic.kind in _IN_PERCENT:
        return f"{name_event(statistic)} in {statistic.value.text}{_of(statistic)}"
    return f"{name_figure(statistic)} is {statistic.value.text}"


def name_figure(statistic: Statistic) -> str:
    """Return what a figure measures: the mean of `age` where stroke is yes."""
    columns = " and ".join(f"`{name}`" for name in statistic.columns)
    if statistic.kind in _IN_PERCENT:
        return f"the share in which {name_event(statistic)}{name_group(statistic)}"
    if statistic.kind is StatisticKind.QUANTILE:
        assert isinstance(statistic.at, Fraction)
        return (
            f"the {write_number(statistic.at * 100)}% quantile of {columns}{name_group(statistic)}"
        )
    return f"the {_AVERAGE[statistic.kind]} of {columns}{name_group(statistic)}"


def name_event(statistic: Statistic) -> str:
    """Return what a share counts: `smoking` is never."""
    (column,) = statistic.columns
    if statistic.kind is StatisticKind.MISSING:
        return f"`{column}` is missing"
    at = statistic.at
    return f"`{column}` is {at if isinstance(at, str) else write_number(at or Fraction(0))}"


def name_group(statistic: Statistic) -> str:
    """Return the group that a figure speaks of, to go after it; nothing for all patients."""
    return f" where {statistic.where_text}" if statistic.where is not None else ""


def name_subject(statistic: Statistic) -> str:
    """Return how a sentence about the figure starts, before its number."""
    if statistic.kind in _IN_PERCENT:
        return f"{name_event(statistic)}{name_group(statistic)} in"
    return f"{name_figure(statistic)} is"


def name_value(statistic: Statistic) -> str:
    """Return the number of the figure as a sentence ends with it."""
    return f"in {statistic.value.text}" if statistic.kind in _IN_PERCENT else statistic.value.text


def write_bound(value: Fraction, statistic: Statistic, side: Literal["at most", "at least"]) -> str:
    """Return a number beside a figure, rounded away from the possible, with its percent sign."""
    digits = digits_of(statistic)
    scale = Fraction(10**digits)
    rounded = Fraction(ceil(value * scale) if side == "at most" else floor(value * scale)) / scale
    if statistic.kind in _IN_PERCENT:
        return f"{side} {write_number(rounded * 100)}%"
    return f"{side} {write_number(rounded)}"


def digits_of(statistic: Statistic) -> int:
    """Return the decimals to show beside a figure: one more than it was written with."""
    written = len(statistic.value.text.rstrip("%").partition(".")[2])
    return written + 3 if statistic.kind in _IN_PERCENT else written + 1


def _of(statistic: Statistic) -> str:
    """Return what a share is a share of."""
    group = name_group(statistic)
    if statistic.kind is StatisticKind.MISSING or statistic.of_all:
        return f" of all rows{group}"
    return f" of the known values{group}" if not group else f" of those{group}"
