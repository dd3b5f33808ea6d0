"""How far rows are from the figures that their spec declares, in a few numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from math import log

import numpy as np

from synllm.columns.figures import measure_figures
from synllm.columns.table import Table
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import CategoryType
from synllm.targets.prompt.card_figures import describe_fields

TIED = 0.1
"""Correlations below this have no sign worth asking for."""

_LOPSIDED = (Fraction(1, 20), Fraction(1, 2), Fraction(19, 20))

_UNKNOWN = float("nan")

_PAIRS = (StatisticKind.PEARSON, StatisticKind.SPEARMAN, StatisticKind.ODDS_RATIO)


@dataclass(frozen=True, slots=True)
class Quality:
    """How far rows are from the declared figures; NaN where none are declared.

    `means` in standard deviations, `deviations` as a part of the declared one, `shares` as total
    variation with missing cells among the values, `quantiles` in the share of values at or below:
    means of absolute errors. `groups` are the means of groups, in standard deviations. `signs` is
    the share of correlations whose sign is right, `correlations` and `missing` are the mean errors
    of Pearson's and Spearman's r and of missing shares. `skews` is the mean error of how lopsided
    the 5th and the 95th percentile lie around the median, -1 to 1 (Kelley's measure).
    """

    means: float
    deviations: float
    shares: float
    quantiles: float
    groups: float
    signs: float
    rate: float = _UNKNOWN
    """Rows per second."""
    correlations: float = _UNKNOWN
    missing: float = _UNKNOWN
    skews: float = _UNKNOWN


def judge_rows(spec: Spec, table: Table) -> Quality:
    """Return how far a table is from the figures that its spec declares."""
    figures = [each for block in spec.statistics for each in block.statistics]
    spread = {
        each.columns[0]: float(each.value.value)
        for each in figures
        if each.kind is StatisticKind.SD and each.where is None
    }
    found: dict[str, list[float]] = {field.name: [] for field in fields(Quality)}
    for each, measured in zip(figures, measure_figures(figures, table), strict=True):
        if measured.delivered is None:
            continue
        kind, stated, name = each.kind, float(each.value.value), each.columns[0]
        if kind is StatisticKind.MEAN and spread.get(name, 0) > 0:
            error = abs(measured.delivered - stated) / spread[name]
            found["means" if each.where is None else "groups"].append(error)
        elif kind is StatisticKind.SD and each.where is None and stated > 0:
            found["deviations"].append(abs(measured.delivered / stated - 1))
        elif kind is StatisticKind.QUANTILE and each.where is None:
            found["quantiles"].append(measured.distance)
        elif kind is StatisticKind.MISSING and each.where is None:
            found["missing"].append(abs(measured.delivered - stated))
        elif kind in _PAIRS and each.where is None and abs(_size(each)) >= TIED:
            found["signs"].append(float(_size(each) * _turn(each, measured.delivered) > 0))
            if kind is not StatisticKind.ODDS_RATIO:
                found["correlations"].append(abs(measured.delivered - stated))
    found["skews"] = list(_compare_skews(figures, table))
    found["shares"] = list(_compare_shares(spec, table))
    return Quality(**{name: _mean(errors) for name, errors in found.items()})


def _size(figure: Statistic) -> float:
    return _turn(figure, float(figure.value.value))


def _turn(figure: Statistic, value: float) -> float:
    """Return a figure of a pair as a number that is zero where they are independent."""
    if figure.kind is not StatisticKind.ODDS_RATIO:
        return value
    return log(value) if value > 0 else -1.0


def _compare_shares(spec: Spec, table: Table) -> list[float]:
    """Return the total variation between declared and found codes of each category."""
    found = []
    for field in describe_fields(spec, [each.name for each in spec.generated_columns]):
        kind = spec.by_name[field.name].type
        declared = [share for _, share in field.codes]
        if not isinstance(kind, CategoryType) or any(share is None for share in declared):
            continue
        delivered = [float(table.holds(field.name, each).mean()) for each in kind.labels]
        if len(declared) > len(delivered):
            delivered.append(float(table.missing(field.name).mean()))
        found.append(sum(abs((a or 0.0) - b) for a, b in zip(declared, delivered, strict=True)) / 2)
    return found


def _compare_skews(figures: Sequence[Statistic], table: Table) -> Iterator[float]:
    """Yield the errors of the columns whose outer percentiles and median are declared."""
    declared: dict[str, dict[object, float]] = defaultdict(dict)
    for each in figures:
        if each.kind is StatisticKind.QUANTILE and each.where is None:
            declared[each.columns[0]][each.at] = float(each.value.value)
    for name, own in declared.items():
        present = table.present(name)
        if set(_LOPSIDED) <= set(own) and present.any():
            delivered = np.quantile(table.numbers(name)[present], [float(at) for at in _LOPSIDED])
            skews = [_skew(*values) for values in ([own[at] for at in _LOPSIDED], delivered)]
            if np.isfinite(skews).all():
                yield abs(skews[0] - skews[1])


def _skew(low: float, middle: float, high: float) -> float:
    return (high + low - 2 * middle) / (high - low) if high > low else float("nan")


def _mean(errors: Sequence[float]) -> float:
    return float(np.mean(errors)) if errors else float("nan")


def average(qualities: Sequence[Quality]) -> Quality:
    """Return the mean of each measure over those that have it."""
    rows = {f.name: [getattr(each, f.name) for each in qualities] for f in fields(Quality)}
    return Quality(**{name: _mean([v for v in own if v == v]) for name, own in rows.items()})
