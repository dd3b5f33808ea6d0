"""Models of real sizes with random weights, and tokenizers of real sizes, made on the spot."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import outlines
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from synllm.generate.models import LoadedModel
from synllm.generate.token_bytes import spell_tokens

# How Llama 3 splits a text before it looks for tokens, and the same with single digits.
_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,%d}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_OWN_WORDS = 4_000
_CONTEXT = 8_192


@dataclass(frozen=True, slots=True)
class Shape:
    """A network's size: that of a Llama with as many key-value heads as `shared_heads`."""

    name: str
    width: int
    inner: int
    layers: int
    heads: int
    shared_heads: int


SHAPES = {
    "tiny": Shape("tiny", 64, 128, 2, 4, 2),
    "20M": Shape("20M", 512, 1536, 6, 8, 8),
    "56M": Shape("56M", 768, 2048, 8, 12, 12),
    "8B": Shape("8B", 4096, 14336, 32, 32, 8),
}


def make_tokenizer(size: int, digits: int, texts: Sequence[str]) -> PreTrainedTokenizerFast:
    """Return a byte-level tokenizer of `size` tokens that writes up to `digits` digits as one.

    It has learnt the words of the texts, knows every number up to `digits` digits, and made-up
    words, with and without a space before them, make up the rest.
    """
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = _split(digits)
    learner.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=_OWN_WORDS,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    learnt = json.loads(learner.to_str())["model"]
    words = dict(learnt["vocab"])
    for length in range(1, digits + 1):
        for each in product(string.digits, repeat=length):
            words.setdefault("".join(each), len(words))
    chance = random.Random(size)
    while len(words) < size - 1:
        letters = chance.choices(string.ascii_letters[:30], k=chance.randint(4, 9))
        words.setdefault(chance.choice(("", "Ġ")) + "".join(letters), len(words))
    # As in Llama 3, what is a token as a whole is one, whichever pairs it grew from.
    merges = [tuple(pair) for pair in learnt["merges"]]
    tokenizer = Tokenizer(models.BPE(vocab=words, merges=merges, ignore_merges=True))
    tokenizer.pre_tokenizer = _split(digits)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken("<|end|>", special=True)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|end|>", padding_side="left"
    )


def _split(digits: int) -> Any:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT % digits), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def make_model(
    shape: Shape,
    tokenizer: PreTrainedTokenizerFast,
    *,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> LoadedModel:
    """Return a Llama of a shape with random weights, the same ones every time."""
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.width,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.shared_heads,
        max_position_embeddings=_CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            network = LlamaForCausalLM(config).eval()
    finally:
        torch.set_default_dtype(before)
    network.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    loaded = outlines.from_transformers(network, tokenizer)
    loaded.type_adapter.has_chat_template = False
    return LoadedModel(
        outlines=loaded,
        tokenizer=tokenizer,
        name=f"random weights, {shape.name}",
        revision="none",
        trained=False,
        device=device,
        dtype=str(dtype).removeprefix("torch."),
        context_length=_CONTEXT,
        token_bytes=spell_tokens(tokenizer, name=shape.name, size=len(tokenizer)),
    )


def count_inner_weights(network: Any) -> int:
    """Return how many weights a network has besides those of its vocabulary."""
    return sum(each.numel() for each in network.parameters()) - (
        network.get_input_embeddings().weight.numel()
    )
