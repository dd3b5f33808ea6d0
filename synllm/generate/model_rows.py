"""Rows that a language model writes through the slot decoder, batch after batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from synllm.generate.constrained import fitting_threads
from synllm.generate.decoder.expectations import expect_weights
from synllm.generate.decoder.prepare import prepare_writer
from synllm.generate.decoder.slot_writer import SlotWriter, Steer, Written
from synllm.generate.errors import OutOfMemoryError
from synllm.generate.models import LoadedModel, explain_memory, quiet_libraries
from synllm.generate.prompt_text import Message, render_prompt
from synllm.rowspace.prior import prior_weights
from synllm.rowspace.sample import Integers, Listing, list_cells
from synllm.rowspace.space import RowSpace
from synllm.spec.model import Spec


class ModelRows:
    """A model ready to write a spec's rows.

    With `score` the model's own probability of each row is found out as well. Raises ModelError.
    """

    def __init__(
        self,
        spec: Spec,
        space: RowSpace,
        model: LoadedModel,
        messages: Sequence[Message],
        *,
        temperature: float = 1.0,
        score: bool = False,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.listings: dict[str, Listing] = {
            name: list_cells(space.core.by_name[name]) for name in space.fields
        }
        self._model = model
        self._notice = notice
        self._at_once: int | None = None
        self._writer: SlotWriter = prepare_writer(
            spec,
            space,
            self.listings,
            model,
            render_prompt(model.tokenizer, messages, name=model.name),
            temperature=temperature,
            score=score,
        )
        self._declared = {
            name: prior_weights(spec, spec.by_name[name], listing)
            for name, listing in self.listings.items()
        }
        self._expect()

    @property
    def canonical(self) -> float:
        """The share of random rows that the model's tokenizer would cut as the decoder does."""
        return self._writer.plan.canonical

    def try_out(self, numbers: Integers, seed: int) -> Written:
        """Return rows of the model alone, and learn from them how it goes on within values."""
        self._writer.watch()
        written = self.write(numbers, seed)
        self._expect()
        self._writer.seen = None
        return written

    def _expect(self) -> None:
        seen = self._writer.seen or {}
        for name, trie in self._writer.plan.tries.items():
            self._writer.weights[name] = expect_weights(trie, self._declared[name], seen.get(name))

    def write(self, numbers: Integers, seed: int, steer: Steer | None = None) -> Written:
        """Return a row for each number; the same seed and number give the same row.

        Where memory runs out, half as many rows are written at once from then on. Raises
        ModelError where there is not enough for a single row.
        """
        parts: list[Written] = []
        done = 0
        while done < numbers.size:
            size = min(self._at_once or numbers.size, numbers.size - done)
            try:
                with (
                    quiet_libraries(),
                    explain_memory(self._model.name, self._model.device),
                    fitting_threads(self._model.network),
                ):
                    parts.append(self._writer.write(numbers[done : done + size], seed, steer))
            except OutOfMemoryError:
                if size == 1:
                    raise
                self._at_once = size // 2
                self._notice(f"memory ran out at {size} rows at once: going on with {size // 2}")
                continue
            done += size
        return parts[0] if len(parts) == 1 else _join(parts)


def _join(parts: Sequence[Written]) -> Written:
    places: Mapping[str, Integers] = parts[0].places
    return Written(
        {name: np.concatenate([each.places[name] for each in parts]) for name in places},
        np.concatenate([each.log_chance for each in parts]),
        np.concatenate([each.divergence for each in parts]),
        np.concatenate([each.log_model for each in parts]),
        sum(each.redrawn for each in parts),
    )
