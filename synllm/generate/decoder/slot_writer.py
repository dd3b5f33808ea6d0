"""Write rows slot by slot: a network scores the tokens, the row space says which lead to a row.

All rows of a batch stand at the same field. Rows that have written the same so far share one
stream, which the network reads once; streams part where their rows choose differently. Tokens that
leave no choice are kept until the network has to be asked, and read together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from synllm.generate.decoder.branching import (
    Branching,
    branch_rows,
    chances_of,
    choose,
    share_bins,
)
from synllm.generate.decoder.draws import draw_uniform
from synllm.generate.decoder.expectations import Seen
from synllm.generate.decoder.masses import Masses, TiltedMasses
from synllm.generate.decoder.pending import Pending
from synllm.generate.decoder.piece_tokens import Tokens
from synllm.generate.decoder.plan import Plan
from synllm.generate.decoder.reading import Reader
from synllm.generate.decoder.trie import LEAF, Trie
from synllm.rowspace.sample import Floats, Integers
from synllm.rowspace.walk import BegunBatch, SpaceWalk

_ATTEMPTS = 1 << 20
"""More than a field is ever written anew for one row; parts the random numbers of fields."""

_STEPS = 1 << 12
"""More than the tokens of a cell; parts the random numbers within a field."""

_WORN = 1 / 64
"""Marks that chose something less likely are drawn anew: they would magnify rounding in scores,
which depends on what is read together, until it decided what the row becomes."""

_PATIENCE = 4
"""From so many cells that led nowhere on, it is worth while to find out which ones don't."""


class Steer(Protocol):
    """What tilts the model's chances; see generate/steering."""

    @property
    def bins(self) -> Mapping[str, Integers]:
        """The edges of each field's bins of places, ascending."""

    def tilt(self, field: str, begun: Mapping[str, Integers], chances: Floats) -> Floats:
        """Return the logarithm of each row's factors, shape (rows, bins)."""

    def uniforms(self, field: str, begun: Mapping[str, Integers], chances: Floats) -> Floats:
        """Return the rows' marks in [0, 1) by which they choose, shape (rows,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """Finished rows by their places.

    `log_chance` is the logarithm of the chance with which each row was written, `divergence` the
    relative entropy of the choices made to the model's own among allowed tokens, in nats a row.
    `log_model` is the logarithm of the model's own probability of the row's tokens; meaningless
    where the reader has no full head. `redrawn` counts cells that led nowhere and were chosen anew;
    of these rows `log_chance` holds only the last choice, unless the writer was to be exact.
    """

    places: dict[str, Integers]
    log_chance: Floats
    divergence: Floats
    log_model: Floats
    redrawn: int


class SlotWriter:
    """Writes batches of rows of one plan.

    `weights` are for each field the running totals of its places' weights, from 0 on, all
    positive: how the places behind one token are taken to share its chance where a tilt asks. They
    are even unless set otherwise. An `exact` one finds out, wherever that doesn't take too long,
    which cells lead nowhere before it chooses: the chances of its rows are what they say.
    """

    def __init__(
        self,
        plan: Plan,
        walk: SpaceWalk,
        reader: Reader,
        *,
        temperature: float = 1.0,
        exact: bool = False,
    ) -> None:
        self.plan = plan
        self.walk = walk
        self.reader = reader
        self.weights = {
            name: np.arange(trie.tokens.shape[0] + 1, dtype=np.float64)
            for name, trie in plan.tries.items()
        }
        self.temperature = temperature
        self.exact = exact
        self.choices = plan.choices
        self.seen: dict[str, Seen] | None = None

    def watch(self) -> None:
        """Keep in `seen`, from now on, what the model makes of the nodes of each field's trie."""
        self.seen = {name: Seen(trie) for name, trie in self.plan.tries.items()}

    def write(self, numbers: Integers, seed: int, steer: Steer | None = None) -> Written:
        """Return a row for each number; what it draws depends on the seed and its number."""
        return _Batch(self, numbers, seed, steer).write()


class _Batch:
    """One batch while it is written; arrays are by row or, where said, by stream."""

    def __init__(
        self, writer: SlotWriter, numbers: Integers, seed: int, steer: Steer | None
    ) -> None:
        self._writer = writer
        self._numbers, self._seed, self._steer = numbers, seed, steer
        self._reader = writer.reader
        reading = self._reader.begin()
        self._stream = np.zeros(numbers.size, dtype=np.int64)
        self._pending = Pending(writer.plan.longest)
        self._scores, self._normaliser = reading.scores, reading.normaliser  # By stream.
        self._log_model = np.zeros(1)  # By stream.
        self._log_chance = np.zeros(numbers.size)
        self._divergence = np.zeros(numbers.size)
        self._redrawn = 0
        self._places: dict[str, Integers] = {}

    def write(self) -> Written:
        plan = self._writer.plan
        begun = self._writer.walk.begin(self._numbers.size, self._seed ^ int(self._numbers[0]))
        for number, field in enumerate(plan.fields):
            trie = plan.tries[field]
            begun.open_field(field)
            if number > plan.lead:  # What all rows begin with belongs to the prompt.
                streams = np.arange(self._pending.counts.size)
                first = np.full(streams.size, int(np.flatnonzero(trie.tokens[:, 0] >= 0)[0]))
                span = np.array([[0], [trie.shared]]).repeat(streams.size, axis=1)
                self._pending.append(streams, trie.tokens, first, span)
            if trie.nodes:
                self._read(np.arange(self._pending.counts.size))
            self._places[field] = self._write_field(number, field, trie, begun)
        self._read(np.arange(self._pending.counts.size))
        return Written(
            self._places,
            self._log_chance,
            self._divergence,
            self._log_model[self._stream],
            self._redrawn,
        )

    def _write_field(self, number: int, field: str, trie: Trie, begun: BegunBatch) -> Integers:
        rows = np.arange(self._numbers.size)
        if self._writer.exact:
            begun.settle(rows)
        weights = self._writer.weights[field]
        masses = Masses(begun.allowed(), weights)
        tilt, mark = self._steer_field(number, field, trie, masses)
        counted = self._log_chance.copy(), self._divergence.copy()
        root = self._stream.copy(), self._reader.lengths.copy(), self._scores, self._normaliser
        before = self._log_model
        place = np.full(rows.size, -1, dtype=np.int64)
        waiting, attempt = rows, 0
        while True:
            tilted = None
            if tilt is not None and self._steer is not None:
                tilted = TiltedMasses(masses, self._steer.bins[field], tilt)
            draws = partial(self._draw, number, attempt)
            place[waiting] = self._descend(field, waiting, masses, tilted, mark[waiting], draws)
            waiting = waiting[~begun.take(waiting, place[waiting])]
            if not waiting.size:
                return place
            attempt += 1
            self._redrawn += waiting.size
            self._log_chance[waiting] = counted[0][waiting]
            self._divergence[waiting] = counted[1][waiting]
            # A code for two absences is one text for two cells, of which one may lead nowhere.
            again = np.zeros(rows.size, dtype=np.int64)
            again[waiting] = 1
            self._part(again)
            stream, own = self._stream[waiting], root[0][waiting]
            self._reader.rewind(stream, root[1][own])
            self._pending.counts[stream] = 0
            self._scores[stream], self._normaliser[stream] = root[2][own], root[3][own]
            self._log_model[stream] = before[own]
            mark[waiting] = self._draw(number, attempt)[waiting]
            if attempt >= _PATIENCE:
                begun.settle(waiting)
            masses = Masses(begun.allowed(), weights)

    def _draw(self, number: int, attempt: int, step: int = 0) -> Floats:
        purpose = (number * _ATTEMPTS + attempt) * _STEPS + step
        return draw_uniform(self._seed, self._numbers, purpose)

    def _steer_field(
        self, number: int, field: str, trie: Trie, masses: Masses
    ) -> tuple[Floats | None, Floats]:
        """Return the rows' tilt, if any, and the marks by which they choose."""
        if self._steer is None or not trie.nodes:
            return None, self._draw(number, 0)
        edges = self._steer.bins[field]
        chances = np.zeros((self._numbers.size, edges.size - 1))
        for each, (branch, shares) in share_bins(trie, masses, edges, masses.of_row).items():
            rows = np.flatnonzero(masses.of_row == each)
            token = trie.tokens[trie.place[branch], trie.start[branch]]
            scores = self._scores[self._stream[rows]][:, self._index(token)]
            scores = scores / max(self._writer.temperature, 1e-6)
            own = np.exp(scores - scores.max(axis=1, keepdims=True))
            chances[rows] = own @ shares / own.sum(axis=1, keepdims=True)
        tilt = self._steer.tilt(field, self._places, chances)
        highest = np.where(chances > 0, tilt, -np.inf).max(axis=1, keepdims=True)
        tilted = chances * np.exp(np.minimum(tilt - highest, 0.0))
        tilted /= tilted.sum(axis=1, keepdims=True)
        return tilt, np.array(self._steer.uniforms(field, self._places, tilted))

    def _descend(
        self,
        field: str,
        rows: Integers,
        masses: Masses,
        tilted: TiltedMasses | None,
        mark: Floats,
        draws: Callable[[int], Floats],
    ) -> Integers:
        """Write the rows' cells from the first node on; return their places."""
        trie = self._writer.plan.tries[field]
        found = np.full(rows.size, -1, dtype=np.int64)
        if not trie.nodes:
            every = np.zeros(rows.size, dtype=np.int64)
            whole = np.array([0]), np.array([trie.tokens.shape[0]])
            return _pick_places(whole, every, rows, masses, tilted, mark)
        node = np.zeros(rows.size, dtype=np.int64)
        active = np.arange(rows.size)
        spent = np.ones(rows.size)  # How likely all that the mark chose was.
        step = 0
        while active.size:
            step += 1
            branching = branch_rows(trie, node[active], rows[active], masses, tilted)
            asking = np.unique(self._stream[rows[active[branching.counts > 1]]])
            self._read(asking[self._pending.counts[asking] > 0])
            chosen, mark[active], own, chance = self._choose(trie, branching, mark[active])
            spent[active] *= chance
            worn = active[spent[active] < _WORN]
            mark[worn], spent[worn] = draws(step)[rows[worn]], 1.0
            if self._writer.seen is not None:
                seen = self._writer.seen[field]
                seen.add(node[active], branching.branch, own, branching.counts)
            self._advance(trie, rows[active], chosen)
            node[active] = trie.node[chosen]
            ended = node[active] == LEAF
            last = active[ended]
            found[last] = _pick_places(
                (trie.low, trie.high), chosen[ended], rows[last], masses, tilted, mark[last], trie
            )
            active = active[~ended]
        return found

    def _choose(
        self, trie: Trie, branching: Branching, mark: Floats
    ) -> tuple[Integers, Floats, Floats, Floats]:
        """Return each row's chosen branch, its mark within it, the model's own chances of all
        branches, and the chance of the chosen one.
        """
        token = trie.tokens[trie.place[branching.branch], trie.start[branching.branch]]
        owner = branching.owner
        scores = self._scores[self._stream[branching.rows[owner]], self._index(token)]
        own = chances_of(self._warm(scores, branching.first), branching.first)
        steered = self._warm(scores, branching.first) + branching.lift
        chances = chances_of(steered, branching.first)
        picked, rest = choose(chances, branching.first, mark)
        with np.errstate(divide="ignore", invalid="ignore"):
            apart = np.where(chances > 0, chances * np.log(chances / own), 0.0)
        self._divergence[branching.rows] += np.add.reduceat(apart, branching.first[:-1])
        self._log_chance[branching.rows] += np.log(chances[picked])
        return branching.branch[picked], rest, own, chances[picked]

    def _warm(self, scores: Floats, first: Integers) -> Floats:
        """Return scores at the temperature; at none, only each row's first highest counts."""
        if self._writer.temperature > 0:
            return scores / self._writer.temperature
        owner = np.repeat(np.arange(first.size - 1), np.diff(first))
        highest = np.flatnonzero(scores == np.maximum.reduceat(scores, first[:-1])[owner])
        found: Floats = np.full(scores.size, -1e4)
        found[highest[np.searchsorted(owner[highest], np.arange(first.size - 1))]] = 0.0
        return found

    def _advance(self, trie: Trie, rows: Integers, branch: Integers) -> None:
        """Append the branches' tokens to the rows' streams, parting those that go apart."""
        tag = np.full(self._numbers.size, -1, dtype=np.int64)
        tag[rows] = branch
        own = self._part(tag + 1) - 1
        moving = np.flatnonzero(own >= 0)
        place, start = trie.place[own[moving]], trie.start[own[moving]]
        at_once = self._pending.counts[moving] == 0
        asked = moving[at_once]
        token = self._index(trie.tokens[place[at_once], start[at_once]])
        self._log_model[asked] += self._scores[asked, token] - self._normaliser[asked]
        span = np.stack((start, trie.stop[own[moving]]))
        self._pending.append(moving, trie.tokens, place, span)

    def _part(self, tags: Integers) -> Integers:
        """Part streams whose rows have different tags, numbers from 0; return the streams' tags."""
        width = int(tags.max()) + 1
        key, self._stream = np.unique(self._stream * width + tags, return_inverse=True)
        parent = key // width
        self._reader.select(parent)
        self._pending.select(parent)
        self._scores, self._normaliser = self._scores[parent], self._normaliser[parent]
        self._log_model = self._log_model[parent]
        found: Integers = key % width
        return found

    def _read(self, streams: Integers) -> None:
        """Let the network read what the streams have pending."""
        streams = streams[self._pending.counts[streams] > 0]
        if not streams.size:
            return
        reading = self._reader.read(*self._pending.take(streams))
        self._scores = self._scores.copy()
        self._normaliser = self._normaliser.copy()
        self._scores[streams] = reading.scores[streams]
        self._normaliser[streams] = reading.normaliser[streams]
        self._log_model = self._log_model + reading.inner

    def _index(self, tokens: Tokens) -> Integers:
        """Return where tokens are among the choices."""
        return np.searchsorted(self._writer.choices, tokens)


def _pick_places(
    runs: tuple[Integers, Integers],
    branch: Integers,
    rows: Integers,
    masses: Masses,
    tilted: TiltedMasses | None,
    mark: Floats,
    trie: Trie | None = None,
) -> Integers:
    """Return a place for each row among those behind a branch, which are written alike.

    There is nearly always just one. A code that stands for missing as well as for not applicable
    is read as what the row allows.
    """
    low, high = runs
    first = branch if trie is None else trie.span[branch]
    last = branch + 1 if trie is None else trie.span[branch + 1]
    found = low[first].copy()
    for place in np.flatnonzero((last - first > 1) | (high[first] - found > 1)).tolist():
        spans = zip(low[first[place] : last[place]], high[first[place] : last[place]], strict=True)
        each = np.concatenate([np.arange(start, stop) for start, stop in spans])
        sets = np.full(each.size, masses.of_row[rows[place]])
        mass = masses.below(sets, each + 1) - masses.below(sets, each)
        if tilted is not None:
            who = np.full(each.size, rows[place])
            own = tilted.below(who, each + 1) - tilted.below(who, each)
            mass = np.where(mass > 0, np.maximum(own, 1e-300), 0.0)
        chosen, _ = choose(mass / mass.sum(), np.array([0, each.size]), mark[place : place + 1])
        found[place] = each[chosen[0]]
    return found
