"""Small networks of every common shape, with random weights."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
import transformers

from synllm.generate.models import quiet_libraries

VOCABULARY = 120
SHAPE = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}
WINDOW = {"sliding_window": 12}
"""Fewer tokens than the prompts of the tests have."""

SIZE = {"head_dim": 8}
NAMES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", {}),
    "llama with tied weights": ("Llama", {"tie_word_embeddings": True}),
    "llama with biases": ("Llama", {"attention_bias": True}),
    "qwen2": ("Qwen2", {}),
    "qwen3": ("Qwen3", SIZE),
    "mistral": ("Mistral", WINDOW | SIZE),
    "gemma": ("Gemma", SIZE),
    "gemma2": ("Gemma2", SIZE | WINDOW),
    "gemma3": ("Gemma3", SIZE | WINDOW),
    "phi3": ("Phi3", {"pad_token_id": 0}),
    "stablelm": ("StableLm", {}),
    "gpt2": ("GPT2", {}),
}


@cache
def network_of(name: str, dtype: torch.dtype = torch.float32) -> Any:
    """The named network, its weights large enough for scores that differ."""
    kind, settings = NAMES[name]
    if kind == "GPT2":
        config = transformers.GPT2Config(
            vocab_size=VOCABULARY, n_positions=256, n_embd=32, n_layer=2, n_head=4
        )
        model: Callable[..., Any] = transformers.GPT2LMHeadModel
    else:
        text = "Gemma3Text" if kind == "Gemma3" else kind
        config = getattr(transformers, f"{text}Config")(**SHAPE | settings)
        model = getattr(transformers, f"{kind}ForCausalLM")
    with quiet_libraries():
        network = model(config).eval()
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weight in network.parameters():
            if weight.dim() > 1:
                weight.normal_(std=0.15, generator=generator)
    return network.to(dtype)


def plain_scores(network: Any, tokens: list[int]) -> np.ndarray:
    """The logits after each token, by the network's own forward pass."""
    with torch.inference_mode():
        return network(torch.tensor([tokens])).logits[0].float().numpy().astype(np.float64)
