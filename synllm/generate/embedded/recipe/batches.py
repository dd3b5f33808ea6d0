"""Random tables as token arrays: cards, and rows whose cells count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synllm.generate.embedded.recipe.tables import ROWS, Difficulty, RandomTable, draw_table
from synllm.targets.prompt.card import render_card

USER, ASSISTANT = "<|user|>\n", "\n<|assistant|>\n"
"""What the chat format puts around a card."""


CELL, NAME = 1.0, 0.5
"""Rows' names are forced when rows are written, but predicting them teaches to look them up."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Cards, padded at the end, shape (cards, tokens), and equally many rows of each, in order.

    `lengths` are the cards' own tokens. `weight` says how much the prediction of each row token
    counts: CELL in cells, NAME in what stands between them, nothing for padding.
    """

    card: Tensor
    lengths: Tensor
    rows: Tensor
    weight: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(
            *(each.to(device) for each in (self.card, self.lengths, self.rows, self.weight))
        )


def draw_batch(
    tokenizer: Any, difficulty: Difficulty, cards: int, rows: int, random: np.random.Generator
) -> Batch:
    """Return a batch of random tables; `tokenizer` is one of the tokenizers library."""
    # Tables of about one size waste little on padding.
    count = int(random.integers(difficulty.fewest, difficulty.most + 1))
    same = replace(difficulty, fewest=count, most=count)
    tables = [draw_table(same, random) for _ in range(cards)]
    picked = [random.choice(ROWS, rows, replace=False).tolist() for _ in tables]
    return encode_tables(tokenizer, tables, picked)


def encode_tables(
    tokenizer: Any, tables: Sequence[RandomTable], picked: Sequence[Sequence[int]]
) -> Batch:
    """Return the batch of the given rows of each table."""
    cards = tokenizer.encode_batch([f"{USER}{render_card(t.fields)}{ASSISTANT}" for t in tables])
    written = [
        table.write_row(row) for table, own in zip(tables, picked, strict=True) for row in own
    ]
    rows = tokenizer.encode_batch([text for text, _ in written])
    tokens, weight = np.zeros((2, len(rows), max(len(each.ids) for each in rows)))
    for place, (encoded, (text, spans)) in enumerate(zip(rows, written, strict=True)):
        counts = np.zeros(len(text) + 1, dtype=bool)
        for start, stop in spans:
            counts[start : stop + 1] = True  # That a number ends here is a choice too.
        tokens[place, : len(encoded.ids)] = encoded.ids
        weight[place, : len(encoded.ids)] = [
            CELL if counts[start:stop].any() else NAME for start, stop in encoded.offsets
        ]
    return Batch(
        card=_pad([each.ids for each in cards]),
        lengths=torch.tensor([len(each.ids) for each in cards]),
        rows=torch.from_numpy(tokens.astype(np.int64)),
        weight=torch.from_numpy(weight.astype(np.float32)),
    )


def _pad(sequences: Sequence[Sequence[int]]) -> Tensor:
    found = torch.zeros(len(sequences), max(map(len, sequences)), dtype=torch.int64)
    for place, tokens in enumerate(sequences):
        found[place, : len(tokens)] = torch.tensor(tokens)
    return found
