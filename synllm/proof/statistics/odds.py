"""Does an odds ratio agree with the shares of its two groups?"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import write_number
from synllm.proof.statistics.wording import describe
from synllm.spec.expressions import Is
from synllm.spec.statistics import Statistic, StatisticKind


def prove_odds_ratios(statistics: Sequence[Statistic]) -> list[Diagnostic]:
    """Return a finding for each odds ratio that the shares of one column by the other rule out.

    With shares p and q of `yes` in the two groups, the ratio is p(1 − q) / (q(1 − p)). It is
    impossible exactly when no p, q and ratio within the rounding of the three figures agree.
    """
    findings: list[Diagnostic] = []
    for ratio in statistics:
        if ratio.kind is not StatisticKind.ODDS_RATIO or ratio.where is not None:
            continue
        for column, by in (ratio.columns, ratio.columns[::-1]):
            first = _share_of_yes(statistics, column, by, "yes")
            second = _share_of_yes(statistics, column, by, "no")
            if first is None or second is None:
                continue
            low = _divide(_odds(first)[0], _odds(second)[1])
            high = _divide(_odds(first)[1], _odds(second)[0])
            least = ratio.value.value - ratio.value.half_width
            most = ratio.value.value + ratio.value.half_width
            if (low is not None and most < low) or (high is not None and least > high):
                findings.append(_report(ratio, (first, second), low, high))
                break
    return findings


def _share_of_yes(
    statistics: Sequence[Statistic], column: str, by: str, label: str
) -> Statistic | None:
    return next(
        (
            each
            for each in statistics
            if each.kind is StatisticKind.SHARE
            and each.columns == (column,)
            and each.at == "yes"
            and each.where == Is(by, frozenset((label,)))
            and not each.of_all
        ),
        None,
    )


def _odds(share: Statistic) -> tuple[Fraction | None, Fraction | None]:
    """Return the ends of the odds of a share; None is without end."""
    low = max(Fraction(0), share.value.value - share.value.half_width)
    high = min(Fraction(1), share.value.value + share.value.half_width)
    return _divide(low, 1 - low), _divide(high, 1 - high)


def _divide(over: Fraction | None, under: Fraction | None) -> Fraction | None:
    """Return a quotient of odds: 0 by something without end, None (without end) by 0."""
    if under is None:
        return Fraction(0)
    return None if over is None or under == 0 else over / under


def _report(
    ratio: Statistic,
    shares: tuple[Statistic, Statistic],
    low: Fraction | None,
    high: Fraction | None,
) -> Diagnostic:
    most = "above" if high is None else f"to {_outwards(high, up=True)}"
    between = f"{_outwards(low or Fraction(0), up=False)} {most}"
    return report(
        "statistics-contradict",
        f"these 3 figures can't be true together: with the others, the odds ratio of "
        f"`{ratio.columns[0]}` and `{ratio.columns[1]}` is {between}, not {ratio.value.text}",
        ratio.span,
        describe(ratio),
        also=[(each.span, describe(each)) for each in shares],
        fix="check the figures in their source; is it the ratio of the same two groups?",
    )


def _outwards(value: Fraction, *, up: bool) -> str:
    hundredths = value * 100
    return write_number(Fraction(-(-hundredths // 1) if up else hundredths // 1, 100))
