"""Can values in the column's range have this standard deviation around this mean?"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import write_number
from synllm.proof.statistics.counts import Count, Counts
from synllm.proof.statistics.refuted import Refuted
from synllm.proof.statistics.wording import describe, name_figure
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic, StatisticKind


def prove_spread(
    spec: Spec, core: CoreSpec, statistics: Sequence[Statistic], n: int | None
) -> list[Refuted]:
    """Return a finding for each standard deviation that the range of its column rules out.

    With mean m, values between a and b have a variance of at most (b − m)(m − a) (Bhatia and
    Davis, 2000, "A better bound on the variance"), and of at least the same product for the two
    recordable values next to m. Dividing by n − 1 instead of n is allowed for.
    """
    counts = None if n is None else Counts(spec, statistics, n)
    findings: list[Refuted] = []
    for place, each in enumerate(statistics):
        column = core.by_name.get(each.columns[0])
        if each.kind is not StatisticKind.SD or column is None:
            continue
        ends = column.values.intervals
        if not ends or ends[0][0] is None or ends[-1][1] is None:
            continue
        scale = 10**column.decimals
        low, high = Fraction(ends[0][0], scale), Fraction(ends[-1][1], scale)
        mean = _mean_of(each, statistics)
        means = (low, high) if mean is None else _ends(mean)
        sd_low, sd_high = (max(Fraction(0), end) for end in _ends(each))
        count = None if counts is None else counts.of(each)
        most = _greatest(low, high, *means) * _correction(count)
        pieces = [(Fraction(a or 0, scale), Fraction(b or 0, scale)) for a, b in ends]
        least = _least(pieces, Fraction(1, scale), *means)
        if sd_low**2 > most:
            why = f"between {write_number(low)} and {write_number(high)}"
            finding = _report(each, mean, "at most", most, why)
        elif mean is not None and sd_high**2 < least:
            why = f"recorded to {write_number(Fraction(1, scale))}"
            finding = _report(each, mean, "at least", least, why)
        else:
            continue
        findings.append(Refuted(finding, frozenset((place,))))
    return findings


def _greatest(low: Fraction, high: Fraction, mean_low: Fraction, mean_high: Fraction) -> Fraction:
    """Return the greatest (high − m)(m − low) of a mean in the given range."""
    mean = min(max((low + high) / 2, mean_low), mean_high)
    return max(Fraction(0), (high - mean) * (mean - low))


def _least(
    pieces: Sequence[tuple[Fraction, Fraction]],
    step: Fraction,
    mean_low: Fraction,
    mean_high: Fraction,
) -> Fraction:
    """Return the least variance around a mean in the given range, all values being recordable."""
    around = [_neighbours(pieces, step, mean) for mean in (mean_low, mean_high)]
    if None in around or around[0] != around[1]:
        # A recordable value lies in between, and all values could be this one.
        return Fraction(0)
    assert around[0] is not None
    below, above = around[0]
    return min((above - mean) * (mean - below) for mean in (mean_low, mean_high))


def _neighbours(
    pieces: Sequence[tuple[Fraction, Fraction]], step: Fraction, mean: Fraction
) -> tuple[Fraction, Fraction] | None:
    """Return the recordable values next to a number, or None where it is one or lies outside."""
    place = bisect_right([low for low, _ in pieces], mean) - 1
    if place < 0:
        return None
    high = pieces[place][1]
    if mean > high:
        return (high, pieces[place + 1][0]) if place + 1 < len(pieces) else None
    below = mean // step * step
    return None if below == mean else (below, min(below + step, high))


def _correction(count: Count | None) -> Fraction:
    """Return the most by which dividing by n − 1 can exceed dividing by n: twice for a pair."""
    if count is None or count.low < 2:
        return Fraction(2)
    return Fraction(count.low, count.low - 1)


def _report(
    sd: Statistic, mean: Statistic | None, side: str, variance: Fraction, why: str
) -> Diagnostic:
    around = "" if mean is None else f" with a mean of {mean.value.text}"
    limit = Fraction(isqrt(int(variance * 10_000)) + (side == "at most"), 100)
    return report(
        "sd-out-of-reach",
        f"{describe(sd)}, but values {why}{around} have one of {side} {write_number(limit)}",
        sd.span,
        name_figure(sd),
        also=[] if mean is None else [(mean.span, describe(mean))],
        fix="check both figures in their source: a standard error may stand for the deviation"
        if side == "at least"
        else "check both figures in their source, or widen the range of the column",
    )


def _mean_of(sd: Statistic, statistics: Sequence[Statistic]) -> Statistic | None:
    return next(
        (
            each
            for each in statistics
            if each.kind is StatisticKind.MEAN
            and each.columns == sd.columns
            and each.where == sd.where
        ),
        None,
    )


def _ends(statistic: Statistic) -> tuple[Fraction, Fraction]:
    value = statistic.value
    return value.value - value.half_width, value.value + value.half_width
