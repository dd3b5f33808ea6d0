"""What stands in for a model: scores made up from what was written, as unhelpful as can be."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from synllm.columns.program import UNDEFINED, VIOLATED, Program, compile_program
from synllm.generate.decoder.plan import Plan, plan_rows
from synllm.generate.decoder.reading import Reading
from synllm.generate.decoder.slot_writer import SlotWriter
from synllm.language.load import load_spec
from synllm.rowspace.fit import make_table
from synllm.rowspace.sample import Listing, list_cells
from synllm.rowspace.settle import settle_orders
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.rowspace.walk import SpaceWalk
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from tests.generate.decoder.spoken import speak

ONE = np.uint64(1)
KINDS = ("random", "huge", "flat", "stubborn", "rare")


class Adversary:
    """A reader whose scores depend on the tokens written so far, on the seed, and on nothing else.

    random: scores of the usual size; huge: up to 1e30, so that one token alone has a chance; flat:
    all alike; stubborn: the same order of tokens whatever was written, nearly always a forbidden
    one first; rare: the fewer cells a token leads to, the more it is wanted.
    """

    def __init__(self, plan: Plan, kind: str, seed: int) -> None:
        self._kind, self._seed = kind, np.uint64(seed)
        self._tokens = _mix(plan.choices.astype(np.uint64) + ONE)
        self._rare = -1e3 * np.log(_count_cells(plan))
        self._room = plan.longest + 1
        self.lengths = np.zeros(1, dtype=np.int64)
        self._states = np.zeros((1, self._room), dtype=np.uint64)

    def begin(self) -> Reading:
        self.lengths = np.zeros(1, dtype=np.int64)
        self._states = np.zeros((1, self._room), dtype=np.uint64)
        return self._score(np.zeros(1))

    def select(self, rows: np.ndarray) -> None:
        self.lengths, self._states = self.lengths[rows], self._states[rows]

    def rewind(self, rows: np.ndarray, lengths: np.ndarray) -> None:
        assert (lengths <= self.lengths[rows]).all()
        self.lengths = self.lengths.copy()
        self.lengths[rows] = lengths

    def read(self, tokens: np.ndarray, counts: np.ndarray) -> Reading:
        assert tokens.size == counts.sum() > 0
        self.lengths = self.lengths.copy()
        inner = np.zeros(counts.size)
        begins = np.cumsum(counts) - counts
        for step in range(int(counts.max())):
            stream = np.flatnonzero(counts > step)
            token = tokens[begins[stream] + step]
            before = self._states[stream, self.lengths[stream]]
            if step:
                inner[stream] += self.log_chance(before, token)
            self.lengths[stream] += 1
            self._states[stream, self.lengths[stream]] = follow(before, token)
        return self._score(inner)

    def log_chance(self, state: np.ndarray, token: np.ndarray) -> np.ndarray:
        """What a random reader makes of one token after each state."""
        return self._random(state, _mix(token.astype(np.uint64) + ONE)) - self._normalise(state)

    def _random(self, state: np.ndarray, token: np.ndarray) -> np.ndarray:
        return _mix(_mix(state + self._seed) ^ token) / 2.0**64 * 6 - 3

    def _normalise(self, state: np.ndarray) -> np.ndarray:
        return 5 + _mix(state) / 2.0**64

    def _score(self, inner: np.ndarray) -> Reading:
        state = self._states[np.arange(self.lengths.size), self.lengths]
        random = self._random(state[:, None], self._tokens)
        scores = {
            "random": lambda: random,
            "huge": lambda: random * 3e29,
            "flat": lambda: np.zeros(random.shape),
            "stubborn": lambda: np.tile(self._tokens / 2.0**54, (state.size, 1)),
            "rare": lambda: np.tile(self._rare, (state.size, 1)),
        }[self._kind]()
        return Reading(scores, self._normalise(state), inner)


def follow(state: np.ndarray, token: np.ndarray) -> np.ndarray:
    """The states after each state and a token."""
    return _mix(state ^ (token.astype(np.uint64) + ONE))


def _count_cells(plan: Plan) -> np.ndarray:
    found = np.zeros(plan.choices.size)
    for trie in plan.tries.values():
        if trie.nodes:
            behind = np.add.reduceat(trie.high - trie.low, trie.span[:-1])
            tokens = trie.tokens[trie.place, trie.start]
            np.add.at(found, np.searchsorted(plan.choices, tokens), behind)
    return found


def _mix(number: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        number = number + np.uint64(0x9E3779B97F4A7C15)
        number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        return number ^ (number >> np.uint64(27))


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A spec, and all that is needed to write its rows but a reader."""

    spec: Spec
    core: CoreSpec
    space: RowSpace
    listings: dict[str, Listing]
    plan: Plan
    walk: SpaceWalk
    program: Program

    def writer(self, kind: str, seed: int, *, temperature: float = 1.0) -> SlotWriter:
        """A writer of rows by made-up scores."""
        reader = Adversary(self.plan, kind, seed)
        return SlotWriter(self.plan, self.walk, reader, temperature=temperature)

    def faults(self, places: dict[str, np.ndarray]) -> int:
        """How often rows break a statement, or leave one without a meaning."""
        counts = self.program.counts(make_table(self.spec, self.core, self.listings, places).batch)
        return sum(each[VIOLATED] + each[UNDEFINED] for each in counts.values())


def make_ready(spec: Spec, speech: str, *, nodes: int | None = None) -> Ready | None:
    """Return a spec ready to write, or None where no row is valid."""
    core = lower(spec)
    space = build_row_space(spec, core, **({} if nodes is None else {"nodes": nodes}))
    if space is None:
        return None
    space, refusals = settle_orders(space)
    assert not refusals
    ready = make_ready_in_order(spec, space, speech)
    parts = ready.walk.open_rows.values()
    return ready if all(part.starts.shape[1] for part in parts) else None


def make_ready_in_order(spec: Spec, space: RowSpace, speech: str) -> Ready:
    """Return a spec ready to write, its fields as the row space has them."""
    core = space.core
    listings = {each.name: list_cells(core.by_name[each.name]) for each in spec.generated_columns}
    plan = plan_rows(spec, space.fields, listings, speak(speech)[0])
    hard = tuple(
        replace(each, name=f"{each.kind} {each.name}") for each in core.statements if each.hard
    )
    program = compile_program(replace(core, statements=hard))
    return Ready(spec, core, space, listings, plan, SpaceWalk(space, listings), program)


@cache
def ready_file(path: Path, speech: str, nodes: int | None = None) -> Ready:
    """Return a spec file's rows ready to write; at least one is valid."""
    spec, diagnostics = load_spec(path)
    assert spec is not None, diagnostics
    ready = make_ready(spec, speech, nodes=nodes)
    assert ready is not None
    return ready
