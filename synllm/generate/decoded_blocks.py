"""The slot decoder as the source of a run's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from pydantic import JsonValue

from synllm.generate.decoder.slot_writer import Written
from synllm.generate.model_rows import ModelRows
from synllm.generate.row_source import Block
from synllm.generate.settings import RunSettings
from synllm.generate.steering.steering import State, Steering
from synllm.rowspace.sample import Integers, Listing

TRIED = 100
"""Rows that the model writes by itself first, at most; see TRIED_SHARE."""

TRIED_SHARE = 0.05
"""The first rows are at most this part of those asked for."""

SPARE = 0.04
"""So many more rows than it delivers are written in a steered batch."""

MOST_COMPARED = 200_000
"""Of longer tables, spare rows are not kept to be measured."""

_FIRST = 1 << 40
"""Where the numbers of the first rows begin; those of batches stay far below."""

_BATCH = 1 << 13
"""More rows than a batch ever has."""


class DecodedBlocks:
    """Blocks of rows that a model writes, steered where there is a steering.

    `tried` are the model's own first rows; `spare` the steered rows that were not delivered, as
    long as there are few; `redrawn` counts cells that led nowhere.
    """

    def __init__(self, rows: ModelRows, settings: RunSettings, steering: Steering | None) -> None:
        self.listings: Mapping[str, Listing] = rows.listings
        self.measures: tuple[str, ...] = ("divergence",)
        if settings.weights:
            self.measures = ("divergence", "log_chance", "log_model")
        self.block_rows = settings.batch
        self.steering = steering
        self.redrawn = 0
        self.spare: list[Mapping[str, Integers]] = []
        self.tried: Mapping[str, Integers] | None = None
        self._rows, self._settings = rows, settings
        if steering is not None:
            count = min(TRIED, int(np.ceil(settings.rows * TRIED_SHARE)))
            self.tried = rows.try_out(_FIRST + np.arange(count), settings.seed).places

    @property
    def state(self) -> JsonValue:
        """What the batches so far have counted and taught the steering."""
        taught = None if self.steering is None else cast(Any, self.steering.state)
        return {"redrawn": self.redrawn, "steering": taught}

    def restore(self, state: JsonValue, first: Mapping[str, Integers]) -> None:
        """Go on from an earlier state."""
        assert isinstance(state, dict)
        self.redrawn = cast(int, state["redrawn"])
        if self.steering is not None:
            self.steering.restore(cast(State, state["steering"]), first)

    @property
    def surplus(self) -> int:
        """How many valid rows a whole run writes and doesn't deliver."""
        if self.steering is None or self.tried is None:
            return 0
        whole, rest = divmod(self._settings.rows, self.block_rows)
        spare = whole * int(self.block_rows * SPARE) + int(rest * SPARE)
        return spare + next(iter(self.tried.values())).size

    def draw_block(self, number: int, size: int) -> Block:
        """Return the block of that number. Raises ModelError."""
        extra = 0 if self.steering is None else int(size * SPARE)
        numbers = number * _BATCH + np.arange(size + extra)
        written = self._rows.write(numbers, self._settings.seed, self.steering)
        self.redrawn += written.redrawn
        chosen = np.arange(size)
        if self.steering is not None:
            chosen = self.steering.absorb(written.places, size)
            if self._settings.rows <= MOST_COMPARED:
                left = np.setdiff1d(np.arange(size + extra), chosen)
                self.spare.append({name: each[left] for name, each in written.places.items()})
        return Block(
            {name: each[chosen] for name, each in written.places.items()},
            self._measure(written, chosen),
        )

    def _measure(self, written: Written, chosen: Integers) -> Mapping[str, Any]:
        every = {
            "divergence": written.divergence,
            "log_chance": written.log_chance,
            "log_model": written.log_model,
        }
        return {name: every[name][chosen] for name in self.measures}
