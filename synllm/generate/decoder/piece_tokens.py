"""The canonical tokens of each cell of a field together with the row's text around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synllm.generate.decoder.cell_texts import CellTexts
from synllm.generate.token_bytes import TokenBytes
from synllm.rowspace.sample import Integers

ABSENT = -1
"""Fills up token sequences that are shorter than others."""

_MANY = 400
"""From so many different integers on it is tried whether they are written digit by digit."""

_SAMPLE = 96
"""How many cells are compared with what the tokenizer makes of them as a whole."""

_GROUP = 3
"""Where tokenizers have groups of digits, they are of so many."""

Tokens = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of a field in a row: `head`, its cell, `tail`; `before` is what comes before it."""

    before: str
    head: str
    tail: str


class Encoder:
    """A tokenizer's tokens of texts, cut at places in them."""

    def __init__(self, tokenizer: Any, spelled: TokenBytes) -> None:
        self._encode = tokenizer.backend_tokenizer.encode_batch_fast
        self._size = {token: len(written) for token, written in spelled.items()}
        written = b"\n".join(spelled.values())
        self.joins_points = re.search(rb"[0-9]\.|\.[0-9]", written) is not None
        """Whether a token writes a point and a digit beside it."""
        # A token with letters before its digits, like `<unused12>`, is never part of a number.
        self._digits = set(re.findall(rb"(?<![0-9A-Za-z])[0-9]{2,}", written))

    @cached_property
    def digit_group(self) -> int | None:
        """How many digits of a number, from the left, are written apart from the next ones.

        None where it depends on the digits: a few numbers would not show a token for one alone.
        """
        longest = max(map(len, self._digits), default=1)
        if longest == 1:
            return 1
        if longest > _GROUP:
            return None
        # Were it not for the groups, some token would be used across their border.
        for digits in sorted(each.decode() for each in self._digits):
            for before in range(_GROUP - len(digits) + 1, _GROUP):
                text = ":" + "1" * before + digits
                if self.cut(self.encode([text])[0], [len(text) - 1 - _GROUP]) is None:
                    return None
        return _GROUP

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each text, without any that the tokenizer adds around it."""
        return [each.ids for each in self._encode(list(texts), add_special_tokens=False)]

    def cut(self, tokens: Sequence[int], ends: Sequence[int]) -> list[list[int]] | None:
        """Return the tokens of the last parts of a text; None where a token reaches across.

        `ends` are numbers of bytes before the text's end, descending: part i is from `ends[i]` up
        to `ends[i + 1]`, the last one up to 0.
        """
        parts: list[list[int]] = []
        place = len(tokens)
        left = 0
        for end in reversed(ends):
            stop = place
            while left < end:
                place -= 1
                if place < 0:
                    return None
                left += self._size.get(tokens[place], 0)
            if left != end:
                return None
            parts.append(list(tokens[place:stop]))
        return parts[::-1]


def tokenize_cells(encoder: Encoder, piece: Piece, cells: CellTexts) -> Tokens:
    """Return the tokens of head, cell and tail for each place, shape (places, longest).

    Shorter sequences are filled up with ABSENT, and so are places without a text. They are those
    that the tokenizer itself gives for the piece after `before`.
    """
    numbers = _put_together(encoder, piece, cells)
    if numbers is None:
        whole = [cells.number(place) for place in range(cells.numbers)]
        numbers = _pad(_encode_pieces(encoder, piece, whole))
    written = [text for text in cells.others if text is not None]
    encoded = iter(_encode_pieces(encoder, piece, written))
    others = _pad([[] if text is None else next(encoded) for text in cells.others])
    table = np.full(
        (cells.numbers + others.shape[0], max(numbers.shape[1], others.shape[1])),
        ABSENT,
        dtype=np.int32,
    )
    table[: cells.numbers, : numbers.shape[1]] = numbers
    table[cells.numbers :, : others.shape[1]] = others
    return table


def _encode_pieces(encoder: Encoder, piece: Piece, cells: Sequence[str]) -> list[list[int]]:
    texts = [piece.head + cell + piece.tail for cell in cells]
    encoded = encoder.encode([piece.before + text for text in texts])
    found = []
    for text, tokens in zip(texts, encoded, strict=True):
        parts = encoder.cut(tokens, [len(text.encode())])
        # Where the text before runs into the piece, the piece is written as if it stood alone.
        found.append(parts[0] if parts else encoder.encode([text])[0])
    return found


def _put_together(encoder: Encoder, piece: Piece, cells: CellTexts) -> Tokens | None:
    """Return numbers' tokens made of those of their two parts; None where that is wrong or idle."""
    lefts, some_right = np.unique(cells.left_of, return_index=True)
    rights, some_left = np.unique(cells.right_of, return_index=True)
    if cells.numbers < _MANY or (rights.size > 1 and encoder.joins_points):
        return None
    left = _encode_lefts(encoder, piece, cells, lefts, cells.right_of[some_right])
    right = [
        _encode_part(encoder, piece, cells.left[cells.left_of[one]], cells.right[each], 1)
        for each, one in zip(rights.tolist(), some_left.tolist(), strict=True)
    ]
    if left is None or None in right:
        return None
    ends = _pad([each for each in right if each is not None])
    table = _join(
        left[np.searchsorted(lefts, cells.left_of)], ends[np.searchsorted(rights, cells.right_of)]
    )
    return table if _is_canonical(encoder, piece, cells, table) else None


def _encode_lefts(
    encoder: Encoder, piece: Piece, cells: CellTexts, lefts: Integers, rights: Integers
) -> Tokens | None:
    texts = [cells.left[each] for each in lefts.tolist()]
    if len(texts) >= _MANY and encoder.digit_group is not None:
        grouped = _encode_in_groups(encoder, piece, texts, encoder.digit_group)
        if grouped is not None:
            return grouped
    ends = [cells.right[each] for each in rights.tolist()]
    parts = _encode_parts(encoder, piece, texts, ends)
    found = [each[0] for each in parts if each is not None]
    return _pad(found) if len(found) == len(texts) else None


def _encode_in_groups(
    encoder: Encoder, piece: Piece, texts: Sequence[str], size: int
) -> Tokens | None:
    """Return the tokens of head and integer where digits are written in groups from the left."""
    digits = [text for text in texts if text.isdigit()]
    groups = sorted({text[at : at + size] for text in digits for at in range(0, len(text), size)})
    shown = _encode_parts(encoder, piece, groups, [""] * len(groups))
    heads = _encode_parts(encoder, piece, [""], ["1"])
    if None in shown or heads[0] is None:
        return None
    head = heads[0][0]
    table: dict[str, list[int]] = {}
    for group, parts in zip(groups, shown, strict=True):
        assert parts is not None
        if parts[0][: len(head)] != head:
            return None
        table[group] = parts[0][len(head) :]
    others = [text for text in texts if not text.isdigit()]
    apart = dict(
        zip(others, _encode_parts(encoder, piece, others, [""] * len(others)), strict=True)
    )
    if None in apart.values():
        return None
    found = []
    for text in texts:
        parts = apart.get(text)
        found.append(
            parts[0]
            if parts is not None
            else head + [t for at in range(0, len(text), size) for t in table[text[at : at + size]]]
        )
    random = np.random.default_rng(0)
    tried = random.integers(len(texts), size=_SAMPLE).tolist()
    truth = _encode_parts(encoder, piece, [texts[each] for each in tried], [""] * len(tried))
    same = all(
        parts is not None and parts[0] == found[each]
        for each, parts in zip(tried, truth, strict=True)
    )
    return _pad(found) if same else None


def _encode_parts(
    encoder: Encoder, piece: Piece, lefts: Sequence[str], rights: Sequence[str]
) -> list[list[list[int]] | None]:
    """Return for each cell the tokens of head and left part, and of right part and tail."""
    texts = [piece.head + left for left in lefts]
    ends = [right + piece.tail for right in rights]
    encoded = encoder.encode(
        [piece.before + text + end for text, end in zip(texts, ends, strict=True)]
    )
    return [
        encoder.cut(tokens, [len((text + end).encode()), len(end.encode())])
        for text, end, tokens in zip(texts, ends, encoded, strict=True)
    ]


def _encode_part(
    encoder: Encoder, piece: Piece, left: str, right: str, part: int
) -> list[int] | None:
    parts = _encode_parts(encoder, piece, [left], [right])[0]
    return None if parts is None else parts[part]


def _is_canonical(encoder: Encoder, piece: Piece, cells: CellTexts, table: Tokens) -> bool:
    random = np.random.default_rng(0)
    edges = np.array([0, cells.numbers - 1])
    tried = np.unique(np.concatenate((edges, random.integers(cells.numbers, size=_SAMPLE))))
    truth = _encode_pieces(encoder, piece, [cells.number(each) for each in tried.tolist()])
    return all(
        tokens == table[each][table[each] != ABSENT].tolist()
        for each, tokens in zip(tried.tolist(), truth, strict=True)
    )


def _pad(sequences: Sequence[Sequence[int]]) -> Tokens:
    longest = max((len(each) for each in sequences), default=0)
    table = np.full((len(sequences), longest), ABSENT, dtype=np.int32)
    for row, each in enumerate(sequences):
        table[row, : len(each)] = each
    return table


def _join(left: Tokens, right: Tokens) -> Tokens:
    """Return each row of the left table followed by its row of the right one."""
    size = np.count_nonzero(left != ABSENT, axis=1)
    table = np.full((left.shape[0], left.shape[1] + right.shape[1]), ABSENT, dtype=np.int32)
    table[:, : left.shape[1]] = left
    rows = np.arange(left.shape[0])
    for column in range(right.shape[1]):
        there = right[:, column] != ABSENT
        table[rows[there], size[there] + column] = right[there, column]
    return table[:, : int((table != ABSENT).sum(axis=1).max(initial=0))]
