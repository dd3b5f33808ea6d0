"""Write rows that match a pattern, by a model, through Outlines."""

import copy
import inspect
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from synllm.generate.errors import ModelError
from synllm.generate.models import LoadedModel, explain_memory, quiet_libraries
from synllm.generate.prompt_text import Message, render_prompt
from synllm.generate.row_index import compile_index, measure_rows

if TYPE_CHECKING:
    import torch

UNBOUNDED_ROW_TOKENS = 4096
SMALL_MODEL_PARAMETERS = 10_000_000


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A row that was cut at the token limit: what it had written, which is no row."""

    text: str
    tokens: int


class RowWriter:
    """Writes rows of one pattern with one model; the pattern is compiled once, here.

    `regex` matches one whole row and is closed by its own last character. Raises ModelError when
    the model's tokenizer can't write such rows.
    """

    def __init__(self, model: LoadedModel, regex: str) -> None:
        from outlines import Generator

        from synllm.generate.row_processor import RowProcessor

        end = model.tokenizer.eos_token_id
        self._model = model
        self._index = compile_index(regex, model.token_bytes, end=end, name=model.name)
        self._processor = RowProcessor(self._index, end=end, name=model.name)
        self._generator: Any = Generator(model.outlines, processor=self._processor)
        self._prefix: tuple[str, Any] | None = None

    @cached_property
    def row_tokens(self) -> tuple[int, int | None]:
        """The fewest and the most tokens of a row; the most is None when rows have no bound."""
        return measure_rows(self._index)

    def write_batch(
        self,
        messages: Sequence[Message],
        count: int,
        *,
        seed: int,
        temperature: float = 1.0,
        max_new_tokens: int | None = None,
    ) -> list[str | Unfinished]:
        """Return `count` rows for one prompt, written side by side.

        Every string matches the pattern in full; a row that `max_new_tokens` cut short comes back
        as Unfinished. Without `max_new_tokens` the longest row of the pattern fits. The same seed
        on the same machine gives the same rows, and no random state outside changes. Temperature 0
        takes the likeliest allowed token every time. Raises ModelError when prompt and row don't
        fit into the model's context or its memory.
        """
        if count < 1 or not (math.isfinite(temperature) and temperature >= 0):
            raise ValueError(f"no rows can be written: count {count}, temperature {temperature}")
        if max_new_tokens is not None and max_new_tokens < 1:
            raise ValueError(f"no rows can be written in {max_new_tokens} tokens")
        text = render_prompt(self._model.tokenizer, messages, name=self._model.name)
        prompt, _ = self._model.outlines.tokenizer.encode(text)
        room = self._find_room(prompt.shape[1])
        limit = max_new_tokens or self.row_tokens[1] or UNBOUNDED_ROW_TOKENS
        self._processor.prepare(seed=seed, temperature=temperature)
        with (
            quiet_libraries(),
            explain_memory(self._model.name, self._model.device),
            fitting_threads(self._model.network),
        ):
            self._generator.batch(
                [text] * count,
                max_new_tokens=min(limit, room),
                **self._remember_prompt(text, prompt, count),
                do_sample=False,  # The processor draws: it leaves one token to choose from.
            )
        rows = self._collect_rows()
        if room < limit and any(isinstance(row, Unfinished) for row in rows):
            raise self._say_too_long(prompt.shape[1], f"a row takes more than the {room} left")
        return rows

    def _find_room(self, prompt_tokens: int) -> int:
        """Return how many tokens a row may have after the prompt."""
        if self._model.context_length is None:
            return UNBOUNDED_ROW_TOKENS * 16
        room = self._model.context_length - prompt_tokens
        shortest, _ = self.row_tokens
        if room < shortest:
            raise self._say_too_long(prompt_tokens, f"the shortest row takes {shortest}")
        return room

    def _say_too_long(self, prompt_tokens: int, row: str) -> ModelError:
        return ModelError(
            f"The prompt has {prompt_tokens} tokens and {row}, "
            f"but the model reads {self._model.context_length} in all",
            where=self._model.name,
            fix="Use a shorter prompt level, fewer example rows or a model with a longer context.",
        )

    def _remember_prompt(self, text: str, prompt: "torch.Tensor", count: int) -> dict[str, Any]:
        """Return generate's argument that holds the prompt's memory for `count` rows, if any.

        The prompt is read once for all batches; its last token is left for the batch to read.
        """
        if self._prefix is None or self._prefix[0] != text:
            self._prefix = (text, read_prompt(self._model.network, prompt[:, :-1]))
        memory = copy.deepcopy(self._prefix[1])
        if memory is None:
            return {}
        memory.batch_repeat_interleave(count)
        return {"past_key_values": memory}

    def _collect_rows(self) -> list[str | Unfinished]:
        spelled = self._model.token_bytes
        rows: list[str | Unfinished] = []
        for tokens, complete in zip(self._processor.tokens, self._processor.complete, strict=True):
            written = b"".join(spelled[token] for token in tokens)
            if complete:
                rows.append(written.decode())
            else:
                rows.append(Unfinished(written.decode(errors="replace"), len(tokens)))
        return rows


@contextmanager
def fitting_threads(network: Any) -> Iterator[None]:
    """Run a small model on one thread inside the block.

    Its steps are too short to share out: on a busy machine, waiting for the other threads at every
    step made it ten times slower. Its rows also stop depending on the number of cores.
    """
    import torch

    threads = torch.get_num_threads()
    if network.device.type == "cpu" and network.num_parameters() <= SMALL_MODEL_PARAMETERS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def read_prompt(network: Any, tokens: "torch.Tensor") -> Any:
    """Return the keys and values of the tokens, shape (1, tokens), for one row.

    None means that this model keeps another kind of memory and reads the prompt with each batch.
    """
    import torch
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

    takes_memory = "past_key_values" in inspect.signature(network.base_model.forward).parameters
    if tokens.shape[1] == 0 or not takes_memory or not network._supports_default_dynamic_cache():
        return None
    memory = DynamicCache(config=network.config)
    if not all(type(kind) in (DynamicLayer, DynamicSlidingWindowLayer) for kind in memory.layers):
        return None
    with torch.no_grad():
        network.base_model(tokens.to(network.device), past_key_values=memory, use_cache=True)
    return memory
