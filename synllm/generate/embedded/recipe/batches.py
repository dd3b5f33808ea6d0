"""Random tables as token arrays: cards, and rows whose cells count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synllm.generate.embedded.recipe.tables import ROWS, Difficulty, RandomTable, draw_table
from synllm.targets.prompt.card import CardField, render_card

USER, ASSISTANT = "<|user|>\n", "\n<|assistant|>\n"
"""What the chat format puts around a card."""


_NUMBERS = ("1234567890.5", "-1.5")
"""Between them these have every token of a number."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Cards, padded at the end, shape (cards, tokens), and equally many rows of each, in order.

    `lengths` are the cards' own tokens. `field` tells for each row token to which field of the
    batch its choice belongs, -1 for what is no choice: names and padding. `allowed` are the tokens
    that a field's cells are made of, shape (fields of the batch, vocabulary).
    """

    card: Tensor
    lengths: Tensor
    rows: Tensor
    field: Tensor
    allowed: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        parts = (self.card, self.lengths, self.rows, self.field, self.allowed)
        return Batch(*(each.to(device) for each in parts))


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
    first = np.cumsum([0, *(len(table.fields) for table in tables)])
    tokens = np.zeros((len(rows), max(len(each.ids) for each in rows)), dtype=np.int64)
    fields = np.full(tokens.shape, -1)
    for place, (encoded, (_, spans)) in enumerate(zip(rows, written, strict=True)):
        tokens[place, : len(encoded.ids)] = encoded.ids
        for number, span in enumerate(spans):
            own = first[place * len(tables) // len(rows)] + number
            fields[place, list(_chosen(encoded.offsets, span))] = own
    return Batch(
        card=_pad([each.ids for each in cards]),
        lengths=torch.tensor([len(each.ids) for each in cards]),
        rows=torch.from_numpy(tokens),
        field=torch.from_numpy(fields),
        allowed=_list_allowed(tokenizer, [field for table in tables for field in table.fields]),
    )


def _chosen(offsets: Sequence[tuple[int, int]], span: tuple[int, int]) -> Iterator[int]:
    """Yield the tokens that a cell decides: its own, the one before, which says whether a number
    or a text follows, and the next, which says that it ends.
    """
    for place, (start, stop) in enumerate(offsets):
        if start <= span[1] and stop >= span[0]:
            yield place


def _list_allowed(tokenizer: Any, fields: Sequence[CardField]) -> Tensor:
    """Return which tokens cells of each field are made of, as a decoder would allow them."""
    owners, texts, spans = [], [], []
    for number, field in enumerate(fields):
        for cell in (*(_NUMBERS if field.numbers else ()), *(code for code, _ in field.codes)):
            owners.append(number)
            texts.append(f'{{"a":{cell},"a":{cell}}}')
            spans.append([(5, 5 + len(cell)), (10 + len(cell), 10 + 2 * len(cell))])
    allowed = torch.zeros(len(fields), tokenizer.get_vocab_size(), dtype=torch.bool)
    for owner, encoded, own in zip(owners, tokenizer.encode_batch(texts), spans, strict=True):
        for span in own:
            allowed[owner, [encoded.ids[each] for each in _chosen(encoded.offsets, span)]] = True
    return allowed


def _pad(sequences: Sequence[Sequence[int]]) -> Tensor:
    found = torch.zeros(len(sequences), max(map(len, sequences)), dtype=torch.int64)
    for place, tokens in enumerate(sequences):
        found[place, : len(tokens)] = torch.tensor(tokens)
    return found
