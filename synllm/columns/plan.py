"""Where a programme's arrays live: recorded steps laid out over as few buffers as possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synllm.columns.batch import Batch
from synllm.columns.steps import DTYPES, Operation, Recorder, Step

Arrays: TypeAlias = list[NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Move:
    """One operation between places of the array list."""

    operation: Operation
    inputs: tuple[int, ...]
    output: int


@dataclass(frozen=True, slots=True)
class Block:
    """The moves after which one statement's outcomes lie in the array list, and their places."""

    moves: tuple[Move, ...]
    outcomes: tuple[tuple[int, int], ...]
    """Pairs of verdict code and place, for the verdicts that can occur."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The blocks in order, and what the places of the array list hold: columns, then buffers."""

    blocks: tuple[Block, ...]
    values: tuple[tuple[int, str], ...]
    states: tuple[tuple[int, str], ...]
    buffers: tuple[tuple[int, type[np.generic]], ...]

    def arrays(self, batch: Batch) -> Arrays:
        """Return the array list for a batch: its columns, and buffers of its length."""
        places: dict[int, NDArray[Any]] = {}
        places.update((place, batch.values[name]) for place, name in self.values)
        places.update((place, batch.states[name]) for place, name in self.states)
        places.update((place, np.empty(batch.length, dtype)) for place, dtype in self.buffers)
        return [places[place] for place in range(len(places))]


@dataclass(frozen=True, slots=True)
class Goal:
    """How many of the recorded steps a statement needs to have run, and its outcomes' nodes."""

    steps: int
    outcomes: tuple[tuple[int, int], ...]


def lay_out(recorder: Recorder, goals: Sequence[Goal]) -> Layout:
    """Return the recorded steps as blocks, one a goal, that reuse buffers no longer needed."""
    needed = _needed(recorder.steps, goals)
    last_use = _last_uses(needed, goals)
    places = {
        node: place
        for place, node in enumerate(
            node for node, name in enumerate(recorder.columns) if name is not None
        )
    }
    inputs = list(places.items())
    buffers: list[tuple[int, type[np.generic]]] = []
    free: dict[str, list[int]] = {kind: [] for kind in DTYPES}

    def release(nodes: Iterable[int], now: int) -> None:
        for node in dict.fromkeys(nodes):
            if recorder.columns[node] is None and last_use[node] == now:
                free[recorder.kinds[node]].append(places[node])

    def move(step: Step, now: int) -> Move:
        # An operation reads its inputs before it writes, so one of them may be overwritten.
        release(step.inputs, now)
        kind = recorder.kinds[step.output]
        if not free[kind]:
            free[kind].append(len(inputs) + len(buffers))
            buffers.append((free[kind][-1], DTYPES[kind]))
        places[step.output] = free[kind].pop()
        return Move(
            step.operation, tuple(places[node] for node in step.inputs), places[step.output]
        )

    blocks, now = [], 0
    for steps, goal in zip(needed, goals, strict=True):
        moves = []
        for step in steps:
            moves.append(move(step, now))
            now += 1
        outcomes = tuple((code, places[node]) for code, node in goal.outcomes)
        release((node for _, node in goal.outcomes), now)
        now += 1
        blocks.append(Block(tuple(moves), outcomes))
    return Layout(
        tuple(blocks),
        tuple((p, recorder.columns[n] or "") for n, p in inputs if recorder.kinds[n] == "values"),
        tuple((p, recorder.columns[n] or "") for n, p in inputs if recorder.kinds[n] == "states"),
        tuple(buffers),
    )


def _needed(steps: Sequence[Step], goals: Sequence[Goal]) -> list[list[Step]]:
    """Return for each goal the steps recorded for it on which some outcome depends."""
    wanted = {node for goal in goals for _, node in goal.outcomes}
    for step in reversed(steps):
        if step.output in wanted:
            wanted.update(step.inputs)
    starts = [0, *(goal.steps for goal in goals)]
    return [
        [step for step in steps[start:stop] if step.output in wanted]
        for start, stop in pairwise(starts)
    ]


def _last_uses(needed: Sequence[Sequence[Step]], goals: Sequence[Goal]) -> dict[int, int]:
    """Return when each node is read last; time ticks once a step and once a goal."""
    last: dict[int, int] = {}
    now = 0
    for steps, goal in zip(needed, goals, strict=True):
        for step in steps:
            last.update(dict.fromkeys(step.inputs, now))
            now += 1
        last.update(dict.fromkeys((node for _, node in goal.outcomes), now))
        now += 1
    return last
