"""Declared figures as moments, each with the columns that it is about and where it closes.

A figure closes at the column that is generated last among those that it is about: its own, those of
its group, and what derived ones are computed from. Before that column is written, all others are
known, row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synllm.columns.table import Table
from synllm.rowspace.pairs import Support, pair_moment
from synllm.rowspace.place_table import make_table
from synllm.rowspace.prior import prior_weights
from synllm.rowspace.sample import Floats, Listing
from synllm.rowspace.targets import RowMoment, Scale, moments_of
from synllm.spec.core import CoreSpec
from synllm.spec.expressions import ColumnValue
from synllm.spec.model import Spec
from synllm.spec.passes.lower import written_columns
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import NumberType

PAIRED = (StatisticKind.PEARSON, StatisticKind.SPEARMAN, StatisticKind.ODDS_RATIO)

_IMAGINED = 4_000
"""Rows of independent columns from which figures about two columns start."""


@dataclass(frozen=True, slots=True, eq=False)
class Closed:
    """A moment, the written columns that it depends on, and the field at which it closes.

    `statistic` is the place of its figure among the spec's; None for a soft rule's support.
    """

    moment: RowMoment
    statistic: int | None
    columns: tuple[str, ...]
    field: str


def list_statistics(spec: Spec) -> tuple[Statistic, ...]:
    """Return all declared figures in order."""
    return tuple(each for block in spec.statistics for each in block.statistics)


def close_moments(
    spec: Spec, core: CoreSpec, fields: Sequence[str], listings: Mapping[str, Listing]
) -> tuple[Closed, ...]:
    """Return the moments of all declared figures and soft rules.

    Those about two columns are made linear around independent columns as they are declared; see
    `linearise`. A figure that no row of these can bear on is left out.
    """
    statistics = list_statistics(spec)
    priors = {name: prior_weights(spec, spec.by_name[name], listings[name]) for name in fields}
    imagined = _imagine(spec, core, listings, priors)
    even = np.full(_IMAGINED, 1 / _IMAGINED)
    found: list[Closed] = []
    for number, statistic in enumerate(statistics):
        columns = _columns_of(statistic, spec)
        moments: list[RowMoment] = []
        if statistic.kind in PAIRED:
            pair = pair_moment(statistic, imagined, even)
            moments = [] if pair is None else [pair]
        else:
            beside = _scale_beforehand(statistic.columns[0], spec, listings, priors)
            moments = list(moments_of(statistic, statistics, spec, beside))
        found += [Closed(each, number, columns, _last(columns, fields)) for each in moments]
    for statement in core.statements:
        if not statement.hard and statement.share is not None:
            last = _last(statement.columns, fields)
            found.append(Closed(Support(statement), None, statement.columns, last))
    return tuple(found)


def linearise(closed: Closed, statistics: Sequence[Statistic], table: Table) -> Closed:
    """Return the moment of a figure about two columns, linear around the rows of a table."""
    if closed.statistic is None or statistics[closed.statistic].kind not in PAIRED:
        return closed
    even = np.full(table.length, 1 / table.length)
    pair = pair_moment(statistics[closed.statistic], table, even)
    return closed if pair is None else Closed(pair, closed.statistic, closed.columns, closed.field)


def _columns_of(statistic: Statistic, spec: Spec) -> tuple[str, ...]:
    own = [ColumnValue(name) for name in statistic.columns]
    where = [] if statistic.where is None else [statistic.where]
    return written_columns([*own, *where], spec)


def _last(columns: Sequence[str], fields: Sequence[str]) -> str:
    return max(columns, key=fields.index)


def _imagine(
    spec: Spec, core: CoreSpec, listings: Mapping[str, Listing], priors: Mapping[str, Floats]
) -> Table:
    random = np.random.default_rng(0)
    places = {
        name: random.choice(weights.size, _IMAGINED, p=weights / weights.sum())
        for name, weights in priors.items()
    }
    return make_table(spec, core, listings, places)


def _scale_beforehand(
    name: str, spec: Spec, listings: Mapping[str, Listing], priors: Mapping[str, Floats]
) -> Scale:
    """Return a column's mean and standard deviation as it is declared by itself."""
    column = spec.by_name[name]
    if column.derivation is not None or not isinstance(column.type, NumberType):
        return Scale(0.0, 1.0)
    numbers = listings[name].values / 10**column.type.decimals
    weights = priors[name][: numbers.size]
    weights = weights / weights.sum()
    mean = float(weights @ numbers)
    return Scale(mean, float(np.sqrt(weights @ (numbers - mean) ** 2)))
