"""The marginal statistics of a column, as the figures of a statistics line."""

from __future__ import annotations

from bisect import bisect_left
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from itertools import accumulate

from synllm.draft.profile import (
    CategoryGuess,
    ColumnProfile,
    NumberGuess,
    YesNoGuess,
    percent,
    round_half_up,
    shortest,
    written,
)
from synllm.language.words import name_word

SIGNIFICANT_DIGITS = 4
_PROBABILITIES = tuple(Fraction(p, 100) for p in (5, 25, 50, 75, 95))
_POINT_ONE_IN = 10
_CONTINUOUS = 20


def write_figures(profile: ColumnProfile) -> str:
    """Return a column's figures as written after its name, or the empty text where it has none."""
    figures: list[str] = []
    match profile.guess:
        case NumberGuess() as guess:
            figures = _number_figures(guess)
        case CategoryGuess(labels=labels) if len(labels) > 1:
            shares = ", ".join(
                f"{name_word(label)}: {percent(rows, profile.present_rows)}"
                for label, rows in labels
            )
            figures = [f"shares {{{shares}}}"]
        case YesNoGuess(yes=(_, rows)):
            figures = [f"shares {{yes: {percent(rows, profile.present_rows)}}}"]
        case CategoryGuess():
            pass
        case _:
            return ""
    if profile.missing_rows:
        figures.append(f"missing {percent(profile.missing_rows, profile.rows)}")
    return ", ".join(figures)


def _number_figures(guess: NumberGuess) -> list[str]:
    rows = sum(count for _, count in guess.values)
    if rows < 2 or len(guess.values) < 2:
        return []
    unit: int = 10**guess.decimals
    mean = Fraction(sum(value * count for value, count in guess.values), rows * unit)
    squares = Fraction(sum(value * value * count for value, count in guess.values), unit * unit)
    variance = (squares - rows * mean * mean) / (rows - 1)
    with localcontext() as context:
        context.prec = 50
        deviation = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
        places = max(0, SIGNIFICANT_DIGITS - 1 - deviation.adjusted())
        sd = deviation.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    figures = [f"mean {written(round_half_up(mean * 10**places), places)}", f"sd {sd:f}"]
    quantiles = _quantiles(guess, rows)
    if quantiles:
        figures.append(f"quantiles {{{', '.join(quantiles)}}}")
    if len(guess.values) > _CONTINUOUS:
        figures.extend(
            f"point {shortest(value, guess.decimals)} at {percent(count, rows)}"
            for value, count in guess.values
            if count * _POINT_ONE_IN > rows
        )
    return figures


def _quantiles(guess: NumberGuess, rows: int) -> list[str]:
    """Return quantiles as `5%: 5`, each with the share of values really at or below it.

    Where values come in big steps, the share stands instead of the round probability asked for.
    """
    at_or_below = list(accumulate(count for _, count in guess.values))
    found: dict[int, Fraction] = {}
    for probability in _PROBABILITIES:
        index = bisect_left(at_or_below, probability * rows)
        share = Fraction(at_or_below[index], rows)
        near = abs(share - probability) <= Fraction(1, 200)
        if share < 1:
            found.setdefault(guess.values[index][0], probability if near else share)
    return [_quantile(value, share, guess) for value, share in found.items()]


def _quantile(value: int, share: Fraction, guess: NumberGuess) -> str:
    text = percent(share.numerator, share.denominator).replace(".0%", "%")
    return f"{text}: {shortest(value, guess.decimals)}"
