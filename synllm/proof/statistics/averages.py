"""Can a mean, a median or a share come from that many records at all?"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import write_number
from synllm.proof.statistics.counts import Count, Counts
from synllm.proof.statistics.wording import describe
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import NumberType

_SHARES = (StatisticKind.SHARE, StatisticKind.POINT, StatisticKind.MISSING)


def prove_averages(spec: Spec, statistics: Sequence[Statistic], n: int | None) -> list[Diagnostic]:
    """Return a finding for each figure that no number of its records can give.

    A mean is impossible exactly when, for every number of records that the block allows, no whole
    number of recording steps divided by it rounds to the mean; likewise a share and whole records
    (the GRIM test: Brown and Heathers, 2017, "The GRIM test"). A median lies on a recording step or
    halfway between two, on a step where the number of records is odd.
    """
    counts = None if n is None else Counts(spec, statistics, n)
    findings: list[Diagnostic] = []
    for each in statistics:
        count = None if counts is None else counts.of(each)
        if each.kind in _SHARES and count is not None:
            findings += _share(each, count)
        elif each.kind is StatisticKind.MEAN and count is not None:
            findings += _mean(each, spec, count)
        elif each.kind is StatisticKind.MEDIAN:
            findings += _median(each, spec, count)
    return findings


def can_be_average(low: Fraction, high: Fraction, step: Fraction, count: Count) -> bool:
    """Return whether some number of records has a sum of steps whose average is in low..high."""
    if count.high < 1:
        return True
    wide = ceil(step / (high - low)) if high > low else None
    if wide is not None and wide <= count.high:
        return True
    return any(
        ceil(low * records / step) <= floor(high * records / step)
        for records in range(max(1, count.low), count.high + 1)
    )


def _share(statistic: Statistic, count: Count) -> list[Diagnostic]:
    low, high = _ends(statistic)
    if can_be_average(low, high, Fraction(1), count):
        return []
    exact = statistic.value.value * count.high
    return [
        report(
            "impossible-share",
            f"{describe(statistic)}, and that is no whole number of {_records(count)}",
            statistic.span,
            f"{floor(exact)} of {count.high} is {_percent(floor(exact), count.high)}, "
            f"{floor(exact) + 1} is {_percent(floor(exact) + 1, count.high)}",
            fix="check the share, and the number of records `n` of its source",
        )
    ]


def _mean(statistic: Statistic, spec: Spec, count: Count) -> list[Diagnostic]:
    low, high = _ends(statistic)
    step = _step(statistic, spec)
    if can_be_average(low, high, step, count):
        return []
    steps = floor(statistic.value.value * count.high / step)
    below, above = (Fraction(each) * step / count.high for each in (steps, steps + 1))
    return [
        report(
            "impossible-average",
            f"{describe(statistic)}, which is no mean of {_recorded(step)} in {_records(count)}",
            statistic.span,
            f"the nearest means of {count.high} are {_decimal(below)} and {_decimal(above)}",
            fix="check the mean, and the number of records `n` of its source",
        )
    ]


def _median(statistic: Statistic, spec: Spec, count: Count | None) -> list[Diagnostic]:
    low, high = _ends(statistic)
    step = _step(statistic, spec)
    odd = count is not None and count.low == count.high and count.low % 2 == 1
    unit = step if odd else step / 2
    if ceil(low / unit) <= floor(high / unit):
        return []
    where = "a recorded value" if odd else "a recorded value or halfway between two"
    return [
        report(
            "impossible-average",
            f"{describe(statistic)}, and a median of {_recorded(step)} is {where}",
            statistic.span,
            fix="check the median in its source, or the decimals of the column",
        )
    ]


def _ends(statistic: Statistic) -> tuple[Fraction, Fraction]:
    value = statistic.value
    return value.value - value.half_width, value.value + value.half_width


def _step(statistic: Statistic, spec: Spec) -> Fraction:
    kind = spec.by_name[statistic.columns[0]].type
    assert isinstance(kind, NumberType)
    return Fraction(1, 10**kind.decimals)


def _records(count: Count) -> str:
    if count.low == count.high:
        return f"{count.high} record{'s' if count.high != 1 else ''}"
    return f"{max(1, count.low)} to {count.high} records"


def _recorded(step: Fraction) -> str:
    return "whole numbers" if step == 1 else f"values recorded to {write_number(step)}"


def _percent(part: int, whole: int) -> str:
    return f"{_decimal(Fraction(100 * part, whole))}%"


def _decimal(value: Fraction) -> str:
    return write_number(Fraction(round(value * 10_000), 10_000))
