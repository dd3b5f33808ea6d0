"""Rows steered to the declared figures while a model writes them, field by field.

Before a batch writes a field, the figures that close there say what its rows should average, so
that the whole table ends where it is declared; the model's chances are tilted to that, as little as
possible (tilting.py). What a batch misses, the following ones make up for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np

from synllm.generate.steering.bins import FieldBins, bin_fields
from synllm.generate.steering.figures import close_moments, linearise, list_statistics
from synllm.generate.steering.picking import pick_rows
from synllm.generate.steering.tilting import Values, solve_tilt, spread_of, tilt_chances
from synllm.rowspace.place_table import make_table
from synllm.rowspace.sample import Floats, Integers, Listing
from synllm.rowspace.tilt import SMALLEST_GROUP
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec

AHEAD = 3
"""What is missing is made up for within so many batches, or those that are left."""

LEARNING = 0.2
"""How much of what a batch missed of its prediction is expected of the next."""

MOST_NOISE = 2.0
"""A batch is asked to be off by at most so many of the deviations that chance gives its means."""

LINEAR_FROM, LINEAR_TO = 256, 4_096
"""Figures about two columns are made linear anew whenever the rows have doubled, in between."""

_GOLDEN = 0.6180339887498949


class State(TypedDict):
    """What steering has learned; all that is needed to go on, with the rows written so far."""

    rows: int
    batches: int
    linear_at: int
    theta: list[float]
    sums: list[float]
    missed: list[float]
    scales: list[float]


class Steering:
    """Steers the batches of one run towards the declared figures.

    `rows` is how many rows the table will have. Given the same seed and the same batches, the same
    tilts and marks come out.
    """

    def __init__(
        self,
        spec: Spec,
        core: CoreSpec,
        fields: Sequence[str],
        listings: Mapping[str, Listing],
        rows: int,
        seed: int,
        strength: float = 1.0,
    ) -> None:
        self.spec, self.core = spec, core
        self.fields, self.listings = tuple(fields), listings
        self.statistics = list_statistics(spec)
        self._rows, self._seed, self._strength = rows, seed, strength
        self._closed = list(close_moments(spec, core, fields, listings))
        count = len(self._closed)
        self._at = {
            name: [place for place, each in enumerate(self._closed) if each.field == name]
            for name in fields
        }
        self._bins: Mapping[str, FieldBins] = bin_fields(spec, fields, listings, self._closed)
        self._theta, self._sums = np.zeros(count), np.zeros(count)
        self._missed, self._predicted = np.zeros(count), np.zeros(count)
        self._scales = np.zeros(count)
        self._done, self._batches, self._linear_at = 0, 0, 0
        self._kept: list[Mapping[str, Integers]] = []

    @property
    def bins(self) -> Mapping[str, Integers]:
        """The edges of each field's bins of places, ascending."""
        return {name: each.edges for name, each in self._bins.items()}

    @property
    def state(self) -> State:
        """What `restore` needs, as JSON has it."""
        return State(
            rows=self._done,
            batches=self._batches,
            linear_at=self._linear_at,
            theta=self._theta.tolist(),
            sums=self._sums.tolist(),
            missed=self._missed.tolist(),
            scales=self._scales.tolist(),
        )

    def restore(self, state: State, first: Mapping[str, Integers]) -> None:
        """Go on from a state; `first` are the table's first LINEAR_TO rows, or all there are."""
        self._done, self._batches = state["rows"], state["batches"]
        self._kept = [first]
        self._linear_at = state["linear_at"]
        if self._linear_at:
            self._linearise({name: each[: self._linear_at] for name, each in first.items()})
        self._theta, self._sums = np.array(state["theta"]), np.array(state["sums"])
        self._missed, self._scales = np.array(state["missed"]), np.array(state["scales"])

    def tilt(self, field: str, begun: Mapping[str, Integers], chances: Floats) -> Floats:
        """Return the logarithms of the factors for each row's bins, shape (rows, bins).

        `begun` are the places of the fields before, `chances` the model's own chances of the bins,
        as far as they are known. Zeros where no figure closes at the field.
        """
        at = self._at[field]
        if not at:
            return np.zeros(chances.shape)
        values = self._evaluate(field, begun, chances)
        rows = len(chances)
        ahead = max(min(self._rows - self._done, AHEAD * rows), rows)
        wanted = -self._sums[at] * self._scales[at] / ahead - self._missed[at]
        # A model with too light tails has to be asked for more than its own would scatter.
        usual = tilt_chances(chances, values @ self._theta[at])
        spread = np.maximum(spread_of(chances, values), spread_of(usual, values))
        most = MOST_NOISE * spread / np.sqrt(rows)
        wanted = np.clip(wanted, -most, most)
        sides = [self._closed[place].moment.side for place in at]
        theta = solve_tilt(chances, values, wanted, sides, self._theta[at])
        self._theta[at] = theta
        tilt: Floats = values @ (theta * self._strength)
        predicted = np.einsum("rb,rbm->m", tilt_chances(chances, tilt), values) / rows
        self._predicted[at] = predicted
        return tilt

    def uniforms(self, field: str, begun: Mapping[str, Integers], chances: Floats) -> Floats:
        """Return marks in [0, 1), one for each row, by which they choose among tilted chances.

        Rows with like chances get marks spread evenly, by multiples of the golden ratio, so that
        chance does less to what a batch averages. Each mark by itself is uniform.
        """
        rows, bins = chances.shape
        random = np.random.default_rng([self._seed, self._batches, self.fields.index(field)])
        order = np.lexsort(np.stack((random.random(rows), chances @ np.arange(bins))))
        rank = np.empty(rows)
        rank[order] = np.arange(rows)
        marks: Floats = (rank * _GOLDEN + random.random()) % 1.0
        return marks

    def absorb(self, places: Mapping[str, Integers], deliver: int) -> Integers:
        """Take note of a batch's finished rows; return the places of those to deliver, ascending.

        Of rows beyond `deliver`, those are left out without which the figures come out best.
        """
        table = make_table(self.spec, self.core, self.listings, places)
        table.prepare([each.moment.where for each in self._closed])
        moments = np.stack([each.moment.on(table) for each in self._closed], axis=1)
        off = moments.mean(axis=0) * self._scales - self._predicted
        self._missed += np.where(self._scales > 0, LEARNING * (off - self._missed), 0.0)
        sides = np.array([each.moment.side for each in self._closed], dtype=np.int64)
        chosen = pick_rows(moments * self._scales, self._sums * self._scales, sides, deliver)
        self._sums += moments[chosen].sum(axis=0)
        places = {name: each[chosen] for name, each in places.items()}
        before = self._done
        self._done += chosen.size
        self._batches += 1
        if before < LINEAR_TO:
            self._kept.append(places)
            if self._done >= max(2 * self._linear_at, LINEAR_FROM):
                self._linear_at = self._done
                self._linearise(
                    {name: np.concatenate([p[name] for p in self._kept]) for name in self.fields}
                )
        else:
            self._kept.clear()
        return chosen

    def _evaluate(self, field: str, begun: Mapping[str, Integers], chances: Floats) -> Values:
        """Return the moments that close at a field for each row and bin."""
        rows, bins = chances.shape
        at = self._at[field]
        needed = {name for place in at for name in self._closed[place].columns}
        places = {name: np.repeat(begun[name], bins) for name in sorted(needed) if name != field}
        places[field] = np.tile(self._bins[field].shown, rows)
        table = make_table(self.spec, self.core, self.listings, places)
        table.prepare([self._closed[place].moment.where for place in at])
        values = np.empty((rows * bins, len(at)))
        for column, place in enumerate(at):
            moment = self._closed[place].moment
            if self._scales[place] == 0:
                group = table.group(moment.where).reshape(rows, bins)
                share = float((chances * group).sum()) / rows
                self._scales[place] = 1 / (moment.tolerance * max(share, SMALLEST_GROUP))
            values[:, column] = moment.on(table) * self._scales[place]
        return values.reshape(rows, bins, len(at))

    def _linearise(self, places: Mapping[str, Integers]) -> None:
        """Make figures about two columns linear around the rows, and groups as large as there."""
        table = make_table(self.spec, self.core, self.listings, places)
        for place, each in enumerate(self._closed):
            self._closed[place] = each = linearise(each, self.statistics, table)
            self._sums[place] = float(each.moment.on(table).sum())
            if self._scales[place] == 0:
                continue
            share = float(table.group(each.moment.where).mean())
            scale = 1 / (each.moment.tolerance * max(share, SMALLEST_GROUP))
            self._theta[place] *= self._scales[place] / scale
            self._missed[place] *= scale / self._scales[place]
            self._scales[place] = scale
