"""A network that reads rows: one prompt for all, then packed tokens, and scores what may follow."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synllm.generate.decoder.attention import (
    Packing,
    RowMemory,
    UnsupportedAttentionError,
    attending,
    register,
)
from synllm.generate.decoder.reading import Reading
from synllm.generate.errors import ModelError
from synllm.rowspace.sample import Floats, Integers

_MOST_SCORES = 1 << 26
"""How many scores of the full head are held at once."""

_HIGHEST = 1e30
"""Scores beyond this are taken for it."""


class RowReader:
    """Reads a prompt once and then rows side by side, scoring only tokens that are ever chosen.

    `choices` are the tokens whose scores are wanted, ascending; `room` is the most own tokens of a
    row. With `full` the head stays whole, and every token read is scored against the vocabulary.
    `name` is what errors call the model.
    Raises UnsupportedAttentionError for a model whose attention is of another kind.
    """

    def __init__(
        self,
        network: Any,
        prompt: Sequence[int],
        choices: Integers,
        room: int,
        *,
        full: bool,
        name: str = "the model",
    ) -> None:
        taken = inspect.signature(network.forward).parameters
        if "position_ids" not in taken:
            raise UnsupportedAttentionError("no positions to tell apart the rows' tokens")
        register()
        self._network = network
        self._memory = RowMemory(room)
        self._full = full
        self._name = name
        self._device = network.device
        self._choices = torch.as_tensor(choices, device=self._device)
        self._keeps = "logits_to_keep" in taken
        self._head = network.get_output_embeddings()
        self._few = self._head if full else _narrow_head(self._head, self._choices)
        self.lengths: Integers = np.zeros(1, dtype=np.int64)
        tokens = torch.tensor([list(prompt)], device=self._device)
        positions = torch.arange(tokens.shape[1], device=self._device)
        with self._reading():
            logits = self._forward(tokens, positions, positions[-1:])
        if len(self._memory.prompt) < network.config.get_text_config().num_hidden_layers:
            raise UnsupportedAttentionError("layers that keep no keys and values")
        self._first = Reading(*self._pick(logits), np.zeros(1))
        self.prompt_length = len(prompt)

    def begin(self) -> Reading:
        """Start anew with one row of no own tokens; returns what follows the prompt."""
        self._memory.clear_rows()
        self.lengths = np.zeros(1, dtype=np.int64)
        return self._first

    def select(self, rows: Integers) -> None:
        """Go on with copies of the given rows, in their order."""
        if rows.size == self.lengths.size and (rows == np.arange(rows.size)).all():
            return
        used = int(self.lengths.max(initial=0))
        self._memory.select(torch.as_tensor(rows, device=self._device), used)
        self.lengths = self.lengths[rows]

    def rewind(self, rows: Integers, lengths: Integers) -> None:
        """Forget the rows' tokens after so many."""
        self.lengths = self.lengths.copy()
        self.lengths[rows] = lengths

    def read(self, tokens: Integers, counts: Integers) -> Reading:
        """Read further tokens of the rows; what follows a row without new ones is left at zero.

        `tokens` are packed, row after row, `counts` of each row.
        """
        rows = counts.size
        scores = np.zeros((rows, self._choices.numel()))
        normaliser, inner = np.zeros(rows), np.zeros(rows)
        ends = np.cumsum(counts)
        for first, last in self._parts(counts):
            own = np.zeros_like(counts)
            own[first:last] = counts[first:last]
            packed = tokens[ends[first] - counts[first] : ends[last - 1]]
            there = np.flatnonzero(own)
            logits = self._read(packed, own)
            if self._full:
                inner[there] = self._score_inner(logits, packed, own[there])
                logits = logits[self._send(np.cumsum(own[there]) - 1)]
            scores[there], normaliser[there] = self._pick(logits)
        self.lengths = self.lengths + counts
        return Reading(scores, normaliser, inner)

    def _parts(self, counts: Integers) -> Iterator[tuple[int, int]]:
        """Yield ranges of rows whose scores fit into memory together."""
        most = _MOST_SCORES // self._head.weight.shape[0] if self._full else _MOST_SCORES
        first, held = 0, 0
        for row, count in enumerate(counts.tolist()):
            if held and held + count > most:
                yield first, row
                first, held = row, 0
            held += count
        if held:
            yield first, counts.size

    def _read(self, tokens: Integers, counts: Integers) -> Tensor:
        row = np.repeat(np.arange(counts.size), counts)
        ends = np.cumsum(counts)
        inside = np.arange(tokens.size) - (ends - counts)[row]
        longest = int(counts.max())
        packing = Packing(
            row=self._send(row),
            position=self._send(self.lengths[row] + inside),
            slot=self._send(row * longest + inside),
            rows=counts.size,
            longest=longest,
            reach=int((self.lengths + counts).max()),
            starts=self._send(self.lengths),
        )
        self._memory.packing = packing
        last = None if self._full else self._send(ends[counts > 0] - 1)
        try:
            with self._reading():
                positions = packing.position + self.prompt_length
                return self._forward(self._send(tokens)[None], positions, last)
        finally:
            self._memory.packing = None

    def _score_inner(self, logits: Tensor, tokens: Integers, counts: Integers) -> Floats:
        """Return each row's log-probability of its tokens after the first read."""
        chances = logits[:-1].float().log_softmax(dim=-1)
        following = chances.gather(1, self._send(tokens[1:])[:, None])[:, 0]
        found = np.concatenate((following.cpu().numpy().astype(np.float64), [0.0]))
        found[np.cumsum(counts) - 1] = 0.0  # What comes after a row's last token is another row.
        total: Floats = np.add.reduceat(found, np.cumsum(counts) - counts)
        return total

    def _send(self, numbers: Integers) -> Tensor:
        return torch.as_tensor(numbers, device=self._device)

    def _forward(self, tokens: Tensor, positions: Tensor, keep: Tensor | None) -> Tensor:
        """Return the logits after the tokens to keep, all of them where none are named."""
        asked = {"logits_to_keep": keep} if self._keeps and keep is not None else {}
        logits: Tensor = self._network(
            input_ids=tokens, position_ids=positions[None], use_cache=False, **asked
        ).logits[0]
        return logits if self._keeps or keep is None else logits[keep]

    def _pick(self, logits: Tensor) -> tuple[Floats, Floats]:
        """Return the choices' scores and, with the full head, the normaliser of each row.

        Raises ModelError where scores are no numbers.
        """
        logits = logits.float()
        normaliser = logits.logsumexp(dim=-1) if self._full else logits.new_zeros(len(logits))
        chosen = logits[:, self._choices] if self._full else logits
        scores = chosen.cpu().numpy().astype(np.float64)
        if np.isnan(scores).any():
            raise ModelError(
                "The model's numbers overflowed, so its next token is undefined",
                where=self._name,
                fix="Try --dtype float32; if that fails too, the weights are damaged.",
            )
        # A token that a model rules out altogether may be the only one that leads to a row.
        kept: Floats = np.clip(scores, -_HIGHEST, _HIGHEST)
        return kept, normaliser.cpu().numpy().astype(np.float64)

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
