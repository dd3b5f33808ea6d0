"""Figures of one block that can't all be true, whatever the rows."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from synllm.diagnostics.diagnostic import report
from synllm.diagnostics.source import Span
from synllm.language.resolve.context import Context
from synllm.spec.statistics import Statistic, StatisticKind


def report_repeated(statistics: list[Statistic], context: Context) -> None:
    """Report a figure that is given twice for the same rows."""
    first: dict[tuple[object, ...], Span] = {}
    for each in statistics:
        key = (each.kind, each.columns, each.at, each.where, each.of_all)
        if key in first:
            context.found.append(
                report(
                    "repeated-statistic",
                    f"the {each.kind} of `{', '.join(each.columns)}` is given twice",
                    each.span,
                    also=[(first[key], "given here first")],
                    fix="keep the one that the table should meet",
                )
            )
        first.setdefault(key, each.span)


def report_sums(statistics: list[Statistic], context: Context) -> None:
    """Report shares of one column that add up to more than 100 %, rounding considered."""
    groups: dict[tuple[object, ...], list[Statistic]] = {}
    for each in statistics:
        if each.kind is StatisticKind.SHARE:
            groups.setdefault((each.columns, each.where, each.of_all), []).append(each)
    for shares in groups.values():
        least = sum(each.value.value - each.value.half_width for each in shares)
        if least > 1:
            total = sum(each.value.value for each in shares)
            context.found.append(
                report(
                    "shares-over-100",
                    f"the shares of `{shares[0].columns[0]}` add up to {float(total * 100):g}%",
                    shares[0].span.join(shares[-1].span),
                    fix="shares of one column add up to at most 100%, within rounding",
                )
            )


def report_quantile_order(statistics: list[Statistic], context: Context) -> None:
    """Report a lower quantile with a higher value."""
    groups: dict[tuple[object, ...], list[tuple[Fraction, Statistic]]] = {}
    for each in statistics:
        at = Fraction(1, 2) if each.kind is StatisticKind.MEDIAN else each.at
        if each.kind in (StatisticKind.QUANTILE, StatisticKind.MEDIAN):
            assert isinstance(at, Fraction)
            groups.setdefault((each.columns, each.where), []).append((at, each))
    for points in groups.values():
        points.sort(key=lambda point: point[0])
        for (low_at, low), (high_at, high) in pairwise(points):
            if low_at < high_at and (
                low.value.value - low.value.half_width > high.value.value + high.value.half_width
            ):
                context.found.append(
                    report(
                        "quantile-order",
                        f"more of `{low.columns[0]}` lies below {high.value.text} than below "
                        f"{low.value.text}, which is impossible",
                        high.span,
                        also=[(low.span, "a lower quantile with a higher value")],
                        fix="check the two figures in their source",
                    )
                )
