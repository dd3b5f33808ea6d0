"""Declared statistics, flattened: one `Statistic` for each number that the author wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from synllm.diagnostics.source import NOWHERE, Span
from synllm.spec.expressions import Condition


class StatisticKind(StrEnum):
    """What a declared number measures. Shares are fractions of 1, not percent."""

    MEAN = "mean"
    SD = "sd"
    MEDIAN = "median"
    MIN = "min"
    MAX = "max"
    QUANTILE = "quantile"
    SHARE = "share"
    MISSING = "missing"
    POINT = "point"
    PEARSON = "pearson"
    SPEARMAN = "spearman"
    ODDS_RATIO = "odds ratio"


@dataclass(frozen=True, slots=True)
class Measured:
    """A published figure: `64.2` means anything that rounds to it, so half_width is 0.05.

    Percentages are stored as fractions of 1, value and half-width alike; `text` is as written.
    """

    value: Fraction
    half_width: Fraction
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Statistic:
    """One declared figure about one column, or about two (correlation, odds ratio).

    `at` is the quantile's probability, the share's label or the point mass's value. `where` limits
    it to a subgroup, worded in `where_text`. `of_all` counts
    missing cells in a share's denominator. `tolerance` is in the figure's own unit; for shares,
    missing, point masses and quantiles a fraction of 1, for an odds ratio one of its logarithm.
    """

    kind: StatisticKind
    columns: tuple[str, ...]
    value: Measured
    at: Fraction | str | None = None
    where: Condition | None = None
    where_text: str = field(default="", compare=False)
    of_all: bool = False
    tolerance: Fraction | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ShapeHint:
    """The author's word on a column's distribution: normal, lognormal or gamma."""

    column: str
    shape: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class StatisticsBlock:
    """The figures of one source, with the number of records they were measured on."""

    source: str | None
    n: int | None
    statistics: tuple[Statistic, ...]
    shapes: tuple[ShapeHint, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)
