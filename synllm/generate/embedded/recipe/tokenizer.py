"""The tokenizer of cards and rows: single digits, names in few tokens, JSON pieces and shares
whole.
"""

from __future__ import annotations

from importlib.resources import files

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from synllm.generate.embedded.chat import SPECIAL_TOKENS

SIZE = 2048

_WORDS = r"[ _]?\p{L}+|\p{N}{2}(?=\")|\p{N}|[^\s\p{L}\p{N}_]+|\s|_"
"""Two digits before a quotation mark stay together: so a card's shares are one token each."""

_PIECES = (
    '":',
    '":"',
    '","',
    ',"',
    ',"',
    '{"',
    '"}',
    '"=',
    '~"',
    '"+.',
    '"-.',
    '":.',
    '":-',
    "]",
    "-",
)
"""Punctuation of rows, and of cards, that is one token each.

Some is of a notation that cards no longer have: without it the shipped model's tokens would move.
"""

_OFTEN = 50


def train_tokenizer() -> Tokenizer:
    """Return the tokenizer, the same every time: pairs learned from the written word list."""
    text = files("synllm.generate.embedded").joinpath("vocabulary.txt").read_text(encoding="utf-8")
    words = text.replace("_", " ").split()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        min_frequency=1,
        show_progress=False,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    shown = [
        *(piece for piece in _PIECES for _ in range(_OFTEN)),
        *(f'{share:02d}"' for share in range(100) for _ in range(_OFTEN)),
        *(form for word in words for form in (word, word, f"_{word}", f" {word}")),
        *(word.capitalize() for word in words),
    ]
    tokenizer.train_from_iterator(shown, trainer)
    return tokenizer
