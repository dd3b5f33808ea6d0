"""Rows of the fitted distribution that meet a condition, drawn without fitting anew.

What is declared about all patients stays about all patients: the fit is theirs, and of it the rows
that meet the condition are drawn. On diagrams that is exact by construction. Where the condition
is about fields without a diagram, fitted rows are drawn and those that meet it are kept, which is
exact too. Only where hardly one in a hundred does are rows drawn among those that meet it and
weighted by the fit: near to it, as `exact` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from synllm.columns.table import Floats, Table
from synllm.rowspace.bins import bin_field
from synllm.rowspace.constraints import conjuncts
from synllm.rowspace.diagram import Diagram
from synllm.rowspace.draw_open import draw_open_part
from synllm.rowspace.fit import (
    BALANCED_ROWS,
    LEAST_EFFICIENCY,
    MOST_CANDIDATES,
    STREAM_ROWS,
    FittedRows,
    oversampling_for,
    take_rows,
)
from synllm.rowspace.given import Given, groups_within
from synllm.rowspace.given_diagrams import GivenDiagrams
from synllm.rowspace.pool import effective_share
from synllm.rowspace.sample import Integers, Sampler
from synllm.rowspace.select import balance_rows, choose_rows
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.spec.core import Formula, formula_columns
from synllm.spec.passes.formulas import all_of

_PILOT = 10_000
"""Rows drawn to see how many meet the condition, and what the weights leave of them."""

_PILOT_OF_OPEN_PARTS = 2_000

_HEAVIEST = 0.999
"""Weights above this quantile are cut down to it where their spread is measured."""

LEAST_KEPT = 0.01
"""Rows are drawn and sorted out only where at least this part of them is kept."""

_Draw = Callable[[int, np.random.Generator], dict[str, Integers]]


class GivenRows:
    """Fitted rows that meet a condition, by their places.

    `space` holds exactly the valid rows that do, its open parts in orders that work. `held` are
    the groups of the declared figures that lie within the condition: what is declared about them
    is met as in the whole table. `exact` tells whether rows follow the fitted distribution, or
    only nearly.
    """

    def __init__(self, fitted: FittedRows, space: RowSpace, given: Given) -> None:
        self.fitted = fitted
        self._given = given
        self._space = space
        self.held = groups_within(
            [each.where for each in fitted.statistics], given, fitted.spec, fitted.core
        )
        pilot = _PILOT_OF_OPEN_PARTS if fitted.open_parts or space.open_parts else _PILOT
        self._candidates, sure = self._choose_candidates()
        self._kept = 1.0
        if not sure:
            self._kept = self._count_kept(pilot)
        self.exact = self._kept >= LEAST_KEPT
        if not self.exact:
            self._kept, self._candidates = 1.0, self._draw_near
        places = self._draw_meeting(pilot, np.random.default_rng(0))
        weights = self._weigh(places, fitted.table(places))
        # A choice takes no row twice, however heavy: the heaviest of thousands say little.
        weights = np.minimum(weights, np.quantile(weights, _HEAVIEST))
        self.efficiency = effective_share(weights)
        self._stream_oversampling = oversampling_for(weights)
        self._is_weighted = bool(np.ptp(weights) > 0)

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
        random = np.random.default_rng([seed, 2, number])
        return self._draw_block(size, random, together=self._balances(count))

    def _balances(self, count: int) -> bool:
        return count <= BALANCED_ROWS or self.efficiency < LEAST_EFFICIENCY

    @property
    def _oversampling(self) -> int:
        return int(min(5 / self.efficiency, 60))

    def _draw_block(
        self, count: int, random: np.random.Generator, *, together: bool
    ) -> dict[str, Integers]:
        """Return rows chosen by their weights; those chosen together with single ones exchanged."""
        fitted = self.fitted
        held = [
            place
            for place, each in enumerate(fitted.moments)
            if together and each.where in self.held
        ]
        if not self._is_weighted and not held:
            return self._draw_meeting(count, random)
        factor = self._oversampling if together else self._stream_oversampling
        places = self._draw_meeting(int(count * factor), random)
        table = fitted.table(places)
        weights = self._weigh(places, table)
        chosen = choose_rows(weights, count, random)
        if held:
            values = np.ascontiguousarray(fitted.moments_on(table)[:, held])
            sides = np.array([fitted.moments[place].side for place in held], dtype=np.int64)
            chosen = balance_rows(chosen, values, sides, weights, random)
        return take_rows(places, random.permutation(chosen))

    def _weigh(self, places: dict[str, Integers], table: Table) -> Floats:
        """Return the weights of rows drawn as candidates, which add up to 1."""
        logs = np.zeros(table.length)
        if self.fitted.theta.any():
            logs = self.fitted.moments_on(table) @ self.fitted.theta
        if not self.exact:
            logs = logs + self.fitted.tilted.log_tilts(places)
        weights = np.exp(logs - logs.max())
        found: Floats = weights / weights.sum()
        return found

    def _draw_meeting(self, count: int, random: np.random.Generator) -> dict[str, Integers]:
        """Return so many candidates that meet the condition."""
        if self._kept == 1.0:
            return self._candidates(count, random)
        found: list[dict[str, Integers]] = []
        left = count
        while left > 0:
            places = self._candidates(int(left / self._kept * 1.1) + 20, random)
            meeting = np.flatnonzero(self._meets(places))[:left]
            found.append(take_rows(places, meeting))
            left -= meeting.size
        return {name: np.concatenate([each[name] for each in found]) for name in found[0]}

    def _meets(self, places: dict[str, Integers]) -> np.ndarray:
        return self.fitted.table(places).group(self._given.condition)

    def _count_kept(self, pilot: int) -> float:
        """Return what part of the candidates meets the condition, below 1 in any case."""
        kept = self._meets(self._candidates(pilot, np.random.default_rng(0)))
        return min(float(kept.mean()), 1 - 1 / pilot)

    def _choose_candidates(self) -> tuple[_Draw, bool]:
        """Return what draws fitted rows on which as much of the condition holds as diagrams hold.

        With it: whether that is all of it.
        """
        fitted = self.fitted
        part_of = {name: part for part in self._space.parts for name in part.fields}
        never = {name for part in fitted.open_parts for name in part.fields}

        def is_held(part: Formula) -> bool:
            names = formula_columns(part)
            return not names & never and all(isinstance(part_of[name], Diagram) for name in names)

        parts = conjuncts(self._given.formula)
        held = [each for each in parts if is_held(each)]
        space: RowSpace | None = self._space
        if len(held) < len(parts):
            columns = fitted.core.by_name
            space = build_row_space(fitted.spec, fitted.core, given=all_of(held, columns))
        if space is None or {name for part in space.open_parts for name in part.fields} != never:
            return fitted.draw_free, False
        diagrams = GivenDiagrams(fitted.tilted, space.diagrams)

        def draw(count: int, random: np.random.Generator) -> dict[str, Integers]:
            found = diagrams.draw(count, random)
            for part in fitted.open_parts:
                found |= draw_open_part(part, fitted.core, count, random, fitted.open_weights)
            return found

        return draw, len(held) == len(parts)

    def _draw_near(self, count: int, random: np.random.Generator) -> dict[str, Integers]:
        """Return rows that meet the condition by their columns' priors, whatever the fit is."""
        fitted = self.fitted
        priors = fitted.tilted.prior | fitted.open_weights
        found: dict[str, Integers] = {}
        for part in self._space.parts:
            if not isinstance(part, Diagram):
                found |= draw_open_part(part, fitted.core, count, random, priors)
                continue
            bins = {
                name: bin_field(name, part, fitted.listings[name], priors[name], ())
                for name in part.fields
            }
            sampler = Sampler(part, bins, {name: each.mass for name, each in bins.items()})
            for name, chosen in sampler.draw(count, random).items():
                found[name] = bins[name].choose(chosen, random)
        return found
