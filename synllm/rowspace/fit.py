"""The distribution over valid rows that meets the declared figures, closest to the prior.

Figures about single columns, also within the classes of one, are fitted exactly on the diagrams
(tilt.py). All others are met by weighting a pool of rows drawn from that fit (pool.py), and the
rows delivered are chosen by the weights (select.py). Every row comes from a diagram or from a part
that is narrowed and checked, so none is invalid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synllm.columns.table import Floats, Table
from synllm.rowspace.draw_open import draw_open_part
from synllm.rowspace.dual import Matrix
from synllm.rowspace.pairs import Support, pair_moment
from synllm.rowspace.place_table import make_table
from synllm.rowspace.pool import (
    effective_share,
    fit_weights,
    moment_matrix,
    scale_of,
    weigh_rows,
)
from synllm.rowspace.prior import prior_weights
from synllm.rowspace.sample import Integers, Listing, list_cells
from synllm.rowspace.select import balance_rows, choose_rows
from synllm.rowspace.space import RowSpace
from synllm.rowspace.targets import Moment, RowMoment, Scale, moments_of
from synllm.rowspace.tilt import TiltedDiagrams
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import NumberType

PAIRED = (StatisticKind.PEARSON, StatisticKind.SPEARMAN, StatisticKind.ODDS_RATIO)

POOL_ROWS, POOL_ROWS_FOR_STREAMS = 30_000, 100_000
"""Rows drawn to fit figures about several columns; more where no balance is struck later."""

POOL_ROWS_OF_OPEN_PARTS = 10_000
"""The same where some fields have no diagram, and rows take their time."""

ROUNDS = 2
"""How often means and shares in such figures are taken anew from the weighted pool."""

BALANCED_ROWS = 20_000
"""Up to so many rows are chosen together, with single rows exchanged; more come in streams."""

STREAM_ROWS = 50_000
"""Rows that a stream delivers at a time."""

LOST_WEIGHT = 0.006
"""How much of the weight a stream may lose to rows that would have to be delivered twice."""

LEAST_EFFICIENCY = 0.3
"""Where weights leave less of their rows than this, all rows are chosen balanced, however many."""

MOST_CANDIDATES = 60_000
"""Rows that are looked at together in a balanced choice."""

IDLE = 0.005
"""A moment that changes the logarithms of weights by less than this is left out of a stream's."""


@dataclass(frozen=True, slots=True)
class Residual:
    """How far the fit leaves a figure from what is declared, in tolerances; 0 where it is met."""

    statistic: Statistic
    off: float


class FittedRows:
    """Valid rows by their places, fitted to a spec's declared figures and ready to draw from.

    `residuals` has an entry for each declared figure. `efficiency` is what the pool's weights
    leave of its rows, 1 where no weights were needed. `rows` says for how many the fit is meant.
    `theta` multiplies the moments in the weights of rows drawn freely; 0 where none are needed.
    """

    def __init__(
        self, spec: Spec, core: CoreSpec, space: RowSpace, rows: int = BALANCED_ROWS
    ) -> None:
        self.spec = spec
        self.core = core
        self.open_parts = space.open_parts
        self._pool_rows = POOL_ROWS if rows <= BALANCED_ROWS else POOL_ROWS_FOR_STREAMS
        self.statistics = tuple(each for block in spec.statistics for each in block.statistics)
        self.listings: dict[str, Listing] = {
            column.name: list_cells(column) for column in core.columns
        }
        owned = [(number, each) for number, each in self._single_moments()]
        self.tilted = TiltedDiagrams(spec, core, space.diagrams, [moment for _, moment in owned])
        self.tilted.fit()
        self._owned = owned
        self.open_weights = {
            name: prior_weights(spec, spec.by_name[name], self.listings[name])
            for part in space.open_parts
            for name in part.fields
        }
        self._fit_pool()

    def table(self, places: Mapping[str, Integers]) -> Table:
        """Return rows given by places as a table."""
        return make_table(self.spec, self.core, self.listings, places)

    def draw(self, count: int, seed: int) -> Iterator[dict[str, Integers]]:
        """Yield `count` rows' places by column, in blocks; the same seed yields the same rows."""
        size = self.block_rows(count)
        for number, start in enumerate(range(0, count, size)):
            yield self.draw_block(number, min(size, count - start), count, seed)

    def block_rows(self, count: int) -> int:
        """Return how many of `count` rows are drawn at a time; the last block may have fewer."""
        return (
            max(MOST_CANDIDATES // self._oversampling, 1) if self._balances(count) else STREAM_ROWS
        )

    def draw_block(self, number: int, size: int, count: int, seed: int) -> dict[str, Integers]:
        """Return the places of one block of `count` rows, which no other block decides."""
        random = np.random.default_rng([seed, 1, number])
        if self._balances(count):
            return self._draw_balanced(size, random)
        return self._draw_stream(size, random)

    def _balances(self, count: int) -> bool:
        return count <= BALANCED_ROWS or self.efficiency < LEAST_EFFICIENCY

    def moments_on(self, table: Table) -> Matrix:
        """Return the fitted moments of each row, in units of their tolerances."""
        return moment_matrix(self.moments, self._scales, table)

    def draw_free(self, count: int, random: np.random.Generator) -> dict[str, Integers]:
        """Return independent rows of the tilted diagrams and of the open parts by their priors."""
        found = self.tilted.draw(count, random)
        for part in self.open_parts:
            found |= draw_open_part(part, self.core, count, random, self.open_weights)
        return found

    @property
    def _oversampling(self) -> int:
        """How many rows are drawn for each that a balanced choice delivers."""
        return int(min(5 / self.efficiency, 60))

    def _draw_balanced(self, count: int, random: np.random.Generator) -> dict[str, Integers]:
        """Return rows whose moments are near their targets together, whatever chance does."""
        if not self.moments:
            return self.draw_free(count, random)
        candidates = max(self._pool_rows // 2, count * self._oversampling)
        places = self.draw_free(candidates, random)
        values = moment_matrix(self.moments, self._scales, self.table(places))
        weights = weigh_rows(values, self.theta)
        chosen = choose_rows(weights, count, random)
        sides = np.array([each.side for each in self.moments], dtype=np.int64)
        chosen = balance_rows(chosen, np.ascontiguousarray(values), sides, weights, random)
        return take_rows(places, random.permutation(chosen))

    def _draw_stream(self, count: int, random: np.random.Generator) -> dict[str, Integers]:
        """Return rows in proportion to the fitted weights, at a constant cost for each."""
        if not self._is_weighted:
            return self.draw_free(count, random)
        active = np.flatnonzero(self._effects > IDLE)
        candidates = int(count * self._stream_oversampling)
        places = self.draw_free(candidates, random)
        values = moment_matrix(
            [self.moments[place] for place in active],
            [self._scales[place] for place in active],
            self.table(places),
        )
        weights = weigh_rows(values, self.theta[active])
        return take_rows(places, random.permutation(choose_rows(weights, count, random)))

    def _single_moments(self) -> Iterator[tuple[int, Moment]]:
        for number, statistic in enumerate(self.statistics):
            if statistic.kind in PAIRED:
                continue
            beside = self._scale_beforehand(statistic.columns[0])
            for moment in moments_of(statistic, self.statistics, self.spec, beside):
                yield number, moment

    def _scale_beforehand(self, name: str) -> Scale:
        """Return a column's mean and standard deviation in the prior."""
        column = self.spec.by_name[name]
        if column.derivation is not None or not isinstance(column.type, NumberType):
            return Scale(0.0, 1.0)
        listing = self.listings[name]
        numbers = listing.values / 10**column.type.decimals
        weight = prior_weights(self.spec, column, listing)[: numbers.size]
        weight = weight / weight.sum()
        mean = float(weight @ numbers)
        return Scale(mean, float(np.sqrt(weight @ (numbers - mean) ** 2)))

    def _fit_pool(self) -> None:
        """Find the multipliers of a pool's weights, and what they leave of each figure."""
        owners: list[int | None] = [number for number, _ in self._owned]
        moments: list[RowMoment] = [moment for _, moment in self._owned]
        softened = [
            each for each in self.core.statements if not each.hard and each.share is not None
        ]
        paired = [
            (number, each) for number, each in enumerate(self.statistics) if each.kind in PAIRED
        ]
        exact = {id(each): place for place, each in enumerate(self.tilted.exact)}
        self._is_weighted = bool(paired or softened) or len(exact) < len(moments)
        if self.open_parts:
            self._pool_rows = POOL_ROWS_OF_OPEN_PARTS
        self.efficiency = 1.0
        if not self._is_weighted:
            means = self.tilted.means()
            self._set(owners, moments, [], np.zeros(len(moments)), means)
            return
        table = self.table(self.draw_free(self._pool_rows, np.random.default_rng(0)))
        moments += [Support(each) for each in softened]
        owners += [None] * len(softened)
        values = moment_matrix(moments, [scale_of(each, table) for each in moments], table)
        known = self.tilted.means()
        for place, moment in enumerate(moments):
            if id(moment) in exact:
                # What the pool has by chance is none of the fit's business.
                values[:, place] += known[exact[id(moment)]] - values[:, place].mean()
        weights = np.full(self._pool_rows, 1 / self._pool_rows)
        scales = [scale_of(each, table) for each in moments]
        pairs: dict[int, RowMoment] = {}
        theta = np.zeros(len(moments))
        for _ in range(ROUNDS):
            # A figure keeps its scale over the rounds, and with it its multiplier's meaning.
            for number, statistic in paired:
                found = pair_moment(statistic, table, weights)
                if found is None:
                    continue
                if number not in pairs:
                    scales.append(scale_of(found, table))
                pairs[number] = found
            every = [*moments, *pairs.values()]
            extra = moment_matrix(list(pairs.values()), scales[len(moments) :], table)
            both = np.concatenate((values, extra), axis=1)
            start = np.concatenate((theta, np.zeros(len(every) - theta.size)))
            theta = fit_weights(both, [each.side for each in every], start)
            weights = weigh_rows(both, theta)
        self.efficiency = effective_share(weights)
        self._stream_oversampling = oversampling_for(weights)
        self._effects = np.abs(theta) * both.std(axis=0)
        self._set([*owners, *pairs], every, scales, theta, weights @ both)

    def _set(
        self,
        owners: Sequence[int | None],
        moments: Sequence[RowMoment],
        scales: Sequence[float],
        theta: Floats,
        means: Floats,
    ) -> None:
        """Keep the fit, and from the moments' means the residual of each figure."""
        self.moments = tuple(moments)
        self.theta = theta
        if not scales and moments:
            table = self.table(self.draw_free(POOL_ROWS // 4, np.random.default_rng(0)))
            scales = [scale_of(each, table) for each in moments]
        self._scales = tuple(scales)
        off = np.zeros(len(self.statistics))
        for owner, moment, mean in zip(owners, moments, means, strict=True):
            if owner is not None:
                wrong = 0.0 if mean * moment.side > 0 else abs(float(mean))
                off[owner] = max(off[owner], wrong)
        self.residuals = tuple(
            Residual(each, float(value)) for each, value in zip(self.statistics, off, strict=True)
        )


def oversampling_for(weights: Floats) -> float:
    """Return how many rows to draw for each, so that hardly one would be delivered twice."""
    heavy = np.sort(weights * weights.size)[::-1]
    lost = np.cumsum(heavy) / heavy.size - np.arange(1, heavy.size + 1) * heavy / heavy.size
    allowed = np.flatnonzero(lost <= LOST_WEIGHT)
    return max(float(heavy[allowed[-1]]), 1.2)


def take_rows(places: dict[str, Integers], rows: Integers) -> dict[str, Integers]:
    """Return some of the rows, in the order given."""
    return {name: each[rows] for name, each in places.items()}
