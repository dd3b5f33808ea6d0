"""How a model reads: what its tokens are, and whether its chat format survives being cut."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from synllm.generate.models import LoadedModel
from synllm.generate.prompt_text import (
    Message,
    encode_prompt,
    fold_system_messages,
    render_prompt,
)
from synllm.generate.token_bytes import flatten_steps

_NUMBERS = ("1234567", "205", "2000", "100000", "19871202")
"""Some of which would be cut otherwise if digits were joined as pairs are learned."""


class Digits(StrEnum):
    """How a tokenizer cuts numbers."""

    ALONE = "a token for each digit"
    BY_THREE = "up to three digits a token"
    JOINED = "digits joined as learned"


@dataclass(frozen=True, slots=True)
class TokenizerShape:
    """What kind of tokens a model reads and writes; `begin` is what it puts before every text."""

    kind: str
    digits: Digits
    begin: str | None


@dataclass(frozen=True, slots=True)
class TemplateCheck:
    """How a model is told a prompt.

    `own` is false for a model without a chat format, which is told plain headings. `system` is
    false where the format has no place for system messages. `same_tokens` tells whether the
    finished text is cut into the tokens that the tokenizer itself gives for the chat: only then
    does the model see what it was trained on. None where there is no format to compare with.
    """

    own: bool
    system: bool
    same_tokens: bool | None
    tokens: int


def describe_tokenizer(model: LoadedModel) -> TokenizerShape:
    """Return the shape of a model's tokenizer."""
    tokenizer = model.tokenizer
    decoder = json.loads(tokenizer.backend_tokenizer.decoder.__getstate__())
    kinds = {step.get("type") for step in flatten_steps(decoder)}
    if "ByteLevel" in kinds:
        kind = "byte-level"
    elif "ByteFallback" in kinds:
        kind = "SentencePiece, with bytes to fall back on"
    else:
        kind = "SentencePiece, without bytes to fall back on"
    begin = None
    if tokenizer.bos_token_id is not None:
        first = tokenizer("").input_ids[:1]
        begin = tokenizer.bos_token if first == [tokenizer.bos_token_id] else None
    return TokenizerShape(kind, _find_digits(model), begin)


def _find_digits(model: LoadedModel) -> Digits:
    cut: list[list[bytes]] = []
    for number in _NUMBERS:
        tokens = model.tokenizer.encode(f'"age":{number},', add_special_tokens=False)
        pieces = [model.token_bytes.get(token, b"").strip() for token in tokens]
        cut.append([piece for piece in pieces if piece.isdigit()])
    if all(len(piece) == 1 for pieces in cut for piece in pieces):
        return Digits.ALONE
    by_three = [
        [number[i : i + 3].encode() for i in range(0, len(number), 3)] for number in _NUMBERS
    ]
    return Digits.BY_THREE if cut == by_three else Digits.JOINED


def check_template(model: LoadedModel, messages: Sequence[Message]) -> TemplateCheck:
    """Return how a model is told messages. Raises ModelError for a format that refuses them."""
    tokenizer = model.tokenizer
    text = render_prompt(tokenizer, messages, name=model.name)
    told = encode_prompt(tokenizer, text)
    if not tokenizer.chat_template:
        return TemplateCheck(own=False, system=True, same_tokens=None, tokens=len(told))
    own = _apply(tokenizer, messages)
    system = own is not None
    if own is None:
        own = _apply(tokenizer, fold_system_messages(messages))
    return TemplateCheck(own=True, system=system, same_tokens=told == own, tokens=len(told))


def _apply(tokenizer: Any, messages: Sequence[Message]) -> list[int] | None:
    """Return the tokens of a chat, or None where its format refuses the roles."""
    from jinja2 import TemplateError

    try:
        found = tokenizer.apply_chat_template(
            [dict(message) for message in messages],
            tokenize=True,
            return_dict=False,
            add_generation_prompt=True,
            enable_thinking=False,
        )
    except TemplateError:
        return None
    return list(found)
