"""Random tables as token arrays: cards, and rows whose cells count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synllm.generate.embedded.recipe.choices import cell_tokens, choices_of
from synllm.generate.embedded.recipe.lessons import Lessons, Line, plan_lessons
from synllm.generate.embedded.recipe.tables import ROWS, Difficulty, RandomTable, draw_table
from synllm.targets.prompt.card import render_card

USER, ASSISTANT = "<|user|>\n", "\n<|assistant|>\n"
"""What the chat format puts around a card."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Cards, padded at the end, shape (cards, tokens), and equally many rows of each, in order.

    `lengths` are the cards' own tokens. `choice` tells for each row token from which of the
    `allowed` sets of tokens it is chosen, -1 where there is no choice; their shape is (sets,
    vocabulary).
    """

    card: Tensor
    lengths: Tensor
    rows: Tensor
    choice: Tensor
    allowed: Tensor
    lessons: Lessons

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(*(getattr(self, field.name).to(device) for field in fields(self)))


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
    origins = [(table, row) for table, own in enumerate(picked) for row in own]
    written = [tables[table].write_row(row) for table, row in origins]
    rows = tokenizer.encode_batch([text for text, _ in written])
    tokens = np.zeros((len(rows), max(len(each.ids) for each in rows)), dtype=np.int64)
    choice = np.full(tokens.shape, -1)
    sets: dict[frozenset[int], int] = {}
    choices = [choices_of(tokenizer, table.fields) for table in tables]
    lines: list[Line] = []
    for place, (encoded, (_, spans)) in enumerate(zip(rows, written, strict=True)):
        tokens[place, : len(encoded.ids)] = encoded.ids
        table, row = origins[place]
        cells = [cell_tokens(encoded.offsets, span) for span in spans]
        lines.append(Line(tables[table], table, row, encoded.ids, cells))
        for field, (first, stop) in zip(choices[table], cells, strict=True):
            for number, members in enumerate(field.walk(encoded.ids[first:stop])):
                if len(members) > 1:
                    choice[place, first + number] = sets.setdefault(members, len(sets))
    allowed = torch.zeros(len(sets), tokenizer.get_vocab_size(), dtype=torch.bool)
    for members, number in sets.items():
        allowed[number, list(members)] = True
    return Batch(
        card=_pad([each.ids for each in cards]),
        lengths=torch.tensor([len(each.ids) for each in cards]),
        rows=torch.from_numpy(tokens),
        choice=torch.from_numpy(choice),
        allowed=allowed,
        lessons=plan_lessons(tokenizer.get_vocab(), [each.ids for each in cards], lines),
    )


def _pad(sequences: Sequence[Sequence[int]]) -> Tensor:
    found = torch.zeros(len(sequences), max(map(len, sequences)), dtype=torch.int64)
    for place, tokens in enumerate(sequences):
        found[place, : len(tokens)] = torch.tensor(tokens)
    return found
