"""A network that reads rows: one prompt for all, then packed tokens, and scores what may follow."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synllm.generate.decoder.attention import Packing, RowMemory, attending, register
from synllm.rowspace.sample import Integers

Scores = NDArray[np.float64]

_MOST_SCORES = 1 << 26
"""How many scores of the full head are held at once."""


class RowReader:
    """Reads a prompt once and then rows side by side, scoring only tokens that are ever chosen.

    `choices` are the tokens whose scores are wanted, ascending; `room` is the most own tokens of a
    row. With `full` the head stays whole, and every token read is scored against the vocabulary.
    Raises UnsupportedAttentionError for a model whose attention is of another kind.
    """

    def __init__(
        self, network: Any, prompt: Sequence[int], choices: Integers, room: int, *, full: bool
    ) -> None:
        register()
        self._network = network
        self._memory = RowMemory(room)
        self._full = full
        self._device = network.device
        self._choices = torch.as_tensor(choices, device=self._device)
        self._keeps = "logits_to_keep" in inspect.signature(network.forward).parameters
        self._head = network.get_output_embeddings()
        self._few = self._head if full else _narrow_head(self._head, self._choices)
        self.lengths: Integers = np.zeros(1, dtype=np.int64)
        tokens = torch.tensor([list(prompt)], device=self._device)
        with self._reading():
            logits = self._forward(tokens, torch.arange(tokens.shape[1], device=self._device))
        self._first = self._pick(logits)
        self.prompt_length = len(prompt)

    def begin(self) -> None:
        """Start anew after the prompt, with one row of no own tokens."""
        self._memory.clear_rows()
        self.lengths = np.zeros(1, dtype=np.int64)

    @property
    def first_scores(self) -> Scores:
        """The choices' scores right after the prompt, shape (choices,)."""
        return self._first

    def select(self, rows: Integers) -> None:
        """Go on with copies of the given rows, in their order."""
        if rows.size == self.lengths.size and (rows == np.arange(rows.size)).all():
            return
        used = int(self.lengths.max(initial=0))
        self._memory.select(torch.as_tensor(rows, device=self._device), used)
        self.lengths = self.lengths[rows]

    def read(self, tokens: Integers, counts: Integers) -> Scores:
        """Read further tokens of every row; return the choices' scores after each row's last.

        `tokens` are packed, row after row, `counts` of each row, at least one. Shape (rows,
        choices).
        """
        row = np.repeat(np.arange(counts.size), counts)
        before = np.cumsum(counts) - counts
        inside = np.arange(tokens.size) - before[row]
        longest = int(counts.max())
        self._memory.packing = Packing(
            row=self._send(row),
            position=self._send(self.lengths[row] + inside),
            slot=self._send(row * longest + inside),
            rows=counts.size,
            longest=longest,
            reach=int((self.lengths + counts).max()),
            starts=self._send(self.lengths),
        )
        positions = self._memory.packing.position + self.prompt_length
        last = self._send(np.cumsum(counts) - 1)
        with self._reading():
            logits = self._forward(self._send(tokens)[None], positions, last)
        self.lengths = self.lengths + counts
        return self._pick(logits)

    def _send(self, numbers: Integers) -> Tensor:
        return torch.as_tensor(numbers, device=self._device)

    def _forward(self, tokens: Tensor, positions: Tensor, last: Tensor | None = None) -> Tensor:
        keep = {}
        if last is None:
            last = torch.tensor([tokens.shape[1] - 1], device=self._device)
        if self._keeps:
            keep["logits_to_keep"] = last
        found = self._network(
            input_ids=tokens, position_ids=positions[None], use_cache=False, **keep
        ).logits[0]
        return found if self._keeps else found[last]

    def _pick(self, logits: Tensor) -> Scores:
        scores = logits if not self._full else logits[:, self._choices]
        found: Scores = scores.float().cpu().numpy().astype(np.float64)
        return found

    @contextmanager
    def _reading(self) -> Iterator[None]:
        network = self._network
        network.set_output_embeddings(self._few)
        try:
            with torch.inference_mode(), attending(network, self._memory):
                yield
        finally:
            network.set_output_embeddings(self._head)


def _narrow_head(head: Any, choices: Tensor) -> torch.nn.Linear:
    """Return the head for the chosen tokens alone, which gives the same scores for them."""
    narrow = torch.nn.Linear(
        head.weight.shape[1],
        choices.numel(),
        bias=getattr(head, "bias", None) is not None,
        device="meta",
    )
    narrow.weight = torch.nn.Parameter(head.weight[choices].detach(), requires_grad=False)
    if narrow.bias is not None:
        narrow.bias = torch.nn.Parameter(head.bias[choices].detach(), requires_grad=False)
    return narrow
