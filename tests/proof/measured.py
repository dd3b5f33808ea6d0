"""Figures measured on rows, as an author would publish them: rounded, by any usual definition."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil, floor

from synllm.spec.evaluate import column_value, evaluate_condition
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec
from synllm.spec.statistics import Measured, Statistic, StatisticKind
from synllm.spec.values import MISSING, Special, Truth, Value

Rows = Sequence[Mapping[str, Value]]
HALF = Fraction(1, 2)


def rounded(value: Fraction, decimals: int, *, percent: bool = False) -> Measured:
    """A figure with so many decimals; shares in percent."""
    shown = value * 100 if percent else value
    scale = 10**decimals
    written = Fraction(floor(shown * scale + HALF), scale)
    half = Fraction(1, 2 * scale)
    text = f"{float(written):.{decimals}f}"
    if percent:
        return Measured(written / 100, half / 100, text + "%")
    return Measured(written, half, text)


def measure(statistic: Statistic, rows: Rows, spec: Spec, decimals: int) -> Statistic | None:
    """The statistic with the figure that the rows have; None where they have none.

    A half-width above 0 in the statistic asks for the other one of two usual definitions.
    """
    group = [row for row in rows if _belongs(statistic.where, row, spec)]
    (column,) = statistic.columns
    cells = [column_value(spec.by_name[column], row, spec) for row in group]
    known = [cell for cell in cells if not isinstance(cell, Special)]
    numbers = sorted(cell for cell in known if isinstance(cell, Fraction))
    variant = statistic.value.half_width > 0
    match statistic.kind:
        case StatisticKind.MISSING:
            part, whole = sum(cell is MISSING for cell in cells), len(cells)
        case StatisticKind.SHARE | StatisticKind.POINT:
            part = sum(cell == statistic.at for cell in known)
            whole = len(cells) if statistic.of_all else len(known)
        case StatisticKind.MEAN:
            part, whole = sum(numbers, Fraction(0)), len(numbers)
        case StatisticKind.SD:
            part, whole = _deviation(numbers, sample=variant)
        case StatisticKind.MIN:
            part, whole = (numbers[0], 1) if numbers else (0, 0)
        case StatisticKind.MAX:
            part, whole = (numbers[-1], 1) if numbers else (0, 0)
        case _:
            at = HALF if statistic.kind is StatisticKind.MEDIAN else statistic.at
            assert isinstance(at, Fraction)
            between = variant or statistic.kind is StatisticKind.MEDIAN
            part, whole = (quantile(numbers, at, between=between), 1) if numbers else (0, 0)
    if whole == 0:
        return None
    percent = statistic.kind in (StatisticKind.SHARE, StatisticKind.POINT, StatisticKind.MISSING)
    return replace(statistic, value=rounded(Fraction(part) / whole, decimals, percent=percent))


def quantile(numbers: Sequence[Fraction], at: Fraction, *, between: bool) -> Fraction:
    """The least number at or below which the part lies, or placed between two (numpy's linear)."""
    if not between:
        return numbers[max(0, ceil(at * len(numbers)) - 1)]
    rank = at * (len(numbers) - 1)
    low = floor(rank)
    high = min(low + 1, len(numbers) - 1)
    return numbers[low] + (rank - low) * (numbers[high] - numbers[low])


def _deviation(numbers: Sequence[Fraction], *, sample: bool) -> tuple[Fraction, int]:
    count = len(numbers)
    if count < 2:
        return Fraction(0), 0
    mean = sum(numbers, Fraction(0)) / count
    variance = sum(((each - mean) ** 2 for each in numbers), Fraction(0)) / (
        count - 1 if sample else count
    )
    with localcontext() as context:
        context.prec = 40
        root = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
    return Fraction(root), 1


def _belongs(where: Condition | None, row: Mapping[str, Value], spec: Spec) -> bool:
    return where is None or evaluate_condition(where, row, spec) is Truth.TRUE
